"""Declaration codes: eight characters that a manager reads out and an inspector types, the last of which checks the others (R2.2).

The check is a sum over the field of 32 elements, weighted with powers of its generator: one wrong character is always found,
and so are two neighbours that changed places.
"""

import secrets

from chalicelib.places.errors.places import DeclarationCodeMisspelt

ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
"""Crockford's base32: no letter that could be taken for a digit."""

LENGTH = 8
MEANT = str.maketrans("OIL", "011", " -")
"""What people write for the digits that look like it, and what they write between the characters."""

FIELD, REDUCED_BY = len(ALPHABET), 0b100101
"""The field's size, and x^5 + x^2 + 1, by which its products are reduced."""


def drawn_code() -> str:
    """A code out of 2^35, with its check. Whether a place has it already, the index says."""
    drawn = "".join(secrets.choice(ALPHABET) for _ in range(LENGTH - 1))
    return drawn + ALPHABET[_times_generator(_sum(drawn))]


def spelled(code: str) -> str:
    """A typed code in its one spelling. Raises DeclarationCodeMisspelt for what no place could have been given."""
    plain = code.strip().upper().translate(MEANT)
    if len(plain) != LENGTH or not set(plain) <= set(ALPHABET) or _sum(plain):
        raise DeclarationCodeMisspelt
    return plain


def _sum(text: str) -> int:
    total = 0
    for character in text:
        total = _times_generator(total) ^ ALPHABET.index(character)
    return total


def _times_generator(element: int) -> int:
    doubled = element << 1
    return doubled ^ REDUCED_BY if doubled >= FIELD else doubled
