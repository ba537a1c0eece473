"""Checking in: a visitor scans a place, or the staff scan a visitor (R2.3, R2.4, R4.1, R4.2).

Two round trips: what was read with the session, and one conditional put, which hands back the record that is there already.
"""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Literal

from chalicelib.core import clock, store
from chalicelib.groups.tables import MembershipRow
from chalicelib.health.service.status import Status
from chalicelib.people.service.bindings import acts_for
from chalicelib.people.tables.declarations import LatestDeclarationRow
from chalicelib.people.tables.people import PersonRow
from chalicelib.people.tables.privacy import kept_until
from chalicelib.places.errors.checkins import (
    PlaceFull,
    PlaceShut,
    PlaceSuspended,
    PosterReplaced,
    ScreenRequired,
    WrongGate,
)
from chalicelib.places.service.amending import amend
from chalicelib.places.service.lookups import Lookups
from chalicelib.places.service.occupancy import Inside, Occupancy, is_strict, unstored
from chalicelib.places.tables import CheckinRow, GateRow, PlaceRow
from chalicelib.places.visiting import hints
from chalicelib.places.visiting.access import Inspection, Visitor
from chalicelib.places.visiting.arrival import Arrival
from chalicelib.places.visiting.hints import Hint
from chalicelib.places.visiting.hours import is_open_at
from chalicelib.places.visiting.sightings import Sighting, Typed, sighting, sighting_keys, spot_of
from chalicelib.places.visiting.stays import is_back
from chalicelib.places.visiting.verdict import DEPENDANT, Verdict, says_the_same

SELF, MEASURED = "self", "measured"


@dataclass(frozen=True)
class Kept:
    """A check-in as it is stored, what is shown for it, and whether it was there before."""

    row: CheckinRow
    place: PlaceRow
    gate: GateRow | None
    verdict: Verdict
    repeated: bool
    inside: Inside
    person: PersonRow
    declaration: LatestDeclarationRow | None = None
    card_left_out: tuple[str, ...] = ()

    @property
    def left_out(self) -> list[str]:
        """What could not be read while storage was busy; the check-in itself is stored (R-25)."""
        return [*self.card_left_out, *(["occupancy"] if self.inside.left_out else [])]

    @property
    def allowed(self) -> bool:
        """Whether the visitor may enter: by what is known now, and by what their check-in of these five minutes said."""
        return self.verdict.allowed and bool(self.row.allowed)

    @property
    def alarm(self) -> bool:
        """Whether the siren sounds, likewise."""
        return self.verdict.alarm or bool(self.row.alarm)


@dataclass(frozen=True)
class Brought:
    """What came of somebody who was brought along: their check-in, or why there is none."""

    dependant_id: str
    name: str | None
    refused: Literal["dependant_not_found", "place_full"] | None
    kept: Kept | None = None


@dataclass(frozen=True)
class _Seen:
    """A person at a gate of a place, and how they were seen there."""

    person: PersonRow
    place: PlaceRow
    gate: GateRow | None
    sighting: Sighting
    arrival: Arrival
    how: dict[str, Any]


class Checkins:
    """Checks people in."""

    def __init__(self, status: Status, occupancy: Occupancy, lookups: Lookups) -> None:
        """Take who knows people's states, who counts who is inside, and who looks up those without a pass."""
        self._status = status
        self._occupancy = occupancy
        self._lookups = lookups

    def by_code(self, visitor: Visitor, temperature: str | None) -> Kept:
        """Check in who scanned a gate's code, with the temperature that they say they have (R2.4).

        Raises PosterReplaced, ScreenRequired, PlaceSuspended, PlaceShut or PlaceFull. A scan that waited without network is
        judged as of its moment, and no capacity refuses it any more (B8).
        """
        _refuse_unless_admitting(visitor)
        how = {
            "mode": visitor.scan.mode,
            "assurance": visitor.scan.assurance,
            "temperature": temperature,
            "temperature_source": temperature and SELF,
        }
        person, arrival = visitor.person.row, visitor.scan.arrival
        return self._keep(_Seen(person, visitor.place, visitor.gate, visitor.sighting, arrival, how))

    def along_with(self, visitor: Visitor, temperature: str | None) -> list[Brought]:
        """Check in whom a visitor brings along, each for themself: what refuses one refuses no other (R2.5)."""
        if not visitor.brought:
            return []
        known = visitor.sighting.hint
        others = [row.other_id for _, row in visitor.brought if row is not None]
        spots = {one: spot_of(visitor.place.place_id, one, visitor.scan.arrival) for one in others}
        keys = [key for one in others for key in (PersonRow.of(one), *sighting_keys(spots[one], known, one))]
        rows = store.read_together(keys)
        results = []
        for dependant_id, row in visitor.brought:
            person = None if row is None else rows.get(PersonRow.of(row.other_id))
            if row is None or person is None or row.enrolment != visitor.person.enrolment or not acts_for(row, person):
                results.append(Brought(dependant_id, None, "dependant_not_found"))
            else:
                found = sighting(spots[row.other_id], known, row.other_id, rows)
                results.append(self._bring(dependant_id, _brought(visitor, person, found, temperature)))
        return results

    def _bring(self, dependant_id: str, seen: _Seen) -> Brought:
        try:
            kept = self._keep(seen)
        except PlaceFull:
            return Brought(dependant_id, seen.person.name_mask, "place_full")
        return Brought(dependant_id, seen.person.name_mask, None, kept)

    def by_staff(self, inspection: Inspection, temperature: str) -> Kept:
        """Check in whom somebody on the staff has before them, with the temperature that they measured (R2.3).

        Raises PlaceSuspended, WrongGate, PlaceFull, InvalidName, InvalidDocument, TooManyTyped or TypedMismatch.
        """
        staff, gate = inspection.staff, inspection.gate
        _refuse_suspended(staff.place, gate, _judged_at(inspection.arrival))
        if not _is_theirs(inspection):
            raise WrongGate
        who = inspection.visitor
        seen = self._lookups.find(inspection, who) if isinstance(who, Typed) else who
        how = {
            "mode": seen.mode,
            "assurance": "inspector",
            "temperature": temperature,
            "temperature_source": MEASURED,
            "by": staff.member_id,
        }
        kept = self._keep(_Seen(seen.person, staff.place, gate, seen.sighting, inspection.arrival, how))
        return replace(kept, declaration=seen.declaration, card_left_out=seen.left_out)

    def _keep(self, seen: _Seen) -> Kept:
        """Store the check-in, or find the one that it repeats."""
        known = _as_the_place_is(seen)
        verdict = Verdict(self._status.shown(seen.person).state, seen.how["temperature"])
        row = _row(seen, known, verdict)
        stored = _repeated(known.before, row)
        if stored is None:
            stored = self._store(seen.place, row)
        if stored is not None and (stored.part, stored.sk) == (row.part, row.sk):
            stored = self._again(seen.place, stored, row)
        inside = self._occupancy.of(seen.place)
        return Kept(stored or row, seen.place, seen.gate, verdict, stored is not None, inside, seen.person)

    def _store(self, place: PlaceRow, row: CheckinRow) -> CheckinRow | None:
        """Store it; what is there already instead, or None. Raises PlaceFull."""
        if is_strict(place) and row.allowed and not row.queued:
            return self._occupancy.enter(place, row)
        return store.put_once(row, unstored(row))

    def _again(self, place: PlaceRow, stored: CheckinRow, row: CheckinRow) -> CheckinRow:
        """The stored check-in of these five minutes, with what another one changes of it. Raises PlaceFull."""
        if is_back(stored, row):
            stored = self._occupancy.come_back(place, stored)
        return stored if says_the_same(stored, row) else amend(stored, row)


def _brought(visitor: Visitor, person: PersonRow, found: Sighting, temperature: str | None) -> _Seen:
    """Somebody whom a visitor brought along, as seen at the gate that the visitor scanned."""
    how = {
        "mode": DEPENDANT,
        "assurance": visitor.scan.assurance,
        "temperature": temperature,
        "temperature_source": temperature and SELF,
        "by": visitor.sighting.spot.member_id,
    }
    return _Seen(person, visitor.place, visitor.gate, found, visitor.scan.arrival, how)


def _refuse_unless_admitting(visitor: Visitor) -> None:
    """Raises what keeps a scan of this code from being a check-in; for one that waited, what kept it then."""
    place, gate, scan = visitor.place, visitor.gate, visitor.scan
    then = _judged_at(scan.arrival)
    if _is_replaced(gate, scan.code.version, then):
        raise PosterReplaced
    if gate.presence == "rotating" and not scan.code.rotating:
        raise ScreenRequired
    _refuse_suspended(place, gate, then)
    if not is_open_at(place, scan.arrival.at):
        raise PlaceShut


def _judged_at(arrival: Arrival) -> datetime:
    return arrival.at if arrival.queued else clock.now()


def _refuse_suspended(place: PlaceRow, gate: GateRow | None, then: datetime) -> None:
    began = None if gate is None else gate.suspended_since
    if place.was_suspended(then) or (began is not None and began <= then):
        raise PlaceSuspended


def _is_replaced(gate: GateRow, version: int, then: datetime) -> bool:
    """Whether a poster hung no more at a moment. A version that is newer than what was read was printed just now."""
    if gate.voided_at is not None and gate.voided_at <= then:
        return True
    is_last = version == gate.version - 1
    return version < gate.version and not (is_last and then < gate.printed_at)


def _is_theirs(inspection: Inspection) -> bool:
    """Whether the gate that was named is there, and open to whoever named it.

    A registrar names one of their own: without it their state would suspend nothing (R4.3, R4.4).
    """
    staff, gate = inspection.staff, inspection.gate
    if inspection.gate_id is None:
        return not staff.is_registrar
    return gate is not None and (not staff.is_registrar or gate.registrar_id == staff.member_id)


def _as_the_place_is(seen: _Seen) -> Sighting:
    """What was found of the visitor, read again where the hint was wrong."""
    place, known = seen.place, seen.sighting
    hint = Hint(dict(place.shards or {}), place.org_id)
    hints.learn(place, known.hint)
    wanted = sighting_keys(known.spot, hint, seen.person.person_id)
    if set(wanted) <= set(sighting_keys(known.spot, known.hint, seen.person.person_id)):
        return replace(known, hint=hint, membership=known.membership if hint.org_id else None)
    return sighting(known.spot, hint, seen.person.person_id, store.read_together(wanted))


def _row(seen: _Seen, known: Sighting, verdict: Verdict) -> CheckinRow:
    """The check-in as it is to be stored."""
    person, place, key = seen.person, seen.place, known.spot.here(known.hint)
    return CheckinRow(
        key.hash_value,
        key.range_value,
        person_id=person.person_id,
        enrolment=person.enrolment,
        at=clock.iso(seen.arrival.at),
        stored_at=clock.now(),
        gate_id=None if seen.gate is None else seen.gate.gate_id,
        queued=seen.arrival.queued or None,
        state=verdict.state.name,
        allowed=verdict.allowed,
        alarm=verdict.alarm,
        relation=_relation(place, known.membership, person),
        name_mask=person.name_mask or "",
        document_mask=person.document_mask or "",
        stay_minutes=place.stay_minutes,
        expires_at=kept_until("checkins", seen.arrival.at),
        **seen.how,
    )


def _relation(place: PlaceRow, membership: MembershipRow | None, person: PersonRow) -> str | None:
    """Whether somebody belongs to the organization whose access point the place is (R0.6)."""
    if place.org_id is None:
        return None
    return "internal" if membership is not None and membership.enrolment == person.enrolment else "visitor"


def _repeated(before: CheckinRow | None, row: CheckinRow) -> CheckinRow | None:
    """The check-in of the five minutes before, if this one only repeats it (B9)."""
    if before is None or before.enrolment != row.enrolment or before.out_at is not None:
        return None
    return before if says_the_same(before, row) else None
