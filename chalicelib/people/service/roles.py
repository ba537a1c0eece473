"""What the city named a person. A role lies on the PERSON row, which every request reads: revoked is dead at the next."""

from collections.abc import Sequence
from datetime import datetime
from enum import StrEnum

from pynamodb.expressions.condition import Condition

from chalicelib.core import store
from chalicelib.core.store import Action
from chalicelib.people.tables.people import PersonRow


class Role(StrEnum):
    """What a person can be named."""

    OFFICER = "officer"
    """A health officer: may trace, and propose or approve what needs two."""


def verified_person(person_id: str) -> PersonRow | None:
    """The person as stored now, or None if nobody proved that identity, or whoever did erased themself."""
    key = PersonRow.of(person_id)
    person = store.read_together([key]).get(key)
    return None if person is None or person.verified_at is None else person


def role_change(person: PersonRow, role: Role, at: datetime, *, granted: bool) -> Sequence[Action]:
    """What granting or revoking a role changes on the row, if the person is still `same_holder`.

    `at` (aware) must lie behind the row's `roles_at`.
    """
    others = set(person.roles or ()) - {role.value}
    return [PersonRow.roles.set(sorted(others | {role.value} if granted else others)), PersonRow.roles_at.set(at)]


def same_holder(person: PersonRow) -> Condition:
    """That the life goes on in which the person was read, and that their roles are still those that were read."""
    same: Condition = (PersonRow.enrolment == person.enrolment) & PersonRow.verified_at.exists()
    same &= PersonRow.roles_at.does_not_exist() if person.roles_at is None else PersonRow.roles_at == person.roles_at
    return same
