"""Registration codes of a book: made by its owner, looked at by anybody who holds one (R0.1, R1.1)."""

from dataclasses import dataclass
from datetime import UTC, datetime

from chalicelib.core import clock, store
from chalicelib.core.requests import AlreadyDone, RequestKey, remember, remembered
from chalicelib.core.store import Transaction
from chalicelib.groups.access import Owner
from chalicelib.groups.codes import code_of, new_invitation_id, read_code
from chalicelib.groups.errors import (
    DepartmentNotFound,
    InvalidExpiry,
    InvitationExpired,
    InvitationFull,
    InvitationNotFound,
    InvitationRevoked,
    OrganizationNotFound,
)
from chalicelib.groups.tables import InvitationRow, OrganizationRow


@dataclass(frozen=True)
class Invited:
    """What a code opens: the organization and the invitation itself."""

    organization: OrganizationRow
    invitation: InvitationRow


class Invitations:
    """Makes invitations and reads their codes."""

    def invite(
        self,
        owner: Owner,
        department_id: str | None,
        ends_at: datetime | None,
        max_uses: int | None,
        request: RequestKey | None,
    ) -> str:
        """Make an invitation and return its signed code. Departments don't exist yet, so none can be named.

        Raises DepartmentNotFound, InvalidExpiry, InvalidIdempotencyKey or IdempotencyMismatch.
        """
        org_id = owner.organization.org_id
        if (done := remembered(request)) is not None:
            return code_of(org_id, done)
        if department_id is not None:
            raise DepartmentNotFound
        key = InvitationRow.of(org_id, new_invitation_id())
        row = InvitationRow(
            org_id, key.range_value, ends_at=_end(ends_at), max_uses=max_uses, uses=0, created_at=clock.now()
        )
        transaction = Transaction()
        remember(transaction, request, row.invitation_id)
        transaction.put(row, InvitationRow.org_id.does_not_exist())
        alive = OrganizationRow.deleted_at.does_not_exist() & OrganizationRow.org_id.exists()
        transaction.check(owner.organization.own_key, alive, OrganizationNotFound())
        try:
            transaction.commit()
        except AlreadyDone:
            return code_of(org_id, remembered(request) or "")
        return code_of(org_id, row.invitation_id)

    def preview(self, code: str) -> Invited:
        """What a code opens, for anybody who holds it.

        Raises InvitationNotFound, InvitationRevoked, InvitationExpired or InvitationFull.
        """
        invited = self.behind(code)
        refuse_unless_open(invited.invitation)
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
        return Invited(organization, invitation)


def _end(ends_at: datetime | None) -> datetime | None:
    """When an invitation ends, in UTC. Raises InvalidExpiry for the past, and for what UTC puts behind the year 9999."""
    if ends_at is None:
        return None
    try:
        end = ends_at.astimezone(UTC)
    except OverflowError as error:
        raise InvalidExpiry from error
    if end <= clock.now():
        raise InvalidExpiry
    return end


def refuse_unless_open(invitation: InvitationRow) -> None:
    """Raises InvitationRevoked, InvitationExpired or InvitationFull if the invitation lets nobody in any more."""
    if invitation.revoked_at is not None:
        raise InvitationRevoked
    if invitation.ends_at is not None and invitation.ends_at <= clock.now():
        raise InvitationExpired
    if invitation.max_uses is not None and invitation.uses >= invitation.max_uses:
        raise InvitationFull


def use_once(transaction: Transaction, invitation: InvitationRow) -> None:
    """Count one use in the joining transaction where uses are limited.

    An unlimited invitation is not written to: thousands who join at once would queue for its row.
    """
    if invitation.max_uses is None:
        return
    unused = (InvitationRow.uses < invitation.max_uses) & InvitationRow.revoked_at.does_not_exist()
    transaction.update(invitation.own_key, [InvitationRow.uses.add(1)], unused, InvitationFull())
