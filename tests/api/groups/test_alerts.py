"""What managers see of alerts: those of their subtree, as long as the member shares their code, and who saw to them."""

from datetime import timedelta
from typing import Any

import pytest

from chalicelib.alerts.tables import AlertRow
from chalicelib.core import clock, store
from chalicelib.groups.service import alerts as service
from chalicelib.groups.tables import MembershipRow
from tests.support.alerting import put_alert
from tests.support.books import Book, Member
from tests.support.city import TestCity
from tests.support.lambdas import failed
from tests.support.rows import put_raw, spoil, spoiled, stored
from tests.support.statuses import fresh, states, to_people, turn

pytestmark = pytest.mark.api


def listed(book: Book, by: Member | None = None, query: str = "") -> list[dict[str, Any]]:
    answer = (by.client if by else book.owner).get(f"{book.path}/alerts{query}")
    assert answer.status == 200, answer.text
    items: list[dict[str, Any]] = answer.json["items"]
    return items


def acknowledge(book: Book, alert_id: str, by: Member | None = None) -> Any:
    return (by.client if by else book.owner).post(f"{book.path}/alerts/{alert_id}/acknowledge")


def test_an_alert_says_who_it_is_about_who_was_told_and_who_saw_to_it(book: Book) -> None:
    department_id = book.department()
    member = book.member_in(department_id, "health_code", "travel")
    head, at = book.admin(department_id), clock.iso(clock.now())
    sent = [f"{head.member_id}#sms#{at}", f"{head.member_id}#email#{at}", f"city#topic#{at}"]
    alert_id = put_alert(book.org_id, member.member_id, sent=sent, outcome="sent", settled_at=clock.now())
    store.update(
        MembershipRow.of(book.org_id, member.member_id),
        [MembershipRow.status.set({"state": "orange", "since": at, "until": None, "as_of": at})],
    )

    assert acknowledge(book, alert_id, head).status == 204
    assert acknowledge(book, alert_id).status == 204, "who does so first stays"
    (item,) = listed(book, head)

    assert item == {
        "alert_id": alert_id,
        "at": item["at"],
        "member_id": member.member_id,
        "name": f"{item['name'][0]}**",
        "department_id": department_id,
        "label": None,
        "status": {"state": "orange", "since": at, "until": None, "as_of": at},
        "delivery": "sent",
        "messages": [
            {"member_id": head.member_id, "channel": "sms", "at": at},
            {"member_id": head.member_id, "channel": "email", "at": at},
        ],
        "acknowledged": {"member_id": head.member_id, "is_owner": False, "at": item["acknowledged"]["at"]},
    }


def test_the_owner_is_told_apart_from_members(book: Book) -> None:
    alert_id = put_alert(book.org_id, book.member("health_code").member_id)
    acknowledge(book, alert_id)
    (item,) = listed(book)
    assert item["acknowledged"]["is_owner"] is True


@pytest.mark.parametrize(
    ("fields", "delivery"),
    [
        ({}, "waiting"),
        ({"hold": "h"}, "held"),
        ({"outcome": "sent"}, "sent"),
        ({"outcome": "withheld"}, "withheld"),
        ({"outcome": "unreachable"}, "unreachable"),
        ({"outcome": "dropped"}, "dropped"),
    ],
)
def test_how_far_its_delivery_is(book: Book, fields: dict[str, str], delivery: str) -> None:
    put_alert(book.org_id, book.member("health_code").member_id, **fields)
    (item,) = listed(book)
    assert (item["delivery"], item["messages"], item["acknowledged"]) == (delivery, [], None)


def test_an_administrator_sees_their_subtree_alone(book: Book) -> None:
    grade, beside = book.department("Grade 1"), book.department("Grade 2")
    head = book.admin(grade)
    inside = [book.member_in(one, "health_code") for one in (grade, book.department("Class 1", grade))]
    outside = [book.member("health_code"), book.member_in(beside, "health_code")]
    alerts = {one.member_id: put_alert(book.org_id, one.member_id) for one in (*inside, *outside)}

    assert {item["member_id"] for item in listed(book, head)} == {one.member_id for one in inside}
    assert len(listed(book)) == 4
    for one in outside:
        assert acknowledge(book, alerts[one.member_id], head).code == "alert_not_found"
    assert all(item["acknowledged"] is None for item in listed(book))


def test_newest_come_first_page_by_page(book: Book) -> None:
    members = [book.member("health_code") for _ in range(3)]
    now = clock.now()
    alerts = [
        put_alert(book.org_id, one.member_id, at=now + timedelta(seconds=number)) for number, one in enumerate(members)
    ]
    found: list[str] = []
    query = "?limit=1"
    for _ in range(4):
        answer = book.owner.get(f"{book.path}/alerts{query}")
        found += [item["alert_id"] for item in answer.json["items"]]
        if answer.json["cursor"] is None:
            break
        query = f"?limit=1&cursor={answer.json['cursor']}"
    assert found == alerts[::-1]


def test_an_administrator_of_little_gets_there_in_several_steps(book: Book, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(service, "PAGES_AT_MOST", 2)
    department_id = book.department()
    head, inside = book.admin(department_id), book.member_in(department_id, "health_code")
    now, others = clock.now(), book.member("health_code")
    put_alert(book.org_id, inside.member_id, at=now)
    for number in range(5):
        put_alert(book.org_id, others.member_id, at=now + timedelta(seconds=number + 1))

    first = head.client.get(f"{book.path}/alerts?limit=1").json
    assert first["items"] == []
    pages, cursor = [], first["cursor"]
    while cursor:
        page = head.client.get(f"{book.path}/alerts?limit=1&cursor={cursor}").json
        pages += page["items"]
        cursor = page["cursor"]
    assert [item["member_id"] for item in pages] == [inside.member_id]


def test_what_is_taken_back_is_seen_no_more(book: Book) -> None:
    member = book.member("health_code")
    alert_id = put_alert(book.org_id, member.member_id)
    assert len(listed(book)) == 1

    assert member.client.put(f"{book.own_path}/consent", {"scopes": ["travel"]}).status == 200
    assert listed(book) == []
    assert acknowledge(book, alert_id).code == "alert_not_found"

    assert member.client.delete(book.own_path).status == 204
    assert listed(book) == []


def test_who_leaves_and_joins_anew_brings_no_old_alerts_back(book: Book) -> None:
    member = book.member("health_code")
    put_alert(book.org_id, member.member_id)
    assert member.client.delete(book.own_path).status == 204
    with clock.frozen(clock.now() + timedelta(seconds=5)):
        assert book.city.join(member.client, book.code, "health_code") == member.member_id
        assert listed(book) == []
        put_alert(book.org_id, member.member_id)
        assert len(listed(book)) == 1


def test_who_shares_anew_brings_no_old_alerts_back(book: Book) -> None:
    fresh()
    member = book.member("health_code")
    assert to_people(turn(member.person, states()[1])) == failed()
    assert len(listed(book)) == 1

    for scopes in (["travel"], ["health_code"]):
        assert member.client.put(f"{book.own_path}/consent", {"scopes": scopes}).status == 200

    assert listed(book) == []
    assert to_people(turn(member.person, states()[-1])) == failed()
    assert len(listed(book)) == 1


def test_who_is_erased_leaves_no_alert_behind_and_others_keep_theirs(city: TestCity, book: Book) -> None:
    member, other = book.member("health_code", person=city.person()), book.member("health_code")
    gone, kept = (AlertRow.of(book.org_id, put_alert(book.org_id, one.member_id)) for one in (member, other))
    assert member.client.delete("/v1/me").status == 204
    with clock.frozen(clock.now() + timedelta(minutes=2)):
        city.join(city.verified(member.person), book.code, "health_code")
        of_the_new_life = AlertRow.of(book.org_id, put_alert(book.org_id, member.member_id))

        city.deliver()

    assert [stored(one) is not None for one in (gone, kept, of_the_new_life)] == [False, True, True]


def test_expired_alerts_are_not_shown(book: Book) -> None:
    put_alert(book.org_id, book.member("health_code").member_id, expires_at=clock.now() - timedelta(seconds=1))
    assert listed(book) == []


def test_the_look_is_in_the_log_of_whom_it_was_at(city: TestCity, book: Book) -> None:
    member = book.member("health_code", "travel")
    for _ in range(2):
        put_alert(book.org_id, member.member_id)
    assert len(listed(book)) == 2
    city.deliver()

    entries = member.client.get("/v1/me/access-log").json["items"]

    assert [(one["why"], one["what"]) for one in entries] == [("alerts", ["name", "document", "health_code"])]


def test_rows_that_cannot_be_read_are_counted_and_hide_no_others(book: Book) -> None:
    fine, broken, about_broken = (book.member("health_code") for _ in range(3))
    put_alert(book.org_id, fine.member_id)
    spoil(AlertRow.of(book.org_id, put_alert(book.org_id, broken.member_id)), "member_id")
    put_alert(book.org_id, about_broken.member_id)

    with spoiled(MembershipRow.of(book.org_id, about_broken.member_id), "name_mask"):
        page = book.owner.get(f"{book.path}/alerts").json

    assert [item["member_id"] for item in page["items"]] == [fine.member_id]
    assert page["unreadable"] == 2


def test_acknowledging_what_cannot_be_read_is_an_error_and_no_answer(book: Book) -> None:
    alert_id = put_alert(book.org_id, book.member("health_code").member_id)
    spoil(AlertRow.of(book.org_id, alert_id), "member_id")
    assert acknowledge(book, alert_id).status == 500


@pytest.mark.parametrize("alert_id", ["TOPIC", "x", "0" * 27, "01kaq6wzg0tm2v8cj4x9rd5n3e"])
def test_what_is_no_alert_is_not_found(book: Book, alert_id: str) -> None:
    key = AlertRow.of(book.org_id, "TOPIC")
    put_raw(key, {"arn": {"S": "arn"}, "subscribers": {"N": "1"}})
    assert acknowledge(book, alert_id).code == "alert_not_found"
    assert listed(book) == []
    assert stored(key) is not None


@pytest.mark.parametrize("query", ["?limit=0", "?limit=101", "?cursor=x", "?surprise=1"])
def test_a_query_that_says_nothing_is_refused(book: Book, query: str) -> None:
    assert book.owner.get(f"{book.path}/alerts{query}").status == 422
