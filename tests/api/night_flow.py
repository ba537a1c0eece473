"""A night with everything in it that its functions do: for the comparison of what they may with what they do."""

from datetime import timedelta
from unittest.mock import patch

import app
from chalicelib.core import clock, ids, queues, store
from chalicelib.core.decisions import DecisionsTable
from chalicelib.health.service.sync.releasing import release_as_operator
from chalicelib.health.tables.sync import Phase, SyncRunRow
from chalicelib.people.service import retention
from chalicelib.people.tables.people import PersonRow
from infra.grants import SWEPT
from tests.support import messages, nights
from tests.support.books import Book, person_key
from tests.support.city import TestCity
from tests.support.lambdas import batch
from tests.support.retention import Owner, forget, of_city, put, run
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


def sweep_what_is_over() -> None:
    """A night's sweep that finds something over in every table and partition that it may remove anything of."""
    segment = ids.new_id()
    with patch.object(retention, "segments_of", lambda _: [segment]):
        forget()
        Owner.of(segment).rows()
        of_city()
        for kind in SWEPT:
            put(DecisionsTable, kind, ids.new_id())
        assert run() > len(SWEPT)
        forget()
