"""Two operators hand a place over, whoever manages it (B16)."""

from dataclasses import dataclass

import pytest

from chalicelib.people.tables.people import ManagesPointer
from chalicelib.places.tables import PlaceRow
from tests.api.tracing.steps import ANNA, BORIS, entries, mask, refused, run, told, typed, waiting
from tests.support.books import person_id_of, person_key
from tests.support.city import TestCity
from tests.support.client import Client
from tests.support.enrolled import enrolled
from tests.support.people import TestPerson
from tests.support.places import OpenedPlace, bind_staff, open_place, shown_place
from tests.support.rows import spoil, stored

pytestmark = pytest.mark.api


@dataclass(frozen=True)
class Scene:
    """A place, its manager, and somebody who is not even on its staff."""

    place: OpenedPlace
    manager: TestPerson
    next: TestPerson
    client: Client

    def propose(self) -> str:
        proposed = run("hand-over-place", self.place.place_id, *ANNA, "--json", typed=typed(self.next))
        return str(told(proposed)["proposal"])

    def managers(self) -> list[TestPerson]:
        """Who manages the place by the place itself, and by pointers and counts; each must say the same."""
        row = stored(PlaceRow.of(self.place.place_id)) or {}
        both = [self.manager, self.next]
        by_pointer = [one for one in both if stored(ManagesPointer.of(person_id_of(one), self.place.place_id))]
        counted = [one for one in both if (stored(person_key(one)) or {})["places"] == {"N": "1"}]
        assert by_pointer == counted
        assert [person_id_of(one) for one in by_pointer] == [row["manager_id"]["S"]]
        return by_pointer


@pytest.fixture
def scene(city: TestCity) -> Scene:
    """A place that its manager does not hand over."""
    manager, following = city.stranger(), city.stranger()
    clients = enrolled(city, manager, following)
    return Scene(OpenedPlace.by(clients[0]), manager, following, clients[1])


def test_two_operators_hand_a_place_over(city: TestCity, scene: Scene) -> None:
    proposal_id = scene.propose()
    assert scene.managers() == [scene.manager]
    assert waiting()[proposal_id]["kind"] == "grant manager"
    assert waiting()[proposal_id]["subject"] == f"{scene.place.place_id} to {mask(scene.next)}"

    done = run("confirm", proposal_id, *BORIS)

    assert done.exit_code == 0, done.output
    assert scene.managers() == [scene.next]
    assert shown_place(scene.client, scene.place.place_id)["role"] == "manager"
    assert scene.place.manager.get(scene.place.path).code == "not_staff"
    proposed, granted = entries(proposal_id)
    assert (proposed.kind, proposed.principal, proposed.what) == ("NAMING_PROPOSED", "anna", ["grant", "manager"])
    assert (granted.kind, granted.principal) == ("MANAGER_GRANTED", "boris")
    assert proposed.org_id == granted.org_id == scene.place.place_id
    city.deliver()
    for client in (scene.place.manager, scene.client):
        (entry,) = client.get("/v1/me/access-log").json["items"]
        assert (entry["actor"], entry["what"], entry["why"]) == ("演示城市", ["place_manager"], "handed_over_by_city")
    refused(run("confirm", proposal_id, *BORIS), "carried out already")
    refused(run("hand-over-place", scene.place.place_id, *ANNA, typed=typed(scene.next)), "granted already")


def test_whoever_proposes_does_not_confirm(scene: Scene) -> None:
    refused(run("confirm", scene.propose(), *ANNA), "Whoever proposed this cannot confirm it.")
    assert scene.managers() == [scene.manager]


def test_somebody_on_the_staff_is_on_it_no_more(scene: Scene) -> None:
    bind_staff(scene.place.manager, scene.place.place_id, scene.client)
    assert run("confirm", scene.propose(), *BORIS).exit_code == 0
    shown = shown_place(scene.client, scene.place.place_id)
    assert (shown["role"], shown["staff"]) == ("manager", 0)


@pytest.mark.parametrize("place_id", ["01aaaaaaaaaaaaaaaaaaaaaaaa", "no-place", "x" * 200])
def test_a_place_that_is_not_there_is_refused(scene: Scene, place_id: str) -> None:
    refused(run("hand-over-place", place_id, *ANNA, typed=typed(scene.next)), "There is no place with this id")


def test_a_place_that_changed_since_is_left_as_it_is(scene: Scene) -> None:
    handed_over, closed = scene.propose(), scene.propose()
    other = scene.propose()
    assert run("confirm", other, *BORIS).exit_code == 0
    refused(run("confirm", handed_over, *BORIS), "The place has another manager since this was proposed")
    assert scene.client.delete(scene.place.path).status == 204
    refused(run("confirm", closed, *BORIS), "or it was closed")
    assert waiting()[closed]["subject"] is None


def test_nobody_manages_more_places_than_the_city_allows(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    from chalicelib.core import settings

    waits = scene.propose()
    open_place(scene.client)
    city = settings.settings().city
    one = city.model_copy(update={"places": city.places.model_copy(update={"max_per_manager": 1})})
    monkeypatch.setattr(settings, "load_city", lambda _: one)

    refused(run("confirm", waits, *BORIS), "manages as many places")
    refused(run("hand-over-place", scene.place.place_id, *ANNA, typed=typed(scene.next)), "manages as many places")


def test_a_damaged_proposal_is_refused(scene: Scene) -> None:
    from chalicelib.tracing.tables import ProposalRow

    waits = scene.propose()
    spoil(ProposalRow.of(waits), "naming", {"S": "mayor"})
    assert run("confirm", waits, *BORIS).exit_code == 1
    spoil(ProposalRow.of(waits), "org_id")
    assert run("confirm", waits, *BORIS).exit_code == 1
    assert scene.managers() == [scene.manager]
