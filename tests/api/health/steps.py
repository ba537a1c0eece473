"""What the tests of the registry do over and over."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from chalicelib.core import clock, store
from chalicelib.core.settings import settings
from chalicelib.health.importer import Importer, RowResult
from chalicelib.health.service.registry import RegistrySource
from chalicelib.health.tables import RegistryTable
from tests.support.books import person_id_of, person_key
from tests.support.city import TestCity
from tests.support.client import Answer, Client
from tests.support.people import TestPerson


def fact(person: TestPerson, **changes: str | None) -> dict[str, str | None]:
    """A row of facts.csv."""
    return {
        "fact_id": "",
        "document_type": "",
        "document_number": person.number,
        "kind": "nucleic_acid",
        "occurred_at": "2022-04-05T10:00:00+08:00",
        "result": "negative",
        "place": "Lab 3",
        "source": "lab",
        "reported_at": "",
        **changes,
    }


def errors(results: Iterator[RowResult]) -> list[str | None]:
    return [result.error for result in results]


def forget(*people: TestPerson) -> None:
    """Remove what is known of people, so that no later search has to go through it."""
    keys = [row.own_key for person in people for row in store.query_all(RegistryTable, person_id_of(person))]
    store.write_all(deletes=keys)


def facts_of(person: TestPerson) -> list[dict[str, str]]:
    return [vars(one) for one in RegistrySource().facts_of(person_id_of(person))]


def import_facts(*rows: dict[str, str | None]) -> list[str | None]:
    return errors(Importer().facts(rows))


@dataclass(frozen=True)
class Cause:
    """A fact that brought a person into another state than the normal one."""

    state: str
    rule: str
    kind: str


def normal() -> str:
    """The city's normal state."""
    return settings().city.scheme.normal.name


def worse(city: TestCity, person: TestPerson, *, days_ago: int = 1) -> Cause:
    """Report the fact that the city's first rule with a window goes by, so many days ago."""
    rule = next(one for one in settings().city.scheme.rules if one.days is not None)
    occurred_at = clock.iso(clock.now() - timedelta(days=days_ago))
    city.fact(person, rule.fact, rule.results[0], occurred_at)
    return Cause(rule.state, rule.name, rule.fact)


def code(client: Client) -> dict[str, Any]:
    """The caller's health code."""
    answer = client.get("/v1/me/health-code")
    assert answer.status == 200, answer.text
    shown: dict[str, Any] = answer.json
    return shown


def refused(answer: Answer, status: int, code: str) -> bool:
    """Whether an answer is this problem; what it is instead is said if it is not."""
    assert (answer.status, answer.code) == (status, code), answer.text
    return True


def change(person: TestPerson, *actions: store.Action) -> None:
    """Change a person's row."""
    assert store.update(person_key(person), actions) is not None


def at(text: str) -> datetime:
    """A moment of an answer."""
    return datetime.fromisoformat(text)
