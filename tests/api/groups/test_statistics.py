"""`GET …/statistics`: what managers see first, summed up the tree, at the same cost for any number of members (B15)."""

import pytest

from chalicelib.core import store
from chalicelib.core.counters import CounterRow
from chalicelib.core.crypto import encode
from chalicelib.groups.counting import counter_of, scope_of
from chalicelib.groups.tables import DepartmentRow
from tests.support.books import ALL_SCOPES, Book, fill
from tests.support.city import TestCity
from tests.support.client import Answer, Client
from tests.support.enrolled import enrolled
from tests.support.events import Events
from tests.support.rows import put_raw, spoil
from tests.support.seam import Seam

pytestmark = pytest.mark.api

NOTHING = {
    "members": 0,
    "attention": 0,
    "by_state": {},
    "overdue": {"nucleic_acid": 0, "travel": 0, "vaccination": 0},
    "unshared": dict.fromkeys(ALL_SCOPES, 0),
    "unreadable": 0,
}


class School:
    """A book with two grades, a class in the first, and an administrator of the first."""

    def __init__(self, city: TestCity, owner: Client) -> None:
        self.city = city
        self.book = Book.opened(city, owner)
        self.first, self.second = (city.department(owner, self.book.org_id, name) for name in ("Grade 1", "Grade 2"))
        self.inner = city.department(owner, self.book.org_id, "Class 1", self.first)
        self.head = self.joins(self.first, "health_code")

    def joins(self, department_id: str | None, *scopes: str) -> Client:
        """Somebody new joins there."""
        (client,) = enrolled(self.city, self.city.stranger())
        code = self.city.invite(self.book.owner, self.book.org_id, department_id=department_id)
        self.member_id = self.city.join(client, code, *scopes)
        return client

    def name_head(self) -> Client:
        """Whoever joined last administers the first grade."""
        body = {"member_id": self.member_id, "department_id": self.first}
        assert self.book.owner.post(f"{self.book.path}/admins", body).status == 201
        return self.head

    def ask(self, department_id: str | None = None, client: Client | None = None) -> Answer:
        """What a manager sees."""
        query = "" if department_id is None else f"?department_id={department_id}"
        return (client or self.book.owner).get(f"{self.book.path}/statistics{query}")

    def count(self, department_id: str, metric: str, amount: int) -> None:
        """Let a number be this."""
        key = CounterRow.of(scope_of(self.book.org_id), counter_of(department_id, metric))
        put_raw(key, {"amount": {"N": str(amount)}})


@pytest.fixture
def school(city: TestCity, owner: Client) -> School:
    """A school of which nothing is delivered yet."""
    return School(city, owner)


# --- it works


def test_numbers_are_summed_up_the_tree(school: School, city: TestCity) -> None:
    school.joins(None)
    school.joins(school.inner, "health_code", "travel")
    school.joins(school.second)
    city.deliver()

    answer = school.ask()

    assert answer.status == 200
    assert answer.json == {
        **NOTHING,
        "department_id": None,
        "name": None,
        "members": 4,
        "by_state": {"unknown": 2},
        "unshared": {"health_code": 2, "nucleic_acid": 4, "travel": 3, "vaccination": 4},
        "exact": True,
        "departments": [
            {
                **NOTHING,
                "department_id": school.first,
                "name": "Grade 1",
                "members": 2,
                "by_state": {"unknown": 2},
                "unshared": {"health_code": 0, "nucleic_acid": 2, "travel": 1, "vaccination": 2},
            },
            {
                **NOTHING,
                "department_id": school.second,
                "name": "Grade 2",
                "members": 1,
                "unshared": dict.fromkeys(ALL_SCOPES, 1),
            },
        ],
    }


def test_a_department_is_shown_with_what_stands_below_it(school: School, city: TestCity) -> None:
    school.joins(school.inner)
    school.joins(school.second)
    city.deliver()
    seen = school.ask(school.first).json
    assert (seen["department_id"], seen["name"], seen["members"]) == (school.first, "Grade 1", 2)
    assert [(one["department_id"], one["members"]) for one in seen["departments"]] == [(school.inner, 1)]
    assert school.ask(school.inner).json["departments"] == []


def test_states_attention_and_what_is_overdue(school: School) -> None:
    for department_id, metric, amount in (
        ("-", "attention", 3),
        ("-", "overdue:travel", 2),
        (school.second, "overdue:travel", 1),
        (school.second, "state:red", 4),
        (school.inner, "state:red", 1),
        (school.inner, "state:green", 0),
        ("-", "unreadable", 1),
    ):
        school.count(department_id, metric, amount)
    seen = school.ask().json
    assert (seen["attention"], seen["by_state"], seen["unreadable"]) == (3, {"red": 5}, 1)
    assert seen["overdue"] == {"nucleic_acid": 0, "travel": 3, "vaccination": 0}
    assert seen["exact"] is True


def test_an_empty_book_has_no_members(book: Book) -> None:
    assert book.owner.get(f"{book.path}/statistics").json == {
        **NOTHING, "department_id": None, "name": None, "departments": [], "exact": True,
    }  # fmt: skip


def test_an_administrator_sees_their_subtree_and_nothing_beside(school: School, city: TestCity) -> None:
    head = school.name_head()
    school.joins(None)
    school.joins(school.second)
    school.joins(school.inner)
    city.deliver()

    seen = school.ask(client=head).json

    assert (seen["department_id"], seen["name"], seen["members"]) == (school.first, "Grade 1", 2)
    assert [one["department_id"] for one in seen["departments"]] == [school.inner]
    assert school.ask(school.inner, head).json["members"] == 1
    assert school.ask(school.second, head).status == 422


def test_members_of_a_department_that_cannot_be_read_count_for_the_organization_alone(
    school: School, city: TestCity
) -> None:
    city.deliver()
    head = school.name_head()
    spoil(DepartmentRow.of(school.book.org_id, school.inner), "path")
    school.count(school.inner, "members", 5)
    seen = school.ask().json
    assert (seen["members"], seen["exact"]) == (6, False)
    assert school.ask(client=head).json["members"] == 1


# --- it costs the same


def test_it_takes_two_queries_however_many_members_there_are(school: School, city: TestCity, faults: Seam) -> None:
    asked = []
    for more in (1, 400):
        fill(school.book.org_id, more)
        city.deliver()
        before = len(faults.calls)
        assert school.ask().status == 200
        asked.append([operation for operation, _ in faults.calls[before:]])
    assert asked == [["BatchGetItem", "Query", "Query"]] * 2


# --- it is refused


@pytest.mark.parametrize(
    "query", ["department_id=", "department_id=none", "department_id=-", f"department_id={'x' * 65}"]
)
def test_a_department_that_is_not_there(book: Book, query: str) -> None:
    assert book.owner.get(f"{book.path}/statistics?{query}").status == 422


def test_a_department_of_another_book(school: School, book: Book) -> None:
    answer = book.owner.get(f"{book.path}/statistics?department_id={school.first}")
    assert (answer.status, answer.json["code"]) == (422, "unknown_department")


def test_a_parameter_that_there_is_not(book: Book) -> None:
    answer = book.owner.get(f"{book.path}/statistics?department={encode(bytes(8))}")
    assert (answer.status, answer.json["code"]) == (422, "validation_failed")


def test_a_book_that_is_not_there(book: Book) -> None:
    assert book.owner.get(f"/v1/organizations/{encode(bytes(16))}/statistics").status == 404
    assert book.delete().status == 204
    assert book.owner.get(f"{book.path}/statistics").status == 404


def test_members_see_no_numbers(school: School) -> None:
    answer = school.ask(client=school.joins(None))
    assert (answer.status, answer.json["code"]) == (403, "not_a_manager")


# --- what is stored is broken


def test_a_number_that_cannot_be_read_is_left_out_and_told(school: School, city: TestCity, events: Events) -> None:
    school.joins(None)
    city.deliver()
    spoil(CounterRow.of(scope_of(school.book.org_id), "-#members"), "amount", {"S": "many"})
    seen = school.ask().json
    assert (seen["members"], seen["exact"]) == (1, False)
    assert [line["table"] for line in events.of("row.broken")] == ["counters"]


def test_a_number_below_zero_is_shown_as_zero_and_told(school: School, events: Events) -> None:
    school.count("-", "members", -3)
    school.count(school.second, "members", 7)
    seen = school.ask().json
    assert (seen["members"], seen["exact"]) == (7, False)
    assert [(line["table"], line["count"]) for line in events.of("row.broken")] == [("counters", 1)]


def test_a_name_of_a_number_that_nobody_knows_stands_in_nobody_s_way(school: School) -> None:
    store.write_all(
        [CounterRow(scope_of(school.book.org_id), name, amount=1) for name in ("odd", "#", "-#odd:one", "x#")]
    )
    assert school.ask().json == {**school.ask().json, **NOTHING, "exact": True}
