"""The light page behind `/c/{code}`: plain HTML and one small script, in both languages."""

from collections.abc import Callable
from html import escape

from chalice.app import Response

from chalicelib.core.errors import GatebookError
from chalicelib.core.texts import LANGUAGES, Language, text
from chalicelib.groups.consents import Scope, consent_text, scope_text
from chalicelib.groups.service.invitations import Invited
from chalicelib.http import pages
from chalicelib.http.problems import status_of


def invitation(invited: Invited, language: Language) -> Response:
    """The page that names the organization and lets one join. Without script it still says who asks for what."""
    name = escape(invited.organization.name)
    return pages.html(
        "join.html",
        language=language,
        organization=name,
        consent=_both("consent", lambda one: consent_text(invited.organization.name, one)),
        scopes="".join(_scope(scope) for scope in Scope),
    )


def refused(error: GatebookError, language: Language) -> Response:
    """The page for a code that lets nobody in, with the reason in both languages."""
    return pages.html(
        "refused.html",
        status_of(error),
        language=language,
        title=_both("title", lambda one: text("errors", f"{error.code}.title", one, **error.fields)),
        detail=_both("detail", lambda one: text("errors", f"{error.code}.detail", one, **error.fields)),
    )


def _scope(scope: Scope) -> str:
    words = _both("scope", lambda one: scope_text(scope, one))
    return f'<label><input type="checkbox" name="scopes" value="{scope.value}">{words}</label>'


def _both(kind: str, words: Callable[[Language], str]) -> str:
    """A text in both languages; the page's style shows the one that the visitor chose."""
    return "".join(f'<span class="{kind}" lang="{one}">{escape(words(one))}</span>' for one in LANGUAGES)
