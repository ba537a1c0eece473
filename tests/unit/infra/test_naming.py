"""Naming by two operators, as far as it needs no city: words for every refusal, and rights that no function has."""

from typer.testing import CliRunner

from chalicelib.health.tables import SourceRow
from chalicelib.health.tables.deliveries import SourceKeyRow
from chalicelib.tracing import errors
from chalicelib.tracing.tables import ProposalRow
from infra.cli.main import app
from infra.cli.naming import WORDS
from infra.grants import ASK, READ, RIGHTS


def test_every_refusal_has_its_words() -> None:
    named = vars(errors).values()
    refusals = {error for error in named if isinstance(error, type) and error.__module__ == errors.__name__}
    assert refusals
    assert refusals - WORDS.keys() == set()
    assert len(set(WORDS.values())) == len(WORDS)


DECIDED = {ProposalRow.KIND, SourceRow.KIND, SourceKeyRow.KIND}
"""What operators alone decide, in the same table as what the api keeps of deliveries."""


def test_no_function_of_the_city_writes_what_operators_decide() -> None:
    assert [name for name, rights in RIGHTS.items() if "decisions" in rights.tables] == []
    parts = [(name, part) for name, rights in RIGHTS.items() for part in rights.parts if part.table == "decisions"]
    assert {name for name, part in parts if ProposalRow.KIND in part.kinds} == set()
    assert {name for name, part in parts if not part.actions <= {READ, ASK} and DECIDED & set(part.kinds)} == set()
    assert [name for name, rights in RIGHTS.items() if "decisions" in rights.probes] == ["api_handler"]


def test_every_command_says_its_exit_codes() -> None:
    for line in (
        ["grant"],
        ["grant", "officer"],
        ["hand-over"],
        ["hand-over-place"],
        ["revoke", "source"],
        ["proposals"],
        ["confirm"],
    ):
        result = CliRunner().invoke(app, [*line, "--help"])
        assert result.exit_code == 0
        assert "Exit codes: 0 done; 1 refused" in " ".join(result.stdout.split())


def test_a_document_on_the_command_line_is_not_taken() -> None:
    result = CliRunner().invoke(app, ["grant", "officer", "420102196108011005", "--as", "anna"])
    assert (result.exit_code, result.stdout) == (2, "")
