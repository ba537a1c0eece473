"""Registration codes as the public contract shows them."""

from typing import Any

from chalicelib.core.qr import qr_svg
from chalicelib.groups.schemas import invitations as schemas
from chalicelib.groups.service.invitations import InvitationPage, Invited


def invitation(invited: Invited, public_url: str) -> schemas.Invitation:
    """A code with its address, its QR code and a page to print."""
    fields = _fields(invited, public_url)
    return schemas.Invitation(**fields, print_url=f"{fields['url']}/print", qr=qr_svg(fields["url"]))


def invitations(page: InvitationPage, public_url: str) -> schemas.InvitationList:
    """One page of codes."""
    items = [schemas.InvitationItem(**_fields(one, public_url)) for one in page.invitations]
    return schemas.InvitationList(items=items, cursor=page.cursor, unreadable=page.unreadable)


def _fields(invited: Invited, public_url: str) -> dict[str, Any]:
    row, over = invited.invitation, invited.over
    return {
        "invitation_id": row.invitation_id,
        "code": invited.code,
        "url": f"{public_url}/c/{invited.code}",
        "state": "open" if over is None else over.code.removeprefix("invitation_"),
        "department_id": row.department_id,
        "expires_at": row.ends_at,
        "max_uses": row.max_uses,
        "uses": row.uses if row.max_uses is not None else None,
        "type": row.type,
        "label_pattern": row.label_pattern,
        "created_at": row.created_at,
    }
