"""Consent: the scopes, the text that was read, and the snapshot that a consent lets an organization see (B5)."""

from collections.abc import Iterable
from enum import StrEnum

from chalicelib.core import clock, ids
from chalicelib.core.ports import Fact
from chalicelib.core.texts import Language, contents, text
from chalicelib.groups.tables import MembershipRow, OrganizationRow, Snapshot
from chalicelib.health.facts import nucleic_acid_shown, travel_shown, vaccination_shown
from chalicelib.people.tables.privacy import ReceiptRow, kept_until


class Scope(StrEnum):
    """What a member may share, in the order in which it is shown (R0.3)."""

    HEALTH_CODE = "health_code"
    NUCLEIC_ACID = "nucleic_acid"
    VACCINATION = "vaccination"
    TRAVEL = "travel"


class Action(StrEnum):
    """What a receipt records."""

    GIVEN = "given"
    CHANGED = "changed"
    LEFT = "left"
    REMOVED = "removed"
    BOOK_DELETED = "book_deleted"
    ERASED = "erased"


ALWAYS_SHOWN = ("name", "document")
"""What every member shows, masked: who they are."""

COLUMNS: dict[Scope, str] = {
    Scope.HEALTH_CODE: "status",
    Scope.NUCLEIC_ACID: "nucleic_acid",
    Scope.VACCINATION: "vaccination",
    Scope.TRAVEL: "travel",
}
"""The membership's column that each scope opens."""

DISCLOSABLE = (*ALWAYS_SHOWN, *(scope.value for scope in Scope))
"""What a list can disclose, in the order of the bits in a ledger entry."""


def in_order(scopes: Iterable[str]) -> list[str]:
    """The scopes once each, in the order of `Scope`."""
    given = set(scopes)
    return [scope.value for scope in Scope if scope.value in given]


def current_text_version() -> str:
    """The version of the consent text that is shown now."""
    return str(contents("consents")["released"]["current"])


def consent_text(organization: str, language: Language) -> str:
    """The present consent text as it is read before joining."""
    return text("consents", f"{current_text_version()}.text", language, organization=organization)


def scope_text(scope: Scope, language: Language) -> str:
    """What a scope means, in words."""
    return text("consents", f"{current_text_version()}.scopes.{scope.value}", language)


def snapshot(scopes: Iterable[str], facts: Iterable[Fact]) -> Snapshot:
    """What these scopes let an organization see of these facts; a column outside the scopes is None.

    The status is none of them: it comes of the person's row (`groups.statuses`).
    """
    known = list(facts)
    seen: Snapshot = {
        "nucleic_acid": nucleic_acid_shown(known),
        "vaccination": vaccination_shown(known),
        "travel": travel_shown(known),
    }
    open_columns = {COLUMNS[scope] for scope in Scope if scope.value in set(scopes)}
    return {column: value if column in open_columns else None for column, value in seen.items()}


def receipt(
    membership: MembershipRow, organization: OrganizationRow, action: Action, by: str | None = None
) -> ReceiptRow:
    """The receipt of a change of consent.

    It names the organization, the version of the text that the member read, and what is shared from now on: what the
    membership says after joining or a change, nothing after any end. `by` is who did it in the member's name, masked.
    """
    at = clock.now()
    return ReceiptRow(
        membership.person_id,
        f"{organization.org_id}#{ids.new_id()}",
        enrolment=membership.enrolment,
        org_id=organization.org_id,
        organization=organization.name,
        action=action.value,
        scopes=in_order(membership.scopes) if action in {Action.GIVEN, Action.CHANGED} else [],
        text_version=membership.text_version,
        given_by=by,
        at=at,
        expires_at=kept_until("consents", at),
    )


def disclosed(person_id: str, enrolment: int, scopes: Iterable[str]) -> str:
    """One person in a DISCLOSURE entry: the life, and a bit mask over DISCLOSABLE of what was shown."""
    shown = {*ALWAYS_SHOWN, *scopes}
    mask = sum(1 << place for place, name in enumerate(DISCLOSABLE) if name in shown)
    return f"{person_id}.{enrolment}.{mask:x}"
