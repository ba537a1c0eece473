"""Which city a command is for, and where: asked in one way by every command, before or after its verb."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from typer.core import TyperGroup

from chalicelib.core.city import CityFileError, load_city
from chalicelib.core.settings import Settings
from infra.process import working_for, working_in_aws

_WITH_VALUE = ("--city", "--endpoint-url")
_FLAGS = ("--json",)


class UnusableTarget(Exception):
    """The options do not name a city that this command may work on; the text says what to do."""


@dataclass(frozen=True)
class Target:
    """A city and the address of its emulator, and whether answers are for a program (`--json`)."""

    city: str
    endpoint_url: str
    as_json: bool


def local_target(city: str | None, endpoint_url: str | None, *, as_json: bool) -> Target:
    """The target of a command that may work on this machine only. Raises UnusableTarget for any other.

    A deployed city takes facts signed by registered sources alone (B3), so nothing is imported into one.
    """
    city = _known(city)
    if not endpoint_url:
        raise UnusableTarget("Where? Name the emulator's address with --endpoint-url or in AWS_ENDPOINT_URL.")
    if not _is_local(city, endpoint_url):
        raise UnusableTarget(
            "This imports into a city on this machine only: the endpoint must be http://127.0.0.1:PORT."
        )
    return Target(city, endpoint_url, as_json)


@contextmanager
def operating(city: str | None, endpoint_url: str | None) -> Iterator[str]:
    """Work for a city, on this machine at its emulator's address or, without one, in AWS with the operator's credentials.

    Yields the city's name. Raises UnusableTarget for an unknown city, and for any other address: credentials are shown
    to AWS and to nobody else.
    """
    city = _known(city)
    if endpoint_url and not _is_local(city, endpoint_url):
        raise UnusableTarget("The endpoint must be http://127.0.0.1:PORT; without one the city is the one in AWS.")
    with working_for(city, endpoint_url) if endpoint_url else working_in_aws(city):
        yield city


def _known(city: str | None) -> str:
    if not city:
        raise UnusableTarget("Which city? Name it with --city or in CITY.")
    try:
        load_city(city)
    except CityFileError as error:
        raise UnusableTarget(str(error)) from error
    return city


def _is_local(city: str, endpoint_url: str) -> bool:
    try:
        is_local = Settings(city_name=city, endpoint_url=endpoint_url, in_lambda=False).is_local
    except ValueError:  # not an address at all
        return False
    return is_local and endpoint_url.startswith(("http://", "https://"))


class GlobalOptionsAnywhere(TyperGroup):
    """A group whose own options may stand anywhere on the line, as in `import people FILE --city demo`."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Read the arguments with the group's own options moved to the front."""
        return super().parse_args(ctx, to_front(args))


def to_front(args: Sequence[str]) -> list[str]:
    """The arguments with the global options first; what follows `--` is left where it is."""
    front: list[str] = []
    rest: list[str] = []
    waiting = list(args)
    while waiting:
        argument = waiting.pop(0)
        if argument == "--":
            return [*front, *rest, argument, *waiting]
        if argument in _WITH_VALUE and waiting:
            front += [argument, waiting.pop(0)]
        elif argument in _FLAGS or argument.startswith(tuple(f"{name}=" for name in _WITH_VALUE)):
            front.append(argument)
        else:
            rest.append(argument)
    return [*front, *rest]
