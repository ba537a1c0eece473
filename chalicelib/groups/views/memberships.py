"""What a code opens, and memberships as their members see them."""

from chalicelib.core import clock
from chalicelib.core.texts import Language
from chalicelib.groups import attention
from chalicelib.groups.consents import Scope, consent_text, current_text_version, scope_text
from chalicelib.groups.schemas import memberships as schemas
from chalicelib.groups.service.invitations import Invited
from chalicelib.groups.service.memberships import OwnMemberships
from chalicelib.groups.service.succession import is_offered_to, offered_until
from chalicelib.groups.tables import AdminRow, MembershipRow, OrganizationRow


def preview(invited: Invited, language: Language) -> schemas.InvitationPreview:
    """What joining means, in the caller's language."""
    name = invited.organization.name
    return schemas.InvitationPreview(
        organization=schemas.OrganizationPreview(name=name),
        department=invited.department,
        label_pattern=invited.invitation.label_pattern,
        scopes=[scope.value for scope in Scope],
        scope_texts=[schemas.ScopeWords(scope=scope.value, text=scope_text(scope, language)) for scope in Scope],
        consent_version=current_text_version(),
        consent_text=consent_text(name, language),
    )


def membership(book: OrganizationRow, row: MembershipRow, role: AdminRow | None = None) -> schemas.Membership:
    """A membership as its member sees it, with their role in the organization and what the newest policies ask of them."""
    policies = book.policy_set
    return schemas.Membership(
        org_id=row.org_id,
        member_id=row.member_id,
        organization=book.name,
        department_id=row.department_id,
        type=row.type,
        label=row.label,
        administers=None if role is None else schemas.Administers(department_id=role.department_id),
        scopes=list(row.scopes),
        overdue=attention.standing(row, policies, clock.now()).overdue,
        due=dict(sorted(attention.overdue_from(row, policies).items())),
        joined_at=row.joined_at,
        offered_until=offered_until(book) if is_offered_to(book, row) else None,
    )


def memberships(own: OwnMemberships) -> schemas.MembershipList:
    """The caller's memberships."""
    items = [membership(one.organization, one.membership, one.role) for one in own.memberships]
    return schemas.MembershipList(items=items, unreadable=own.unreadable)
