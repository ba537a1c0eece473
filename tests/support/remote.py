"""A city that asks the reference source, which runs beside it and answers over the network."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from unittest.mock import patch

import app
from chalicelib.core import store
from chalicelib.core.city_secrets import HEALTH_SOURCE_KEY, secret
from chalicelib.core.crypto import IdentityMacs
from chalicelib.core.fields import FieldCipher
from chalicelib.health.remote import client as asking
from chalicelib.health.remote.breaker import Breaker
from chalicelib.health.remote.client import Client
from chalicelib.health.remote.source import RemoteSource
from chalicelib.people.tables.people import PersonRow
from infra.source import faults
from infra.source.server import Known, ReferenceSource
from tests.support import client as clients
from tests.support.books import person_key
from tests.support.city import TestCity
from tests.support.people import TestPerson

NAME = "reference"
TRY_SECONDS = 1.0


def key() -> bytes:
    """What city and source share."""
    return secret(HEALTH_SOURCE_KEY)


@dataclass
class Remote:
    """The source, the city's view of it, and the city."""

    server: ReferenceSource
    source: RemoteSource
    city: TestCity

    def know(self, *people: TestPerson) -> None:
        """Let the source know people; the city knows nothing of them."""
        for one in people:
            self.server.register.know(Known(one.type, one.number, one.name, one.phone))

    def verified(self, person: TestPerson, segment: str | None = None) -> clients.Client:
        """Somebody who proved their identity, synced in a segment of the test's own."""
        self.know(person)
        client = self.city.log_in(person)
        answer = client.put("/v1/me/identity", person.claim())
        assert answer.status == 200, answer.text
        if segment is not None:
            store.update(person_key(person), [PersonRow.segment.set(segment)])
        return self.city.api.as_(answer.json["token"])


def speaking_to(server: ReferenceSource) -> RemoteSource:
    """A source as the city has one of this server, with a breaker that has seen nothing."""
    return RemoteSource(NAME, Client(server.url, key, Breaker()), IdentityMacs(), FieldCipher())


@contextmanager
def remote_city(city: TestCity) -> Iterator[Remote]:
    """The city composed with the reference source; what it waits for between tries takes no time."""
    with ExitStack() as stack:
        stack.enter_context(patch.object(asking, "TRY_SECONDS", TRY_SECONDS))
        stack.enter_context(patch.object(asking, "wait_before", lambda *_: None))
        stack.enter_context(patch.object(faults, "SLOW_SECONDS", 1.3 * TRY_SECONDS))
        server = stack.enter_context(ReferenceSource(key))
        source = speaking_to(server)
        app.services.replace(app.compose(sms=city.sms, source=source))
        try:
            yield Remote(server, source, city)
        finally:
            app.services.replace(app.compose(sms=city.sms))
