"""The brake on mass changes (B3): how many people a source may turn abnormal before its batch waits for an officer.

It counts over batches: many small ones within the city's window weigh as much as one large one.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta

from chalicelib.core import clock, store
from chalicelib.core.errors import Broken, Unavailable
from chalicelib.core.log import Event, emit
from chalicelib.core.settings import settings
from chalicelib.health.rows import SKEW
from chalicelib.health.rules import judge
from chalicelib.health.service.storing import Places
from chalicelib.health.tables import FIRST_FACT, FactRow
from chalicelib.health.tables.deliveries import TurnedRow
from chalicelib.people.tables.people import PersonRow


def turned_by(facts: Sequence[FactRow], places: Places) -> list[str]:
    """The people, by person_id, who are not abnormal now and would be with these facts. Only enrolled ones have a state.

    Most of what is delivered are negative tests: whoever gets nothing that could turn anybody is not looked at.
    """
    judged = {fact.person_id for fact in facts if _might_turn(fact, places)}
    of_person: dict[str, list[FactRow]] = defaultdict(list)
    for fact in facts:
        if fact.person_id in judged:
            of_person[fact.person_id].append(fact)
    people = store.read_together(map(PersonRow.of, of_person))
    return [person_id for person_id, new in of_person.items() if _is_enrolled(people, person_id) and _turns(new)]


def may_turn(source: str, people: Sequence[str]) -> bool:
    """Whether a source may turn these people abnormal as well, and count them if so. Counting the same ones again adds none.

    Raises Unavailable if other deliveries of the source are counted all the time.
    """
    if not people:
        return True
    policy, key = settings().city.sources, TurnedRow.of(source)
    for attempt in range(store.ROUNDS):
        row = store.read_together([key]).get(key)
        recent = _recent(row, clock.now() - timedelta(hours=policy.hold_hours))
        union = {person_id: clock.epoch() for person_id in people} | recent
        if len(union) > policy.hold_above:
            return False
        if len(union) == len(recent) or _count(source, union, row):
            return True
        store.wait_before(attempt)
    raise Unavailable


def _might_turn(fact: FactRow, places: Places) -> bool:
    """Whether a fact can make anybody abnormal: by a rule, or by taking the place of what kept a rule from holding."""
    scheme = settings().city.scheme
    causes = (rule for rule in scheme.rules if rule.fact == fact.kind and fact.result in rule.results)
    return places.is_taken(fact) or any(scheme.state(rule.state).is_abnormal for rule in causes)


def _is_enrolled(people: store.Rows, person_id: str) -> bool:
    """Whether a person proved their identity here. One whose row is broken has no state that could turn."""
    try:
        person = people.get(PersonRow.of(person_id))
    except Broken:
        emit(Event.ROW_BROKEN, table=PersonRow.Meta.table, count=1)
        return False
    return person is not None and person.verified_at is not None


def _turns(new: Sequence[FactRow]) -> bool:
    """Whether new facts of one person make an abnormal state of one that is not."""
    stored = {row.sk: row for row in store.query_all(FactRow, new[0].person_id, FactRow.sk >= FIRST_FACT)}
    after = dict(stored)
    for fact in new:
        present = after.get(fact.sk)
        if present is None or (present.version or "") < (fact.version or ""):
            after[fact.sk] = fact
    moments = clock.now(), clock.now() + SKEW  # else a fact dated ahead would turn somebody as soon as nobody looks
    return any(_is_abnormal(after.values(), at) and not _is_abnormal(stored.values(), at) for at in moments)


def _is_abnormal(rows: Iterable[FactRow], at: datetime) -> bool:
    city = settings().city
    facts = [row.fact() for row in rows if not row.withdrawn]
    return city.scheme.state(judge(city.scheme, city.time_zone, facts, at).state).is_abnormal


def _recent(row: TurnedRow | None, since: datetime) -> dict[str, int]:
    """Whom a source turned since a moment, and when. Raises Broken."""
    try:
        counted = (one.rsplit(".", 1) for one in (row.people if row is not None else ()))
        turned = {person_id: int(at) for person_id, at in counted}
    except ValueError as error:
        raise Broken from error
    return {person_id: at for person_id, at in turned.items() if at > since.timestamp()}


def _count(source: str, turned: Mapping[str, int], before: TurnedRow | None) -> bool:
    """Store whom a source turned; False if another delivery did so since `before` was read."""
    hours = timedelta(hours=settings().city.sources.hold_hours)
    row = TurnedRow(
        TurnedRow.KIND,
        source,
        people=[f"{person_id}.{at}" for person_id, at in turned.items()],
        version=int(before.version) + 1 if before is not None else 1,
        expires_at=clock.now() + hours,
    )
    same = TurnedRow.version.does_not_exist() if before is None else TurnedRow.version == before.version
    return store.put_once(row, same) is None
