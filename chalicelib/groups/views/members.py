"""Members as managers see them: masked, and only what they share."""

from chalicelib.groups.schemas import members as schemas
from chalicelib.groups.service.members import MemberPage
from chalicelib.groups.tables import ListedMember


def member_list(page: MemberPage) -> schemas.MemberList:
    """One page of members."""
    return schemas.MemberList(
        items=[member(row) for row in page.members], cursor=page.cursor, unreadable=page.unreadable
    )


def member(row: ListedMember) -> schemas.MemberItem:
    """One member."""
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
        overdue=list(row.overdue or ()),
        joined_at=row.joined_at,
    )
