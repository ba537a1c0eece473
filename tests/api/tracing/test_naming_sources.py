"""Sources of facts are named, and named no longer, by two operators (B3); who the operators are."""

from pathlib import Path

import pytest
from typer.testing import CliRunner

from chalicelib.core import clock
from chalicelib.health.sources import stored_source
from chalicelib.health.tables import SourceRow
from infra.cli.main import app
from tests.api.tracing.steps import ANNA, BORIS, entries, new_source, propose_source, refused, run, told, waiting
from tests.support.rows import spoiled
from tests.support.seam import Seam, aws_error

pytestmark = [pytest.mark.api, pytest.mark.usefixtures("city")]


def state(name: str) -> tuple[bool, str, str] | None:
    row = stored_source(name)
    return None if row is None else (bool(row.granted), row.proposal, row.confirmed_by)


def test_two_operators_name_a_source_and_take_it_back() -> None:
    name = new_source()
    with clock.frozen(clock.now()):
        granting = propose_source("grant", name)
        assert state(name) is None
        assert waiting()[granting]["subject"] == name
        result = run("confirm", granting, *BORIS)
        row = stored_source(name)
        assert row is not None
        assert row.at == clock.now()

    assert (result.exit_code, result.stdout) == (0, f"Carried out: grant source {name}.\n")
    assert state(name) == (True, granting, "boris")
    revoking = propose_source("revoke", name, BORIS)
    assert state(name) == (True, granting, "boris")
    assert told(run("confirm", revoking, *ANNA, "--json"))["kind"] == "revoke source"
    assert state(name) == (False, revoking, "anna")
    again = propose_source("grant", name)
    assert run("confirm", again, *BORIS).exit_code == 0
    assert state(name) == (True, again, "boris")


def test_both_acts_stand_in_the_ledger() -> None:
    name = new_source()
    proposal_id = propose_source("grant", name)
    run("confirm", proposal_id, *BORIS)

    found = [(one.kind, one.principal, one.source, one.people) for one in entries(proposal_id)]

    assert found == [("NAMING_PROPOSED", "anna", name, []), ("SOURCE_GRANTED", "boris", name, [])]


def test_whoever_proposes_does_not_confirm() -> None:
    name = new_source()
    refused(run("confirm", propose_source("grant", name), *ANNA), "Whoever proposed this cannot confirm it.")
    assert state(name) is None


def test_what_changes_nothing_is_not_proposed() -> None:
    name = new_source()
    refused(run("revoke", "source", name, *ANNA), "not granted")
    run("confirm", propose_source("grant", name), *BORIS)
    refused(run("grant", "source", name, *ANNA), "granted already")


@pytest.mark.parametrize("name", ["", "a", "a" * 33, "Lab", "lab_1", "lab 1", "lab\n", "实验室", "../lab"])
def test_a_name_that_is_no_word_is_refused(name: str) -> None:
    refused(run("grant", "source", name, *ANNA), "2 to 32 lower-case letters", code=2)


def test_a_source_that_can_not_be_read_is_not_decided_on() -> None:
    name = new_source()
    run("confirm", propose_source("grant", name), *BORIS)
    with spoiled(SourceRow.of(name), "granted", None):
        refused(run("revoke", "source", name, *ANNA), "record")
    assert run("revoke", "source", name, *ANNA).exit_code == 0


@pytest.mark.parametrize("line", [["grant", "source", "lab-1"], ["revoke", "officer"], ["confirm", "01"]])
@pytest.mark.parametrize("who", [[], ["--as", ""], ["--as", "two words"], ["--as", "a" * 65]])
def test_on_one_machine_operators_say_who_they_are(line: list[str], who: list[str]) -> None:
    result = run(*line, *who)

    assert result.exit_code == 2
    assert "Who are you?" in result.stderr


def test_a_city_that_does_not_answer_is_called_so(faults: Seam) -> None:
    faults.fail("BatchGetItem", aws_error("ProvisionedThroughputExceededException"))
    refused(run("grant", "source", "lab-1", *ANNA), "demo does not answer")


def test_a_confirmation_whose_answer_was_lost_is_told_as_done_by_the_next(faults: Seam) -> None:
    name = new_source()
    proposal_id = propose_source("grant", name)
    faults.fail_after("TransactWriteItems", aws_error("InternalServerError"))

    refused(run("confirm", proposal_id, *BORIS), "demo does not answer")
    refused(run("confirm", proposal_id, *BORIS), "carried out already")

    assert state(name) == (True, proposal_id, "boris")
    assert len(entries(proposal_id)) == 2


@pytest.mark.parametrize("line", [["proposals"], ["grant", "officer", *ANNA], ["grant", "source", "lab-1", *ANNA]])
def test_a_city_that_is_unknown_or_elsewhere_is_not_begun_with(line: list[str], tmp_path: Path) -> None:
    for where, words in (
        (["--city", "atlantis", "--endpoint-url", "http://127.0.0.1:1"], "no such city file"),
        (["--city", "demo", "--endpoint-url", "https://aws.example"], "must be http://127.0.0.1:PORT"),
    ):
        result = CliRunner().invoke(app, [*line, *where], env={"HOME": str(tmp_path)})
        assert (result.exit_code, result.stdout) == (2, "")
        assert words in result.stderr
