"""One spelling for each e-mail address, and what is none."""

import re

from chalicelib.core.errors import Invalid


class InvalidEmail(Invalid):
    """Not an e-mail address that anything could be sent to."""

    code = "invalid_email"
    field = "address"


_EMAIL_MAX = 254
_LABEL = "[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?"
_EMAIL = re.compile(
    rf"[A-Za-z0-9!#$%&'*+/=?^_`{{|}}~-][A-Za-z0-9.!#$%&'*+/=?^_`{{|}}~-]{{0,63}}(?<!\.)@({_LABEL}\.)+{_LABEL}"
)
# An atom with dots inside at a host name of two labels or more (RFC 5321, 4.1.2); nothing that could end a header.


def canonical_email(text: str) -> str:
    """Return an e-mail address with its domain in small letters; the part before it is the domain's own business (RFC 5321, 2.4).

    ASCII alone, as SNS takes it, without quotes and within the lengths of RFC 5321. Raises InvalidEmail.
    """
    local, _, domain = text.strip().rpartition("@")
    address = f"{local}@{domain.lower()}"
    if len(address) > _EMAIL_MAX or _EMAIL.fullmatch(address) is None or ".." in address:
        raise InvalidEmail
    return address
