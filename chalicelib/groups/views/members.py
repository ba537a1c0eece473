"""Members as managers see them: masked, and only what they share."""

from collections.abc import Mapping

from chalicelib.groups.schemas import members as schemas
from chalicelib.groups.service.members import MemberPage, Removal
from chalicelib.groups.service.search import Sought
from chalicelib.groups.tables import ListedMember


def member_list(page: MemberPage) -> schemas.MemberList:
    """One page of members."""
    return schemas.MemberList(
        items=[member(row) for row in page.members], cursor=page.cursor, unreadable=page.unreadable
    )


def removals(results: Mapping[str, Removal]) -> schemas.RemovalReport:
    """What became of each member to be removed."""
    items = [schemas.RemovalResult(member_id=member_id, result=result) for member_id, result in results.items()]
    return schemas.RemovalReport(items=items, removed=sum(one is Removal.REMOVED for one in results.values()))


def sought(body: schemas.MembersSought) -> Sought:
    """What is to be found."""
    document = None if body.document is None else (body.document.type, body.document.number)
    return Sought(name=body.name, surname=body.surname, document=document, phone=body.phone, label=body.label)


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
        status=None if row.status is None else schemas.MemberStatus(**row.status),
        nucleic_acid=row.nucleic_acid,
        vaccination=row.vaccination,
        travel=row.travel,
        attention=row.attention,
        overdue=list(row.overdue or ()),
        joined_at=row.joined_at,
    )
