"""Two operators at their command line, and what they leave behind."""

import json
import sys
from contextlib import AbstractContextManager
from datetime import timedelta
from typing import Any

from typer.testing import CliRunner, Result

from chalicelib.core import clock, ids
from chalicelib.core.settings import settings
from chalicelib.people.tables.privacy import LedgerRow
from infra.cli.main import app
from infra.restore import ledger_since
from tests.support.city import TestCity
from tests.support.client import Client
from tests.support.people import TestPerson

ANNA, BORIS = ("--as", "anna"), ("--as", "boris")


def run(*line: str, typed: str = "") -> Result:
    """One command for the city of this process. What it says goes out once more, for the city to search it for people."""
    where = ["--city", "demo", "--endpoint-url", str(settings().endpoint_url)]
    result = CliRunner().invoke(app, [*line, *where], input=typed)
    sys.stdout.write(result.output)
    return result


def told(result: Result) -> dict[str, Any]:
    """The one line of JSON of a command that succeeded."""
    assert result.exit_code == 0, result.output
    answer: dict[str, Any] = json.loads(result.stdout)
    return answer


def typed(person: TestPerson) -> str:
    """What an operator's file or pipe holds."""
    return f"{person.type}\n{person.number}\n"


def propose(act: str, person: TestPerson, by: tuple[str, str] = ANNA) -> str:
    """The id of a new proposal about an officer."""
    return str(told(run(act, "officer", *by, "--json", typed=typed(person)))["proposal"])


def propose_source(act: str, name: str, by: tuple[str, str] = ANNA) -> str:
    """The id of a new proposal about a source."""
    return str(told(run(act, "source", name, *by, "--json"))["proposal"])


def decide(act: str, person: TestPerson) -> None:
    """Have two operators grant or revoke."""
    assert run("confirm", propose(act, person), *BORIS).exit_code == 0


def waiting() -> dict[str, dict[str, Any]]:
    """What `proposals` lists, by id."""
    return {one["proposal"]: one for one in told(run("proposals", "--json"))["proposals"]}


def roles(client: Client) -> list[str]:
    """What a session's person is named."""
    answer = client.get("/v1/me")
    assert answer.status == 200, answer.text
    found: list[str] = answer.json["roles"]
    return found


def officer(city: TestCity) -> tuple[TestPerson, Client]:
    """A person who was named, and their session."""
    person = city.person()
    client = city.verified(person)
    decide("grant", person)
    return person, client


def refused(result: Result, words: str, code: int = 1) -> None:
    """That a command was refused in these words, with nothing for a program to read."""
    assert (result.exit_code, result.stdout) == (code, "")
    assert words in result.stderr


def mask(person: TestPerson) -> str:
    """A resident ID as lists show it."""
    return person.number[:2] + "*" * 14 + person.number[-2:]


def new_source() -> str:
    """A name that no source has."""
    return f"lab-{ids.new_id()}"


def entries(proposal_id: str) -> list[LedgerRow]:
    """What the ledger says of a proposal, in order. A test that confirms ten minutes ahead may do so tomorrow."""
    begun = clock.now()
    with clock.frozen(begun + timedelta(minutes=10)):
        found = [entry for entry in ledger_since(begun).entries if entry.proposal == proposal_id]
    return sorted(found, key=lambda entry: (entry.at, entry.entry_id))


def next_minutes() -> AbstractContextManager[object]:
    """Two minutes later, when a phone may be sent another code."""
    return clock.frozen(clock.now() + timedelta(minutes=2))
