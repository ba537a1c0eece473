"""The tree of departments: made, renamed, removed when empty, and seen from where one stands (R0.1, R0.2)."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from chalicelib.core import clock, store
from chalicelib.core.crypto import encode
from chalicelib.groups.service import departments
from chalicelib.groups.tables import DepartmentRow
from tests.api.groups.steps import damaged, join
from tests.support.books import Book, at_once, organization_key, person_id_of, statuses
from tests.support.city import TestCity
from tests.support.client import Answer, Client
from tests.support.enrolled import anybody
from tests.support.rows import spoil, stored

pytestmark = pytest.mark.api


def create(client: Client, book: Book, name: str = "Class 1", parent_id: str | None = None, **more: Any) -> Answer:
    return client.post(f"{book.path}/departments", {"name": name, "parent_id": parent_id}, **more)


def listed(client: Client, book: Book) -> list[dict[str, Any]]:
    answer = client.get(f"{book.path}/departments")
    assert answer.status == 200, answer.text
    items: list[dict[str, Any]] = answer.json["items"]
    return items


def row_of(book: Book, department_id: str) -> DepartmentRow | None:
    key = DepartmentRow.of(book.org_id, department_id)
    return store.read_together([key]).get(key)


def counted(book: Book) -> int:
    raw = stored(organization_key(book.org_id))
    assert raw is not None
    return int(raw["departments"]["N"])


def test_departments_stand_in_each_other_and_are_listed_from_the_top(book: Book) -> None:
    grade = create(book.owner, book, "Grade 1").json["department_id"]
    school_class = create(book.owner, book, "Class 1", grade)

    assert school_class.status == 201
    assert school_class.json == {
        "department_id": school_class.json["department_id"],
        "name": "Class 1",
        "parent_id": grade,
        "created_at": school_class.json["created_at"],
    }
    assert [(one["name"], one["parent_id"]) for one in listed(book.owner, book)] == [
        ("Grade 1", None),
        ("Class 1", grade),
    ]
    row = row_of(book, school_class.json["department_id"])
    assert row is not None
    assert row.path == f"/{grade}/{row.department_id}/"
    assert counted(book) == 2


def test_a_new_name_changes_no_path(book: Book) -> None:
    department_id = book.department("Class 1")
    before = row_of(book, department_id)

    answer = book.owner.patch(f"{book.path}/departments/{department_id}", {"name": "Class 1 B"})

    assert (answer.status, answer.json["name"]) == (200, "Class 1 B")
    after = row_of(book, department_id)
    assert before is not None
    assert after is not None
    assert (after.path, after.name) == (before.path, "Class 1 B")


@pytest.mark.parametrize("name", ["", " ", "a\u202eb", "x" * 101, None, 7])
def test_a_name_must_be_visible(book: Book, name: object) -> None:
    assert create(book.owner, book, name).status == 422  # type: ignore[arg-type]  # a wrong one is what is tried
    department_id = book.department()
    assert book.owner.patch(f"{book.path}/departments/{department_id}", {"name": name}).status == 422


def test_a_parent_must_be_there_and_within_reach(city: TestCity, book: Book) -> None:
    mine, beside = book.department("Mine"), book.department("Beside")
    head = book.admin(mine)
    elsewhere = Book.opened(city).department()

    for client, parent_id in [(book.owner, "never"), (book.owner, elsewhere), (head.client, beside)]:
        answer = create(client, book, "Class 1", parent_id)
        assert (answer.status, answer.code) == (422, "unknown_department")
        assert answer.json["errors"][0]["field"] == "parent_id"


def test_an_administrator_makes_departments_below_their_own(book: Book) -> None:
    mine = book.department("Mine")
    head = book.admin(mine)

    made = create(head.client, book, "Below")

    assert (made.status, made.json["parent_id"]) == (201, mine)
    assert [one["name"] for one in listed(head.client, book)] == ["Mine", "Below"]


def test_an_administrator_sees_and_changes_nothing_above_or_beside(book: Book) -> None:
    top = book.department("Top")
    mine, beside = book.department("Mine", top), book.department("Beside", top)
    head = book.admin(mine)

    assert [one["name"] for one in listed(head.client, book)] == ["Mine"]
    for department_id, status, code in [
        (top, 404, "department_not_found"),
        (beside, 404, "department_not_found"),
        (mine, 403, "not_a_manager"),
    ]:
        path = f"{book.path}/departments/{department_id}"
        for answer in (head.client.patch(path, {"name": "Other"}), head.client.delete(path)):
            assert (answer.status, answer.code) == (status, code)
    assert len(listed(book.owner, book)) == 3


def test_an_empty_department_is_removed_and_its_codes_end(city: TestCity, book: Book) -> None:
    department_id = book.department()
    code = city.invite(book.owner, book.org_id, department_id=department_id)

    assert book.owner.delete(f"{book.path}/departments/{department_id}").status == 204

    assert listed(book.owner, book) == []
    assert counted(book) == 0
    for answer in (join(anybody(city), code), city.api.get(f"/v1/invitations/{code}")):
        assert (answer.status, answer.code) == (410, "invitation_revoked")
    assert book.owner.delete(f"{book.path}/departments/{department_id}").code == "department_not_found"


@pytest.mark.parametrize("inhabit", ["member", "member below", "department", "administrator", "roster"])
def test_a_department_with_anything_in_it_stays_and_goes_on(book: Book, inhabit: str) -> None:
    department_id = book.department()
    if inhabit == "member":
        book.member_in(department_id)
    elif inhabit == "member below":
        book.member_in(book.department("Below", department_id))
    elif inhabit == "department":
        book.department("Below", department_id)
    elif inhabit == "roster":
        lines = {"csv": f"label,department_id\nP-1,{department_id}\n"}
        assert book.owner.put(f"{book.path}/roster", lines).json["added"] == 1
    else:
        book.admin(department_id)

    answer = book.owner.delete(f"{book.path}/departments/{department_id}")

    assert (answer.status, answer.code) == (409, "department_not_empty")
    row = row_of(book, department_id)
    assert row is not None
    assert row.closing_until is None
    assert book.member_in(department_id).member_id


def test_a_broken_member_keeps_their_department(book: Book) -> None:
    department_id = book.department()
    member = book.member_in(department_id)
    damaged(book.org_id, person_id_of(member.person), "scopes")

    assert book.owner.delete(f"{book.path}/departments/{department_id}").code == "department_not_empty"


@pytest.fixture
def meanwhile(monkeypatch: pytest.MonkeyPatch) -> list[Callable[[], Any]]:
    """What happens between a removal's look whether the department is empty and the removal itself."""
    todo: list[Callable[[], Any]] = []
    is_used = departments._is_used  # noqa: SLF001  what comes in between is put into the middle of it

    def look(org_id: str, row: DepartmentRow) -> bool:
        found = is_used(org_id, row)
        while todo:
            todo.pop()()
        return found

    monkeypatch.setattr(departments, "_is_used", look)
    return todo


def test_nobody_and_nothing_comes_into_a_department_while_it_is_removed(
    city: TestCity, book: Book, meanwhile: list[Callable[[], Any]]
) -> None:
    department_id = book.department()
    code = city.invite(book.owner, book.org_id, department_id=department_id)
    late, member = anybody(city), book.member()
    answers: list[Answer] = []
    meanwhile.append(lambda: answers.append(join(late, code)))
    meanwhile.append(lambda: answers.append(create(book.owner, book, "Below", department_id)))
    meanwhile.append(lambda: answers.append(book.owner.delete(f"{book.path}/departments/{department_id}")))
    named = {"member_id": member.member_id, "department_id": department_id}
    meanwhile.append(lambda: answers.append(book.owner.post(f"{book.path}/admins", named)))
    meanwhile.append(
        lambda: answers.append(book.owner.post(f"{book.path}/invitations", {"department_id": department_id}))
    )

    assert book.owner.delete(f"{book.path}/departments/{department_id}").status == 204

    assert {answer.code for answer in answers} == {"department_closing"}
    assert len(answers) == 5
    assert listed(book.owner, book) == []
    assert counted(book) == 0


def test_a_removal_that_died_lets_go_after_a_minute(
    city: TestCity, book: Book, monkeypatch: pytest.MonkeyPatch
) -> None:
    department_id = book.department()
    code = city.invite(book.owner, book.org_id, department_id=department_id)
    with monkeypatch.context() as patched:
        patched.setattr(departments, "_is_used", lambda *_: 1 / 0)
        assert book.owner.delete(f"{book.path}/departments/{department_id}").status == 500
    assert join(anybody(city), code).code == "department_closing"

    with clock.frozen(clock.now() + timedelta(seconds=61)):
        assert join(anybody(city), code).status == 201


def test_departments_are_as_many_and_as_deep_as_they_may(book: Book, monkeypatch: pytest.MonkeyPatch) -> None:
    parent = None
    for level in range(departments.LEVELS):
        parent = book.department(f"Level {level}", parent)
    deeper = create(book.owner, book, "Deeper", parent)
    assert (deeper.status, deeper.code) == (409, "too_many_levels")

    monkeypatch.setattr(departments, "MOST", departments.LEVELS + 1)
    answers = at_once(4, lambda number: create(book.owner, book, f"Wing {number}"))
    assert statuses(answers) == [201, 409, 409, 409]
    assert {answer.code for answer in answers if answer.status == 409} == {"too_many_departments"}


def test_an_empty_parent_is_no_department(book: Book) -> None:
    answer = create(book.owner, book, parent_id="")

    assert (answer.status, answer.code) == (422, "unknown_department")
    assert answer.json["errors"][0]["field"] == "parent_id"


def test_a_department_of_a_book_that_is_deleted_at_this_moment_is_not_said_to_be_one_too_many(
    book: Book, monkeypatch: pytest.MonkeyPatch
) -> None:
    def late(value: bytes) -> str:
        assert book.delete().status == 204
        return encode(value)

    monkeypatch.setattr(departments, "encode", late)

    assert create(book.owner, book).code == "organization_not_found"


def test_a_repeated_create_finds_the_first(book: Book) -> None:
    first = create(book.owner, book, idempotency_key="k1")
    again = create(book.owner, book, idempotency_key="k1")
    other = create(book.owner, book, "Class 2", idempotency_key="k1")

    assert (again.status, again.json) == (201, first.json)
    assert (other.status, other.code) == (422, "idempotency_mismatch")
    assert len(listed(book.owner, book)) == 1


def test_a_broken_department_is_reported_and_hides_no_other(book: Book) -> None:
    broken, whole = book.department("Broken"), book.department("Whole")
    spoil(DepartmentRow.of(book.org_id, broken), "path")

    answer = book.owner.get(f"{book.path}/departments")

    assert [one["department_id"] for one in answer.json["items"]] == [whole]
    assert answer.json["unreadable"] == 1
    path = f"{book.path}/departments/{broken}"
    assert book.owner.patch(path, {"name": "Other"}).status == 500
    assert book.owner.get(f"{book.path}/members?department_id={broken}").code == "broken_record"


def test_members_are_listed_by_department(book: Book) -> None:
    grade = book.department("Grade 1")
    school_class = book.department("Class 1", grade)
    at_top, in_grade, in_class = book.member(), book.member_in(grade), book.member_in(school_class)

    def ids(department_id: str | None) -> set[str]:
        query = "" if department_id is None else f"?department_id={department_id}"
        return {item["member_id"] for item in book.page(query)["items"]}

    assert ids(None) == {at_top.member_id, in_grade.member_id, in_class.member_id}
    assert ids(grade) == {in_grade.member_id, in_class.member_id}
    assert ids(school_class) == {in_class.member_id}
    (item,) = book.page(f"?department_id={school_class}")["items"]
    assert item["department_id"] == school_class


class TestNames:
    """No two departments right below the same one have the same name."""

    @pytest.mark.parametrize("name", ["Class 1", "class 1", "Ｃｌａｓｓ　１", "Class  1"])
    def test_a_name_is_taken_once_beside_each_other(self, book: Book, name: str) -> None:
        grade = book.department("Grade 1")
        book.department("Class 1", grade)
        other = book.department("Class 2", grade)

        for answer in (
            create(book.owner, book, name, grade),
            book.owner.patch(f"{book.path}/departments/{other}", {"name": name}),
        ):
            assert (answer.status, answer.code) == (409, "department_name_taken")
        assert [one["name"] for one in listed(book.owner, book)] == ["Grade 1", "Class 1", "Class 2"]
        assert create(book.owner.speaking("zh-CN"), book, name, grade).json["title"] == "部门名称重复"

    def test_elsewhere_it_is_free(self, book: Book) -> None:
        grade, other = book.department("Grade 1"), book.department("Grade 2")
        below = book.department("Class 1", grade)

        assert create(book.owner, book, "Class 1", other).status == 201
        assert create(book.owner, book, "Grade 1", grade).status == 201
        again = book.owner.patch(f"{book.path}/departments/{below}", {"name": "CLASS 1"})
        assert (again.status, again.json["name"]) == (200, "CLASS 1")

    def test_it_is_free_again_once_its_department_has_another_or_is_gone(self, book: Book) -> None:
        first, second = book.department("Class 1"), book.department("Class 2")
        assert book.owner.patch(f"{book.path}/departments/{first}", {"name": "Class 3"}).status == 200
        assert book.owner.delete(f"{book.path}/departments/{second}").status == 204

        assert create(book.owner, book, "Class 1").status == 201
        assert create(book.owner, book, "Class 2").status == 201

    def test_of_several_at_once_one_gets_it(self, book: Book) -> None:
        others = [book.department(f"Class {number}") for number in range(2, 4)]

        def ask(number: int) -> Answer:
            if number < len(others):
                return book.owner.patch(f"{book.path}/departments/{others[number]}", {"name": "Class 1"})
            return create(book.owner, book, "Class 1")

        answers = at_once(4, ask)

        assert [status for status in statuses(answers) if status in {200, 201}] in ([200], [201])
        assert {answer.code for answer in answers if answer.status >= 400} <= {"department_name_taken", "unavailable"}
        assert [one["name"] for one in listed(book.owner, book)].count("Class 1") == 1

    def test_one_that_comes_between_look_and_change_is_seen(self, book: Book, monkeypatch: pytest.MonkeyPatch) -> None:
        look, todo = departments._is_namesake, [None]  # noqa: SLF001  what comes in between is put into the middle of it
        book.department("Class 2")

        def looked(one: DepartmentRow, row: DepartmentRow) -> bool:
            if todo:
                todo.pop()
                book.department("Class 1")
            return look(one, row)

        monkeypatch.setattr(departments, "_is_namesake", looked)

        assert create(book.owner, book, "Class 1").code == "department_name_taken"

    def test_a_book_that_is_deleted_meanwhile_gets_none(self, book: Book, monkeypatch: pytest.MonkeyPatch) -> None:
        department_id = book.department("Class 1")
        monkeypatch.setattr(departments, "_is_namesake", lambda *_: book.delete().status != 204)

        answer = book.owner.patch(f"{book.path}/departments/{department_id}", {"name": "Class 2"})

        assert (answer.status, answer.code) == (404, "organization_not_found")

    def test_a_repeated_request_finds_its_own(self, book: Book) -> None:
        answers = at_once(3, lambda _: create(book.owner, book, idempotency_key="k1"))

        assert {answer.status for answer in answers} <= {201, 503}
        assert len(listed(book.owner, book)) == 1
