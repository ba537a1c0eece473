"""Who may call a route. Each route names one admission; the matrix of roles and the architecture tests read it from there."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Generic, Literal, Protocol, TypeVar, runtime_checkable

from chalicelib.core.errors import Unauthenticated
from chalicelib.core.store import Key, Rows
from chalicelib.core.tokens import Bearer, open_bearer

CallerT_co = TypeVar("CallerT_co", covariant=True)
Path = Mapping[str, str]


class SessionRequired(Unauthenticated):
    """The route needs a session and the request carries no usable token."""

    code = "session_required"


class Admission(Protocol, Generic[CallerT_co]):
    """Decides who may call. `keys` says which rows the decision needs, read in one batch; `admit` decides on them.

    A route whose work needs more rows lets its admission name them: they ride in the same batch, consistent where asked.
    """

    @property
    def name(self) -> str:
        """What the role is called in the matrix of roles and in the API's description."""
        ...

    def keys(self, bearer: Bearer, path: Path) -> list[Key[Any]]:
        """The rows that the decision needs."""
        ...

    def admit(self, bearer: Bearer, rows: Rows, path: Path) -> CallerT_co:
        """The caller in the route's terms. Raises Unauthenticated, Refused or NotFound."""
        ...


@runtime_checkable
class BodyAdmission(Protocol, Generic[CallerT_co]):
    """An admission whose rows follow from the body: what a scanned code names is read in the batch that says who scans.

    Who brings no token at all is refused before the body is looked at; otherwise as `Admission`.
    """

    takes_body: Literal[True]

    @property
    def name(self) -> str:
        """What the role is called in the matrix of roles and in the API's description."""
        ...

    def keys(self, bearer: Bearer, path: Path, body: Any) -> list[Key[Any]]:
        """The rows that the decision needs."""
        ...

    def admit(self, bearer: Bearer, rows: Rows, path: Path, body: Any) -> CallerT_co:
        """The caller in the route's terms, with what the body names. Raises Unauthenticated, Refused, NotFound or Invalid."""
        ...


@dataclass(frozen=True)
class Public:
    """Anyone may call. Routes with it stand on the public list of the architecture tests."""

    name: str = "public"

    def keys(self, bearer: Bearer, path: Path) -> list[Key[Any]]:
        """Nothing is read."""
        return []

    def admit(self, bearer: Bearer, rows: Rows, path: Path) -> None:
        """Everybody is let in, as nobody in particular."""
        return


public = Public()


def bearer_of(authorization: str | None) -> Bearer:
    """The bearer of an Authorization header. Raises SessionRequired without a usable one."""
    bearer = bearer_if_any(authorization)
    if bearer is None:
        raise SessionRequired
    return bearer


def bearer_if_any(authorization: str | None) -> Bearer | None:
    """The bearer of an Authorization header, for routes that only look whether there is one."""
    scheme, _, token = (authorization or "").partition(" ")
    return open_bearer(token.strip()) if scheme.lower() == "bearer" else None
