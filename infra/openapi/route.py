"""A route with everything that its description is made from."""

from collections.abc import Callable, Iterator
from typing import Any

from pydantic import BaseModel
from pydantic.json_schema import JsonSchemaMode

from chalicelib.core.requests import RequestKey
from chalicelib.http.endpoint import EndpointSpec
from infra.openapi.announced import called, codes_by_status

Model = tuple[type[BaseModel], JsonSchemaMode]
"""A model, and whether it describes what is read (validation) or written (serialization)."""


class Route:
    """One method of one path."""

    def __init__(self, path: str, method: str, view: Callable[..., Any]) -> None:
        """Take the path as Chalice has it, and the decorated view."""
        self.path, self.method, self.name = path, method.lower(), view.__name__
        self.spec: EndpointSpec = view.spec  # type: ignore[attr-defined]
        self.view: Callable[..., Any] = view.__wrapped__  # type: ignore[attr-defined]
        self.codes = codes_by_status(path, self.view, self.spec)

    @property
    def feature(self) -> str:
        """The feature that the route belongs to."""
        return self.view.__module__.split(".")[1]

    @property
    def body(self) -> Model | None:
        """What the route reads, if it reads a body."""
        return None if self.spec.body is None else (self.spec.body, "validation")

    @property
    def answer(self) -> Model | None:
        """What the route answers, unless that is a page, a file, or nothing."""
        returns = self.spec.returns
        return (returns, "serialization") if returns is not None and issubclass(returns, BaseModel) else None

    @property
    def creates_once(self) -> bool:
        """Whether the caller may name the request so that a repetition creates nothing new."""
        functions = called(self.view, self.spec.services)
        wishes = [wish for one in functions for name, wish in one.__annotations__.items() if name != "return"]
        return any(RequestKey in getattr(wish, "__args__", ()) for wish in wishes)


def routes() -> Iterator[Route]:
    """Every route of the service, ordered by path and method."""
    from app import app

    for path, methods in sorted(app.routes.items()):
        for method, entry in sorted(methods.items()):
            yield Route(path, method, entry.view_function)
