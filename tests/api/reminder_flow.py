"""A morning with reminders, so that what its functions may do is seen to be what they do (tests/api/test_rights.py)."""

import pytest

from chalicelib.core import clock, queues
from chalicelib.groups import attention
from chalicelib.groups.service import reminders
from tests.support.books import Book
from tests.support.city import TestCity
from tests.support.enrolled import enrolled
from tests.support.policies import set_policy
from tests.support.reminding import (
    QUARTER,
    begin,
    dependant_of,
    eight_in_the_morning,
    member_seen,
    next_morning,
    remind,
    texts,
    with_phone,
    work_off,
)


def be_reminded(city: TestCity, monkeypatch: pytest.MonkeyPatch) -> None:
    """Two members of one part, in more slices than one call has time for: one with a phone, and one for whom they act."""
    monkeypatch.setattr(attention, "DUE_SHARDS", 1)
    monkeypatch.setattr(reminders, "PAGE", 1)
    with clock.frozen(eight_in_the_morning()) as time:
        person = city.stranger()
        (owner,) = enrolled(city, person)
        with_phone(person)
        book = Book.opened(city, owner)
        set_policy(book, nucleic_acid_days=1)
        parent, leaver = member_seen(book, 5), member_seen(book, 0)
        wants = {"sms": True, "email": False, "language": "en", "morning": True}
        assert owner.put("/v1/me/channels", wants).status == 200
        assert leaver.client.put("/v1/me/channels", wants).status == 200
        assert leaver.client.put("/v1/me/channels", {**wants, "morning": False}).status == 200
        dependant_of(book, parent)
        next_morning(time)
        queues.forget_queues()  # each function is a process of its own
        waiting = begin()
        queues.forget_queues()
        work_off(waiting, passes=100_000)
        assert len(texts(city, parent.person)) == 2
        time.tick(QUARTER)
        remind()
        assert len(texts(city, person)) == 1
