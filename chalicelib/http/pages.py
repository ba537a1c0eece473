"""Files of the web app: strict content security policy, ETag, no build step."""

import hashlib
import re
from functools import cache
from pathlib import Path
from string import Template

from chalice.app import Response

from chalicelib.http.endpoint import RouteNotFound

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
