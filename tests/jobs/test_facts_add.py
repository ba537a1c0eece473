"""`facts add` tells a city on this machine one fact, and no other city anything (README, "Try it")."""

import json

import pytest
from typer.testing import CliRunner, Result

from chalicelib.core.settings import settings
from chalicelib.health.service.registry import RegistrySource
from infra.cli.main import app
from tests.support.books import Book, person_id_of
from tests.support.city import TestCity
from tests.support.people import TestPerson

pytestmark = pytest.mark.jobs


def add(person: TestPerson, *line: str, typed: str | None = None) -> Result:
    where = ["--city", "demo", "--endpoint-url", str(settings().endpoint_url)]
    given = f"{person.type}\n{person.number}\n" if typed is None else typed
    return CliRunner().invoke(app, ["facts", "add", *line, *where], input=given)


def test_a_fact_of_this_moment_is_known_and_reaches_who_may_see_it(city: TestCity) -> None:
    book = Book.opened(city)
    member = book.member("nucleic_acid")

    result = add(member.person, "nucleic_acid", "positive", "--place", "371302")

    assert (result.exit_code, result.stdout) == (0, "demo knows it now.\n")
    (fact,) = RegistrySource().facts_of(person_id_of(member.person))
    assert (fact.kind, fact.result, fact.place, fact.source) == ("nucleic_acid", "positive", "371302", "local")
    city.deliver()
    assert book.members()[0]["nucleic_acid"]["result"] == "positive"


def test_the_same_id_again_replaces_it(city: TestCity) -> None:
    person = city.stranger()
    for outcome in ("confirmed", "recovered"):
        line = ("case", outcome, "--fact-id", "7", "--occurred-at", "2022-04-05T10:00:00", "--source", "cdc", "--json")
        assert json.loads(add(person, *line).stdout) == {"kind": "case", "result": outcome}
    assert [fact.result for fact in RegistrySource().facts_of(person_id_of(person))] == ["recovered"]


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        (("horoscope",), "unknown_kind"),
        (("case", "green"), "unknown_result"),
        (("fever_clinic", "--occurred-at", "2999-01-01"), "future_occurred_at"),
    ],
)
def test_what_is_no_fact_is_refused_with_its_reason(city: TestCity, line: tuple[str, ...], reason: str) -> None:
    person = city.stranger()
    result = add(person, *line)
    assert (result.exit_code, result.stdout) == (1, "")
    assert f"Refused: {reason}." in result.stderr
    assert RegistrySource().facts_of(person_id_of(person)) == []


def test_a_document_is_asked_for_and_never_on_the_command_line(city: TestCity) -> None:
    person = city.stranger()
    assert add(person, "fever_clinic", typed="library_card\n1\n").exit_code == 2
    result = add(person, "fever_clinic", typed="resident_id\n1\n")
    assert (result.exit_code, "invalid_document" in result.stderr) == (1, True)


@pytest.mark.parametrize("where", [(), ("--endpoint-url", "https://dynamodb.cn-north-1.amazonaws.com.cn")])
def test_a_deployed_city_is_refused(where: tuple[str, ...]) -> None:
    line = ["facts", "add", "fever_clinic", "--city", "linyi", *where]
    result = CliRunner().invoke(app, line, input="", env={"AWS_ENDPOINT_URL": ""})
    assert (result.exit_code, result.stdout) == (2, "")


def test_a_city_that_does_not_answer_is_named(city: TestCity) -> None:
    person = city.stranger()
    line = ["facts", "add", "fever_clinic", "--city", "demo", "--endpoint-url", "http://127.0.0.1:1"]
    result = CliRunner().invoke(app, line, input=f"{person.type}\n{person.number}\n")
    assert (result.exit_code, "Nothing answers at http://127.0.0.1:1" in result.stderr) == (1, True)
