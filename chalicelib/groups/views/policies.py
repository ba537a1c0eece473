"""Policies as the public contract shows them."""

from collections.abc import Iterable
from typing import Literal

from chalicelib.groups.policies import KINDS, NEVER, Periods
from chalicelib.groups.schemas import policies as schemas
from chalicelib.groups.service.policies import ShownPolicy


def policies(shown: Iterable[ShownPolicy]) -> schemas.PolicyList:
    """The policies that a manager sees."""
    return schemas.PolicyList(items=[policy(one) for one in shown])


def policy(shown: ShownPolicy) -> schemas.Policy:
    """One policy."""
    days = shown.policy.days
    return schemas.Policy(
        department_id=shown.policy.department_id,
        type=shown.policy.type,
        nucleic_acid_days=_shown(days, "nucleic_acid"),
        travel_days=_shown(days, "travel"),
        vaccination_days=_shown(days, "vaccination"),
        inherited=shown.is_inherited,
    )


def days(body: schemas.NewPolicy) -> dict[str, int]:
    """What a request states, kind by kind."""
    asked = {kind: getattr(body, f"{kind}_days") for kind in KINDS}
    return {kind: NEVER if number == "never" else number for kind, number in asked.items() if number is not None}


def _shown(stated: Periods, kind: str) -> int | Literal["never"] | None:
    number = stated.get(kind)
    return "never" if number == NEVER else number
