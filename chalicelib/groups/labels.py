"""Labels: an organization's own class or staff numbers, that tell one 王** from another (settled readings)."""

import re
import unicodedata

from chalicelib.core import canonical
from chalicelib.core.canonical import UNSEEN, DocumentType
from chalicelib.core.errors import Invalid

LENGTH = 32
"""Characters of a label or a type: a class and seat number, a staff number, a stand at a fair."""

_SEEN = re.compile(r"[^\W_]|[#*@]")
_UNPRINTABLE = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})
_NUMBER = re.compile(r"(?<![0-9])[0-9]{17}[0-9Xx](?![0-9A-Za-z])")
_PHONE = re.compile(r"(?<![0-9])(?:(?:\+|00)?86)?1[3-9][0-9]{9}(?![0-9])")
_BETWEEN = re.compile(r"[\W_]")
_PATTERN = {"#": "[0-9]", "@": "[A-Za-z]", "*": "[0-9A-Za-z]"}


class InvalidLabel(Invalid):
    """Not 1 to 32 visible characters with a letter or digit among them."""

    code = "invalid_label"
    field = "label"


class LabelIsPersonal(Invalid):
    """It holds an ID or mobile number. A label is stored as it is and shown unmasked, so it is never about the person."""

    code = "label_is_personal"
    field = "label"


class PatternOfOneLabel(Invalid):
    """A pattern without `#`, `@` or `*` is one label: only one person could ever join."""

    code = "pattern_of_one_label"
    field = "label_pattern"


class LabelDoesNotFit(Invalid):
    """The invitation asks for labels of another form; its pattern says which."""

    code = "label_does_not_fit"
    field = "label"


def label_of(text: str, field: str = "label") -> str:
    """The one spelling of a label, a type or a pattern: NFKC, without spaces around it. Raises InvalidLabel of that field."""
    label = UNSEEN.sub("", unicodedata.normalize("NFKC", text)).strip()
    if not 1 <= len(label) <= LENGTH or not _SEEN.search(label):
        raise InvalidLabel(field=field)
    if any(unicodedata.category(character) in _UNPRINTABLE for character in label):
        raise InvalidLabel(field=field)
    return label


def shown_label(text: str, field: str = "label") -> str:
    """The one spelling of a label, a type or a pattern that is new. Raises InvalidLabel or LabelIsPersonal of that field."""
    label = label_of(text, field)
    if holds_personal_number(label):
        raise LabelIsPersonal(field=field)
    return label


def label_key(label: str) -> str:
    """What two labels have in common that differ in case or in the width of their characters only. Takes `label_of`'s spelling."""
    return unicodedata.normalize("NFKC", label.casefold())


def pattern_of(text: str) -> str:
    """The one spelling of a pattern that more than one label fits. Raises InvalidLabel, LabelIsPersonal or PatternOfOneLabel."""
    pattern = shown_label(text, "label_pattern")
    if not _PATTERN.keys() & set(pattern):
        raise PatternOfOneLabel
    return pattern


def fitting(label: str, pattern: str) -> str:
    """The label, if it has the form that a pattern asks for.

    In a pattern `#` stands for a digit, `@` for a Latin letter, `*` for either, and everything else for itself, whatever its case.
    Raises LabelDoesNotFit.
    """
    form = "".join(_PATTERN.get(character, re.escape(character)) for character in pattern)
    if not re.fullmatch(form, label, re.IGNORECASE | re.ASCII):
        raise LabelDoesNotFit(fields={"pattern": pattern})
    return label


def holds_personal_number(text: str) -> bool:
    """Whether a text holds a resident's number with a right check digit, or a mobile number, whatever stands between the digits."""
    normal = unicodedata.normalize("NFKC", text)
    written = normal, _BETWEEN.sub("", normal)
    return any(_PHONE.search(one) or any(map(_is_resident_id, _NUMBER.findall(one))) for one in written)


def _is_resident_id(number: str) -> bool:
    try:
        canonical.document(DocumentType.RESIDENT_ID, number)
    except Invalid:
        return False
    return True
