"""Which city this process works for, and where: told to the service by its environment, as a deployed one is."""

import os
from collections.abc import Iterator
from contextlib import contextmanager

from chalicelib.alerts import topics
from chalicelib.core import aws, crypto, files, queues, runs, store
from chalicelib.core.settings import settings

_NO_PROXY = ("NO_PROXY", "no_proxy")
_LOOPBACK = "127.0.0.1,localhost,::1"

ONLY_AWS = {"AWS_IGNORE_CONFIGURED_ENDPOINT_URLS": "true"}
"""What makes AWS's SDKs and tools forget endpoints, those of a profile as well."""


@contextmanager
def working_for(city: str, endpoint_url: str) -> Iterator[None]:
    """Make this process work for a city on this machine until the block ends; then it is as it was before.

    An operator's own settings of AWS (a profile, a region, an endpoint) and of proxies do not count inside. Everything
    that the service holds by city (clients, keys, connections) is dropped at both ends; services that `app.compose`
    built inside belong to the block as well.
    """
    told = {"CITY": city, "AWS_ENDPOINT_URL": endpoint_url}
    told |= {name: ",".join(filter(None, (os.environ.get(name), _LOOPBACK))) for name in _NO_PROXY}
    with _told(told, without={name for name in os.environ if name.startswith("AWS_")}):
        yield


@contextmanager
def working_in_aws(city: str) -> Iterator[None]:
    """Make this process work for a deployed city, under the operator's own credentials, until the block ends.

    What an operator's shell or profile says of endpoints does not count: credentials are shown to AWS alone.
    """
    with _told({"CITY": city, **ONLY_AWS}, without=set(configured_endpoints())):
        yield


def configured_endpoints() -> list[str]:
    """The variables of the environment that lead AWS's tools to other addresses than AWS's."""
    return [name for name in os.environ if name.startswith("AWS_ENDPOINT_URL")]


@contextmanager
def _told(told: dict[str, str], without: set[str]) -> Iterator[None]:
    before = {name: os.environ.pop(name, None) for name in {*told, *without}}
    os.environ.update(told)
    _forget()
    try:
        yield
    finally:
        _restore(before)
        _forget()


def _restore(before: dict[str, str | None]) -> None:
    for name, value in before.items():
        if value is None:
            os.environ.pop(name, None)
        else:
            os.environ[name] = value


def _forget() -> None:
    settings.cache_clear()
    aws.forget_clients()
    crypto.forget_keys()
    queues.forget_queues()
    files.forget_bucket()
    runs.forget_freshness()
    topics.forget_account()
    store.forget_connections()
