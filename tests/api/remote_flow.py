"""What functions do where the city has a remote source: identity, a night, and what is forgotten with a life."""

from datetime import timedelta

from chalicelib.core import clock, crypto, queues
from chalicelib.core.city_secrets import forget_secrets
from tests.support import nights
from tests.support.city import TestCity
from tests.support.remote import remote_city


def ask_a_remote_source(city: TestCity) -> None:
    """Somebody proves their identity, is synced for two nights, and erases themself; each function is a process of its own."""
    crypto.forget_keys()
    forget_secrets()
    with nights.few_segments(1) as (segment,), remote_city(city) as remote:
        person = city.stranger()
        client = remote.verified(person, segment)
        for forget in (forget_secrets, crypto.forget_keys, queues.forget_queues):
            forget()
        fact = nights.worst_fact()
        remote.server.register.report(person.number, kind=fact.kind, result=fact.result, occurred_at=fact.occurred_at)
        nights.tend()
        forget_secrets()
        nights.work_off()
        with clock.frozen(clock.now() + timedelta(days=1)):
            remote.server.register.report(person.number, kind="nucleic_acid", result="negative")
            nights.night()
        assert client.delete("/v1/me").status == 204
        city.deliver()
