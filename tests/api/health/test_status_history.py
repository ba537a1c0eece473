"""What a person's status was, for the person to read, and gone with the life that it was of (B2)."""

from datetime import timedelta
from typing import Any

import pytest

from chalicelib.core import clock, store
from chalicelib.health.service.history import history_row
from chalicelib.people.tables.people import PersonRow
from chalicelib.people.tables.status import StatusRow
from tests.api.health.steps import change, normal, refused, worse
from tests.support.books import person_key
from tests.support.city import TestCity
from tests.support.client import Client
from tests.support.people import TestPerson
from tests.support.rows import spoil, stored

pytestmark = pytest.mark.api

CODE = "/v1/me/health-code"
HISTORY = f"{CODE}/history"


def kept(person: TestPerson, **changes: Any) -> StatusRow:
    """The row of history that the consumer writes, stored."""
    row = history_row(PersonRow.from_raw_data(stored(person_key(person)) or {}))
    assert row is not None
    for name, value in changes.items():
        setattr(row, name, value)
    store.put(row)
    return row


def test_a_person_reads_what_their_status_was(city: TestCity, person: TestPerson, client: Client) -> None:
    first = kept(person)
    cause = worse(city, person)
    city.deliver()
    second = kept(person)

    shown = client.get(HISTORY).json

    assert [one["state"] for one in shown["items"]] == [cause.state, normal()]
    assert [one["cause"] and one["cause"]["rule"] for one in shown["items"]] == [cause.rule, None]
    assert second.sk > first.sk
    assert shown["cursor"] is None
    assert shown["items"][0].keys() == {"state", "word", "colour", "icon", "cause", "since", "until", "at"}


def test_history_is_paged_and_says_nothing_of_another_life_or_past_its_time(person: TestPerson, client: Client) -> None:
    for version in range(1, 6):
        change(person, PersonRow.status_version.set(version))
        kept(person)
    change(person, PersonRow.status_version.set(8))
    kept(person, enrolment=2)
    change(person, PersonRow.status_version.set(9))
    kept(person, expires_at=clock.now() - timedelta(seconds=1))

    seen, cursor = [], ""
    while True:
        page = client.get(f"{HISTORY}?limit=2{cursor}").json
        seen += page["items"]
        if page["cursor"] is None:
            break
        cursor = f"&cursor={page['cursor']}"

    assert len(seen) == 5
    assert refused(client.get(f"{HISTORY}?cursor=x"), 422, "invalid_cursor")
    assert refused(client.get(f"{HISTORY}?limit=0"), 422, "validation_failed")


def test_history_that_cannot_be_read_is_left_out(person: TestPerson, client: Client) -> None:
    row = kept(person)
    change(person, PersonRow.status_version.set(5))
    kept(person)
    spoil(row.own_key, "status_at")

    assert len(client.get(HISTORY).json["items"]) == 1


def test_a_cause_of_history_that_makes_no_sense_is_left_out(city: TestCity, person: TestPerson, client: Client) -> None:
    worse(city, person)
    city.deliver()
    before = client.get(HISTORY).json["items"]
    assert before[0]["cause"] is not None

    kept(person, cause={"kind": 7})

    assert client.get(HISTORY).json["items"] == [before[0] | {"cause": None}, *before[1:]]


def test_nobody_without_a_status_has_a_row_of_history() -> None:
    assert history_row(PersonRow("p", "PERSON", enrolment=1)) is None


def test_the_history_of_an_ended_life_is_swept(city: TestCity, person: TestPerson, client: Client) -> None:
    row = kept(person)
    change(person, PersonRow.status_version.set(5))
    broken = kept(person)
    spoil(broken.own_key, "status_at")
    change(person, PersonRow.status_version.set(6))
    following = kept(person, enrolment=2)

    assert client.delete("/v1/me").status == 204
    city.deliver()

    assert [stored(one.own_key) is not None for one in (row, broken, following)] == [False, False, True]
