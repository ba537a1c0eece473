"""The restore drill (R-28): who was erased since the backup stays erased, and who came back since finds a new life only."""

from typing import Any

import pytest

from chalicelib.core import clock, store, tokens
from chalicelib.groups.tables import MembershipRow
from chalicelib.people.service.erasure import KEPT_AFTER_ERASURE
from chalicelib.people.service.restore import SAME_PROOF
from chalicelib.people.tables.people import PersonRow
from chalicelib.people.tables.privacy import LedgerRow, ReceiptRow
from infra.restore import Ledger, replay
from tests.engines.conftest import DYNAMODB_LOCAL, Engine
from tests.engines.drill import (
    ERASED,
    MEMBERS,
    Drill,
    live_through,
    marks_of,
    person_row,
    restore,
    snapshot,
    stored_now,
)
from tests.support.canaries import dump_tables

pytestmark = [
    pytest.mark.parametrize("engine", [DYNAMODB_LOCAL], indirect=True),
    pytest.mark.slow,
    pytest.mark.timeout(300),
]


@pytest.fixture(scope="module")
def happened() -> dict[str, Drill]:
    return {}


@pytest.fixture
def drill(engine: Engine, happened: dict[str, Drill]) -> Drill:
    """What happened until tables were lost; each test begins by saying which were."""
    if not happened:
        happened["until the loss"] = live_through(engine.city)
    return happened["until the loss"]


def counts(rows: list[PersonRow]) -> set[tuple[int, int, int]]:
    return {(int(row.enrolment), int(row.books), int(row.memberships)) for row in rows}


def test_a_whole_restore_forgets_again_who_was_erased(drill: Drill) -> None:
    """Counting first changes nothing; replaying does it all; counting again finds nothing left."""
    marks = marks_of(drill.gone, drill.backup)
    restore(drill.backup)
    assert marks <= stored_now()
    before = snapshot()
    dry = replay(Ledger(drill.entries), write=False)
    assert snapshot() == before

    done = replay(Ledger(drill.entries))

    assert (done.failed, done.entries["ERASURE"], done.entries["BOOK_DELETED"]) == ([], ERASED, 1)
    assert dry.behind["ERASURE"] == done.behind["ERASURE"] > 3 * ERASED
    assert marks & stored_now() == set()
    assert drill.city.canaries.leaks(dump_tables()) == []
    rows = [person_row(person.person_id) for person in drill.gone]
    assert counts(rows) == {(2, 0, 0)}
    gone = {person.person_id for person in drill.gone}
    left = [item for item in snapshot()["people"] if item["person_id"]["S"] in gone]
    assert [item.keys() for item in left] == [KEPT_AFTER_ERASURE] * len(gone)
    for person in drill.gone[:3]:
        token = tokens.seal_bearer(person.account.bearer)
        assert drill.city.api.as_(token).get("/v1/me").status == 401
    _book_is_gone_again(drill)
    _new_life_goes_on(drill)
    assert replay(Ledger(drill.entries), write=False).behind.total() == 0


def _book_is_gone_again(drill: Drill) -> None:
    """The deleted book, with one receipt for each member who stays, and nothing left that holds its owner back."""
    kept, deleted = drill.books
    assert drill.owner.get(f"/v1/organizations/{deleted}").status == 404
    assert drill.owner.get(f"/v1/organizations/{kept}").status == 200
    assert list(store.query_all(MembershipRow, deleted)) == []
    assert {row.person_id for row in store.query_all(MembershipRow, kept)} == {one.person_id for one in drill.staying}
    assert counts([person_row(person.person_id) for person in drill.staying]) == {(1, 0, 1)}
    for person in drill.staying:
        receipts = [row for row in store.query_all(ReceiptRow, person.person_id) if row.org_id == deleted]
        assert [row.action for row in receipts] == ["given", "book_deleted"]


def _new_life_goes_on(drill: Drill) -> None:
    """Its own rows were younger than the backup. Its number is not lost with them, nor who looked at it."""
    row = person_row(drill.returned_id)
    assert (row.enrolment, row.account) == (2, None)
    assert {drill.city.api.as_(token).get("/v1/me").status for token in drill.tokens} == {401}
    drill.city.know(drill.returned)
    client = drill.city.verified(drill.returned)
    assert person_row(drill.returned_id).enrolment == 2
    assert client.get("/v1/me/memberships").json["items"] == []
    assert client.get("/v1/me/consents").json["items"] == []
    looks = client.get("/v1/me/access-log").json["items"]
    assert [look["what"] for look in looks] == [["name", "document", "vaccination"]]


def test_members_alone_restored_lose_the_old_life_and_the_new_one_lives_on(drill: Drill) -> None:
    restore(drill.at_failure)
    restore(drill.backup, "memberships", "organizations")
    before = [person_row(person_id).serialize() for person_id in (drill.returned_id, drill.staying[0].person_id)]

    done = replay(Ledger(drill.about(drill.gone[:MEMBERS])))

    assert done.failed == []
    assert marks_of(drill.gone, drill.backup) & stored_now() == set()
    found = {row.person_id for book in drill.books for row in store.query_all(MembershipRow, book)}
    assert found == {person.person_id for person in drill.staying}
    after = [person_row(person_id).serialize() for person_id in (drill.returned_id, drill.staying[0].person_id)]
    assert after == before
    old, new = (drill.city.api.as_(token) for token in drill.tokens)
    assert old.get("/v1/me").status == 401
    assert new.get("/v1/me").json["verified"]


def test_on_tables_that_lost_nothing_it_changes_nothing(drill: Drill) -> None:
    restore(drill.at_failure)

    assert replay(Ledger(drill.about(drill.gone[:10]))).is_settled
    assert snapshot() == drill.at_failure


def test_a_row_that_can_not_be_read_stops_no_other(drill: Drill) -> None:
    restore(drill.backup)
    damaged, *rest = drill.gone[:4]
    raw: dict[str, Any] = {"person_id": {"S": damaged.person_id}, "sk": {"S": "PERSON"}, "enrolment": {"S": "one"}}
    store.connection().dispatch("PutItem", {"TableName": PersonRow.physical_name(), "Item": raw})

    done = replay(Ledger(drill.about(drill.gone[:4], "ERASURE")))

    assert len(done.failed) == 1
    assert not done.is_settled
    assert counts([person_row(person.person_id) for person in rest]) == {(2, 0, 0)}


def test_who_lives_in_the_ledger_only_begins_past_the_life_that_ended(drill: Drill) -> None:
    """Enrolled and erased since the backup: without a row a new life would be number 1 and find the old one's receipts."""
    restore({**drill.at_failure, "people": []})

    replay(Ledger(drill.about(drill.gone[:3], "ERASURE")))

    assert counts([person_row(person.person_id) for person in drill.gone[:3]]) == {(2, 0, 0)}


def test_who_proved_identity_again_since_has_no_phone_until_they_do_once_more(drill: Drill) -> None:
    """The phone in the backup may be somebody else's by now."""
    restore(drill.at_failure)
    person = drill.staying[0]
    later = LedgerRow("day#0", "entry", kind="IDENTITY_PROVED", at=clock.now(), people=[f"{person.person_id}.1"])
    row = person_row(person.person_id)
    row.verified_at = clock.now() - 2 * SAME_PROOF
    store.write_all([row])

    done = replay(Ledger([later]))

    assert done.behind["IDENTITY_PROVED"] == 1
    assert person_row(person.person_id).account is None
    token = tokens.seal_bearer(person.account.bearer)
    assert drill.city.api.as_(token).get("/v1/me").status == 401
