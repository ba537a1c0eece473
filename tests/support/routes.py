"""Every route of the service, for tests that sweep over all of them."""

import inspect
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from chalicelib.http.endpoint import EndpointSpec

PARAMETER = re.compile(r"\{(\w+)\}")


@dataclass(frozen=True)
class Route:
    """One method of one path."""

    method: str
    path: str
    view: Callable[..., Any]

    @property
    def name(self) -> str:
        """How the route is called in tables of tests."""
        return f"{self.method} {self.path}"

    @property
    def spec(self) -> EndpointSpec:
        """What the endpoint decorator knows of it. Raises AttributeError for a view that does not wear it."""
        spec: EndpointSpec = self.view.spec  # type: ignore[attr-defined]
        return spec

    @property
    def parameters(self) -> list[str]:
        """The names of the path's parameters."""
        return PARAMETER.findall(self.path)

    @property
    def function(self) -> Callable[..., Any]:
        """The view under its decorators."""
        function: Callable[..., Any] = inspect.unwrap(self.view)
        return function

    def filled(self, value: str) -> str:
        """The path with one value for every parameter."""
        return PARAMETER.sub(value, self.path)


def routes() -> list[Route]:
    """All routes of the composed app by path and method."""
    from app import app

    return [
        Route(method, path, entry.view_function)
        for path, methods in sorted(app.routes.items())
        for method, entry in sorted(methods.items())
    ]
