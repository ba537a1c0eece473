"""A night with everything in it that its functions do: for the comparison of what they may with what they do."""

from datetime import timedelta

import app
from chalicelib.core import clock, crypto, queues, store
from chalicelib.core.city_secrets import forget_secrets
from chalicelib.health.service.sync.releasing import release_as_operator
from chalicelib.health.tables.sync import Phase, SyncRunRow
from chalicelib.people.tables.people import PersonRow
from tests.support import messages, nights
from tests.support.books import Book, person_key
from tests.support.city import TestCity
from tests.support.lambdas import batch
from tests.support.remote import remote_city
from tests.support.statuses import person_row
from tests.support.working import Context


def sleep_over_it(city: TestCity) -> None:
    """One night finds what was lost, is parked, let go, and ends; another one is ended by the next."""
    book, person = Book.opened(city, city.verified()), city.person()
    city.join(city.verified(person), book.code, "health_code", "nucleic_acid")
    city.deliver()
    with nights.few_segments() as (first, second):
        store.update(person_key(person), [PersonRow.segment.set(first)])
        long_ago = clock.now() - timedelta(hours=2)
        behind = nights.resident(second, status_version=3, effects_version=2, status_at=long_ago)
        others = [nights.resident(second) for _ in range(8)]
        nights.settle([behind, *others])
        member = person_row(person)
        for one in (member, *others):
            nights.lose(one, nights.worst_fact(), nights.soon_fact())
        queues.forget_queues()
        assert app.sync({}, None) >= 0
        queues.forget_queues()  # the worker is another process
        first_call, *more = messages.take("sync_pieces")
        app.sync_worker(batch(first_call), Context(passes=100_000))
        nights.work_off(*more)
        run = nights.latest()
        assert run.phase == Phase.PARKED
        store.update(run.own_key, store.assign(SyncRunRow, {"officer": "somebody", "officer_at": clock.now()}))
        release_as_operator(run.run_id, "ops-1")
        queues.forget_queues()
        nights.work_off()
        assert nights.latest().phase == Phase.DONE
    city.deliver()
    ask_a_remote_source(city)


def ask_a_remote_source(city: TestCity) -> None:
    """The same where the city has a remote source: identity, a night, what is forgotten with a life."""
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
