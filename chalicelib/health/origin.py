"""Which health source the city file names."""

from collections.abc import Callable, Sequence

from chalicelib.core.city_secrets import HEALTH_SOURCE_KEY, secret
from chalicelib.core.crypto import IdentityMacs
from chalicelib.core.fields import FieldCipher
from chalicelib.core.reports import CitySource
from chalicelib.core.settings import settings
from chalicelib.health.remote.breaker import Breaker
from chalicelib.health.remote.client import Client
from chalicelib.health.remote.source import RemoteSource
from chalicelib.health.service.registry import RegistrySource
from chalicelib.people.tables.privacy import LedgerRow

REFERENCE = "reference"
"""The name of a source on this machine, which stands in for the city's own."""


def city_source(macs: IdentityMacs, cipher: FieldCipher) -> CitySource:
    """The source of this process's city; on one machine another one may stand in for it (`SOURCE_URL`)."""
    here, origin = settings(), settings().city.health_source
    if here.is_local and here.source_url is not None:
        return source_at(here.source_url, macs, cipher)
    if origin.name is not None and origin.url is not None:
        return _remote(origin.name, origin.url, macs, cipher)
    return RegistrySource()


def source_at(url: str, macs: IdentityMacs, cipher: FieldCipher) -> CitySource:
    """A source on this machine."""
    return _remote(REFERENCE, url, macs, cipher)


def sweeps_of(source: CitySource) -> Sequence[Callable[[LedgerRow], object]]:
    """What an erased life leaves at a source that keeps what it was told."""
    return [source.forget_erased] if isinstance(source, RemoteSource) else []


def _remote(name: str, url: str, macs: IdentityMacs, cipher: FieldCipher) -> RemoteSource:
    return RemoteSource(name, Client(url, lambda: secret(HEALTH_SOURCE_KEY), Breaker()), macs, cipher)
