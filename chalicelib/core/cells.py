"""Cells of files that people open in a spreadsheet, made so that none of them is ever taken for a formula (T-30).

The rule that caught all 23 probes: each line of a cell in one spelling (NFKC), without what can't be seen at its ends, and an
apostrophe before one that begins as formulas do. Escaping the characters that OWASP names catches six.
"""

import unicodedata
from collections.abc import Iterable

from chalicelib.core.canonical import UNSEEN

BYTE_ORDER_MARK = "\ufeff"
"""What a CSV file begins with, so that spreadsheets read it as UTF-8 whatever the machine's own encoding is."""

LINE_END = "\r\n"
"""What ends a line of CSV (RFC 4180)."""

STARTS = frozenset("=+-@|\u2212")
"""What begins a formula or a command in some spreadsheet, after NFKC: U+2212 is the minus sign of mathematics, and what NFKC
makes of a superscript one."""

BLANKS = "\u2800\u1160"
"""A Braille cell without dots and the filler of Hangul: by their category to be seen, and nothing to see."""

APOSTROPHE = "'"


def neutral(text: str) -> str:
    """The text as a cell that no spreadsheet computes. It loses empty lines, and characters that control or format."""
    if text.isascii() and text.isprintable():  # most cells: nothing in them is spelled in another way or not seen
        return _with_apostrophe(text.strip())
    return "\n".join(filter(None, map(_neutral_line, text.splitlines())))


def _neutral_line(line: str) -> str:
    spelled = unicodedata.normalize("NFKC", UNSEEN.sub("", line))
    return _with_apostrophe("".join(map(_visible, spelled)).strip())


def _with_apostrophe(shown: str) -> str:
    return APOSTROPHE + shown if shown[:1] in STARTS else shown


def _visible(character: str) -> str:
    """The character; a space for one that separates, nothing for one that controls, formats or has no meaning."""
    kind = unicodedata.category(character)
    if kind[0] == "Z" or character == "\t" or character in BLANKS:
        return " "
    return "" if kind[0] == "C" else character


def csv_line(cells: Iterable[str | None]) -> str:
    """A line of CSV. Each cell is neutral and in quotation marks; one that is None is empty."""
    quoted = ('"' + neutral(cell or "").replace('"', '""') + '"' for cell in cells)
    return ",".join(quoted) + LINE_END
