"""DELETE /v1/me: gone at once for every reader, swept afterwards, and a new life knows nothing of the old (T-41)."""

from collections.abc import Iterator

import pytest

from chalicelib.core import store
from chalicelib.core.clock import FrozenClock
from chalicelib.core.store import RawItem
from chalicelib.people.access import Account
from chalicelib.people.service import erasure
from chalicelib.people.tables.logins import LoginsTable, phone_subject
from chalicelib.people.tables.people import PeopleTable
from chalicelib.people.tables.privacy import AccessLogTable, AccessRow, LedgerTable
from tests.api.people.steps import account_key, is_verified, person_key, phone_mac, prove, session_key
from tests.support.city import TestCity
from tests.support.client import Client
from tests.support.events import Events
from tests.support.people import TestPerson
from tests.support.rows import items_of, spoil, stored
from tests.support.seam import Killed, Seam, aws_error

pytestmark = pytest.mark.api

KEPT = {
    "person_id",
    "sk",
    "enrolment",
    "books",
    "memberships",
    "places",
    "staffed",
    "status_version",
    "effects_version",
}


def member(city: TestCity, person: TestPerson) -> tuple[Client, Client, str]:
    """A member, the owner of their book, and the book's id; the owner has looked at the list."""
    owner, client = city.verified(), city.verified(person)
    org_id = city.book(owner)
    city.join(client, city.invite(owner, org_id), "vaccination")
    assert len(members(owner, org_id)) == 1
    city.deliver()
    return client, owner, org_id


def members(owner: Client, org_id: str) -> list[dict[str, object]]:
    """The members that an owner sees."""
    items: list[dict[str, object]] = owner.get(f"/v1/organizations/{org_id}/members").json["items"]
    return items


def erasures() -> Iterator[RawItem]:
    """Every ERASURE in the ledger."""
    request = {"TableName": LedgerTable.physical_name(), "ConsistentRead": True}
    items = store.connection().dispatch("Scan", request)["Items"]
    return (item for item in items if item["kind"]["S"] == "ERASURE")


def is_erased(person: TestPerson, enrolment: int = 2) -> bool:
    """Whether nothing of a person is left but their keyed id and counters, and past statuses that wait for the sweep."""
    item = stored(person_key(person)) or {}
    counters = {item["books"]["N"], item["memberships"]["N"]} if item.keys() == KEPT else set()
    return counters == {"0"} and item["enrolment"] == {"N": str(enrolment)} and set(left_of(person)) <= {"", "STATUS"}


def left_of(person: TestPerson) -> list[str]:
    """The kinds of rows that are left of a person; the one that says which life comes next has no name."""
    rows = items_of(PeopleTable, person_key(person).hash_value)
    return sorted(row["sk"]["S"].split("#")[0].removeprefix("PERSON") for row in rows)


def test_the_memberships_the_session_and_the_person_are_gone_with_the_answer(city: TestCity) -> None:
    person = city.person()
    client, owner, org_id = member(city, person)

    answer = client.delete("/v1/me")

    assert (answer.status, answer.text) == (204, "")
    assert members(owner, org_id) == []
    assert client.get("/v1/me").code == "session_ended"
    assert is_erased(person)
    assert stored(account_key(person)) is None


def test_no_sealed_field_and_no_session_is_left(city: TestCity, later: FrozenClock) -> None:
    person = city.person()
    city.verified(person)
    later.tick(60)
    client = city.verified(person)

    client.delete("/v1/me")

    assert set(stored(person_key(person)) or {}) == KEPT
    rows = items_of(LoginsTable, account_key(person).hash_value)
    assert {row["sk"]["S"].split("#")[0] for row in rows} <= {"LIMIT"}, "what is counted against the phone stays a day"
    assert phone_mac(person) in account_key(person).hash_value


def test_the_other_sessions_of_the_phone_end_too(city: TestCity, later: FrozenClock) -> None:
    person = city.person()
    first = city.verified(person)
    later.tick(60)
    second = city.verified(person)

    assert second.delete("/v1/me").status == 204

    assert first.get("/v1/me").code == "session_ended"
    assert stored(session_key(first)) is None


def test_the_ledger_says_that_a_life_ended_and_nothing_else(city: TestCity, events: Events) -> None:
    person = city.person()
    city.verified(person).delete("/v1/me")

    life = f"{person_key(person).hash_value}.1"
    (entry,) = [item for item in erasures() if item["people"]["L"] == [{"S": life}]]
    assert set(entry) == {"day_shard", "entry_id", "kind", "at", "people", "expires_at"}
    assert len(events.of("person.erased")) == 1


def test_the_sweep_removes_access_log_and_past_statuses(city: TestCity, events: Events) -> None:
    person = city.person()
    client, _, _ = member(city, person)
    assert len(client.get("/v1/me/access-log").json["items"]) == 1
    assert "STATUS" in left_of(person)

    client.delete("/v1/me")
    city.deliver()

    assert items_of(AccessLogTable, person_key(person).hash_value) == []
    assert left_of(person) == [""]
    assert [event["count"] for event in events.of("sweep.done")][-2:] == [2, 0], "the second delivery finds nothing"


def test_an_entry_that_cannot_be_read_is_swept_with_the_others(city: TestCity) -> None:
    person = city.person()
    client, _, _ = member(city, person)
    (item,) = items_of(AccessLogTable, person_key(person).hash_value)
    spoil(AccessRow.key(item["person_id"]["S"], item["entry_id"]["S"]), "why")

    client.delete("/v1/me")
    city.deliver()

    assert items_of(AccessLogTable, person_key(person).hash_value) == []


def test_who_returns_begins_a_life_that_knows_nothing_of_the_old(city: TestCity, later: FrozenClock) -> None:
    person = city.person()
    client, owner, org_id = member(city, person)
    client.delete("/v1/me")
    later.tick(60)

    fresh = city.log_in(person)

    assert not is_verified(fresh)
    fresh = prove(fresh, person)
    for path in ("access-log", "consents", "memberships"):
        assert fresh.get(f"/v1/me/{path}").json["items"] == [], path
    item = stored(person_key(person)) or {}
    assert item["enrolment"] == {"N": "2"}
    assert members(owner, org_id) == []
    city.deliver()
    city.join(fresh, city.invite(owner, org_id))
    assert len(members(owner, org_id)) == 1


def test_a_life_can_end_more_than_once(city: TestCity, later: FrozenClock) -> None:
    person = city.person()
    for enrolment in (2, 3):
        assert city.verified(person).delete("/v1/me").status == 204
        assert is_erased(person, enrolment)
        later.tick(60)


def test_the_owner_of_a_book_is_held_back_with_a_list(city: TestCity) -> None:
    person = city.person()
    client = city.verified(person)
    org_id = city.book(client, "Spring Fair")

    answer = client.delete("/v1/me")

    assert (answer.status, answer.code) == (409, "owns_organizations")
    assert answer.json["organizations"] == [{"org_id": org_id, "name": "Spring Fair"}]
    assert is_verified(client)
    assert client.speaking("zh-CN").delete("/v1/me").json["title"] == "您还有创建的团体或管理的场所"
    assert client.delete(f"/v1/organizations/{org_id}").status == 204
    assert client.delete("/v1/me").status == 204


def test_an_owner_who_is_held_back_keeps_their_memberships(city: TestCity) -> None:
    person = city.person()
    client, owner, org_id = member(city, person)
    city.book(client)

    assert client.delete("/v1/me").status == 409

    assert len(members(owner, org_id)) == 1


def test_a_member_of_a_deleted_book_can_be_erased_before_the_book_is_swept(city: TestCity) -> None:
    person = city.person()
    client, owner, org_id = member(city, person)
    owner.delete(f"/v1/organizations/{org_id}")

    assert client.delete("/v1/me").status == 204

    city.deliver()
    assert is_erased(person)


def test_erasing_oneself_needs_a_fresh_proof_of_the_phone(city: TestCity, later: FrozenClock) -> None:
    assert city.api.delete("/v1/me").code == "session_required"
    client = city.verified()
    later.tick(15 * 60 + 1)
    answer = client.speaking("zh-CN").delete("/v1/me")
    assert (answer.status, answer.code, answer.json["title"]) == (401, "step_up_required", "请再次验证")


def test_whoever_never_proved_identity_is_erased_as_well(city: TestCity, later: FrozenClock) -> None:
    person = city.stranger()
    first = city.log_in(person)
    later.tick(60)
    second = city.log_in(person)

    assert second.delete("/v1/me").status == 204

    assert {client.get("/v1/me").code for client in (first, second)} == {"session_ended"}
    left = store.query_all(LoginsTable, phone_subject(phone_mac(person)))
    assert [row.sk for row in left if not row.sk.startswith("LIMIT#")] == []


def test_whoever_is_proved_meanwhile_is_not_erased_as_nobody(city: TestCity, monkeypatch: pytest.MonkeyPatch) -> None:
    person = city.person()
    client = city.log_in(person)
    forget = erasure._forget_phone  # noqa: SLF001
    proved: list[Client] = []

    def identity_is_faster(account: Account) -> None:
        proved.append(prove(client, person))
        forget(account)

    monkeypatch.setattr(erasure, "_forget_phone", identity_is_faster)

    assert client.delete("/v1/me").status == 409
    assert is_verified(proved[0])


def test_a_book_that_is_opened_at_the_same_moment_holds_its_owner_back(
    city: TestCity, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = city.verified()
    end_life = erasure.Erasure._end_life  # noqa: SLF001

    def open_first(self: erasure.Erasure, person: object) -> None:
        city.book(client)
        end_life(self, person)  # type: ignore[arg-type]

    monkeypatch.setattr(erasure.Erasure, "_end_life", open_first)

    answer = client.delete("/v1/me")

    assert (answer.status, answer.code) == (409, "conflict")
    assert is_verified(client)
    assert client.delete("/v1/me").code == "owns_organizations"


def test_a_broken_person_is_not_erased_by_half(city: TestCity) -> None:
    person = city.person()
    client, owner, org_id = member(city, person)
    spoil(person_key(person), "books", {"S": "none"})

    assert client.delete("/v1/me").code == "broken_record"

    assert len(members(owner, org_id)) == 1


@pytest.mark.slow
def test_an_erasure_that_dies_at_any_call_ends_erased_when_it_is_repeated(city: TestCity, faults: Seam) -> None:
    owner = city.verified()
    org_id = city.book(owner)
    code = city.invite(owner, org_id)

    def joined(person: TestPerson) -> Client:
        client = city.verified(person)
        city.join(client, code, "vaccination")
        return client

    assert joined(city.person()).delete("/v1/me").status == 204  # it makes the calls that a process makes once
    client, before = joined(city.person()), len(faults.calls)
    assert client.delete("/v1/me").status == 204
    calls = len(faults.calls) - before
    assert calls > 5

    deaths = [("before", call) for call in range(calls)] + [("after", calls - 1)]  # after a call is before the next one
    for place, call in deaths:
        client = joined(person := city.person())
        faults.at = {len(faults.calls) + call: (place, Killed())}
        with pytest.raises(Killed):
            client.delete("/v1/me")

        again = client.delete("/v1/me")

        assert again.status == 204 or again.code == "session_ended", "it was done before, or it is done now"
        assert is_erased(person), (call, place)
        assert members(owner, org_id) == []
        assert client.get("/v1/me").code == "session_ended"


@pytest.mark.parametrize("place", ["before", "after"])
def test_an_erasure_whose_transaction_fails_is_a_503_and_ends_erased_when_it_is_repeated(
    city: TestCity, faults: Seam, place: str
) -> None:
    person = city.person()
    client = city.verified(person)
    fail = faults.fail if place == "before" else faults.fail_after
    fail("TransactWriteItems", aws_error("ThrottlingException"))

    answer = client.delete("/v1/me")

    assert (answer.status, answer.code) == (503, "unavailable")
    assert client.delete("/v1/me").status == (204 if place == "before" else 401)
    assert is_erased(person)
