"""Who is told of an alert, and of whom: by what is so when it is sent, not when it was raised (R0.5)."""

from datetime import timedelta

import pytest

from chalicelib.alerts.ports import Audience
from chalicelib.alerts.tables import AlertRow
from chalicelib.core import clock, ids, store
from chalicelib.core.crypto import pairwise_id
from chalicelib.groups.service.audiences import Audiences
from chalicelib.groups.tables import MembershipRow
from tests.support.books import Book, Member, organization_key, person_key
from tests.support.city import TestCity
from tests.support.lambdas import failed
from tests.support.rows import spoil
from tests.support.statuses import fresh, person_row, states, to_people, turn

pytestmark = pytest.mark.jobs

CODE = "health_code"


@pytest.fixture
def book(city: TestCity) -> Book:
    """A new book."""
    fresh()
    return Book.opened(city)


def raised(book: Book, member: Member, state: str | None = None) -> AlertRow:
    """The alert about a member who has just come into a state; the mildest that is not normal, if none is named."""
    assert to_people(turn(member.person, state or states()[1])) == failed()
    return last(book, member)


def last(book: Book, member: Member) -> AlertRow:
    rows = store.query_all(AlertRow, book.org_id, AlertRow.alert_id < "A")
    return max((row for row in rows if row.member_id == member.member_id), key=lambda row: row.status_version)


def audience_of(alert: AlertRow) -> Audience:
    found = Audiences().recipients(alert)
    assert found is not None
    return found


def told(alert: AlertRow) -> list[str]:
    return [one.member_id for one in audience_of(alert).recipients]


def owner_of(book: Book) -> str:
    key = organization_key(book.org_id)
    row = store.read_together([key]).get(key)
    assert row is not None
    return pairwise_id(book.org_id, row.owner_id)


def test_where_nobody_administers_the_owner_is_told(book: Book) -> None:
    member = book.member(CODE)

    alert = raised(book, member)

    assert told(alert) == [owner_of(book)]
    assert audience_of(alert).recipients[0].person.verified_at is not None


def test_the_nearest_department_with_an_administrator_is_told_and_none_above_or_beside(book: Book) -> None:
    grade = book.department("Grade 1")
    own, beside = book.department("Class 1", grade), book.department("Class 2", grade)
    member = book.member_in(own, CODE)
    top, head, _ = book.admin(None), book.admin(grade), book.admin(beside)

    assert told(raised(book, member)) == [head.member_id]
    teachers = sorted(book.admin(own).member_id for _ in range(2))
    assert told(last(book, member)) == teachers
    assert top.member_id not in teachers


def test_the_owner_is_told_where_no_administrator_can_be_reached_but_not_of_themself(
    city: TestCity, book: Book
) -> None:
    department = book.department()
    member, teacher = book.member_in(department, CODE), book.admin(department)
    otherwise = audience_of(raised(book, member, states()[1])).otherwise
    assert [one.member_id for one in otherwise] == [owner_of(book)]
    assert audience_of(raised(book, member, states()[-1])).otherwise == []

    own = AlertRow(book.org_id, ids.new_id(), member_id=city.join(book.owner, book.code, CODE), status_version=5)
    top = book.admin(None)
    assert (told(own), audience_of(own).otherwise) == ([top.member_id], [])
    assert teacher.member_id not in told(own)


def test_of_a_state_that_sounds_an_alarm_the_owner_is_told_too(book: Book) -> None:
    department = book.department()
    member, teacher = book.member_in(department, CODE), book.admin(department)

    assert told(raised(book, member, states()[1])) == [teacher.member_id]
    assert told(raised(book, member, states()[-1])) == [teacher.member_id, owner_of(book)]


def test_of_an_alarm_the_owner_is_told_though_it_is_too_old_to_be_shown(book: Book) -> None:
    member, admin = book.member(CODE), book.admin(None)
    alert = raised(book, member, states()[-1])

    with clock.frozen(clock.now() + timedelta(days=9)):
        assert audience_of(alert).state.name == "unknown"
        assert told(alert) == [admin.member_id, owner_of(book)]


def test_nobody_is_told_of_themself(city: TestCity, book: Book) -> None:
    department = book.department()
    code = city.invite(book.owner, book.org_id, department_id=department)
    alone = Book(city, book.owner, book.org_id, code).member(CODE)
    answer = book.owner.post(f"{book.path}/admins", {"member_id": alone.member_id, "department_id": department})
    assert answer.status == 201

    assert told(raised(book, alone)) == [owner_of(book)]
    head = book.admin(None)
    assert told(last(book, alone)) == [head.member_id]


def test_of_the_owner_as_a_member_administrators_are_told_and_else_nobody(city: TestCity, book: Book) -> None:
    key = organization_key(book.org_id)
    row = store.read_together([key]).get(key)
    assert row is not None
    member_id = city.join(book.owner, book.code, CODE)
    now = clock.iso(clock.now())
    status = {"state": states()[1], "since": now, "until": None, "as_of": now}
    assert store.update(MembershipRow.of(book.org_id, member_id), [MembershipRow.status.set(status)])
    alert = AlertRow(book.org_id, ids.new_id(), member_id=member_id, status_version=5)

    assert told(alert) == []
    admin = book.admin(None)
    assert told(alert) == [admin.member_id]


def test_nobody_is_told_of_who_is_normal_again(book: Book) -> None:
    member = book.member(CODE)
    alert = raised(book, member, states()[-1])
    assert told(alert) == [owner_of(book)]

    assert to_people(turn(member.person, states()[0])) == failed()

    assert Audiences().recipients(alert) is None


def test_what_is_told_is_what_the_book_holds_now(book: Book) -> None:
    department = book.department("Class 7")
    member = book.member_in(department, CODE)
    alert = raised(book, member, states()[1])
    assert to_people(turn(member.person, states()[-1])) == failed()

    found = audience_of(alert)

    assert (found.organization, found.department, found.state.name) == ("Third School", "Class 7", states()[-1])
    assert found.name_mask == person_row(member.person).name_mask
    assert found.since == person_row(member.person).state_since


def test_where_the_department_can_not_be_read_the_rest_is_told(book: Book) -> None:
    from chalicelib.groups.tables import DepartmentRow

    department = book.department()
    member = book.member_in(department, CODE)
    alert = raised(book, member)
    spoil(DepartmentRow.of(book.org_id, department), "name")

    assert audience_of(alert).department is None
    assert audience_of(raised(book, book.member(CODE))).department is None


@pytest.mark.parametrize("end", ["withdraw", "leave", "remove", "delete", "leave and join", "withdraw and share"])
def test_of_who_shares_no_longer_nobody_is_told(city: TestCity, book: Book, end: str) -> None:
    member = book.member(CODE)
    alert = raised(book, member)

    def share(*scopes: str) -> None:
        assert member.client.put(f"{book.own_path}/consent", {"scopes": list(scopes)}).status == 200

    if end.startswith("withdraw"):
        share()
    elif end.startswith("leave"):
        assert member.client.delete(book.own_path).status == 204
    elif end == "remove":
        assert book.owner.delete(f"{book.path}/members/{member.member_id}").status == 204
    else:
        assert book.delete().status == 204
    if end.endswith("join"):
        city.join(member.client, book.code, CODE)
    if end.endswith("share"):
        share(CODE)

    assert Audiences().recipients(alert) is None


def test_an_administrator_whose_row_can_not_be_read_holds_up_nobody(book: Book) -> None:
    member, broken, sound = book.member(CODE), book.admin(None), book.admin(None)
    alert = raised(book, member)
    spoil(person_key(broken.person), "enrolment", {"S": "first"})

    assert told(alert) == [sound.member_id]
    spoil(person_key(sound.person), "enrolment", {"N": "2"})
    assert told(alert) == [owner_of(book)], "it is another life's role"
