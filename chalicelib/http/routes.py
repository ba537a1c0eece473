"""Routes that belong to no feature: files of the web app, the API's description, and whether the service is well."""

from typing import Literal

from chalice.app import Blueprint, Response

from chalicelib.core import store
from chalicelib.core.errors import Unavailable
from chalicelib.core.runs import FRESHNESS, FreshnessRow
from chalicelib.core.schemas import Output
from chalicelib.core.settings import settings
from chalicelib.http import pages
from chalicelib.http.call import Call
from chalicelib.http.endpoint import endpoint

routes = Blueprint(__name__)


class Health(Output):
    """The service is well."""

    status: Literal["ok"] = "ok"
    city: str


@routes.route("/health", methods=["GET"])
@endpoint()
def health() -> Health:
    """200 if every table answers (and, on one machine, its demo people are there), else 503."""
    key = FreshnessRow.key(FRESHNESS, "0", consistent=False)
    rows = store.read_together([key, *store.probe_keys()])
    if settings().is_local and rows.get(key) is None:
        raise Unavailable
    return Health(city=settings().city_name)


@routes.route("/", methods=["GET"])
@endpoint()
def start() -> Response:
    """Lead whoever opens the bare address to the API's description, on whatever path the gateway serves it."""
    return Response("", status_code=302, headers={"Location": "docs"})


@routes.route("/docs", methods=["GET"])
@endpoint()
def docs(call: Call) -> Response:
    """The API in words, readable without script."""
    return pages.file("docs.html", call.if_none_match)


@routes.route("/openapi.json", methods=["GET"])
@endpoint()
def openapi(call: Call) -> Response:
    """The API for machines, OpenAPI 3.1."""
    return pages.file("openapi.json", call.if_none_match)


@routes.route("/static/{name}", methods=["GET"])
@endpoint(parameters=pages.FILE_NAME)
def static(name: str, call: Call) -> Response:
    """A file of the web app."""
    return pages.file(name, call.if_none_match)
