"""Stored rows as the public contract shows them."""

from chalicelib.core.texts import Language
from chalicelib.groups import schemas
from chalicelib.groups.codes import qr_svg
from chalicelib.groups.consents import Scope, consent_text, current_text_version, scope_text
from chalicelib.groups.service.books import OwnBooks
from chalicelib.groups.service.invitations import Invited
from chalicelib.groups.service.members import MemberPage
from chalicelib.groups.service.memberships import OwnMemberships
from chalicelib.groups.tables import ListedMember, MembershipRow, OrganizationRow


def organization(row: OrganizationRow) -> schemas.Organization:
    """A book as its owner sees it."""
    return schemas.Organization(
        org_id=row.org_id, name=row.name, kind=row.kind, subdistrict=row.subdistrict, created_at=row.created_at
    )


def organizations(own: OwnBooks) -> schemas.OrganizationList:
    """The caller's own books."""
    return schemas.OrganizationList(items=[organization(row) for row in own.books], unreadable=own.unreadable)


def invitation(code: str, public_url: str) -> schemas.Invitation:
    """A code with its address and QR code."""
    url = f"{public_url}/c/{code}"
    return schemas.Invitation(code=code, url=url, qr=qr_svg(url))


def preview(invited: Invited, language: Language) -> schemas.InvitationPreview:
    """What joining means, in the caller's language."""
    name = invited.organization.name
    return schemas.InvitationPreview(
        organization=schemas.OrganizationPreview(name=name),
        scopes=[scope.value for scope in Scope],
        scope_texts=[schemas.ScopeWords(scope=scope.value, text=scope_text(scope, language)) for scope in Scope],
        consent_version=current_text_version(),
        consent_text=consent_text(name, language),
    )


def membership(organization_name: str, row: MembershipRow) -> schemas.Membership:
    """A membership as its member sees it."""
    return schemas.Membership(
        org_id=row.org_id,
        member_id=row.member_id,
        organization=organization_name,
        scopes=list(row.scopes),
        joined_at=row.joined_at,
    )


def memberships(own: OwnMemberships) -> schemas.MembershipList:
    """The caller's memberships."""
    items = [membership(one.organization.name, one.membership) for one in own.memberships]
    return schemas.MembershipList(items=items, unreadable=own.unreadable)


def member_list(page: MemberPage) -> schemas.MemberList:
    """One page of members."""
    return schemas.MemberList(
        items=[_member(row) for row in page.members], cursor=page.cursor, unreadable=page.unreadable
    )


def _member(row: ListedMember) -> schemas.MemberItem:
    return schemas.MemberItem(
        member_id=row.member_id,
        name=row.name_mask,
        document=row.document_mask,
        department_id=row.department_id,
        label=row.label,
        type=row.type,
        scopes=list(row.scopes),
        status=row.status,
        nucleic_acid=row.nucleic_acid,
        vaccination=row.vaccination,
        travel=row.travel,
        attention=row.attention,
        joined_at=row.joined_at,
    )
