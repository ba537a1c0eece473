"""The light page behind `/c/{code}`: plain HTML and one small script, in both languages.

Both languages of a text stand side by side in the page, and its style shows the one that the visitor chose. Everything
that is filled in is escaped here.
"""

from collections.abc import Callable
from html import escape
from zoneinfo import ZoneInfo

from chalicelib.core.errors import GatebookError
from chalicelib.core.qr import qr_svg
from chalicelib.core.settings import settings
from chalicelib.core.texts import LANGUAGES, Language, text
from chalicelib.groups.consents import Scope, consent_text, scope_text
from chalicelib.groups.service.invitations import Invited
from chalicelib.http import pages
from chalicelib.http.problems import status_of


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
        city=_both(settings().city.title.spoken),
        organization=escape(name),
        department=escape(invited.department or ""),
        org_id=escape(invited.organization.org_id),
        pattern=escape(invited.invitation.label_pattern or ""),
        open="yes" if over is None else "",
        notice="" if over is None else f"<p>{_both(lambda one: _words(over, 'detail', one))}</p>",
        consent=_both(lambda one: consent_text(name, one)),
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
        city=_both(settings().city.title.spoken),
        organization=escape(invited.organization.name),
        department=escape(invited.department or ""),
        until=until,
        limited="" if ends_at is None else "yes",
        labelled="" if invited.invitation.label_pattern is None else "yes",
        url=escape(url),
        qr=qr_svg(url),
    )


def refused(error: GatebookError, language: Language, up: str = "") -> pages.Page:
    """The page for a code that opens nothing: the reason in the visitor's language, then in the other one.

    `up` leads from the page's address to that of a code's own page, for the files that it loads.
    """
    other: Language = next(one for one in LANGUAGES if one != language)
    return pages.html(
        "refused.html",
        status_of(error),
        language=language,
        other=other,
        up=up,
        city=escape(settings().city.title.spoken(language)),
        title=escape(_words(error, "title", language)),
        detail=escape(_words(error, "detail", language)),
        other_title=escape(_words(error, "title", other)),
        other_detail=escape(_words(error, "detail", other)),
    )


def _scope(scope: Scope) -> str:
    words = _both(lambda one: scope_text(scope, one))
    return f'<label class="choice"><input type="checkbox" name="scopes" value="{scope.value}">{words}</label>'


def _both(words: Callable[[Language], str]) -> str:
    """A text in both languages."""
    return "".join(f'<span lang="{one}">{escape(words(one))}</span>' for one in LANGUAGES)


def _words(error: GatebookError, part: str, language: Language) -> str:
    return text("errors", f"{error.code}.{part}", language, **error.fields)
