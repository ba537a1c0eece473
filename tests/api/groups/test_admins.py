"""Administrators: named at any level, see their subtree and nothing above or beside, and end (R0.2)."""

from typing import Any

import pytest

from chalicelib.groups.service import admins
from chalicelib.groups.tables import AdminRow
from tests.api.groups.steps import damaged, join
from tests.support.books import Book, Member, person_id_of
from tests.support.city import TestCity
from tests.support.client import Answer
from tests.support.enrolled import enrolled
from tests.support.rows import spoil, stored

pytestmark = pytest.mark.api


def name(book: Book, member_id: str, department_id: str | None = None) -> Answer:
    return book.owner.post(f"{book.path}/admins", {"member_id": member_id, "department_id": department_id})


def seen(member: Member, book: Book) -> set[str]:
    answer = member.client.get(f"{book.path}/members?limit=100")
    assert answer.status == 200, answer.text
    return {item["member_id"] for item in answer.json["items"]}


def role_key(book: Book, member: Member) -> Any:
    return AdminRow.of(book.org_id, member.member_id)


def test_a_named_administrator_is_shown_masked_and_the_look_is_logged(city: TestCity, book: Book) -> None:
    department_id = book.department()
    head = book.admin(department_id)

    answer = book.owner.get(f"{book.path}/admins")

    (item,) = answer.json["items"]
    assert item == {
        "member_id": head.member_id,
        "name": f"{item['name'][0]}**",
        "document": f"{head.person.number[:2]}**************{head.person.number[-2:]}",
        "department_id": department_id,
        "named_at": item["named_at"],
    }
    city.deliver()
    entries = head.client.get("/v1/me/access-log").json["items"]
    assert [(one["why"], one["what"]) for one in entries] == [("administrators", ["name", "document"])] * 2


def test_an_administrator_sees_their_subtree_and_nothing_above_or_beside(book: Book) -> None:
    grade, beside = book.department("Grade 1"), book.department("Grade 2")
    school_class = book.department("Class 1", grade)
    head = book.admin(grade)
    inside = {book.member_in(grade).member_id, book.member_in(school_class).member_id}
    outside = [book.member(), book.member_in(beside)]

    assert seen(head, book) == inside
    for member in outside:
        answer = head.client.delete(f"{book.path}/members/{member.member_id}")
        assert (answer.status, answer.code) == (404, "member_not_found")
    answer = head.client.get(f"{book.path}/members?department_id={beside}")
    assert (answer.status, answer.code) == (422, "unknown_department")
    assert [one["member_id"] for one in head.client.get(f"{book.path}/admins").json["items"]] == [head.member_id]
    assert head.client.get(book.path).json["department_id"] == grade
    assert head.client.get(book.path).json["role"] == "administrator"


def test_a_cursor_of_one_subtree_opens_no_other(book: Book) -> None:
    mine, beside = book.department("Mine"), book.department("Beside")
    head, other = book.admin(mine), book.admin(beside)
    for _ in range(2):
        book.member_in(mine)

    cursor = head.client.get(f"{book.path}/members?limit=1").json["cursor"]

    assert cursor
    assert other.client.get(f"{book.path}/members?limit=1&cursor={cursor}").code == "invalid_cursor"


def test_a_role_ends_by_the_owner_by_its_holder_and_with_the_membership(book: Book) -> None:
    removed, resigned, left = book.admin(None), book.admin(None), book.admin(None)

    assert book.owner.delete(f"{book.path}/admins/{removed.member_id}").status == 204
    assert resigned.client.delete(f"{book.path}/admins/{resigned.member_id}").status == 204
    assert left.client.delete(book.own_path).status == 204

    for one in (removed, resigned, left):
        assert one.client.get(f"{book.path}/members").code == "not_a_manager"
        assert stored(role_key(book, one)) is None
    assert book.owner.delete(f"{book.path}/admins/{removed.member_id}").code == "admin_not_found"
    assert removed.client.get("/v1/me/memberships").json["items"]


def test_only_the_owner_names_and_removes_others(book: Book) -> None:
    chief, other, member = book.admin(None), book.admin(None), book.member()

    answer = chief.client.post(f"{book.path}/admins", {"member_id": member.member_id})
    assert (answer.status, answer.code) == (403, "not_the_owner")
    answer = chief.client.delete(f"{book.path}/admins/{other.member_id}")
    assert (answer.status, answer.code) == (403, "not_the_owner")


def test_no_administrator_removes_another_who_is_not_below_or_the_owner(city: TestCity, book: Book) -> None:
    grade = book.department("Grade 1")
    school_class = book.department("Class 1", grade)
    code = city.invite(book.owner, book.org_id, department_id=grade)
    head, equal, above, below = (Book(city, book.owner, book.org_id, code).member() for _ in range(4))
    for member, where in ((head, grade), (equal, grade), (above, None), (below, school_class)):
        assert name(book, member.member_id, where).status == 201
    owner_id = join(book.owner, code).json["member_id"]

    for member_id in (equal.member_id, above.member_id, owner_id):
        answer = head.client.delete(f"{book.path}/members/{member_id}")
        assert (answer.status, answer.code) == (403, "member_administrates")
    assert head.client.delete(f"{book.path}/members/{below.member_id}").status == 204
    assert stored(role_key(book, below)) is None
    assert book.owner.delete(f"{book.path}/members/{above.member_id}").status == 204
    assert above.client.get(f"{book.path}/members").code == "not_a_manager"


def test_naming_again_moves_the_role(book: Book) -> None:
    grade = book.department("Grade 1")
    head = book.admin(grade)

    assert name(book, head.member_id).status == 201

    assert head.client.get(book.path).json["department_id"] is None
    assert len(book.owner.get(f"{book.path}/admins").json["items"]) == 1


def test_a_role_that_ends_while_it_is_moved_up_does_not_go_on(book: Book, monkeypatch: pytest.MonkeyPatch) -> None:
    head = book.admin(book.department())

    def late(*_: Any) -> None:
        assert book.owner.delete(f"{book.path}/admins/{head.member_id}").status == 204

    with monkeypatch.context() as patched:
        patched.setattr(admins, "check_department", late)
        assert name(book, head.member_id).code == "member_changed"

    assert book.owner.get(f"{book.path}/admins").json["items"] == []


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({"member_id": "nobody"}, "unknown_member"),
        ({"member_id": None}, "validation_failed"),
        ({}, "validation_failed"),
        ({"member_id": "x" * 65}, "validation_failed"),
    ],
)
def test_nobody_unknown_is_named(book: Book, body: dict[str, Any], code: str) -> None:
    answer = book.owner.post(f"{book.path}/admins", body)
    assert (answer.status, answer.code) == (422, code)


def test_the_owner_is_not_named(book: Book) -> None:
    """Or they would go on managing when the book is another's."""
    own = join(book.owner, book.code).json["member_id"]

    answer = name(book, own)

    assert (answer.status, answer.code) == (422, "owner_needs_no_role")
    assert [one["field"] for one in answer.json["errors"]] == ["member_id"]
    assert stored(AdminRow.of(book.org_id, own)) is None


def test_nobody_is_named_for_an_unknown_department(city: TestCity, book: Book) -> None:
    member = book.member()
    for department_id in ("never", Book.opened(city).department()):
        assert name(book, member.member_id, department_id).code == "unknown_department"


def test_administrators_are_as_many_as_they_may(book: Book, monkeypatch: pytest.MonkeyPatch) -> None:
    head, member = book.admin(None), book.member()
    monkeypatch.setattr(admins, "MOST", 1)

    assert name(book, member.member_id).code == "too_many_admins"
    assert name(book, head.member_id, book.department()).status == 201


def test_who_joins_again_after_leaving_is_no_administrator(book: Book) -> None:
    head = book.admin(None)
    assert head.client.delete(book.own_path).status == 204
    assert join(head.client, book.code).status == 201

    assert head.client.get(f"{book.path}/members").code == "not_a_manager"


def test_a_role_of_an_erased_life_counts_for_nothing(city: TestCity, book: Book) -> None:
    head = book.admin(None)
    assert head.client.delete("/v1/me").status == 204
    assert stored(role_key(book, head)) is None

    (again,) = enrolled(city, head.person)
    assert join(again, book.code).status == 201
    assert again.get(f"{book.path}/members").code == "not_a_manager"


def test_a_broken_role_manages_nothing_and_can_be_removed(book: Book) -> None:
    head, whole = book.admin(None), book.admin(None)
    spoil(role_key(book, head), "path")

    assert head.client.get(f"{book.path}/members").status == 500
    answer = book.owner.get(f"{book.path}/admins")
    assert [one["member_id"] for one in answer.json["items"]] == [whole.member_id]
    assert answer.json["unreadable"] == 1
    assert book.owner.delete(f"{book.path}/admins/{head.member_id}").status == 204
    assert head.client.get(f"{book.path}/members").code == "not_a_manager"


def test_an_administrator_whose_membership_is_broken_is_still_listed(book: Book) -> None:
    head = book.admin(None)
    damaged(book.org_id, person_id_of(head.person), "scopes")

    (item,) = book.owner.get(f"{book.path}/admins").json["items"]
    assert (item["member_id"], item["name"]) == (head.member_id, None)
