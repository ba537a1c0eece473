"""Two operators hand a group book over, whoever owns it (B16)."""

from dataclasses import dataclass
from typing import Any

import pytest

from chalicelib.core import clock, store
from chalicelib.core.store import Key
from chalicelib.groups.tables import OrganizationRow
from chalicelib.people.tables.people import OwnershipPointer
from chalicelib.tracing.tables import ProposalRow
from infra.restore import Ledger, ledger_since, replay
from tests.api.tracing.steps import ANNA, BORIS, entries, mask, refused, run, told, typed, waiting
from tests.support.books import Book, organization_key, person_id_of, person_key, role_put
from tests.support.city import TestCity
from tests.support.client import Client
from tests.support.enrolled import enrolled
from tests.support.people import TestPerson
from tests.support.rows import put_raw, spoil, stored

pytestmark = pytest.mark.api

NO_BOOK = "01aaaaaaaaaaaaaaaaaaaaaaaa"


@dataclass(frozen=True)
class Scene:
    """A book, its owner, and somebody who is not even a member."""

    book: Book
    owner: TestPerson
    next: TestPerson
    client: Client

    def propose(self, by: tuple[str, str] = ANNA) -> str:
        return str(told(run("hand-over", self.book.org_id, *by, "--json", typed=typed(self.next)))["proposal"])

    def decide(self) -> str:
        proposal_id = self.propose()
        assert run("confirm", proposal_id, *BORIS).exit_code == 0
        return proposal_id

    def owners(self) -> list[TestPerson]:
        """Who owns the book by the book itself, and by pointers and counts; each must say the same."""
        row = stored(organization_key(self.book.org_id)) or {}
        both = [self.owner, self.next]
        by_pointer = [one for one in both if stored(OwnershipPointer.of(person_id_of(one), self.book.org_id))]
        counted = [one for one in both if (stored(person_key(one)) or {})["books"] == {"N": "1"}]
        assert by_pointer == counted
        assert [person_id_of(one) for one in by_pointer] == [row["owner_id"]["S"]]
        return by_pointer


@pytest.fixture
def scene(city: TestCity) -> Scene:
    owner, following = city.stranger(), city.stranger()
    clients = enrolled(city, owner, following)
    return Scene(Book.opened(city, clients[0]), owner, following, clients[1])


def test_two_operators_hand_a_book_over(city: TestCity, scene: Scene) -> None:
    proposal_id = scene.propose()
    assert scene.owners() == [scene.owner]
    assert waiting()[proposal_id]["kind"] == "grant owner"
    assert waiting()[proposal_id]["subject"] == f"{scene.book.org_id} to {mask(scene.next)}"

    done = run("confirm", proposal_id, *BORIS)

    assert done.exit_code == 0, done.output
    assert scene.owners() == [scene.next]
    assert scene.client.get(f"{scene.book.path}/members").status == 200
    assert scene.book.owner.get(scene.book.path).code == "not_a_manager"
    assert scene.book.owner.delete("/v1/me").status == 204
    assert proposal_id not in waiting()
    city.deliver()


def test_a_role_of_the_old_owner_ends_with_their_ownership(scene: Scene) -> None:
    role = role_put(scene.book.org_id, scene.owner)

    scene.decide()

    assert stored(role) is None
    assert scene.book.owner.get(f"{scene.book.path}/members").code == "not_a_manager"


def test_both_acts_stand_in_the_ledger_and_in_the_access_logs(city: TestCity, scene: Scene) -> None:
    proposed, granted = entries(scene.decide())

    assert (proposed.kind, proposed.principal, proposed.what) == ("NAMING_PROPOSED", "anna", ["grant", "owner"])
    assert (granted.kind, granted.principal) == ("OWNER_GRANTED", "boris")
    assert proposed.org_id == granted.org_id == scene.book.org_id
    assert proposed.people == granted.people == [f"{person_id_of(scene.next)}.1"]
    city.deliver()
    for client in (scene.book.owner, scene.client):
        (entry,) = client.get("/v1/me/access-log").json["items"]
        assert (entry["actor"], entry["what"], entry["why"]) == ("演示城市", ["book_owner"], "handed_over_by_city")
        assert entry["organization"] == "Third School"


def test_whoever_proposes_does_not_confirm(scene: Scene) -> None:
    refused(run("confirm", scene.propose(), *ANNA), "Whoever proposed this cannot confirm it.")
    assert scene.owners() == [scene.owner]


def test_it_is_carried_out_once(scene: Scene) -> None:
    proposal_id = scene.decide()

    refused(run("confirm", proposal_id, *BORIS), "carried out already")
    refused(run("hand-over", scene.book.org_id, *ANNA, typed=typed(scene.next)), "granted already")
    assert scene.owners() == [scene.next]


@pytest.mark.parametrize("org_id", [NO_BOOK, "no-book", "x" * 200])
def test_a_book_that_is_not_there_is_refused(scene: Scene, org_id: str) -> None:
    refused(run("hand-over", org_id, *ANNA, typed=typed(scene.next)), "There is no group book with this id")
    assert scene.owners() == [scene.owner]


def test_a_deleted_book_is_refused(scene: Scene) -> None:
    waits = scene.propose()
    assert scene.book.delete().status == 204

    refused(run("hand-over", scene.book.org_id, *ANNA, typed=typed(scene.next)), "or it was deleted")
    refused(run("confirm", waits, *BORIS), "or it was deleted")
    assert waiting()[waits]["subject"] is None


def test_somebody_who_proved_nothing_is_refused(city: TestCity, scene: Scene) -> None:
    refused(run("hand-over", scene.book.org_id, *ANNA, typed=typed(city.stranger())), "Nobody with this document")
    refused(run("hand-over", scene.book.org_id, *ANNA, typed="resident_id\n123\n"), "", 2)
    refused(run("hand-over", scene.book.org_id, *ANNA, typed="card\n123\n"), "The type of a document is one of", 2)
    assert scene.owners() == [scene.owner]


def test_somebody_at_the_limit_is_refused(scene: Scene) -> None:
    waits = scene.propose()
    spoil(person_key(scene.next), "books", {"N": "200"})

    refused(run("hand-over", scene.book.org_id, *ANNA, typed=typed(scene.next)), "owns as many group books")
    refused(run("confirm", waits, *BORIS), "owns as many group books")
    assert waits in waiting()
    spoil(person_key(scene.next), "books", {"N": "199"})
    assert run("confirm", waits, *BORIS).exit_code == 0


def test_somebody_who_erased_themself_since_gets_nothing(scene: Scene) -> None:
    waits = scene.propose()
    assert scene.client.delete("/v1/me").status == 204

    refused(run("confirm", waits, *BORIS), "erased themself since")
    assert waiting()[waits]["subject"] is None


def test_a_book_that_was_handed_over_since_is_proposed_again(scene: Scene) -> None:
    waits = scene.propose()
    heir = scene.book.member()
    assert scene.book.owner.post(f"{scene.book.path}/owner", {"successor": heir.member_id}).status == 200
    assert heir.client.put(f"{scene.book.path}/owner").status == 200

    refused(run("confirm", waits, *BORIS), "The book has another owner since this was proposed")
    assert waiting()[waits]["subject"] is None


def test_an_offer_of_the_old_owner_ends(scene: Scene) -> None:
    heir = scene.book.member()
    assert scene.book.owner.post(f"{scene.book.path}/owner", {"successor": heir.member_id}).status == 200

    scene.decide()

    assert heir.client.put(f"{scene.book.path}/owner").code == "not_the_successor"
    assert scene.owners() == [scene.next]


def test_a_book_whose_owner_is_not_there_any_more_goes_on(scene: Scene) -> None:
    """Such as after a restore; nothing is counted down for nobody."""
    store.delete(person_key(scene.owner))

    scene.decide()

    assert stored(person_key(scene.owner)) is None
    assert stored(OwnershipPointer.of(person_id_of(scene.owner), scene.book.org_id)) is None
    assert scene.client.get(scene.book.path).status == 200


def test_what_is_stored_names_nobody(scene: Scene) -> None:
    item = str(stored(ProposalRow.of(scene.propose())))

    assert mask(scene.next) not in item
    assert scene.next.number not in item
    assert scene.book.org_id in item


def test_a_damaged_book_is_told(scene: Scene) -> None:
    waits = scene.propose()
    spoil(organization_key(scene.book.org_id), "name")

    assert run("hand-over", scene.book.org_id, *ANNA, typed=typed(scene.next)).exit_code == 1
    assert run("confirm", waits, *BORIS).exit_code == 1
    assert waits not in waiting()


def test_after_a_restore_the_book_is_handed_over_again_and_the_proposal_closed(city: TestCity, scene: Scene) -> None:
    pointers = [OwnershipPointer.of(person_id_of(one), scene.book.org_id) for one in (scene.owner, scene.next)]
    keys: list[Key[Any]] = [
        organization_key(scene.book.org_id),
        person_key(scene.owner),
        person_key(scene.next),
        *pointers,
    ]
    waits = scene.propose()
    keys.append(ProposalRow.of(waits))
    before = {key: stored(key) for key in keys}
    assert run("confirm", waits, *BORIS).exit_code == 0
    city.deliver()
    since = [one for one in ledger_since(clock.now()).entries if one.org_id == scene.book.org_id]
    for key, item in before.items():
        if item is None:
            store.delete(key)
        else:
            put_raw(key, item)
    assert scene.owners() == [scene.owner]

    done = replay(Ledger(since))

    assert done.failed == []
    assert (done.behind["BOOK_HANDED_OVER"], done.behind["OWNER_GRANTED"]) == (3, 1)
    assert scene.owners() == [scene.next]
    assert waits not in waiting()
    refused(run("confirm", waits, *BORIS), "carried out already")
    assert replay(Ledger(since)).is_settled


def test_a_grant_that_nobody_proposed_is_told_of(scene: Scene) -> None:
    proposed, granted = entries(scene.decide())
    granted.org_id = NO_BOOK

    assert [one.why for one in replay(Ledger([granted]), write=False).failed] == ["Unproposed"]
    assert proposed.org_id == scene.book.org_id


def test_a_hand_over_behind_a_proposal_that_is_being_confirmed_wins(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The owner's own successor accepts between the operator's read and write."""
    from chalicelib.tracing import service, subjects

    heir = scene.book.member()
    assert scene.book.owner.post(f"{scene.book.path}/owner", {"successor": heir.member_id}).status == 200
    waits, real = scene.propose(), subjects.subject_of

    def read_then_accepted(row: ProposalRow) -> subjects.Subject:
        subject = real(row)
        monkeypatch.setattr(service, "subject_of", real)
        assert heir.client.put(f"{scene.book.path}/owner").status == 200
        return subject

    monkeypatch.setattr(service, "subject_of", read_then_accepted)

    refused(run("confirm", waits, *BORIS), "another owner since")
    row = stored(OrganizationRow.of(scene.book.org_id)) or {}
    assert row["owner_id"] == {"S": person_id_of(heir.person)}
