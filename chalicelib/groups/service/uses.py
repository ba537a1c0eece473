"""What lets somebody in by a registration code, as the joining transaction demands it."""

from chalicelib.core.store import Transaction
from chalicelib.groups.errors import InvitationFull, InvitationRevoked
from chalicelib.groups.policies import upward
from chalicelib.groups.tables import AdminRow, InvitationRow


def use_once(transaction: Transaction, invitation: InvitationRow) -> None:
    """Count one use in the joining transaction where uses are limited, and demand that the code was not revoked meanwhile.

    An unlimited invitation is not written to: thousands who join at once would queue for its row.
    """
    unrevoked = InvitationRow.uses.exists() & InvitationRow.revoked_at.does_not_exist()
    if invitation.max_uses is None:
        transaction.check(invitation.own_key, unrevoked, InvitationRevoked())
        return
    unused = unrevoked & (InvitationRow.uses < invitation.max_uses)
    transaction.update(invitation.own_key, [InvitationRow.uses.add(1)], unused, InvitationFull())


def check_maker(transaction: Transaction, invitation: InvitationRow) -> None:
    """Demand in the joining transaction that the administrator who made a code, if one did, manages what it leads into.

    Their codes end with the role, and with its move to a department that is not above; for good, also if they are named again.
    """
    if invitation.made_by is not None:
        role = AdminRow.of(invitation.org_id, invitation.made_by)
        same = AdminRow.path.is_in(*upward(invitation.path)) & (AdminRow.named_at == invitation.role_since)
        transaction.check(role, same, InvitationRevoked())


def is_made_in(role: AdminRow | None, invitation: InvitationRow) -> bool:
    """Whether this is the role in which an administrator made a code, and it still reaches where the code leads."""
    return role is not None and role.named_at == invitation.role_since and role.path in set(upward(invitation.path))
