"""From what a remote source answers to reports: each person's alone, and garbage where anything is not as it must be (R-19)."""

import hashlib
import json
from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime

from chalicelib.core import clock
from chalicelib.core.ports import Fact
from chalicelib.core.reports import Asked, Report
from chalicelib.health.facts import RESULTS, Kind
from chalicelib.health.remote.client import Garbage
from chalicelib.health.remote.contract import FactPart, PeopleAnswer, Person, PersonAnswer
from chalicelib.health.rows import EARLIEST, SKEW

REPORT_BYTES = 200_000
"""All facts of one person: what is put aside of them fits into one stored row, of 400 KB at most."""


class BadFact(Exception):
    """A fact that can't be one; which of its parts is wrong is of no use to anybody."""


def moment(text: str) -> datetime:
    """A moment that names its offset, in UTC. Raises BadFact for any other, for the future and for ages ago."""
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        raise BadFact from None
    if at.tzinfo is None:
        raise BadFact
    try:
        at = at.astimezone(UTC)
    except OverflowError:
        raise BadFact from None
    if not EARLIEST <= at <= clock.now() + SKEW:
        raise BadFact
    return at


def as_of(text: str) -> datetime:
    """Until when an answer is complete, never later than now. Raises Garbage."""
    try:
        return min(moment(text), clock.now())
    except BadFact:
        raise Garbage from None


def report(source: str, facts: Sequence[FactPart], *, has_phone: bool | None) -> Report:
    """The report of one person. Raises BadFact if any fact of theirs can't be one: a part of the truth is none."""
    if max(Counter((one.kind, one.fact_id) for one in facts).values(), default=0) > 1:
        raise BadFact
    found = tuple(sorted((_fact(source, one) for one in facts), key=lambda fact: (fact.kind, fact.fact_id)))
    said = json.dumps([vars(fact) for fact in found], sort_keys=True).encode()
    if len(said) > REPORT_BYTES:
        raise BadFact
    return Report(found, hashlib.sha256(said).hexdigest(), has_phone)


def reports(
    source: str, asked: Mapping[str, tuple[Asked, Person]], answer: PeopleAnswer
) -> tuple[dict[str, Report], set[str]]:
    """What an answer says of those asked for, by person_id, and of whom it says nothing usable. `asked` is by reference."""
    found: dict[str, Report] = {}
    rows = [one for one in answer.people if one is not None]
    twice = {ref for ref, times in Counter(one.ref for one in rows).items() if times > 1}
    for one in rows:
        if one.ref in asked and one.ref not in twice:
            who, question = asked[one.ref]
            if (theirs := _theirs(source, question, one)) is not None:
                found[who.person_id] = theirs
    return found, {who.person_id for who, _ in asked.values()} - found.keys()


def _theirs(source: str, question: Person, answer: PersonAnswer) -> Report | None:
    """The report of somebody, if it is theirs, and the source knows them: it confirmed them once, so that it must."""
    if answer.document_number != question.document_number or not answer.known:
        return None
    has_phone = None if question.phone is None else answer.has_phone
    try:
        return report(source, answer.facts, has_phone=has_phone)
    except BadFact:
        return None


def _fact(source: str, part: FactPart) -> Fact:
    try:
        kind = Kind(part.kind)
    except ValueError:
        raise BadFact from None
    if part.result not in RESULTS[kind]:
        raise BadFact
    occurred_at, reported_at = clock.iso(moment(part.occurred_at)), clock.iso(moment(part.reported_at))
    return Fact(f"{source}:{part.fact_id}", kind, part.result, occurred_at, part.place, source, reported_at)
