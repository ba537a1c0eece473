"""Printed codes: whichever feature knows one makes the page behind it.

A feature hands over its pages in `app.py`, so that none of them has to know which others print codes too.
"""

from typing import Protocol

from chalice.app import Blueprint
from pydantic import ConfigDict

from chalicelib.core.errors import NotFound
from chalicelib.core.schemas import Query
from chalicelib.http import pages
from chalicelib.http.call import Call
from chalicelib.http.endpoint import endpoint

routes = Blueprint(__name__)


class CodeUnknown(NotFound):
    """The code is none that this city printed, or it was changed."""

    code = "code_unknown"


class SharedAddress(Query):
    """What messengers add to an address that is sent through them. Nothing of it is used, and none of it closes a page."""

    model_config = ConfigDict(extra="ignore")


class PageMaker(Protocol):
    """What makes the pages behind one kind of code."""

    def knows(self, code: str) -> bool:
        """Whether a code is of this kind. Decided by the city's signature, without a read."""

    def page(self, code: str, call: Call) -> pages.Page:
        """The page behind a code."""

    def poster(self, code: str, call: Call) -> pages.Page:
        """The page to print."""


class CodePages:
    """The pages behind every kind of code."""

    def __init__(self, *makers: PageMaker) -> None:
        """Take who makes pages."""
        self._makers = makers

    def page(self, code: str, call: Call) -> pages.Page:
        """The page behind a code. Where that opens nothing it says why.

        It does so under the status of CodeUnknown, InvitationNotFound, InvitationRevoked,
        InvitationExpired, InvitationFull, GateCodeInvalid, PlaceNotFound or ScreenCodeOver.
        """
        maker = self._maker(code)
        return pages.refused(CodeUnknown(), call.language) if maker is None else maker.page(code, call)

    def poster(self, code: str, call: Call) -> pages.Page:
        """The page to print. Where there is none it says why.

        It does so under the status of CodeUnknown, InvitationNotFound, InvitationRevoked,
        InvitationExpired, InvitationFull, GateCodeInvalid, PlaceNotFound or ScreenCodeOver.
        """
        maker = self._maker(code)
        return pages.refused(CodeUnknown(), call.language, up="../") if maker is None else maker.poster(code, call)

    def _maker(self, code: str) -> PageMaker | None:
        return next((one for one in self._makers if one.knows(code)), None)


@routes.route("/c/{code}", methods=["GET"])
@endpoint()
def open_code(code: str, call: Call, query: SharedAddress, codes: CodePages) -> pages.Page:  # noqa: ARG001  what messengers add closes no page
    """The page behind a printed code: names the organization or the place, and lets one log in there on a phone."""
    return codes.page(code, call)


@routes.route("/c/{code}/print", methods=["GET"])
@endpoint()
def print_code(code: str, call: Call, codes: CodePages) -> pages.Page:
    """A page to print and hang up: a name, the QR code and what to do, in both languages."""
    return codes.poster(code, call)
