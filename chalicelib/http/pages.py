"""Files of the web app: strict content security policy, ETag, no build step."""

import hashlib
import re
from collections.abc import Callable
from functools import cache
from html import escape
from pathlib import Path
from string import Template

from chalice.app import Response

from chalicelib.core.errors import GatebookError
from chalicelib.core.settings import settings
from chalicelib.core.texts import LANGUAGES, Language, text
from chalicelib.http.endpoint import RouteNotFound
from chalicelib.http.problems import status_of

Page = Response
"""What a view that shows a page returns; features take it from here, for they don't know Chalice."""

Headers = dict[str, str | list[str]]

WEBAPP = Path(__file__).parent.parent / "webapp"

CONTENT_SECURITY_POLICY = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self' data:",
        "connect-src 'self'",
        "base-uri 'none'",
        "form-action 'self'",
        "frame-ancestors 'none'",
    )
)
"""No inline script or style: a stored name can never become one (T-38)."""

FILE_NAME = re.compile(r"[a-z]{1,32}\.(js|css)")
"""What `/static/{name}` serves; pages have routes of their own."""

CONTENT_TYPES = {
    ".html": "text/html; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".json": "application/json",
    ".csv": "text/csv; charset=utf-8",
    ".svg": "image/svg+xml",
}


@cache
def content(name: str) -> str:
    """A file of the web app. Raises RouteNotFound for a name that is not one of them."""
    if name not in {path.name for path in WEBAPP.iterdir()}:
        raise RouteNotFound
    return (WEBAPP / name).read_text(encoding="utf-8")


def file(name: str, if_none_match: str | None, *, max_age: int = 300) -> Response:
    """A file as it is, or 304 if the client has it already."""
    body = content(name)
    etag = f'"{hashlib.sha256(body.encode()).hexdigest()[:32]}"'
    headers: Headers = {
        "Content-Type": CONTENT_TYPES[Path(name).suffix],
        "Content-Security-Policy": CONTENT_SECURITY_POLICY,
        "Cache-Control": f"public, max-age={max_age}",
        "ETag": etag,
    }
    if if_none_match == etag:
        return Response("", headers=headers, status_code=304)
    return Response(body, headers=headers)


def html(name: str, status: int = 200, **values: str) -> Response:
    """A page with values filled in; they must be escaped already. Never cached, since it may name an organization."""
    body = Template(content(name)).substitute(values)
    headers: Headers = {"Content-Type": CONTENT_TYPES[".html"], "Content-Security-Policy": CONTENT_SECURITY_POLICY}
    return Response(body, headers=headers, status_code=status)


def refused(error: GatebookError, language: Language, up: str = "") -> Response:
    """The page for a code that opens nothing: the reason in the visitor's language, then in the other one.

    `up` leads from the page's address to that of a code's own page, for the files that it loads.
    """
    other: Language = next(one for one in LANGUAGES if one != language)
    return html(
        "refused.html",
        status_of(error),
        language=language,
        other=other,
        up=up,
        city=escape(settings().city.title.spoken(language)),
        title=escape(words(error, "title", language)),
        detail=escape(words(error, "detail", language)),
        other_title=escape(words(error, "title", other)),
        other_detail=escape(words(error, "detail", other)),
    )


def both(spoken: Callable[[Language], str]) -> str:
    """A text in both languages, as markup: they stand side by side, and the page's style shows the one that was chosen."""
    return "".join(f'<span lang="{one}">{escape(spoken(one))}</span>' for one in LANGUAGES)


def words(error: GatebookError, part: str, language: Language) -> str:
    """What an error says, its title or its detail."""
    return text("errors", f"{error.code}.{part}", language, **error.fields)


def picture(svg: str) -> Response:
    """A picture of somebody's own, to be shown as it is; never cached."""
    headers: Headers = {"Content-Type": CONTENT_TYPES[".svg"]}
    return Response(svg, headers=headers)


def saved(content: str, name: str) -> Response:
    """A file of somebody's own, which a browser saves under this name; never cached."""
    headers: Headers = {
        "Content-Type": CONTENT_TYPES[Path(name).suffix],
        "Content-Disposition": f'attachment; filename="{name}"',
    }
    return Response(content, headers=headers)
