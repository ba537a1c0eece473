"""Group books in tests: who is in them, where their rows lie, and what of it must agree at any time."""

import hashlib
from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any, TypeVar

from chalicelib.core import clock, store
from chalicelib.core.crypto import IdentityMacs, encode, pairwise_id
from chalicelib.core.store import Key
from chalicelib.groups.codes import read_code
from chalicelib.groups.consents import COLUMNS, Scope, current_text_version
from chalicelib.groups.tables import TOP, AdminRow, InvitationRow, MembershipRow, OrganizationRow
from chalicelib.people.tables.people import MembershipPointer, PersonRow
from chalicelib.people.tables.privacy import ReceiptRow
from tests.support.city import TestCity
from tests.support.client import Answer, Client
from tests.support.enrolled import anybody, enrolled
from tests.support.people import TestPerson
from tests.support.rows import stored

OPEN = {"name": "Third School", "kind": "school", "subdistrict": "371302001"}
ANY_INVITATION = {"department_id": None, "expires_at": None, "max_uses": None}
ALL_SCOPES = tuple(scope.value for scope in Scope)

AnswerT = TypeVar("AnswerT")


@dataclass(frozen=True)
class Member:
    """Somebody in a book."""

    person: TestPerson
    client: Client
    member_id: str


@dataclass(frozen=True)
class Book:
    """A book with its owner and a code that lets in anybody."""

    city: TestCity
    owner: Client
    org_id: str
    code: str

    @classmethod
    def opened(cls, city: TestCity, owner: Client | None = None, name: str = "Third School") -> "Book":
        """A new book."""
        owner = owner or anybody(city)
        org_id = city.book(owner, name)
        return cls(city, owner, org_id, city.invite(owner, org_id))

    @property
    def path(self) -> str:
        """The book's address."""
        return f"/v1/organizations/{self.org_id}"

    @property
    def own_path(self) -> str:
        """The address of the caller's own membership."""
        return f"/v1/me/memberships/{self.org_id}"

    def page(self, query: str = "") -> dict[str, Any]:
        """One page of the list of members."""
        answer = self.owner.get(f"{self.path}/members{query}")
        assert answer.status == 200, answer.text
        page: dict[str, Any] = answer.json
        return page

    def members(self) -> list[dict[str, Any]]:
        """The first page's members."""
        items: list[dict[str, Any]] = self.page()["items"]
        return items

    def member(self, *scopes: str, person: TestPerson | None = None) -> Member:
        """A new member who shares these scopes."""
        person = person or self.city.stranger()
        (client,) = enrolled(self.city, person)
        return Member(person, client, self.city.join(client, self.code, *scopes))

    def department(self, name: str = "Class 1", parent_id: str | None = None) -> str:
        """A new department."""
        return self.city.department(self.owner, self.org_id, name, parent_id)

    def member_in(self, department_id: str | None, *scopes: str, **fields: Any) -> Member:
        """A new member who joined with a department's own code."""
        code = self.city.invite(self.owner, self.org_id, department_id=department_id, **fields)
        return Book(self.city, self.owner, self.org_id, code).member(*scopes)

    def admin(self, department_id: str | None) -> Member:
        """A new administrator of a department, or of the whole organization, who joined the organization itself."""
        member = self.member()
        body = {"member_id": member.member_id, "department_id": department_id}
        answer = self.owner.post(f"{self.path}/admins", body)
        assert answer.status == 201, answer.text
        return member

    def delete(self) -> Answer:
        """Delete the book."""
        return self.owner.delete(self.path)


def at_once(count: int, call: Any) -> list[Answer]:
    """The answers to a call made from so many threads at the same time; it is given their numbers."""
    with ThreadPoolExecutor(count) as pool:
        return list(pool.map(call, range(count)))


def statuses(answers: Iterable[Answer]) -> list[int]:
    """The statuses of answers, sorted."""
    return sorted(answer.status for answer in answers)


def person_id_of(person: TestPerson) -> str:
    """The id that never leaves the service."""
    return IdentityMacs().person_id(person.type, person.number)


def person_key(person: TestPerson) -> Key[PersonRow]:
    """Where a person lies."""
    return PersonRow.of(person_id_of(person))


def organization_key(org_id: str) -> Key[OrganizationRow]:
    """Where an organization lies."""
    return OrganizationRow.of(org_id)


def invitation_key(code: str) -> Key[InvitationRow]:
    """Where a code's invitation lies."""
    return InvitationRow.of(*read_code(code))


def membership_key(org_id: str, person: TestPerson) -> Key[MembershipRow]:
    """Where a person's membership lies."""
    return MembershipRow.of(org_id, pairwise_id(org_id, person_id_of(person)))


def pointer_key(org_id: str, person: TestPerson) -> Key[MembershipPointer]:
    """Where the pointer to a person's membership lies."""
    return MembershipPointer.of(person_id_of(person), org_id)


def membership_row(org_id: str, person: TestPerson) -> MembershipRow | None:
    """A person's membership as it is stored."""
    key = membership_key(org_id, person)
    return store.read_together([key]).get(key)


def role_put(org_id: str, person: TestPerson) -> Key[AdminRow]:
    """Where the role of an administrator of the whole organization lies that is put there, whoever the person is."""
    person_id = person_id_of(person)
    key = AdminRow.of(org_id, pairwise_id(org_id, person_id))
    store.put(AdminRow(org_id, key.range_value, person_id=person_id, enrolment=1, path=TOP, named_at=clock.now()))
    return key


def receipts(org_id: str, person: TestPerson) -> list[ReceiptRow]:
    """A person's receipts for one organization, oldest first."""
    prefix = ReceiptRow.receipt_key.startswith(f"{org_id}#")
    return list(store.query_all(ReceiptRow, person_id_of(person), prefix))


def assert_whole(person: TestPerson, orgs: Sequence[str], *, member_of: Iterable[str] | None = None) -> None:
    """Membership, pointer, counter and last receipt of a person agree in all of these organizations.

    `orgs` are all that the person ever joined; `member_of` says in which of them they must be now, if that is known.
    """
    rows = {org_id: membership_row(org_id, person) for org_id in orgs}
    present = {org_id for org_id, row in rows.items() if row is not None}
    pointers = store.query_all(MembershipPointer, person_id_of(person), MembershipPointer.sk.startswith("MEMBERSHIP#"))
    assert {pointer.org_id for pointer in pointers} == present
    counter = stored(person_key(person))
    assert counter is not None
    assert counter["memberships"]["N"] == str(len(present))
    for org_id, row in rows.items():
        _assert_last_receipt(org_id, person, row)
    assert member_of is None or present == set(member_of)


def _assert_last_receipt(org_id: str, person: TestPerson, row: MembershipRow | None) -> None:
    given = receipts(org_id, person)
    if row is None:
        assert not given or given[-1].action not in {"given", "changed"}
        return
    assert given[-1].action in {"given", "changed"}
    assert given[-1].scopes == row.scopes
    assert given[-1].text_version == row.text_version


def shown_columns(item: dict[str, Any]) -> set[str]:
    """The columns of a listed or stored member that hold something of their health."""
    return {column for column in COLUMNS.values() if item.get(column) is not None}


def subsets(scopes: Sequence[str] = ALL_SCOPES) -> list[tuple[str, ...]]:
    """Every choice of scopes there is."""
    return [
        tuple(scope for place, scope in enumerate(scopes) if number >> place & 1) for number in range(2 ** len(scopes))
    ]


def fill(
    org_id: str, count: int, scopes: Sequence[str] = (), *, path: str = TOP, first: int = 0, **snapshot: Any
) -> list[str]:
    """Put members into a book without their having come in by its door, numbered from `first` on. Returns their person ids."""
    now = clock.now()
    person_ids = [
        encode(hashlib.sha256(f"{org_id}{number}".encode()).digest()[:16]) for number in range(first, first + count)
    ]
    member_ids = {person_id: pairwise_id(org_id, person_id) for person_id in person_ids}
    people = [PersonRow(one, "PERSON", enrolment=1, memberships=1, verified_at=now) for one in person_ids]
    pointers = [
        MembershipPointer(one, MembershipPointer.of(one, org_id).range_value, member_id=member_ids[one], enrolment=1)
        for one in person_ids
    ]
    members = [
        MembershipRow(
            org_id,
            member_ids[one],
            person_id=one,
            enrolment=1,
            name_mask="张*",
            document_mask="37**************1X",
            path=path,
            type="member",
            scopes=list(scopes),
            name_mac=encode(bytes(16)),
            joined_at=now,
            consent_version=1,
            text_version=current_text_version(),
            **snapshot,
        )
        for one in person_ids
    ]
    store.write_all([*people, *pointers, *members])
    return person_ids


SEEN: dict[str, Any] = {
    "nucleic_acid": {"result": "negative", "occurred_at": "2022-04-05T02:00:00Z"},
    "vaccination": {"doses": 2, "occurred_at": "2021-09-01T02:00:00Z"},
    "travel": {"kind": "travel_check", "result": "clear", "occurred_at": "2022-04-06T02:00:00Z"},
}
"""What a book sees of somebody of whom everything is known, column by column. A status is there once one was computed."""


def known(city: TestCity) -> TestPerson:
    """Somebody of whom there is a fact for every scope that has facts, and some that no scope opens."""
    person = city.stranger()
    city.fact(person, "nucleic_acid", "negative", "2022-04-05T10:00:00+08:00")
    city.fact(person, "nucleic_acid", "positive", "2022-03-05T10:00:00+08:00")
    city.fact(person, "vaccination", "2", "2021-09-01T10:00:00+08:00")
    city.fact(person, "vaccination", "1", "2021-08-01T10:00:00+08:00")
    city.fact(person, "travel_check", "clear", "2022-04-06T10:00:00+08:00")
    city.fact(person, "high_risk_travel", "medium", "2022-03-01T10:00:00+08:00")
    city.fact(person, "case", "confirmed", "2022-04-01T10:00:00+08:00")
    city.fact(person, "fever_clinic", "", "2022-04-01T10:00:00+08:00")
    return person
