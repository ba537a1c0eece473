"""Labels: an organization's own class or staff numbers, that tell one 王** from another (settled readings)."""

import re
import unicodedata

from chalicelib.core.errors import Invalid

LENGTH = 32
"""Characters of a label or a type: a class and seat number, a staff number, a stand at a fair."""

_SEEN = re.compile(r"[^\W_]|[#*@]")
_UNPRINTABLE = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})
_PATTERN = {"#": "[0-9]", "@": "[A-Za-z]", "*": "[0-9A-Za-z]"}


class InvalidLabel(Invalid):
    """Not 1 to 32 visible characters with a letter or digit among them."""

    code = "invalid_label"
    field = "label"


class LabelDoesNotFit(Invalid):
    """The invitation asks for labels of another form; its pattern says which."""

    code = "label_does_not_fit"
    field = "label"


def label_of(text: str, field: str = "label") -> str:
    """The one spelling of a label, a type or a pattern: NFKC, without spaces around it. Raises InvalidLabel of that field."""
    label = unicodedata.normalize("NFKC", text).strip()
    if not 1 <= len(label) <= LENGTH or not _SEEN.search(label):
        raise InvalidLabel(field=field)
    if any(unicodedata.category(character) in _UNPRINTABLE for character in label):
        raise InvalidLabel(field=field)
    return label


def label_key(label: str) -> str:
    """What two labels have in common that differ in case or in the width of their characters only. Takes `label_of`'s spelling."""
    return unicodedata.normalize("NFKC", label.casefold())


def fitting(label: str, pattern: str) -> str:
    """The label, if it has the form that a pattern asks for.

    In a pattern `#` stands for a digit, `@` for a Latin letter, `*` for either, and everything else for itself, whatever its case.
    Raises LabelDoesNotFit.
    """
    form = "".join(_PATTERN.get(character, re.escape(character)) for character in pattern)
    if not re.fullmatch(form, label, re.IGNORECASE | re.ASCII):
        raise LabelDoesNotFit(fields={"pattern": pattern})
    return label
