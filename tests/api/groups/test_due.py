"""Members see what is overdue, and from when what else will be, in each organization by its own periods (R0.5)."""

from datetime import timedelta

import pytest

from chalicelib.core import clock
from tests.support.books import Book, Member, membership_key
from tests.support.city import TestCity
from tests.support.client import Client
from tests.support.dependants import put_binding
from tests.support.enrolled import enrolled
from tests.support.policies import set_policy
from tests.support.rows import spoil

pytestmark = pytest.mark.api


def day(offset: int) -> str:
    """A day of the city, so many from today."""
    return str(clock.local_day("Asia/Shanghai", clock.now()) + timedelta(days=offset))


def member_seen(city: TestCity, book: Book, days_ago: int, *scopes: str) -> Member:
    """A member who was tested so many days ago."""
    person = city.person()
    city.fact(person, "nucleic_acid", "negative", clock.iso(clock.now() - timedelta(days=days_ago)))
    return book.member(*(scopes or ("nucleic_acid",)), person=person)


def shown(client: Client) -> list[tuple[list[str], dict[str, str]]]:
    """What the caller's memberships say is overdue, and from when."""
    answer = client.get("/v1/me/memberships")
    assert answer.status == 200, answer.text
    return [(one["overdue"], one["due"]) for one in answer.json["items"]]


def test_what_is_due_is_shown_by_each_organizations_newest_periods(city: TestCity) -> None:
    strict, mild = Book.opened(city), Book.opened(city)
    member = member_seen(city, strict, 3, "nucleic_acid", "travel")
    city.join(member.client, mild.code, "nucleic_acid")
    assert shown(member.client) == [([], {})] * 2

    set_policy(strict, nucleic_acid_days=2, travel_days=7, vaccination_days=30)
    set_policy(mild, nucleic_acid_days=3)

    expected = [(["nucleic_acid"], {"nucleic_acid": day(0), "travel": day(8)}), ([], {"nucleic_acid": day(1)})]
    assert sorted(shown(member.client), reverse=True) == expected


def test_a_change_of_consent_answers_with_what_is_due_then(city: TestCity) -> None:
    book = Book.opened(city)
    set_policy(book, nucleic_acid_days=1)
    member = member_seen(city, book, 3)

    path = f"{book.own_path}/consent"
    assert member.client.put(path, {"scopes": []}).json["overdue"] == []
    shared = member.client.put(path, {"scopes": ["nucleic_acid"]}).json

    assert (shared["overdue"], shared["due"]) == (["nucleic_acid"], {"nucleic_acid": day(-1)})


def test_guardians_see_what_is_due_of_those_for_whom_they_act(city: TestCity) -> None:
    book, mother, child = Book.opened(city), city.stranger(), city.person()
    (client,) = enrolled(city, mother)
    dependant_id, _ = put_binding(city, mother, child)
    city.fact(child, "nucleic_acid", "negative", clock.iso(clock.now() - timedelta(days=3)))
    set_policy(book, nucleic_acid_days=1)
    body = {"scopes": ["nucleic_acid"], "dependant_id": dependant_id}
    assert client.post(f"/v1/invitations/{book.code}/join", body).status == 201

    (item,) = client.get(f"/v1/me/dependants/{dependant_id}/memberships").json["items"]

    assert (item["overdue"], item["due"]) == (["nucleic_acid"], {"nucleic_acid": day(-1)})


def test_a_damaged_membership_is_counted_and_shows_nothing(city: TestCity) -> None:
    book = Book.opened(city)
    member = member_seen(city, book, 3)
    spoil(membership_key(book.org_id, member.person), "nucleic_acid", {"S": "[]"})

    answer = member.client.get("/v1/me/memberships")

    assert (answer.json["items"], answer.json["unreadable"]) == ([], 1)
