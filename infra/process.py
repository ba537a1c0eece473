"""Which city this process works for, and where: told to the service by its environment, as a deployed one is."""

import os
from collections.abc import Iterator
from contextlib import contextmanager

from chalicelib.core import aws, crypto, store
from chalicelib.core.settings import settings


@contextmanager
def working_for(city: str, endpoint_url: str) -> Iterator[None]:
    """Make this process work for a city at an address until the block ends; then it is as it was before.

    Everything that the service holds by city (clients, keys, connections) is dropped at both ends. Services that
    `app.compose` built inside belong to the block as well.
    """
    told = {"CITY": city, "AWS_ENDPOINT_URL": endpoint_url}
    before = {name: os.environ.get(name) for name in told}
    os.environ.update(told)
    _forget()
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value
        _forget()


def _forget() -> None:
    settings.cache_clear()
    aws.forget_clients()
    crypto.forget_keys()
    store.forget_connections()
