"""No cell of an export is ever taken for a formula (T-30): by a rule written apart, and by LibreOffice itself."""

import csv
import io
import os
import random
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.core.cells import BYTE_ORDER_MARK, LINE_END, csv_line, neutral
from tests.support import spreadsheets
from tests.support.spreadsheets import is_dangerous

FORMULA = "1+1"
PROBES = [
    "=1+1",
    "+1+1",
    "-1+1",
    "@SUM(1,1)",
    "|1+1",
    "\t=1+1",
    "\r=1+1",
    "\n=1+1",
    " =1+1",
    "\u00a0=1+1",
    "\u3000=1+1",
    "\ufeff=1+1",
    "\u200b=1+1",
    "\uff1d1+1",
    "\uff0b1+1",
    "\uff0d1+1",
    "\uff20SUM(1,1)",
    "\ufe661+1",
    "\ufe621+1",
    "\uff5c1+1",
    "Third School\n=1+1",
    "\u2062 \u00ad=cmd|'/C calc'!A0",
    '"=1+1',
]
"""The 23 strings of which the ASVS's list leaves 17 as they are."""

BEYOND = [
    "\u2212" + FORMULA,
    "\u207b" + FORMULA,
    "\u2800=1",
    "\u3164=1",
    "\u202e=1",
    "\ufe0f=1",
    "a\u2028=1",
    "a\x85=1",
    "a\x0b=1",
]

QUOTE_ONLY = '"=1+1'
"""Dangerous only for a reader that takes the quotation mark for its own: that one is doubled instead."""

STARTERS = "=+-@|\u2212\uff1d\uff0b\uff0d\uff20\ufe66\ufe62\ufe63\uff5c\u207a\u207b'\""
SPACES = "\t\n\r\x0b\x0c\x00\x1b\x85 \u00a0\u3000\ufeff\u200b\u200f\u2028\u2060\u2800\u3164\ufe0f\u034f"
REST = "aZ9,;'\"\\\n张·\u0301\u0338\u1100\U0001f600 ="


def generated(number: int = 5_000) -> list[str]:
    """Texts that hide the start of a formula behind what can't be seen, the same ones each time."""
    chance = random.Random(30)
    parts = ((REST, 2), (SPACES, 4), (STARTERS, 3), (REST, 6))
    return [
        "".join("".join(chance.choices(kind, k=chance.randint(0, most))) for kind, most in parts) for _ in range(number)
    ]


def read(text: str) -> list[list[str]]:
    """What a plain reader of CSV finds."""
    return list(csv.reader(io.StringIO(text, newline="")))


@pytest.mark.parametrize("probe", [*PROBES, *BEYOND])
def test_no_probe_is_dangerous_any_more(probe: str) -> None:
    assert is_dangerous(probe) or probe == QUOTE_ONLY
    assert not is_dangerous(neutral(probe))
    ((cell,),) = read(csv_line([probe]))
    assert not is_dangerous(cell)


def test_there_are_twenty_three() -> None:
    assert len(set(PROBES)) == 23


def assert_harmless(text: str) -> None:
    cell = neutral(text)
    assert not is_dangerous(cell)
    assert read(csv_line([text, "ok"])) == [[cell, "ok"]]


def test_nothing_generated_is_dangerous() -> None:
    texts = generated()

    assert sum(map(is_dangerous, texts)) > 2_000
    for text in texts:
        assert_harmless(text)


@given(st.text())
def test_no_text_is_dangerous(text: str) -> None:
    assert_harmless(text)


@pytest.mark.parametrize(
    "text",
    [
        "张*",
        "371***********1234",
        "三年级一班",
        "阿卜杜拉·买买提",
        "2026-11-22T10:00:00+08:00",
        "3/4",
        "a-b",
        'say "so"',
        "",
    ],
)
def test_what_is_harmless_stays_as_it_is(text: str) -> None:
    assert neutral(text) == text
    assert read(csv_line([text])) == [[text]]


def test_control_and_format_characters_are_gone() -> None:
    assert neutral("a\x00b\x1b[31m\u202ec\u200bd\ufeff") == "ab[31mcd"
    assert neutral("a\tb\u3000c") == "a b c"


def test_every_cell_is_in_quotation_marks_and_what_is_not_known_is_empty() -> None:
    assert csv_line(["a", None, 'b"c', ""]) == '"a","","b""c",""' + LINE_END


@pytest.mark.slow
def test_libreoffice_computes_no_cell(tmp_path: Path) -> None:
    if spreadsheets.program() is None:
        missing = f"no LibreOffice here: none of {', '.join(spreadsheets.PROGRAMS)} is on PATH"
        if os.environ.get("CI") == "true":
            pytest.fail(missing, pytrace=False)
        pytest.skip(missing)
    cells = [*PROBES, *BEYOND, *generated()]
    safe, control, book = tmp_path / "safe.csv", tmp_path / "control.csv", tmp_path / "book.xlsx"
    safe.write_text(BYTE_ORDER_MARK + "".join(csv_line([cell, "x"]) for cell in cells), encoding="utf-8", newline="")
    control.write_text('"=1+1","x"' + LINE_END, encoding="utf-8", newline="")
    write_book(book, cells)

    sheets = spreadsheets.opened(tmp_path, safe, control, book)

    assert sheets["control.csv"].formulas == ["of:=1+1"], "LibreOffice computes what it is let"
    for name in ("safe.csv", "book.xlsx"):
        assert sheets[name].formulas == []
        assert len(sheets[name].rows) >= len(cells)


def write_book(path: Path, cells: list[str]) -> None:
    """The same cells as XLSX."""
    from xlsxwriter import Workbook

    with Workbook(path) as workbook:
        sheet = workbook.add_worksheet()
        for row, cell in enumerate(cells):
            sheet.write_string(row, 0, neutral(cell))
