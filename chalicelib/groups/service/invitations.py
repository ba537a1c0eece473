"""Registration codes: made, listed and revoked by managers, looked at by anybody who holds one (R0.1, R1.1)."""

from dataclasses import dataclass
from datetime import UTC, datetime

from chalicelib.core import clock, store, tokens
from chalicelib.core.errors import GatebookError
from chalicelib.core.requests import AlreadyDone, RequestKey, remember, remembered
from chalicelib.core.store import Key, Page, RawItem, Transaction
from chalicelib.groups.access import Manager
from chalicelib.groups.codes import code_of, new_invitation_id, read_code
from chalicelib.groups.errors import (
    DepartmentClosing,
    InvalidExpiry,
    InvitationExpired,
    InvitationFull,
    InvitationNotFound,
    InvitationRevoked,
    TooManyInvitations,
)
from chalicelib.groups.labels import pattern_of, shown_label
from chalicelib.groups.legible import legible
from chalicelib.groups.service.again import present_book
from chalicelib.groups.service.departments import check_department, department_path
from chalicelib.groups.service.uses import is_made_in
from chalicelib.groups.tables import TOP, AdminRow, DepartmentRow, InvitationRow, OrganizationRow

MOST = 2_000
"""Registration codes of one organization that were not revoked: several for each of its departments."""

LATEST = datetime(9999, 1, 1, tzinfo=UTC)
"""A year before the calendar ends, so that an end can be shown in any zone."""

QUERIES = 20
"""For one page at most: an administrator's codes lie among those of the whole organization."""

READ_AT_ONCE = 250
"""Codes in one query for an administrator; twenty of them read more than twice what `MOST` allows, revoked ones included."""


@dataclass(frozen=True)
class Terms:
    """What a registration code promises: into which department, until when, how often, as what, under which labels."""

    department_id: str | None = None
    ends_at: datetime | None = None
    max_uses: int | None = None
    type: str | None = None
    label_pattern: str | None = None


@dataclass(frozen=True)
class Invited:
    """What a code opens: the organization, the invitation itself, the name of its department, and whether that is gone.

    `is_orphaned` says that the administrator who made it does not manage what it leads into any more.
    """

    organization: OrganizationRow
    invitation: InvitationRow
    department: str | None = None
    is_led_nowhere: bool = False
    is_orphaned: bool = False

    @property
    def code(self) -> str:
        """The signed code that is printed."""
        return code_of(self.invitation.org_id, self.invitation.invitation_id)

    @property
    def over(self) -> GatebookError | None:
        """Why it lets nobody in any more: InvitationRevoked, InvitationExpired or InvitationFull; None while it does."""
        row = self.invitation
        is_former_owners = row.term is not None and row.term != self.organization.owner_term
        if row.revoked_at is not None or is_former_owners or self.is_led_nowhere or self.is_orphaned:
            return InvitationRevoked()
        if row.ends_at is not None and row.ends_at <= clock.now():
            return InvitationExpired()
        if row.max_uses is not None and row.uses >= row.max_uses:
            return InvitationFull()
        return None

    def refuse_unless_open(self) -> None:
        """Raises what `over` says, if it does."""
        if (error := self.over) is not None:
            raise error


@dataclass(frozen=True)
class InvitationPage:
    """One page of registration codes, the cursor of the next, and how many rows could not be read."""

    invitations: list[Invited]
    cursor: str | None
    unreadable: int


class Invitations:
    """Makes, lists and revokes invitations, and reads their codes."""

    def invite(self, manager: Manager, terms: Terms, request: RequestKey | None) -> Invited:
        """Make a registration code for the manager's own department or one below it.

        Raises UnknownDepartment, DepartmentClosing, InvalidExpiry, InvalidLabel, LabelIsPersonal, PatternOfOneLabel,
        TooManyInvitations, OrganizationNotFound, InvalidIdempotencyKey, IdempotencyMismatch, or InvitationNotFound where what
        was made is gone, or the manager does not reach it any more.
        """
        if (done := remembered(request)) is not None:
            return self.show(manager, done)
        row = _new_invitation(manager, terms)
        try:
            _inviting(manager, row, request).commit()
        except AlreadyDone:
            return self.show(manager, remembered(request) or "")
        except TooManyInvitations:
            present_book(manager.organization)  # which may have been deleted at this moment
            raise
        return Invited(manager.organization, row)

    def list_invitations(self, manager: Manager, limit: int, cursor: str | None) -> InvitationPage:
        """Registration codes of the manager's subtree: pages are full and the last has no cursor, whatever lies beside it.

        Only where thousands lie beside may a page be short. Raises InvalidCursor.
        """
        scope = f"invitations|{manager.org_id}|{manager.path}"
        start = tokens.open_cursor(scope, cursor)
        page = _in_subtree(manager, limit, start)
        following = tokens.seal_cursor(scope, page.next_key)
        return InvitationPage(_invited(manager.organization, page.rows), following, page.unreadable)

    def show(self, manager: Manager, invitation_id: str) -> Invited:
        """One registration code of the manager's subtree. Raises InvitationNotFound."""
        key = InvitationRow.of(manager.org_id, invitation_id)
        row = store.read_together([key]).get(key)
        if row is None or not manager.reaches(row.path):
            raise InvitationNotFound
        return _invited(manager.organization, [row])[0]

    def revoke(self, manager: Manager, invitation_id: str) -> None:
        """Take a code back: from the answer on it lets nobody in. Doing so again changes nothing. Raises InvitationNotFound."""
        invited = self.show(manager, invitation_id)
        if invited.invitation.revoked_at is not None:
            return
        transaction = Transaction()
        unrevoked = InvitationRow.uses.exists() & InvitationRow.revoked_at.does_not_exist()
        revoked = [InvitationRow.revoked_at.set(clock.now())]
        transaction.update(invited.invitation.own_key, revoked, unrevoked, InvitationRevoked())
        transaction.update(
            manager.organization.own_key,
            [OrganizationRow.invitations.add(-1)],
            OrganizationRow.alive(),
            InvitationNotFound(),
        )
        try:
            transaction.commit()
        except InvitationRevoked:
            return

    def preview(self, code: str) -> Invited:
        """What a code opens, for anybody who holds it.

        Raises InvitationNotFound, InvitationRevoked, InvitationExpired or InvitationFull.
        """
        invited = self.behind(code)
        invited.refuse_unless_open()
        return invited

    def behind(self, code: str) -> Invited:
        """What a code belongs to, even if it lets nobody in any more: members come back with it to leave.

        Read consistently, since nothing of a deleted book is shown any more (R1.4). Raises InvitationNotFound.
        """
        org_id, invitation_id = read_code(code)
        keys = OrganizationRow.of(org_id), InvitationRow.of(org_id, invitation_id)
        rows = store.read_together(keys)
        organization, invitation = rows.get(keys[0]), rows.get(keys[1])
        if organization is None or organization.deleted_at is not None or invitation is None:
            raise InvitationNotFound
        return _invited(organization, [invitation])[0]


def _in_subtree(manager: Manager, limit: int, start: RawItem | None) -> Page[InvitationRow]:
    """So many codes of the manager's subtree from `start` on; one more is looked for, so that it is known whether any follows."""
    prefix = InvitationRow.sk.startswith(InvitationRow.PREFIX)
    at_once = limit + 1 if manager.path == TOP else READ_AT_ONCE
    rows: list[InvitationRow] = []
    broken: list[Key[InvitationRow]] = []
    for _ in range(QUERIES):
        page = store.query(InvitationRow, manager.org_id, prefix, limit=at_once, start=start)
        rows += [row for row in page.rows if manager.reaches(row.path)]
        broken += page.broken
        start = page.next_key
        if start is None or len(rows) > limit:
            break
    if len(rows) <= limit:
        return Page(rows, start, tuple(broken))
    last = rows[limit - 1]
    before = [key for key in broken if (key.range_value or "") < last.sk]  # the others are on the next page
    return Page(rows[:limit], last.own_key.raw(), tuple(before))


def _new_invitation(manager: Manager, terms: Terms) -> InvitationRow:
    own = None if manager.admin is None else manager.admin.department_id
    return InvitationRow(
        manager.org_id,
        InvitationRow.of(manager.org_id, new_invitation_id()).range_value,
        department_id=terms.department_id or own,
        path=department_path(manager, terms.department_id),
        type=None if terms.type is None else shown_label(terms.type, "type"),
        label_pattern=None if terms.label_pattern is None else pattern_of(terms.label_pattern),
        ends_at=_end(terms.ends_at),
        max_uses=terms.max_uses,
        uses=0,
        term=manager.organization.owner_term if manager.admin is None else None,
        made_by=None if manager.admin is None else manager.admin.member_id,
        role_since=None if manager.admin is None else manager.admin.named_at,
        created_at=clock.now(),
    )


def _inviting(manager: Manager, row: InvitationRow, request: RequestKey | None) -> Transaction:
    """The code and the organization's count in one transaction, so that the limit holds against parallel requests."""
    transaction = Transaction()
    remember(transaction, request, row.invitation_id)
    fewer = OrganizationRow.invitations.does_not_exist() | (OrganizationRow.invitations < MOST)
    transaction.update(
        manager.organization.own_key,
        [OrganizationRow.invitations.add(1)],
        OrganizationRow.alive() & fewer,
        TooManyInvitations(fields={"limit": MOST}),
    )
    check_department(transaction, manager.org_id, row.department_id, DepartmentClosing())
    return transaction.put(row, InvitationRow.org_id.does_not_exist())


def _invited(organization: OrganizationRow, invitations: list[InvitationRow]) -> list[Invited]:
    """Invitations with what became of their departments and of who made them, all read in one batch."""
    keys = {
        one.department_id: DepartmentRow.of(one.org_id, one.department_id) for one in invitations if one.department_id
    }
    roles = {one.made_by: AdminRow.of(one.org_id, one.made_by) for one in invitations if one.made_by}
    rows = store.read_together([*keys.values(), *roles.values()])
    makers = {member_id: role for member_id, key in roles.items() if (role := legible(rows, key)) is not None}
    names: dict[str | None, str] = {
        department_id: row.name for department_id, key in keys.items() if (row := legible(rows, key)) is not None
    }
    return [
        Invited(
            organization,
            one,
            names.get(one.department_id),
            is_led_nowhere=one.department_id not in {None, *names},
            is_orphaned=one.made_by is not None and not is_made_in(makers.get(one.made_by), one),
        )
        for one in invitations
    ]


def _end(ends_at: datetime | None) -> datetime | None:
    """When an invitation ends, in UTC. Raises InvalidExpiry for the past, and for what no calendar of a zone could show."""
    if ends_at is None:
        return None
    try:
        end = ends_at.astimezone(UTC)
    except OverflowError as error:
        raise InvalidExpiry from error
    if not clock.now() < end < LATEST:
        raise InvalidExpiry
    return end
