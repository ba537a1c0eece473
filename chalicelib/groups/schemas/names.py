"""What an organization may call itself and its parts."""

from typing import Annotated

from pydantic import AfterValidator, Field

from chalicelib.core.canonical import UNSEEN

NAME_LENGTH = 100
UNPRINTABLE = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})
"""Unicode categories that a name may not hold: it is shown, printed and exported (T-30)."""


BLANK_PATTERN = "\u2800"
"""A Braille cell without dots: a symbol by its category, and nothing to see."""


def _printable(name: str) -> str:
    """The name in one spelling (NFKC), without spaces around it. It must show something and be no longer than it may."""
    import unicodedata

    shown = UNSEEN.sub("", unicodedata.normalize("NFKC", name)).strip()
    kinds = {unicodedata.category(character) for character in name}
    is_seen = any(unicodedata.category(one)[0] in "LNPS" and one != BLANK_PATTERN for one in shown)
    if not is_seen or len(shown) > NAME_LENGTH or kinds & UNPRINTABLE:
        message = "must be visible text without control characters"
        raise ValueError(message)
    return shown


OrganizationName = Annotated[str, Field(min_length=1, max_length=NAME_LENGTH), AfterValidator(_printable)]

DepartmentId = Annotated[str, Field(max_length=64)]
MemberId = Annotated[str, Field(min_length=1, max_length=64)]
Word = Annotated[str, Field(min_length=1, max_length=32)]
"""A label, a type or a pattern: 1 to 32 visible characters."""
