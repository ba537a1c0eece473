"""The light page behind the code of an invitation: plain HTML and one small script, in both languages.

Both languages of a text stand side by side in the page, and its style shows the one that the visitor chose. Everything
that is filled in is escaped here.
"""

from html import escape
from zoneinfo import ZoneInfo

from chalicelib.core.qr import qr_svg
from chalicelib.core.settings import settings
from chalicelib.core.texts import Language
from chalicelib.groups.codes import is_invitation
from chalicelib.groups.consents import Scope, consent_text, scope_text
from chalicelib.groups.errors import InvitationExpired, InvitationFull, InvitationNotFound, InvitationRevoked
from chalicelib.groups.service.invitations import Invitations, Invited
from chalicelib.http import pages
from chalicelib.http.call import Call
from chalicelib.http.problems import status_of


class InvitationPages:
    """The pages behind the codes of invitations."""

    def __init__(self, invitations: Invitations) -> None:
        """Take who reads the codes."""
        self._invitations = invitations

    def knows(self, code: str) -> bool:
        """Whether a code is an invitation's."""
        return is_invitation(code)

    def page(self, code: str, call: Call) -> pages.Page:
        """The page on which one joins and leaves."""
        try:
            return invitation(self._invitations.behind(code), call.language)
        except InvitationNotFound as error:
            return pages.refused(error, call.language)

    def poster(self, code: str, call: Call) -> pages.Page:
        """The page to print."""
        try:
            return poster(self._invitations.behind(code), f"{call.public_url}/c/{code}", call.language)
        except (InvitationNotFound, InvitationRevoked, InvitationExpired, InvitationFull) as error:
            return pages.refused(error, call.language, up="../")


def invitation(invited: Invited, language: Language) -> pages.Page:
    """The page that names the organization and lets one join and leave. Without script it still says who asks for what.

    Where the invitation is over it says so, under the status of InvitationRevoked, InvitationExpired or InvitationFull,
    and still lets members change what they share and leave: that must stay as easy as joining was (PIPL art. 15).
    """
    over = invited.over
    name = invited.organization.name
    return pages.html(
        "join.html",
        200 if over is None else status_of(over),
        language=language,
        login=pages.content("login.html"),
        city=pages.both(settings().city.title.spoken),
        organization=escape(name),
        department=escape(invited.department or ""),
        org_id=escape(invited.organization.org_id),
        pattern=escape(invited.invitation.label_pattern or ""),
        open="yes" if over is None else "",
        notice="" if over is None else f"<p>{pages.both(lambda one: pages.words(over, 'detail', one))}</p>",
        consent=pages.both(lambda one: consent_text(name, one)),
        scopes="\n".join(_scope(scope) for scope in Scope),
    )


def poster(invited: Invited, url: str, language: Language) -> pages.Page:
    """The page to print and hang up: who asks, the QR code and what to do, in both languages. Raises what closes the code."""
    invited.refuse_unless_open()
    ends_at = invited.invitation.ends_at
    until = "" if ends_at is None else f"{ends_at.astimezone(ZoneInfo(settings().city.time_zone)):%Y-%m-%d %H:%M}"
    return pages.html(
        "poster.html",
        language=language,
        city=pages.both(settings().city.title.spoken),
        organization=escape(invited.organization.name),
        department=escape(invited.department or ""),
        until=until,
        limited="" if ends_at is None else "yes",
        labelled="" if invited.invitation.label_pattern is None else "yes",
        url=escape(url),
        qr=qr_svg(url),
    )


def _scope(scope: Scope) -> str:
    words = pages.both(lambda one: scope_text(scope, one))
    return f'<label class="choice"><input type="checkbox" name="scopes" value="{scope.value}">{words}</label>'
