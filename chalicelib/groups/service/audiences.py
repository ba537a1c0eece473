"""Who is told of an alert: the nearest administrators who can look after the member, and what they are told, as it is now (R0.5).

Nothing of it was stored with the alert, so of who left, or took back their health code, nobody is told.
"""

from collections.abc import Mapping
from datetime import datetime

from chalicelib.alerts.ports import Audience, Recipient
from chalicelib.alerts.tables import AlertRow
from chalicelib.core import clock, store
from chalicelib.core.crypto import pairwise_id
from chalicelib.core.settings import settings
from chalicelib.groups import statuses
from chalicelib.groups.legible import legible
from chalicelib.groups.policies import upward
from chalicelib.groups.service.admins import roles_of
from chalicelib.groups.tables import DepartmentRow, MembershipRow, OrganizationRow
from chalicelib.people.tables.people import PersonRow
from chalicelib.people.tables.privacy import living


class Audiences:
    """Says whom an alert is for."""

    def recipients(self, alert: AlertRow) -> Audience | None:
        """The audience of an alert at this moment; None if the member left, shares their health code no longer, or is normal again.

        Told is the nearest department upward that has an administrator, and of a state that sounds an alarm the owner too. Where
        there is no administrator it is the owner alone, and so where none of them can be reached. Nobody is told of themself.
        """
        keys = MembershipRow.of(alert.org_id, alert.member_id), OrganizationRow.of(alert.org_id)
        rows = store.read_together(keys)
        member, book = rows.get(keys[0]), rows.get(keys[1])
        shared = member is not None and statuses.shared_since(member, int(alert.status_version))
        if member is None or book is None or book.deleted_at is not None or not shared:
            return None
        shown = statuses.shown(member, clock.now()) or {}
        scheme, since = settings().city.scheme, shown.get("since")
        state = scheme.state(shown.get("state"))
        if state == scheme.normal:  # what it was about is over; the history of the person has it
            return None
        recipients, otherwise = _recipients(book, member)
        return Audience(
            life=living(member.person_id, int(member.enrolment)),
            organization=book.name,
            name_mask=member.name_mask,
            state=state,
            since=alert.at if since is None else datetime.fromisoformat(since),
            department=_department(member),
            recipients=recipients,
            otherwise=otherwise,
        )


def _is_alarming(member: MembershipRow) -> bool:
    """Whether the last known state of a member is one of which owners hear, even if it is too old to be shown."""
    return settings().city.scheme.state((member.status or {}).get("state")).alarm


def _department(member: MembershipRow) -> str | None:
    """The name of the department in which a member stands; None at the top, and where it can't be read."""
    if member.department_id is None:
        return None
    key = DepartmentRow.of(member.org_id, member.department_id)
    row = legible(store.read_together([key]), key)
    return None if row is None else row.name


def _recipients(book: OrganizationRow, member: MembershipRow) -> tuple[list[Recipient], list[Recipient]]:
    """Who is told, and who if none of them can be."""
    found, owner_id = _nearest(member), pairwise_id(book.org_id, book.owner_id)
    told = {member.member_id, *(one.member_id for one in found)}
    owner = _present({owner_id: book.owner_id}) if owner_id not in told else []
    return ([*found, *owner], []) if _is_alarming(member) or not found else (found, owner)


def _nearest(member: MembershipRow) -> list[Recipient]:
    """The administrators of the nearest department upward that has any beside the member."""
    roles = [role for role in roles_of(member.org_id, []) if role.member_id != member.member_id]
    for path in upward(member.path):
        lives = {role.member_id: role.enrolment for role in roles if role.path == path}
        found = _present({role.member_id: role.person_id for role in roles if role.path == path})
        if here := [one for one in found if one.person.enrolment == lives[one.member_id]]:
            return here
    return []


def _present(people: Mapping[str, str]) -> list[Recipient]:
    """Those of these people, by the ids by which their organization knows them, who are in the city."""
    keys = {member_id: PersonRow.of(person_id) for member_id, person_id in people.items()}
    rows = store.read_together(keys.values())
    found = {member_id: legible(rows, key) for member_id, key in sorted(keys.items())}
    return [Recipient(one, person) for one, person in found.items() if person is not None and person.verified_at]
