"""People at places: what is read of them there, and what is known of who they are."""

from dataclasses import dataclass, replace
from typing import Any, Literal

from chalicelib.core import clock
from chalicelib.core.canonical import DocumentType
from chalicelib.core.crypto import pairwise_id
from chalicelib.core.store import Key, Rows
from chalicelib.groups.legible import legible
from chalicelib.groups.tables import MembershipRow
from chalicelib.people.tables.declarations import LatestDeclarationRow
from chalicelib.people.tables.people import PersonRow
from chalicelib.places.tables import CheckinRow
from chalicelib.places.visiting.arrival import Arrival
from chalicelib.places.visiting.hints import Hint
from chalicelib.places.visiting.keys import Spot


@dataclass(frozen=True)
class Sighting:
    """A person at a place at a moment, and what the batch found of them there. `hint` says what was asked for in it."""

    spot: Spot
    hint: Hint
    before: CheckinRow | None
    membership: MembershipRow | None


def sighting_keys(spot: Spot, hint: Hint, person_id: str) -> list[Key[Any]]:
    """What to read of a visitor: the check-in of the five minutes before, and whether they belong to the organization."""
    return [spot.before(hint), *([] if hint.org_id is None else [membership_key(hint.org_id, person_id)])]


def sighting(spot: Spot, hint: Hint, person_id: str, rows: Rows) -> Sighting:
    """What those keys brought."""
    own = None if hint.org_id is None else rows.get(membership_key(hint.org_id, person_id))
    return Sighting(spot, hint, rows.get(spot.before(hint)), own)


def spot_of(place_id: str, person_id: str, arrival: Arrival) -> Spot:
    """Where and when a person was seen."""
    return Spot(place_id, pairwise_id(place_id, person_id), arrival.at)


def membership_key(org_id: str, person_id: str) -> Key[MembershipRow]:
    """Where a person's membership lies, read as it was a moment ago: a check-in says how things stood."""
    return MembershipRow.of(org_id, pairwise_id(org_id, person_id), consistent=False)


@dataclass(frozen=True)
class Seen:
    """Who was seen at a place and how, what they last declared, and what could not be read of that just now (R-25)."""

    person: PersonRow
    sighting: Sighting
    mode: Literal["pass", "paper", "typed"]
    declaration: LatestDeclarationRow | None
    left_out: tuple[str, ...] = ()


def seen(person: PersonRow, found: Sighting, mode: Literal["pass", "paper", "typed"], rows: Rows) -> Seen:
    """Who was seen, with what `card_keys` brought. A declaration of a life that is over, or too old, is none."""
    (key,) = card_keys(person.person_id)
    left_out = ("declaration",) if rows.left_out(key) else ()
    declared = legible(rows, key)
    is_theirs = declared is not None and declared.enrolment == person.enrolment and declared.expires_at > clock.now()
    return Seen(person, found, mode, declared if is_theirs else None, left_out)


def card_keys(person_id: str) -> list[Key[LatestDeclarationRow]]:
    """What a card shows beside the person, and can do without."""
    return [replace(LatestDeclarationRow.of(person_id), optional=True)]


@dataclass(frozen=True)
class Typed:
    """What an inspector typed of somebody who has no pass."""

    name: str
    type: DocumentType
    number: str


@dataclass(frozen=True)
class Printed:
    """Where a printed pass leads to."""

    person_id: str
    paper_id: str
