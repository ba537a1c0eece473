"""GET /v1/me/consents: what one agreed to and took back (B5)."""

import pytest

from chalicelib.core.clock import FrozenClock
from chalicelib.core.store import Key
from chalicelib.people.tables.privacy import ConsentsTable, ReceiptRow
from tests.api.people.steps import person_key
from tests.support.city import TestCity
from tests.support.client import Client
from tests.support.people import TestPerson
from tests.support.rows import items_of, spoiled

pytestmark = pytest.mark.api

DAY = 86400
CONSENTS = "/v1/me/consents"


def receipt_keys(person: TestPerson) -> list[Key[ReceiptRow]]:
    """Where a person's receipts lie, oldest first in each organization."""
    person_id = person_key(person).hash_value
    return [ReceiptRow.key(person_id, item["receipt_key"]["S"]) for item in items_of(ConsentsTable, person_id)]


def joined(city: TestCity, person: TestPerson, *names: str) -> tuple[Client, list[str]]:
    """A person who joined books of these names, and the books' ids."""
    owner, client = city.verified(), city.verified(person)
    books = [city.book(owner, name) for name in names]
    for org_id in books:
        city.join(client, city.invite(owner, org_id), "vaccination", "travel")
    return client, books


def test_every_consent_and_every_change_of_it_is_there_with_the_text_that_was_read(
    city: TestCity, later: FrozenClock
) -> None:
    client, (org_id,) = joined(city, city.person(), "Fair of Spring")
    later.tick(60)
    client.put(f"/v1/me/memberships/{org_id}/consent", {"scopes": ["travel"]})
    later.tick(60)
    client.delete(f"/v1/me/memberships/{org_id}")

    answer = client.get(CONSENTS)

    items = answer.json["items"]
    assert [(one["action"], one["scopes"]) for one in items] == [
        ("left", []),
        ("changed", ["travel"]),
        ("given", ["vaccination", "travel"]),
    ]
    assert {one["org_id"] for one in items} == {org_id}
    assert all("Fair of Spring" in one["text"] and one["organization"] == "Fair of Spring" for one in items)
    assert all(one["at"].endswith("Z") for one in items)
    assert answer.json["cursor"] is None


def test_the_text_is_in_the_language_of_the_caller(city: TestCity) -> None:
    client, _ = joined(city, city.person(), "秋季招聘会")

    text = client.speaking("zh-CN").get(CONSENTS).json["items"][0]["text"]

    assert text.startswith("我自愿加入“秋季招聘会”")


def test_receipts_are_paged_and_a_cursor_leads_on(city: TestCity) -> None:
    client, books = joined(city, city.person(), "One", "Two", "Three")

    seen, cursor, pages = [], None, 0
    while pages == 0 or cursor:
        answer = client.get(f"{CONSENTS}?limit=1" + (f"&cursor={cursor}" if cursor else ""))
        seen += [one["org_id"] for one in answer.json["items"]]
        cursor, pages = answer.json["cursor"], pages + 1

    assert sorted(seen) == sorted(books)


def test_a_cursor_of_somebody_else_or_of_another_list_leads_nowhere(city: TestCity) -> None:
    client, _ = joined(city, city.person(), "One", "Two")
    cursor = client.get(f"{CONSENTS}?limit=1").json["cursor"]
    other, _ = joined(city, city.person(), "Three")

    for answer in (
        other.get(f"{CONSENTS}?cursor={cursor}"),
        client.get(f"/v1/me/access-log?cursor={cursor}"),
        client.get(f"{CONSENTS}?cursor={cursor[:-2]}"),
        client.get(f"{CONSENTS}?cursor=AAAA"),
        client.get(f"{CONSENTS}?cursor=*"),
    ):
        assert (answer.status, answer.code) == (422, "invalid_cursor")
        assert [one["field"] for one in answer.json["errors"]] == ["cursor"]


@pytest.mark.parametrize(
    ("query", "field"),
    [("limit=0", "limit"), ("limit=101", "limit"), ("limit=many", "limit"), ("limit=1.5", "limit"), ("page=2", "page")],
)
def test_a_page_that_nobody_has_is_refused(city: TestCity, query: str, field: str) -> None:
    answer = city.verified().get(f"{CONSENTS}?{query}")

    assert (answer.status, answer.code) == (422, "validation_failed")
    assert [one["field"] for one in answer.json["errors"]] == [field]


def test_receipts_are_for_people_who_proved_their_identity(city: TestCity) -> None:
    assert city.api.get(CONSENTS).code == "session_required"
    answer = city.log_in(city.stranger()).speaking("zh-CN").get(CONSENTS)
    assert (answer.status, answer.code, answer.json["title"]) == (403, "identity_required", "请先实名认证")


def test_nobody_sees_the_receipts_of_another(city: TestCity) -> None:
    joined(city, city.person(), "One")

    assert city.verified().get(CONSENTS).json == {"items": [], "cursor": None}


def test_an_expired_receipt_is_not_shown_even_while_it_is_still_stored(city: TestCity, later: FrozenClock) -> None:
    person = city.person()
    client, _ = joined(city, person, "One")
    later.tick(1096 * DAY)
    client = city.verified(person)

    assert client.get(CONSENTS).json["items"] == []
    assert len(receipt_keys(person)) == 1


@pytest.fixture(scope="module")
def twice_joined(whole_run: TestCity) -> tuple[Client, list[Key[ReceiptRow]]]:
    """Somebody with two receipts, and where these lie."""
    person = whole_run.person()
    client, _ = joined(whole_run, person, "One", "Two")
    return client, receipt_keys(person)


@pytest.mark.parametrize(
    ("attribute", "value"),
    [
        ("at", None),
        ("scopes", {"L": [{"N": "1"}]}),
        ("enrolment", {"S": "first"}),
        ("expires_at", None),
        ("text_version", {"S": "1999-12"}),
    ],
)
@pytest.mark.usefixtures("city")
def test_a_broken_receipt_does_not_hide_the_others(
    twice_joined: tuple[Client, list[Key[ReceiptRow]]], attribute: str, value: dict[str, object] | None
) -> None:
    client, (broken, whole) = twice_joined
    with spoiled(broken, attribute, value):
        answer = client.get(CONSENTS)

    assert answer.status == 200, answer.text
    assert [one["org_id"] for one in answer.json["items"]] == [(whole.range_value or "").split("#")[0]]
