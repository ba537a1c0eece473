"""Who calls a route of a group book: owner, administrator, member, or who is about to join. Read in the session's own batch."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, TypeGuard

from chalicelib.core.crypto import pairwise_id
from chalicelib.core.store import Key, Rows
from chalicelib.core.tokens import Bearer
from chalicelib.groups.codes import read_code
from chalicelib.groups.errors import (
    InvitationNotFound,
    MembershipNotFound,
    NotAManager,
    NotTheOwner,
    NotTheSuccessor,
    OrganizationNotFound,
)
from chalicelib.groups.legible import legible
from chalicelib.groups.tables import TOP, AdminRow, InvitationRow, MembershipRow, OrganizationRow
from chalicelib.people.access import Person, account_keys, person_of, stepped_up
from chalicelib.people.tables.dependants import DependantRow

Path = Mapping[str, str]


@dataclass(frozen=True)
class Owner:
    """The owner of an organization, who has every management function (R0.1)."""

    person: Person
    organization: OrganizationRow


@dataclass(frozen=True)
class Manager:
    """Who manages a part of an organization: its owner all of it, an administrator the subtree below `path` (R0.2).

    Nothing above or beside that path is shown to them or done for them.
    """

    person: Person
    organization: OrganizationRow
    path: str
    admin: AdminRow | None

    @property
    def org_id(self) -> str:
        """The organization's id."""
        return str(self.organization.org_id)

    def reaches(self, path: str) -> bool:
        """Whether something at this path lies in the subtree."""
        return path.startswith(self.path)

    def stands_above(self, path: str) -> bool:
        """Whether something at this path lies in the subtree and below its top. The owner stands above the organization too."""
        return self.admin is None or (path != self.path and self.reaches(path))


@dataclass(frozen=True)
class Acting:
    """That somebody acts for a member or guest: by which binding, and who, masked, as receipts name them."""

    binding: DependantRow
    by: str


@dataclass(frozen=True)
class Member:
    """A member of an organization, and their role in it if that was looked for and they have one; who acts for them, if anybody."""

    person: Person
    organization: OrganizationRow
    membership: MembershipRow
    role: AdminRow | None = None
    acting: Acting | None = None


@dataclass(frozen=True)
class Insider:
    """The owner of a book, or a member of it: who takes part in its hand-over. The owner may be a member too."""

    person: Person
    organization: OrganizationRow
    membership: MembershipRow | None

    @property
    def is_owner(self) -> bool:
        """Whether the book is the caller's already."""
        return bool(self.organization.owner_id == self.person.person_id)


@dataclass(frozen=True)
class Guest:
    """A person with a valid code in hand, and their membership if they joined before; who acts for them, if anybody."""

    person: Person
    organization: OrganizationRow
    invitation: InvitationRow
    membership: MembershipRow | None
    acting: Acting | None = None

    @property
    def member_id(self) -> str:
        """The id under which the organization will know the person."""
        return pairwise_id(self.organization.org_id, self.person.person_id)


class OfOwner:
    """Admits the owner of the organization in the path. `fresh` demands a recent SMS code, for what can't be undone."""

    def __init__(self, *, fresh: bool = False) -> None:
        """Take whether the proof of the phone must be fresh."""
        self._fresh = fresh
        self.name = "owner, stepped up" if fresh else "owner"

    def keys(self, bearer: Bearer, path: Path) -> list[Key[Any]]:
        """Session, person and organization."""
        return [*account_keys(bearer), OrganizationRow.of(path["org_id"])]

    def admit(self, bearer: Bearer, rows: Rows, path: Path) -> Owner:
        """The owner. Raises OrganizationNotFound, NotTheOwner or what a person may lack."""
        person = person_of(bearer, rows)
        organization = _living(rows.get(OrganizationRow.of(path["org_id"])))
        if organization.owner_id != person.person_id:
            raise NotTheOwner
        return Owner(stepped_up(person) if self._fresh else person, organization)


class OfManager:
    """Admits the owner and the administrators of the organization in the path. `fresh` as for the owner."""

    def __init__(self, *, fresh: bool = False) -> None:
        """Take whether the proof of the phone must be fresh."""
        self._fresh = fresh
        self.name = "owner or administrator, stepped up" if fresh else "owner or administrator"

    def keys(self, bearer: Bearer, path: Path) -> list[Key[Any]]:
        """Session, person, organization, and the caller's role in it."""
        own = [_own_role(bearer, path["org_id"])] if bearer.person_id else []
        return [*account_keys(bearer), OrganizationRow.of(path["org_id"]), *own]

    def admit(self, bearer: Bearer, rows: Rows, path: Path) -> Manager:
        """The manager. Raises OrganizationNotFound, NotAManager or what a person may lack."""
        person = person_of(bearer, rows)
        organization = _living(rows.get(OrganizationRow.of(path["org_id"])))
        manager = _as_manager(person, organization, bearer, rows)
        if self._fresh:
            stepped_up(person)
        return manager


def _as_manager(person: Person, organization: OrganizationRow, bearer: Bearer, rows: Rows) -> Manager:
    """The caller as owner, or as administrator in their present life."""
    if organization.owner_id == person.person_id:
        return Manager(person, organization, TOP, None)
    role = rows.get(_own_role(bearer, organization.org_id))
    if role is None or role.enrolment != person.enrolment or role.person_id != person.person_id:
        raise NotAManager
    return Manager(person, organization, role.path, role)


class OfMember:
    """Admits members of the organization in the path; `with_role` for what ends a role that they may have."""

    name = "member"

    def __init__(self, *, with_role: bool = False) -> None:
        """Take whether their role is read as well."""
        self._with_role = with_role

    def keys(self, bearer: Bearer, path: Path) -> list[Key[Any]]:
        """Session, person, organization, and the membership under the caller's pairwise id."""
        organization = OrganizationRow.of(path["org_id"])
        own: list[Key[Any]] = [_own_membership(bearer, path["org_id"])] if bearer.person_id else []
        role = [_own_role(bearer, path["org_id"])] if bearer.person_id and self._with_role else []
        return [*account_keys(bearer), organization, *own, *role]

    def admit(self, bearer: Bearer, rows: Rows, path: Path) -> Member:
        """The member. Raises MembershipNotFound, also where the book is gone, or what a person may lack."""
        person = person_of(bearer, rows)
        organization = rows.get(OrganizationRow.of(path["org_id"]))
        membership = rows.get(_own_membership(bearer, path["org_id"]))
        if organization is None or organization.deleted_at is not None or not _is_own(membership, person):
            raise MembershipNotFound
        role = legible(rows, _own_role(bearer, path["org_id"])) if self._with_role else None
        return Member(person, organization, membership, role)


class OfInsider:
    """Admits the owner and the members of the organization in the path. `fresh` as for the owner."""

    def __init__(self, *, fresh: bool = False) -> None:
        """Take whether the proof of the phone must be fresh."""
        self._fresh = fresh
        self.name = "owner or member, stepped up" if fresh else "owner or member"

    def keys(self, bearer: Bearer, path: Path) -> list[Key[Any]]:
        """What a member's admission reads."""
        return member.keys(bearer, path)

    def admit(self, bearer: Bearer, rows: Rows, path: Path) -> Insider:
        """The owner or member. Raises OrganizationNotFound, NotTheSuccessor or what a person may lack."""
        person = person_of(bearer, rows)
        organization = _living(rows.get(OrganizationRow.of(path["org_id"])))
        membership = rows.get(_own_membership(bearer, path["org_id"]))
        insider = Insider(person, organization, membership if _is_own(membership, person) else None)
        if insider.membership is None and not insider.is_owner:
            raise NotTheSuccessor
        if self._fresh:
            stepped_up(person)
        return insider


class OfGuest:
    """Admits people with a code that this city signed, whatever the invitation's state; the service decides on that."""

    name = "person with a code"

    def keys(self, bearer: Bearer, path: Path) -> list[Key[Any]]:
        """Session, person and own membership consistently; the rest eventually, since the join's transaction checks it."""
        org_id, invitation_id = read_code(path["code"])
        organization = OrganizationRow.of(org_id, consistent=False)
        invitation = InvitationRow.of(org_id, invitation_id, consistent=False)
        own = [_own_membership(bearer, org_id)] if bearer.person_id else []
        return [*account_keys(bearer), organization, invitation, *own]

    def admit(self, bearer: Bearer, rows: Rows, path: Path) -> Guest:
        """The guest. Raises InvitationNotFound where the book is gone, or what a person may lack."""
        person = person_of(bearer, rows)
        org_id, invitation_id = read_code(path["code"])
        organization = rows.get(OrganizationRow.of(org_id))
        invitation = rows.get(InvitationRow.of(org_id, invitation_id))
        if organization is None or organization.deleted_at is not None or invitation is None:
            raise InvitationNotFound
        membership = rows.get(_own_membership(bearer, org_id))
        return Guest(person, organization, invitation, membership if _is_own(membership, person) else None)


def _living(organization: OrganizationRow | None) -> OrganizationRow:
    if organization is None or organization.deleted_at is not None:
        raise OrganizationNotFound
    return organization


def _own_membership(bearer: Bearer, org_id: str) -> Key[MembershipRow]:
    return MembershipRow.of(org_id, pairwise_id(org_id, bearer.person_id or ""))


def _own_role(bearer: Bearer, org_id: str) -> Key[AdminRow]:
    return AdminRow.of(org_id, pairwise_id(org_id, bearer.person_id or ""))


def _is_own(membership: MembershipRow | None, person: Person) -> TypeGuard[MembershipRow]:
    """Whether a membership belongs to the caller's present life; one of an erased life counts as none."""
    return membership is not None and membership.enrolment == person.enrolment


owner = OfOwner()
owner_stepped_up = OfOwner(fresh=True)
manager = OfManager()
manager_stepped_up = OfManager(fresh=True)
member = OfMember()
member_who_leaves = OfMember(with_role=True)
insider = OfInsider()
insider_stepped_up = OfInsider(fresh=True)
guest = OfGuest()
