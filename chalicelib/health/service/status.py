"""A person's status: computed from all their facts whenever one arrives, and shown only as long as it can be gone by (R3.1, B2).

One writer at a time: the row's version and life must be those that were read, and whoever wrote reads the facts again. So of two
who compute at once the last one has seen the newest facts, though the other one found nothing to write.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from pynamodb.expressions.condition import Condition

from chalicelib.core import clock, store
from chalicelib.core.errors import Broken, Unavailable
from chalicelib.core.log import Event, emit, where
from chalicelib.core.ports import Fact, HealthSource
from chalicelib.core.runs import complete_through
from chalicelib.core.scheme import State
from chalicelib.core.settings import settings
from chalicelib.core.store import Action
from chalicelib.health.known import is_whole, known_of
from chalicelib.health.rules import Judgement, judge
from chalicelib.people.tables.people import PersonRow, SyncedPerson, review_part

ROUNDS = 2 * store.ROUNDS
"""How often one status is computed in all: each write is followed by another look, and others may write in between."""


@dataclass(frozen=True)
class Shown:
    """A status as it may be shown now, to the person or to whom they share it with.

    Where it can't be gone by, `state` is the scheme's *unknown* and says neither cause nor dates. `as_of` is how old the data
    are that it is computed from, None if nobody can say. `known` holds the latest facts (`health.known`).
    """

    state: State
    rule: str | None = None
    fact: str | None = None
    since: datetime | None = None
    until: datetime | None = None
    as_of: datetime | None = None
    version: int = 0
    cause: Mapping[str, Any] | None = None
    known: Mapping[str, Any] = field(default_factory=dict)


class Status:
    """Computes and shows the status of people. Nobody else writes it."""

    def __init__(self, source: HealthSource) -> None:
        """Take the source of facts."""
        self._source = source

    def on_verified(self, person_id: str, enrolment: int) -> None:  # noqa: ARG002  what is stored says which life it is
        """Give somebody their status as soon as they are verified (R3.1).

        Their identity is proved whatever happens here: a status that can't be computed now is computed when it is first shown.
        """
        try:
            self.refresh(person_id)
        except Exception as error:  # noqa: BLE001  whatever it is, the answer to the proof holds the session's new token
            _report(error)

    def refresh(self, person_id: str, read: PersonRow | None = None) -> PersonRow | None:
        """Compute a person's status anew, store it if it changed, and return the row as it is now.

        None for who is not enrolled. `read` is the person's row, if it was read before; the facts are always read after it. A
        fact that can't be read leaves the status as it is, and the row says since when. Raises Unavailable if others write
        again and again.
        """
        person = read or _stored(person_id)
        for attempt in range(ROUNDS):
            if person is None or person.verified_at is None:
                return None
            facts = self._all_facts(person_id)
            if facts is None:
                return _made_stale(person)
            actions = _changes(person, facts, clock.now())
            if not actions:
                return person
            person = store.update(person.own_key, actions, _unchanged(person))
            if person is None:
                store.wait_before(attempt)
                person = _stored(person_id)
        raise Unavailable

    def shown(self, person: PersonRow) -> Shown:
        """The status of a person as it may be shown now; computed first if it was not, or if it ended. Never raises.

        Whatever goes wrong, the answer is no state that is not stored, in force and fresh (R-20).
        """
        row: PersonRow | None = person
        try:
            if not is_due(person):
                return _shown(person)
            row = self.refresh(person.person_id, person)
            return _unknown(person) if row is None or is_due(row) else _shown(row)
        except Exception as error:  # noqa: BLE001  any failure means that nobody knows
            _report(error)
            return _unknown(row or person)

    def _all_facts(self, person_id: str) -> list[Fact] | None:
        try:
            return self._source.all_facts_of(person_id)
        except Broken:
            return None


def _report(error: Exception) -> None:
    emit(Event.STATUS_FAILED, error=type(error).__name__, where=where(error))


def _stored(person_id: str) -> PersonRow | None:
    key = PersonRow.of(person_id)
    return store.read_together([key]).get(key)


def _unchanged(person: PersonRow) -> Condition:
    """That the life goes on in which the row was read, and nobody wrote a status since."""
    version = int(person.status_version)
    same: Condition = PersonRow.status_version == version
    if version == 0:
        same |= PersonRow.status_version.does_not_exist()
    same &= (PersonRow.enrolment == person.enrolment) & PersonRow.verified_at.exists()
    return same


def _changes(person: SyncedPerson, facts: Sequence[Fact], at: datetime) -> Sequence[Action]:
    """What has to be written for the row to say what the facts say; nothing if it says so already.

    Facts that are only shown beside the status, and the mark of a person whose facts could not be read, make no new version.
    """
    city = settings().city
    judged = judge(city.scheme, city.time_zone, facts, at)
    status, beside = _status(judged), _beside(person, judged, facts)
    if person.status_version == 0 or person.state is None or _differs(person, status):
        version = int(person.status_version) + 1
        return store.assign(PersonRow, {**status, **beside, "status_at": at, "status_version": version})
    return store.assign(PersonRow, beside) if _differs(person, beside) else ()


def _status(judged: Judgement) -> Mapping[str, Any]:
    """The columns that are the status, and with which a new version begins."""
    return {
        "state": judged.state,
        "rule": judged.rule,
        "fact": None if judged.fact is None else f"{judged.fact.kind}#{judged.fact.fact_id}",
        "state_since": judged.since,
        "state_until": judged.until,
    }


def _beside(person: SyncedPerson, judged: Judgement, facts: Sequence[Fact]) -> Mapping[str, Any]:
    """The columns beside it: what is shown with it, when it is looked at next, and that all facts could be read."""
    day = None if judged.until is None else clock.local_day(settings().city.time_zone, judged.until)
    return {
        "known": known_of(facts, judged.fact),
        "review_day": None if day is None else review_part(person.person_id, day),
        "stale_since": None,
    }


def _differs(person: SyncedPerson, values: Mapping[str, Any]) -> bool:
    return any(getattr(person, name) != value for name, value in values.items())


def _made_stale(person: PersonRow) -> PersonRow | None:
    """Remember since when the facts of a person can't be read."""
    if person.stale_since is not None:
        return person
    same = (PersonRow.enrolment == person.enrolment) & PersonRow.verified_at.exists()
    return store.update(person.own_key, [PersonRow.stale_since.set(clock.now())], same)


def is_outdated(person: SyncedPerson, facts: Sequence[Fact], at: datetime) -> bool:
    """Whether what is stored of a person is not what these facts come to at an aware moment."""
    return is_due(person) or bool(_changes(person, facts, at))


def would_turn(person: SyncedPerson, facts: Sequence[Fact], at: datetime) -> bool:
    """Whether these facts would make somebody abnormal who is not: what the brakes on sources count (B3, T-36)."""
    city = settings().city
    now = person.state is not None and city.scheme.state(person.state).is_abnormal
    return not now and city.scheme.state(judge(city.scheme, city.time_zone, facts, at).state).is_abnormal


def would_recover(person: SyncedPerson, facts: Sequence[Fact], at: datetime) -> bool:
    """Whether these facts would make somebody well whose abnormal state has not ended by itself (decision 33)."""
    city = settings().city
    return (
        is_abnormal(person) and not city.scheme.state(judge(city.scheme, city.time_zone, facts, at).state).is_abnormal
    )


def is_abnormal(person: SyncedPerson) -> bool:
    """Whether an abnormal state of a person is in force."""
    scheme = settings().city.scheme
    return person.state != scheme.normal.name and not is_over(person) and scheme.state(person.state).is_abnormal


def known_through(person: SyncedPerson) -> datetime | None:
    """Until when the sources' data about a person are known to be stored; None if nobody can say."""
    return _as_of(person, _known(person))


def mark_stale(person: SyncedPerson, since: datetime) -> None:
    """Remember that nothing usable is known of a person after a moment, unless an earlier one is remembered."""
    same = (PersonRow.enrolment == person.enrolment) & PersonRow.verified_at.exists()
    store.update(person.own_key, [PersonRow.stale_since.set(since)], same & PersonRow.stale_since.does_not_exist())


def is_due(person: SyncedPerson) -> bool:
    """Whether the stored status says nothing about now: there is none, it has ended, or it is not by a rule of the scheme."""
    return is_over(person) or not is_whole(person.known)


def is_over(person: SyncedPerson) -> bool:
    """Whether the stored state is none of now: there is none, it has ended, or it is not by a rule of the scheme."""
    until = person.state_until
    has_ended = until is not None and until <= clock.now()
    return has_ended or person.state is None or person.state != _by_rule(person)


def _by_rule(person: SyncedPerson) -> str | None:
    """The state to which the stored rule leads; None if the scheme holds that rule no more."""
    scheme = settings().city.scheme
    if person.rule is None:
        return scheme.normal.name
    rule = scheme.rule(person.rule)
    return None if rule is None else rule.state


def _shown(person: PersonRow) -> Shown:
    """The stored status of somebody who is not due for another, so that what is known is whole; unknown if it is too old."""
    known: Mapping[str, Any] = person.known or {}
    as_of, limit = _as_of(person, known), timedelta(hours=settings().city.freshness.limit_hours)
    if as_of is None or clock.now() - as_of > limit:
        return _unknown(person, as_of)
    return Shown(
        settings().city.scheme.state(person.state),
        person.rule,
        person.fact,
        person.state_since,
        person.state_until,
        as_of,
        int(person.status_version),
        known.get("cause"),
        known,
    )


def _unknown(person: PersonRow, as_of: datetime | None = None) -> Shown:
    unknown = settings().city.scheme.unknown
    return Shown(unknown, as_of=as_of, version=int(person.status_version), known=_known(person))


def _known(person: SyncedPerson) -> Mapping[str, Any]:
    """What is known, for who is due for another status too."""
    return dict(person.known or {}) if is_whole(person.known) else {}


def reported_through(person: PersonRow) -> datetime | None:
    """When the source last reported anything of this person, or confirmed who they are; None if it never did."""
    return _reported_through(person, _known(person))


def _reported_through(person: SyncedPerson, known: Mapping[str, Any]) -> datetime | None:
    reported_at = known.get("reported_at")
    moments = [person.checked_at, None if reported_at is None else datetime.fromisoformat(reported_at)]
    return max((one for one in moments if one is not None), default=None)


def _as_of(person: SyncedPerson, known: Mapping[str, Any]) -> datetime | None:
    """Until when the sources' data about a person are known to be stored (design §4, "Freshness").

    Of somebody whose facts could not be read since a moment nothing is known after it, whatever was confirmed since.
    """
    moments = [complete_through(person.own_segment), _reported_through(person, known)]
    through = max((one for one in moments if one is not None), default=None)
    return None if through is None else min(through, person.stale_since or through, clock.now())
