"""Admissions of machines that bring a secret of their own instead of somebody's session."""

import re
from typing import Any, Generic, Literal, Protocol, TypeVar, runtime_checkable

from chalicelib.core.credentials import Credentials, CredentialsRequired
from chalicelib.core.store import Key, Rows
from chalicelib.http.admission import Path

CallerT_co = TypeVar("CallerT_co", covariant=True)

SCHEME = "kiosk"
"""The scheme of the Authorization header (RFC 9110, 11.6.2): `Kiosk <place>.<kiosk>.<secret>`."""

_FORM = re.compile(r"([A-Za-z0-9_-]{1,64})\.([A-Za-z0-9_-]{1,64})\.([A-Za-z0-9_-]{1,64})", re.ASCII)


@runtime_checkable
class Keyed(Protocol, Generic[CallerT_co]):
    """Decides which machines are let in; otherwise as `Admission`."""

    takes_credentials: Literal[True]

    @property
    def name(self) -> str:
        """What the role is called in the matrix of roles and in the API's description."""
        ...

    def keys(self, credentials: Credentials, path: Path) -> list[Key[Any]]:
        """The rows that the decision needs."""
        ...

    def admit(self, credentials: Credentials, rows: Rows, path: Path) -> CallerT_co:
        """The caller in the route's terms. Raises Unauthenticated or Refused."""
        ...


def credentials_of(authorization: str | None) -> Credentials:
    """The credentials of an Authorization header. Raises CredentialsRequired without any of this form."""
    scheme, _, stated = (authorization or "").partition(" ")
    found = _FORM.fullmatch(stated.strip()) if scheme.lower() == SCHEME else None
    if found is None:
        raise CredentialsRequired
    return Credentials(*found.groups())
