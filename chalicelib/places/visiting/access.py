"""Who checks in: a visitor with a scanned code, or somebody on a place's staff who has a visitor before them.

Everything that the decision needs rides in the session's own batch, as far as it can be named before the place is read.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from chalicelib.core import clock
from chalicelib.core.store import Key, Rows
from chalicelib.core.tokens import Bearer
from chalicelib.health.service.papers import PaperPasses, is_paper, read_paper
from chalicelib.health.service.passes import Holder, holder_of, living_holder
from chalicelib.people.access import Person, account_keys, person_of
from chalicelib.people.tables.dependants import DependantRow
from chalicelib.people.tables.papers import PaperPassRow
from chalicelib.people.tables.people import PersonRow
from chalicelib.places.access import Staff, living_place, own_role, staff_of
from chalicelib.places.errors.checkins import CheckinNotFound, TypedLater
from chalicelib.places.errors.places import GateCodeInvalid
from chalicelib.places.schemas.checkins import CheckinRequest, InspectionRequest
from chalicelib.places.tables import CheckinRow, GateRow, PlaceRow
from chalicelib.places.visiting.arrival import Arrival
from chalicelib.places.visiting.keys import read_checkin_id
from chalicelib.places.visiting.scans import Scanned, scanned
from chalicelib.places.visiting.sightings import (
    Printed,
    Seen,
    Sighting,
    Typed,
    card_keys,
    seen,
    sighting,
    sighting_keys,
    spot_of,
)

Path = Mapping[str, str]


@dataclass(frozen=True)
class Visitor:
    """A person with a scanned code of a gate that is there. Whether it admits anybody now, the service decides."""

    person: Person
    place: PlaceRow
    gate: GateRow
    scan: Scanned
    sighting: Sighting
    brought: tuple[tuple[str, DependantRow | None], ...]
    """Whom they bring along, by the id under which they know them, if they are bound."""


class OfVisitor:
    """Admits people who scanned a code of a gate that this city signed."""

    name = "person with a place's code"
    takes_body: Literal[True] = True

    def keys(self, bearer: Bearer, path: Path, body: CheckinRequest) -> list[Key[Any]]:
        """Session and person consistently; the rest as it was a moment ago, which costs half."""
        if bearer.person_id is None:
            return account_keys(bearer)
        scan = _scan(body)
        place_id, gate_id = scan.code.place_id, scan.code.gate_id
        spot, hint = spot_of(place_id, bearer.person_id, scan.arrival), body.received.hint(place_id)
        at_place: list[Key[Any]] = [
            PlaceRow.of(place_id, consistent=False),
            GateRow.of(place_id, gate_id, consistent=False),
        ]
        own = sighting_keys(spot, hint, bearer.person_id)
        return [*account_keys(bearer), *at_place, *own, *_brought(body, bearer.person_id)]

    def admit(self, bearer: Bearer, rows: Rows, path: Path, body: CheckinRequest) -> Visitor:
        """The visitor. Raises ScannedAtImpossible, GateCodeInvalid, ScreenCodeOver, PlaceNotFound or what a person may lack."""
        person = person_of(bearer, rows)
        scan = _scan(body)
        place_id = scan.code.place_id
        place, gate = living_place(rows.get(PlaceRow.of(place_id))), rows.get(GateRow.of(place_id, scan.code.gate_id))
        if gate is None:
            raise GateCodeInvalid
        spot, hint = spot_of(place_id, person.person_id, scan.arrival), body.received.hint(place_id)
        bound = tuple((key, rows.get(key)) for key in _brought(body, person.person_id))
        brought = tuple((str(key.range_value).removeprefix(DependantRow.PREFIX), row) for key, row in bound)
        return Visitor(person, place, gate, scan, sighting(spot, hint, person.person_id, rows), brought)


def _brought(body: CheckinRequest, person_id: str) -> list[Key[DependantRow]]:
    return [DependantRow.of(person_id, one) for one in dict.fromkeys(body.dependants)]


def _scan(body: CheckinRequest) -> Scanned:
    return scanned(body.code, body.received.arrival(body.scanned_at))


@dataclass(frozen=True)
class Inspection:
    """Somebody on a place's staff with a visitor before them, who was seen by their pass or is still to be looked up.

    `gate` is None where none was named (`gate_id`), or there is no such gate.
    """

    staff: Staff
    arrival: Arrival
    gate_id: str | None
    gate: GateRow | None
    visitor: Seen | Typed


class OfInspector:
    """Admits the staff of the place in the path; of a pass everything but its person is decided without a read (B6)."""

    name = "place staff with a visitor"
    takes_body: Literal[True] = True

    def keys(self, bearer: Bearer, path: Path, body: InspectionRequest) -> list[Key[Any]]:
        """Session, person and role consistently, for a role that ended is none; with them place, gate and visitor."""
        if bearer.person_id is None:
            return account_keys(bearer)
        place_id = path["place_id"]
        at_place: list[Key[Any]] = [PlaceRow.of(place_id), *own_role(bearer, place_id), *_gate_keys(place_id, body)]
        who, arrival = _known_by(body), body.received.arrival(body.scanned_at)
        if isinstance(who, Typed):
            return [*account_keys(bearer), *at_place]
        spot, hint = spot_of(place_id, who.person_id, arrival), body.received.hint(place_id)
        of_visitor = [*sighting_keys(spot, hint, who.person_id), *card_keys(who.person_id)]
        paper = [PaperPassRow.of(who.person_id)] if isinstance(who, Printed) else []
        return [*account_keys(bearer), *at_place, PersonRow.of(who.person_id), *paper, *of_visitor]

    def admit(self, bearer: Bearer, rows: Rows, path: Path, body: InspectionRequest) -> Inspection:
        """Who works there, with the visitor.

        Raises OneWayOfKnowing, ScannedAtImpossible, TypedLater, PassMalformed, PassForged, PassOfAnotherCity, PassExpired,
        PassRevoked, PaperPassMalformed, PaperPassForged, PaperPassVoid, PlaceNotFound, NotStaff or what a person may lack.
        """
        place_id = path["place_id"]
        staff = staff_of(bearer, rows, place_id)
        gate = next((rows.get(key) for key in _gate_keys(place_id, body)), None)
        who, arrival = _known_by(body), body.received.arrival(body.scanned_at)
        if isinstance(who, Typed):
            return Inspection(staff, arrival, body.gate_id, gate, who)
        spot, hint = spot_of(place_id, who.person_id, arrival), body.received.hint(place_id)
        found = sighting(spot, hint, who.person_id, rows)
        mode: Literal["pass", "paper"] = "paper" if isinstance(who, Printed) else "pass"
        return Inspection(staff, arrival, body.gate_id, gate, seen(_person_of(who, rows), found, mode, rows))


def _gate_keys(place_id: str, body: InspectionRequest) -> list[Key[GateRow]]:
    return [] if body.gate_id is None else [GateRow.of(place_id, body.gate_id)]


def _person_of(who: Holder | Printed, rows: Rows) -> PersonRow:
    """Whose a pass is, in the life for which it was made. Raises PassRevoked or PaperPassVoid."""
    person = rows.get(PersonRow.of(who.person_id))
    if isinstance(who, Holder):
        return living_holder(who, person)
    return PaperPasses.check(rows.get(PaperPassRow.of(who.person_id)), who.paper_id, person)


def _known_by(body: InspectionRequest) -> Holder | Printed | Typed:
    """Whose pass was scanned, or what was typed. A pass that waited without network is judged as of then (B8).

    Raises what a pass may be, TypedLater or ScannedAtImpossible.
    """
    arrival = body.received.arrival(body.scanned_at)
    if body.text is not None and is_paper(body.text):
        return Printed(*read_paper(body.text))
    if body.text is not None:
        return holder_of(body.text, arrival.at if arrival.queued else None)
    if arrival.queued or body.name is None or body.document is None:
        raise TypedLater
    return Typed(body.name, body.document.type, body.document.number)


@dataclass(frozen=True)
class OwnVisit:
    """A visitor and a check-in of theirs, with its place, if that is still there."""

    person: Person
    place: PlaceRow | None
    row: CheckinRow


class OfOwnVisit:
    """Admits the visitor of the check-in in the path."""

    name = "visitor"

    def keys(self, bearer: Bearer, path: Path) -> list[Key[Any]]:
        """Session, person, check-in and place."""
        key = _named(path["checkin_id"])
        return [*account_keys(bearer), key, _place_of(key)]

    def admit(self, bearer: Bearer, rows: Rows, path: Path) -> OwnVisit:
        """The visitor. Raises CheckinNotFound or what a person may lack."""
        person = person_of(bearer, rows)
        key = _named(path["checkin_id"])
        row = rows.get(key)
        if row is None or row.person_id != person.person_id or row.enrolment != person.enrolment:
            raise CheckinNotFound
        return OwnVisit(person, rows.get(_place_of(key)), unforgotten(row))


@dataclass(frozen=True)
class StaffedVisit:
    """Somebody on a place's staff and a check-in there."""

    staff: Staff
    row: CheckinRow


class OfStaffedVisit:
    """Admits the staff of the place in the path to a check-in there."""

    name = "place staff, check-in"

    def keys(self, bearer: Bearer, path: Path) -> list[Key[Any]]:
        """Session, person, place, role and check-in."""
        place_id = path["place_id"]
        at_place: list[Key[Any]] = [PlaceRow.of(place_id), *own_role(bearer, place_id), _named(path["checkin_id"])]
        return [*account_keys(bearer), *at_place]

    def admit(self, bearer: Bearer, rows: Rows, path: Path) -> StaffedVisit:
        """Who works there. Raises PlaceNotFound, NotStaff, CheckinNotFound or what a person may lack."""
        staff = staff_of(bearer, rows, path["place_id"])
        row = rows.get(_named(path["checkin_id"]))
        if row is None or row.place_id != path["place_id"]:
            raise CheckinNotFound
        return StaffedVisit(staff, unforgotten(row))


def _named(checkin_id: str) -> Key[CheckinRow]:
    """Where the check-in lies that is called so. Raises CheckinNotFound for what is no such name."""
    key = read_checkin_id(checkin_id)
    if key is None:
        raise CheckinNotFound
    return key


def _place_of(key: Key[CheckinRow]) -> Key[PlaceRow]:
    return PlaceRow.of(key.hash_value.partition("#")[0], consistent=False)


def unforgotten(row: CheckinRow) -> CheckinRow:
    """The check-in, unless its time is over (B13). Raises CheckinNotFound."""
    if row.expires_at <= clock.now():
        raise CheckinNotFound
    return row


visitor = OfVisitor()
inspector = OfInspector()
own_visit = OfOwnVisit()
staffed_visit = OfStaffedVisit()
