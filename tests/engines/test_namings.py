"""Two operators at once, and after a restore: what they decided happens once, and what was taken back stays taken back."""

import pytest

from chalicelib.core import clock, ids, store
from chalicelib.core.canonical import DocumentType
from chalicelib.core.crypto import IdentityMacs, held_key
from chalicelib.health.sources import stored_source
from chalicelib.people.service.restore import lives_in
from chalicelib.people.tables.privacy import LedgerRow
from chalicelib.tracing.service import Namings
from chalicelib.tracing.tables import Act, ProposalRow
from infra.restore import Failure, Ledger, ledger_since, replay
from tests.engines.conftest import DYNAMODB_LOCAL, Engine
from tests.engines.drill import Backup, person_row, restore, snapshot
from tests.support.client import Client
from tests.support.engines import at_once, errors
from tests.support.people import TestPerson

THREADS = 8

restored = pytest.mark.parametrize("engine", [DYNAMODB_LOCAL], indirect=True)
"""A drill copies whole tables, and those of the emulator are a worker's own, with all that other tests left there."""


@pytest.fixture
def namings(engine: Engine) -> Namings:  # noqa: ARG001  rows lie there
    return Namings(IdentityMacs(held_key))


def propose(namings: Namings, act: Act, person: TestPerson) -> str:
    return namings.propose_officer(act, DocumentType(person.type), person.number, "anna").proposal_id


def decide(namings: Namings, act: Act, person: TestPerson) -> None:
    namings.confirm(propose(namings, act, person), "boris")


def roles(client: Client) -> list[str]:
    found: list[str] = client.get("/v1/me").json["roles"]
    return found


def decisions(*proposals: str) -> list[LedgerRow]:
    """What the ledger says was carried out of these."""
    found = [entry for entry in ledger_since(clock.now()).entries if entry.proposal in proposals]
    return [entry for entry in found if entry.kind != "NAMING_PROPOSED"]


def test_however_many_confirm_at_once_it_is_carried_out_once(engine: Engine, namings: Namings) -> None:
    person = engine.city.person()
    client = engine.city.verified(person)
    proposal_id = propose(namings, Act.GRANT, person)

    done = at_once(THREADS, lambda number: namings.confirm(proposal_id, f"operator-{number}"))

    (winner,) = [number for number, outcome in enumerate(done) if outcome.error is None]
    assert errors(done) <= {"ProposalDone", "AlreadyNamed", "Unavailable"}
    assert [entry.principal for entry in decisions(proposal_id)] == [f"operator-{winner}"]
    assert roles(client) == ["officer"]


def test_of_many_proposals_on_one_subject_one_is_carried_out(namings: Namings) -> None:
    name = f"lab-{ids.new_id()}"
    proposals = [namings.propose_source(Act.GRANT, name, "anna").proposal_id for _ in range(THREADS)]

    done = at_once(THREADS, lambda number: namings.confirm(proposals[number], "boris"))

    assert [outcome.error for outcome in done].count(None) == 1
    assert errors(done) <= {"Conflict", "AlreadyNamed", "Unavailable"}
    assert len(decisions(*proposals)) == 1
    waits = {one.proposal_id for one in namings.waiting()}
    assert len(waits & set(proposals)) == THREADS - 1


@pytest.mark.parametrize("repetition", range(4))
def test_erasing_oneself_beside_a_confirmation_leaves_no_role(
    engine: Engine,
    namings: Namings,
    repetition: int,  # noqa: ARG001
) -> None:
    person = engine.city.person()
    client = engine.city.verified(person)
    proposal_id = propose(namings, Act.GRANT, person)

    def act(number: int) -> int:
        if number == 0:
            return client.delete("/v1/me").status
        namings.confirm(proposal_id, "boris")
        return 0

    done = at_once(2, act)

    assert errors(done) <= {"Conflict", "SubjectErased", "Unavailable"}
    row = person_row(IdentityMacs(held_key).person_id(person.type, person.number))
    erased = done[0].value == 204
    assert (row.enrolment, row.roles) == ((2, None) if erased else (1, {"officer"}))


class Since:
    """What two operators did since a backup, and the backup."""

    def __init__(self, engine: Engine, namings: Namings) -> None:
        city = engine.city
        self.kept, self.revoked, self.named, self.left = (city.person() for _ in range(4))
        self.clients = {person: city.verified(person) for person in (self.kept, self.revoked, self.named, self.left)}
        self.old_source, self.new_source = f"lab-{ids.new_id()}", f"lab-{ids.new_id()}"
        for person in (self.kept, self.revoked, self.left):
            decide(namings, Act.GRANT, person)
        namings.confirm(namings.propose_source(Act.GRANT, self.old_source, "anna").proposal_id, "boris")
        self.waiting = propose(namings, Act.GRANT, self.named)
        self.backup: Backup = snapshot()
        self.at = clock.now()
        decide(namings, Act.REVOKE, self.revoked)
        decide(namings, Act.GRANT, self.revoked)
        decide(namings, Act.REVOKE, self.revoked)
        namings.confirm(self.waiting, "boris")
        decide(namings, Act.REVOKE, self.left)
        assert self.clients[self.left].delete("/v1/me").status == 204
        namings.confirm(namings.propose_source(Act.REVOKE, self.old_source, "anna").proposal_id, "boris")
        namings.confirm(namings.propose_source(Act.GRANT, self.new_source, "anna").proposal_id, "boris")
        self.at_failure: Backup = snapshot()
        self.entries = [entry for entry in ledger_since(self.at).entries if self._concerns(entry)]

    def _concerns(self, entry: LedgerRow) -> bool:
        """Whether an entry is not some other test's."""
        people = {IdentityMacs(held_key).person_id(person.type, person.number) for person in self.clients}
        ours = {self.old_source, self.new_source}
        return entry.source in ours or any(life[0] in people for life in lives_in(entry))

    def roles(self) -> list[list[str]]:
        return [roles(self.clients[person]) for person in (self.kept, self.revoked, self.named)]

    def sources(self) -> list[bool | None]:
        rows = [stored_source(name) for name in (self.old_source, self.new_source)]
        return [None if row is None else bool(row.granted) for row in rows]


@restored
def test_a_restore_revives_no_officer_and_no_source_that_was_revoked_since(engine: Engine, namings: Namings) -> None:
    since = Since(engine, namings)
    restore(since.backup)
    assert since.roles() == [["officer"], ["officer"], []]
    assert since.sources() == [True, None]
    before = snapshot()
    dry = replay(Ledger(since.entries), write=False)
    assert snapshot() == before

    done = replay(Ledger(since.entries))

    assert done.failed == []
    assert {kind: done.behind[kind] for kind in ("OFFICER_GRANTED", "OFFICER_REVOKED", "SOURCE_REVOKED")} == {
        "OFFICER_GRANTED": 3,  # the one in between, the one who was named, and what waited for it
        "OFFICER_REVOKED": 3,
        "SOURCE_REVOKED": 1,
    }
    assert dry.behind["SOURCE_GRANTED"] == done.behind["SOURCE_GRANTED"] == 1
    assert since.roles() == [["officer"], [], ["officer"]]
    assert since.sources() == [False, True]
    assert since.clients[since.left].get("/v1/me").status == 401
    left = IdentityMacs(held_key).person_id(since.left.type, since.left.number)
    assert (person_row(left).roles, person_row(left).roles_at) == (None, None)
    assert replay(Ledger(since.entries), write=False).is_settled


@restored
def test_what_was_confirmed_before_the_loss_waits_for_nobody_again(engine: Engine, namings: Namings) -> None:
    since = Since(engine, namings)
    restore(since.backup)
    assert since.waiting in {one.proposal_id for one in namings.waiting()}

    replay(Ledger(since.entries))

    assert since.waiting not in {one.proposal_id for one in namings.waiting()}
    key = ProposalRow.of(since.waiting)
    row = store.read_together([key]).get(key)
    assert row is not None
    assert row.confirmed_by == "boris"


@restored
def test_on_tables_that_lost_nothing_it_changes_nothing(engine: Engine, namings: Namings) -> None:
    since = Since(engine, namings)

    assert replay(Ledger(since.entries)).is_settled

    assert snapshot() == since.at_failure


@restored
def test_an_entry_without_its_proposal_is_reported_and_stops_no_other(engine: Engine, namings: Namings) -> None:
    since = Since(engine, namings)
    restore(since.backup)
    broken = LedgerRow("day#0", "entry", kind="OFFICER_GRANTED", at=clock.now(), people=[], principal="anna")

    done = replay(Ledger([broken, *since.entries]))

    assert done.failed == [Failure("day#0/entry", "Broken")]
    assert since.roles() == [["officer"], [], ["officer"]]
