"""GET /v1/me/access-log: who saw what of oneself, and why (B1)."""

import pytest

from chalicelib.core.clock import FrozenClock
from chalicelib.core.store import Key
from chalicelib.people import effects
from chalicelib.people.tables.privacy import AccessLogTable, AccessRow, LedgerRow, ledger_entry
from tests.api.people.steps import person_key
from tests.support.city import TestCity
from tests.support.client import Client
from tests.support.people import TestPerson
from tests.support.rows import items_of, spoiled

pytestmark = pytest.mark.api

DAY = 86400
LOG = "/v1/me/access-log"


def member(city: TestCity, person: TestPerson, *scopes: str) -> tuple[Client, Client, str]:
    """A member and the owner of their book, and the book's id."""
    owner, client = city.verified(), city.verified(person)
    org_id = city.book(owner, "Third School")
    city.join(client, city.invite(owner, org_id), *scopes)
    return client, owner, org_id


def look(city: TestCity, owner: Client, org_id: str) -> None:
    """Let the owner look at the members, and the disclosure reach their logs."""
    assert owner.get(f"/v1/organizations/{org_id}/members").status == 200
    city.deliver()


def entries(person: TestPerson) -> list[str]:
    """The ids of a person's stored entries, oldest first."""
    return [item["entry_id"]["S"] for item in items_of(AccessLogTable, person_key(person).hash_value)]


def test_a_look_at_the_list_is_in_the_log_of_whoever_was_listed(city: TestCity) -> None:
    person, bystander = city.person(), city.verified()
    client, owner, org_id = member(city, person, "vaccination", "nucleic_acid")

    look(city, owner, org_id)

    (entry,) = client.get(LOG).json["items"]
    assert entry.keys() >= {"at", "actor", "organization", "what", "why"}
    assert entry["organization"] == "Third School"
    assert entry["what"] == ["name", "document", "nucleic_acid", "vaccination"]
    assert entry["at"].endswith("Z")
    assert bystander.get(LOG).json == {"items": [], "cursor": None}


def test_who_looked_is_named_by_a_mask_and_no_id_of_the_city_is_shown(city: TestCity) -> None:
    person = city.person()
    client, owner, org_id = member(city, person)

    look(city, owner, org_id)

    answer = client.get(LOG)
    assert answer.json["items"][0]["actor"] == owner.get("/v1/me").json["name"]
    assert person_key(person).hash_value not in answer.text


def test_a_disclosure_that_is_delivered_twice_is_one_entry(city: TestCity) -> None:
    person = city.person()
    client, owner, org_id = member(city, person)

    look(city, owner, org_id)
    city.deliver()

    assert len(entries(person)) == len(client.get(LOG).json["items"]) == 1


def test_the_newest_entry_comes_first_and_a_cursor_leads_to_older_ones(city: TestCity, later: FrozenClock) -> None:
    client, owner, org_id = member(city, city.person())
    for _ in range(3):
        later.tick(60)
        look(city, owner, org_id)

    first = client.get(f"{LOG}?limit=2").json
    second = client.get(f"{LOG}?limit=2&cursor={first['cursor']}").json

    times = [entry["at"] for entry in first["items"] + second["items"]]
    assert len(times) == 3
    assert times == sorted(times, reverse=True)
    assert second["cursor"] is None


def test_the_log_stays_readable_after_leaving(city: TestCity) -> None:
    client, owner, org_id = member(city, city.person())
    owner.get(f"/v1/organizations/{org_id}/members")
    client.delete(f"/v1/me/memberships/{org_id}")

    city.deliver()

    assert len(client.get(LOG).json["items"]) == 1, "who was removed before the consumer ran still sees who looked"


def test_an_entry_lives_for_three_years(city: TestCity, later: FrozenClock) -> None:
    person = city.person()
    client, owner, org_id = member(city, person)
    look(city, owner, org_id)
    later.tick(1096 * DAY)
    client = city.verified(person)

    assert client.get(LOG).json["items"] == []
    assert len(entries(person)) == 1, "it is still stored, and not shown (R-10)"


def test_the_log_is_for_people_who_proved_their_identity(city: TestCity) -> None:
    assert city.api.get(LOG).code == "session_required"
    assert city.log_in(city.stranger()).get(LOG).code == "identity_required"


@pytest.mark.parametrize("query", ["limit=0", "limit=1000000000", "actor=me", "cursor=" + "A" * 1025])
def test_a_page_that_nobody_has_is_refused(city: TestCity, query: str) -> None:
    answer = city.verified().get(f"{LOG}?{query}")

    assert (answer.status, answer.code) == (422, "validation_failed")
    assert "A" * 1025 not in answer.text


@pytest.fixture(scope="module")
def twice_listed(whole_run: TestCity) -> tuple[Client, list[Key[AccessRow]]]:
    """Somebody who was looked at twice, and where the entries lie."""
    person = whole_run.person()
    client, owner, org_id = member(whole_run, person)
    for _ in range(2):
        look(whole_run, owner, org_id)
    return client, [AccessRow.key(person_key(person).hash_value, entry) for entry in entries(person)]


@pytest.mark.parametrize(
    ("attribute", "value"),
    [("at", None), ("what", {"S": "name"}), ("what", {"L": [{"N": "1"}]}), ("enrolment", None), ("why", None)],
)
@pytest.mark.usefixtures("city")
def test_a_broken_entry_does_not_hide_the_others(
    twice_listed: tuple[Client, list[Key[AccessRow]]], attribute: str, value: dict[str, object] | None
) -> None:
    client, (broken, _) = twice_listed
    with spoiled(broken, attribute, value):
        answer = client.get(LOG)

    assert answer.status == 200
    assert len(answer.json["items"]) == 1
    assert len(client.get(LOG).json["items"]) == 2


def disclosure(person: TestPerson, enrolment: int) -> LedgerRow:
    """A ledger entry that says that a name was shown of somebody."""
    shown = [f"{person_key(person).hash_value}.{enrolment}.1"]
    return ledger_entry("DISCLOSURE", shown, what=["name"], actor="owner", why="members", organization="Third School")


@pytest.mark.parametrize(("enrolment", "count"), [(0, 0), (1, 1), (2, 0)])
def test_a_disclosure_reaches_the_life_that_it_was_of_and_no_other(city: TestCity, enrolment: int, count: int) -> None:
    person = city.person()
    city.verified(person)

    effects.fan_out(disclosure(person, enrolment))

    assert len(entries(person)) == count


def test_a_disclosure_of_somebody_erased_meanwhile_leaves_nothing(
    city: TestCity, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The life ends, and is swept, between the consumer's look at it and its write."""
    person = city.person()
    client = city.verified(person)
    write_all = effects.store.write_all  # type: ignore[attr-defined]

    def erased_first(*args: object, **kwargs: object) -> None:
        monkeypatch.undo()
        assert client.delete("/v1/me").status == 204
        city.deliver()
        write_all(*args, **kwargs)

    entry = disclosure(person, 1)
    monkeypatch.setattr("chalicelib.people.effects.store.write_all", erased_first)

    effects.fan_out(entry)

    assert entries(person) == []


def test_a_consumer_that_died_before_its_second_look_tidies_up_when_it_comes_again(
    city: TestCity, monkeypatch: pytest.MonkeyPatch
) -> None:
    person = city.person()
    client = city.verified(person)
    entry = disclosure(person, 1)
    effects.fan_out(entry)
    monkeypatch.setattr(effects, "sweep_erased", lambda _: 0)
    assert client.delete("/v1/me").status == 204
    city.deliver()
    assert len(entries(person)) == 1

    effects.fan_out(entry)

    assert entries(person) == []
