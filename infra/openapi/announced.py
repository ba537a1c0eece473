"""Which problems a route can answer with, read from the docstrings of what it calls.

Docstrings state what a function raises. That makes them part of the API's description, and the test that sends every
route thousands of requests fails when an answer's code is not announced.
"""

import ast
import inspect
import re
import textwrap
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from chalicelib.core.credentials import CredentialsRequired
from chalicelib.core.errors import Broken, GatebookError, Unavailable
from chalicelib.core.signatures import SignatureRequired, SignatureTooOld
from chalicelib.http.admission import Public, SessionRequired
from chalicelib.http.endpoint import BodyTooLarge, EndpointSpec, InvalidJson, RouteNotFound, ValidationFailed
from chalicelib.http.machines import Keyed
from chalicelib.http.problems import STATUSES, UnsupportedMediaType
from chalicelib.http.signed import Signed

CLASS_NAME = re.compile(r"\b[A-Z][A-Za-z]+\b")
STEP_UP_CODE = "step_up_required"

Error = type[GatebookError]
Function = Callable[..., Any]
Names = Mapping[str, Any]


def codes_by_status(path: str, view: Function, spec: EndpointSpec) -> dict[int, list[str]]:
    """The problem codes of a route under the status that each is answered with, both in order."""
    codes: dict[int, set[str]] = {429: {"too_many_requests"}, 500: {"internal_error"}}
    for error in (*_of_the_decorator(path, spec), *_of_the_admission(spec), *_announced(view, spec.services)):
        codes.setdefault(_status_of(error), set()).add(error.code)
    return {status: sorted(codes[status]) for status in sorted(codes)}


def called(view: Function, services: Mapping[str, type[Any]]) -> Iterator[Function]:
    """The functions and services' methods that a function calls by name, as far as they can be told."""
    names: Names = {**view.__globals__, **services}
    for node in ast.walk(ast.parse(textwrap.dedent(inspect.getsource(view)))):
        if isinstance(node, ast.Call) and inspect.isfunction(function := _resolved(node.func, names)):
            yield function


def _of_the_decorator(path: str, spec: EndpointSpec) -> Iterator[Error]:
    yield from (ValidationFailed, Unavailable)
    if spec.body is not None:
        yield from (InvalidJson, BodyTooLarge, UnsupportedMediaType)
    if "{" in path:
        yield RouteNotFound
    if spec.services or not isinstance(spec.admits, Public):
        yield Broken


def _of_the_admission(spec: EndpointSpec) -> Iterator[Error]:
    """What admissions share is named by all of them; stepping up is asked for by those that say so in their name."""
    if isinstance(spec.admits, Public):
        return
    if isinstance(spec.admits, Signed):
        yield from (SignatureRequired, SignatureTooOld)
        yield from _announced(type(spec.admits).admit, {})
        return
    if isinstance(spec.admits, Keyed):
        yield CredentialsRequired
        yield from _announced(type(spec.admits).admit, {})
        return
    yield SessionRequired
    steps_up = "stepped up" in spec.admits.name
    admit: Function = type(spec.admits).admit
    yield from (error for error in _announced(admit, {}) if steps_up or error.code != STEP_UP_CODE)


def _announced(function: Function, services: Mapping[str, type[Any]]) -> Iterator[Error]:
    """The errors that the docstrings of a function, and of what it calls, name."""
    known = {error.__name__: error for error in _subclasses(GatebookError) if error not in STATUSES}
    for one in (inspect.unwrap(function), *called(inspect.unwrap(function), services)):
        words = CLASS_NAME.findall(inspect.getdoc(one) or "")
        yield from (known[word] for word in words if word in known)


def _subclasses(error: Error) -> Iterator[Error]:
    for subclass in error.__subclasses__():
        yield subclass
        yield from _subclasses(subclass)


def _resolved(node: ast.expr, names: Names) -> Any:
    """What an expression such as `books.open_book` or `canonical.phone` names; None for anything less plain."""
    if isinstance(node, ast.Name):
        return names.get(node.id)
    if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
        return getattr(names.get(node.value.id), node.attr, None)
    return None


def _status_of(error: Error) -> int:
    return next(status for base, status in STATUSES.items() if issubclass(error, base))
