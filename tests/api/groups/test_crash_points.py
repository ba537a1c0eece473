"""Wherever a request is cut, it can be repeated, and what is stored agrees at any time (harness H5).

Each AWS call of each request fails before it is made, loses its answer, or is the last thing that the process does.
"""

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta

import pytest

from chalicelib.core import clock, store
from chalicelib.groups.tables import LabelRow
from tests.support.books import Book, assert_whole, membership_row, organization_key, person_key, receipts
from tests.support.city import TestCity
from tests.support.client import Answer, Client
from tests.support.counts import assert_counted
from tests.support.enrolled import enrolled
from tests.support.people import TestPerson
from tests.support.rows import stored
from tests.support.seam import Killed, Seam, aws_error

pytestmark = [pytest.mark.api, pytest.mark.slow]

FAULTS: list[tuple[str, BaseException]] = [
    ("before", aws_error("InternalServerError")),
    ("after", aws_error("InternalServerError")),
    ("before", Killed()),
    ("after", Killed()),
]


@dataclass(frozen=True)
class Scene:
    """A book and somebody whom a request is about."""

    book: Book
    person: TestPerson
    client: Client

    def join(self, *scopes: str) -> Answer:
        return self.client.post(f"/v1/invitations/{self.book.code}/join", {"scopes": list(scopes)})

    def change(self) -> Answer:
        return self.client.put(f"{self.book.own_path}/consent", {"scopes": ["travel"]})

    def leave(self) -> Answer:
        return self.client.delete(self.book.own_path)

    def remove(self) -> Answer:
        return self.book.owner.delete(f"{self.book.path}/members/{self.member_id}")

    def delete(self) -> Answer:
        return self.book.delete()

    def offer(self, successor: str) -> Answer:
        return self.book.owner.post(f"{self.book.path}/owner", {"successor": successor})

    def take_over(self) -> Answer:
        return self.client.put(f"{self.book.path}/owner")

    @property
    def member_id(self) -> str:
        answer: str = self.client.get("/v1/me/memberships").json["items"][0]["member_id"]
        return answer


Act = Callable[[Scene], Answer]


def sweep(
    city: TestCity, faults: Seam, begin: Callable[[], Scene], act: Callable[[Scene], Callable[[], Answer]]
) -> list[Scene]:
    """Do it with every fault at every call, and then again as the user would. Returns all the scenes, once delivered."""
    done: list[Scene] = []

    def once(number: int | None = None, place: str = "", error: BaseException | None = None) -> int:
        scene = begin()
        request = act(scene)
        start = len(faults.calls)
        faults.at = {} if number is None or error is None else {start + number: (place, error)}
        with suppress(Killed):
            assert request().status in {200, 201, 204, 503}
        calls = len(faults.calls) - start
        faults.at = {}
        assert request().status in {200, 201, 204, 404}
        done.append(scene)
        return calls

    once()  # makes the calls that a process makes once
    for number in range(once()):
        for place, error in FAULTS:
            once(number, place, error)
    city.deliver()
    for scene in done:
        assert_counted(scene.book.org_id)
    return done


@pytest.fixture
def newcomer(city: TestCity, owner: Client) -> Callable[[], Scene]:
    """Makes a scene with somebody who is in no book; it is the same person each time, in another book."""
    person = city.stranger()
    city.fact(person, "nucleic_acid", "negative", "2022-04-05T10:00:00+08:00")
    client = enrolled(city, person)[0]
    return lambda: Scene(Book.opened(city, owner), person, client)


@pytest.fixture
def member(newcomer: Callable[[], Scene]) -> Callable[[], Scene]:
    """Makes a scene with a member who shares something."""

    def begin() -> Scene:
        scene = newcomer()
        assert scene.join("nucleic_acid", "travel").status == 201
        return scene

    return begin


def bearers(org_id: str) -> dict[str, str]:
    """Who bears which label."""
    return {
        row.label: row.member_id for row in store.query_all(LabelRow, org_id, LabelRow.sk.startswith(LabelRow.PREFIX))
    }


def assert_all_whole(scenes: list[Scene], *, inside: bool) -> None:
    orgs = [scene.book.org_id for scene in scenes]
    assert_whole(scenes[0].person, orgs, member_of=orgs if inside else [])


def test_joining(city: TestCity, newcomer: Callable[[], Scene], faults: Seam) -> None:
    scenes = sweep(city, faults, newcomer, lambda scene: lambda: scene.join("nucleic_acid"))

    assert len(scenes) == 2 + 3 * len(FAULTS)
    assert_all_whole(scenes, inside=True)
    for scene in scenes:
        (given,) = receipts(scene.book.org_id, scene.person)
        assert (given.action, given.scopes) == ("given", ["nucleic_acid"])
        assert len(scene.book.members()) == 1


def test_joining_with_a_code_of_one_use(city: TestCity, newcomer: Callable[[], Scene], faults: Seam) -> None:
    """A lost answer must not cost the use that the repetition needs."""

    def begin() -> Scene:
        scene = newcomer()
        code = city.invite(scene.book.owner, scene.book.org_id, max_uses=1)
        return Scene(Book(city, scene.book.owner, scene.book.org_id, code), scene.person, scene.client)

    scenes = sweep(city, faults, begin, lambda scene: lambda: scene.join("nucleic_acid"))

    assert_all_whole(scenes, inside=True)


def test_joining_a_department_under_a_label(city: TestCity, newcomer: Callable[[], Scene], faults: Seam) -> None:
    """The label is claimed with the membership or not at all, so a repetition never finds it taken by itself."""

    def begin() -> Scene:
        scene = newcomer()
        fields = {"department_id": scene.book.department(), "label_pattern": "S-##"}
        code = city.invite(scene.book.owner, scene.book.org_id, **fields)
        return Scene(Book(city, scene.book.owner, scene.book.org_id, code), scene.person, scene.client)

    def joining(scene: Scene) -> Callable[[], Answer]:
        body = {"scopes": ["nucleic_acid"], "label": "S-01"}
        return lambda: scene.client.post(f"/v1/invitations/{scene.book.code}/join", body)

    scenes = sweep(city, faults, begin, joining)

    assert_all_whole(scenes, inside=True)
    for scene in scenes:
        row = membership_row(scene.book.org_id, scene.person)
        assert row is not None
        assert (row.label, row.path) == ("S-01", f"/{row.department_id}/")
        assert bearers(scene.book.org_id) == {"S-01": row.member_id}


def test_moving(city: TestCity, member: Callable[[], Scene], faults: Seam) -> None:
    """Department, type and label change together or not at all; the numbers follow."""

    def moving(scene: Scene) -> Callable[[], Answer]:
        row = membership_row(scene.book.org_id, scene.person)
        assert row is not None
        changes = {"department_id": scene.book.department("Grade 1"), "type": "teacher", "label": "T-01"}
        return lambda: scene.book.owner.patch(f"{scene.book.path}/members/{row.member_id}", changes)

    scenes = sweep(city, faults, member, moving)

    assert len(scenes) == 2 + 5 * len(FAULTS)
    assert_all_whole(scenes, inside=True)
    for scene in scenes:
        row = membership_row(scene.book.org_id, scene.person)
        assert row is not None
        assert (row.type, row.label, row.path) == ("teacher", "T-01", f"/{row.department_id}/")
        assert bearers(scene.book.org_id) == {"T-01": row.member_id}


def test_removing_a_department(city: TestCity, newcomer: Callable[[], Scene], faults: Seam) -> None:
    """Cut in the middle it is closed for a minute; a repetition after that finds it or finds it gone."""

    def removal(scene: Scene) -> Callable[[], Answer]:
        path = f"{scene.book.path}/departments/{scene.book.department()}"
        moments = iter((0, 61))

        def remove() -> Answer:
            with clock.frozen(clock.now() + timedelta(seconds=next(moments))):
                return scene.book.owner.delete(path)

        return remove

    scenes = sweep(city, faults, newcomer, removal)

    for scene in scenes:
        assert scene.book.owner.get(f"{scene.book.path}/departments").json["items"] == []
        assert (stored(organization_key(scene.book.org_id)) or {})["departments"] == {"N": "0"}


def test_naming_and_removing_an_administrator(city: TestCity, member: Callable[[], Scene], faults: Seam) -> None:
    def naming(scene: Scene) -> Callable[[], Answer]:
        row = membership_row(scene.book.org_id, scene.person)
        assert row is not None
        return lambda: scene.book.owner.post(f"{scene.book.path}/admins", {"member_id": row.member_id})

    scenes = sweep(city, faults, member, naming)
    assert all(scene.client.get(f"{scene.book.path}/members").status == 200 for scene in scenes)

    def named() -> Scene:
        scene = member()
        assert naming(scene)().status == 201
        return scene

    def resigning(scene: Scene) -> Callable[[], Answer]:
        row = membership_row(scene.book.org_id, scene.person)
        assert row is not None
        return lambda: scene.book.owner.delete(f"{scene.book.path}/admins/{row.member_id}")

    scenes = sweep(city, faults, named, resigning)
    assert all(scene.client.get(f"{scene.book.path}/members").code == "not_a_manager" for scene in scenes)


def test_changing_scopes(city: TestCity, member: Callable[[], Scene], faults: Seam) -> None:
    scenes = sweep(city, faults, member, lambda scene: scene.change)

    assert len(scenes) == 2 + 3 * len(FAULTS)
    assert_all_whole(scenes, inside=True)
    for scene in scenes:
        row = membership_row(scene.book.org_id, scene.person)
        assert row is not None
        assert (row.scopes, row.nucleic_acid) == (["travel"], None)
        assert row.consent_version == len(receipts(scene.book.org_id, scene.person))


def test_leaving(city: TestCity, member: Callable[[], Scene], faults: Seam) -> None:
    scenes = sweep(city, faults, member, lambda scene: scene.leave)

    assert len(scenes) == 2 + 2 * len(FAULTS)
    assert_all_whole(scenes, inside=False)
    assert all(
        [one.action for one in receipts(scene.book.org_id, scene.person)] == ["given", "left"] for scene in scenes
    )


def test_removing_a_member(city: TestCity, member: Callable[[], Scene], faults: Seam) -> None:
    def removal(scene: Scene) -> Callable[[], Answer]:
        path = f"{scene.book.path}/members/{membership_row(scene.book.org_id, scene.person).member_id}"  # type: ignore[union-attr]
        return lambda: scene.book.owner.delete(path)

    scenes = sweep(city, faults, member, removal)

    assert len(scenes) == 2 + 3 * len(FAULTS)
    assert_all_whole(scenes, inside=False)
    for scene in scenes:
        assert [one.action for one in receipts(scene.book.org_id, scene.person)] == ["given", "removed"]


def test_deleting_a_book(city: TestCity, member: Callable[[], Scene], faults: Seam) -> None:
    scenes = sweep(city, faults, member, lambda scene: scene.delete)

    assert len(scenes) == 2 + 3 * len(FAULTS)
    assert_all_whole(scenes, inside=False)
    for scene in scenes:
        assert [one.action for one in receipts(scene.book.org_id, scene.person)] == ["given", "book_deleted"]
        assert scene.client.get("/v1/me/memberships").json["items"] == []
        assert scene.book.org_id not in scene.book.owner.get("/v1/organizations").text


def test_handing_over(city: TestCity, member: Callable[[], Scene], faults: Seam) -> None:
    def offered() -> Scene:
        scene = member()
        row = membership_row(scene.book.org_id, scene.person)
        assert row is not None
        assert scene.offer(row.member_id).status == 200
        return scene

    scenes = sweep(city, faults, offered, lambda scene: scene.take_over)

    assert len(scenes) == 2 + 4 * len(FAULTS)
    owned = [one["org_id"] for one in scenes[0].client.get("/v1/organizations").json["items"]]
    assert sorted(owned) == sorted(scene.book.org_id for scene in scenes)
    assert (stored(person_key(scenes[0].person)) or {})["books"] == {"N": str(len(scenes))}
    for scene in scenes:
        assert (stored(organization_key(scene.book.org_id)) or {})["owner_term"] == {"N": "1"}
        assert scene.book.owner.get(scene.book.path).code == "not_a_manager"


def test_offering(city: TestCity, member: Callable[[], Scene], faults: Seam) -> None:
    def offering(scene: Scene) -> Callable[[], Answer]:
        row = membership_row(scene.book.org_id, scene.person)
        assert row is not None
        return lambda: scene.offer(row.member_id)

    scenes = sweep(city, faults, member, offering)

    assert len(scenes) == 2 + 2 * len(FAULTS)
    assert all(scene.take_over().status == 200 for scene in scenes)
