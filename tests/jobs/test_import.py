"""`python -m infra.cli import` into a city on this machine."""

import csv
import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from chalicelib.core import store
from chalicelib.core.crypto import IdentityMacs
from chalicelib.core.runs import FRESHNESS, FreshnessRow
from chalicelib.health.tables import FactRow, IdentityRow, RegistryTable
from infra.cli.files import look_through
from infra.cli.importing import FileKind, ImportRow
from infra.cli.main import app
from infra.local.demo import demo_people
from infra.local.provision import provision
from infra.process import working_for
from tests.support.seam import Seam, aws_error
from tests.support.unmade import UNMADE

pytestmark = [pytest.mark.jobs, pytest.mark.slow]

CITY = "huian"


@pytest.fixture(scope="module")
def address(emulator: str) -> str:
    with working_for(CITY, emulator):
        provision()
    return emulator


@pytest.fixture(autouse=True)
def inside(address: str) -> Iterator[None]:
    """The process works for the city, as a test that reads tables needs."""
    with working_for(CITY, address):
        yield


def _run(address: str, *args: str) -> Result:
    return CliRunner().invoke(app, ["import", *args, "--city", CITY, "--endpoint-url", address])


def _people_file(folder: Path, count: int, first: int = 0) -> Path:
    file = folder / "people.csv"
    with file.open("w", newline="") as out:
        writer = csv.writer(out)
        writer.writerow([name for name in FileKind.PEOPLE.columns if name not in FileKind.PEOPLE.optional])
        for person in demo_people()[first : first + count]:
            writer.writerow([person.document_type, person.document_number, person.name, person.phone])
    return file


def _identity(index: int) -> IdentityRow | None:
    person = demo_people()[index]
    key = IdentityRow.of(IdentityMacs().person_id(person.document_type, person.document_number))
    return store.read_together([key]).get(key)


def test_people_and_facts_are_in_afterwards(address: str, tmp_path: Path) -> None:
    result = _run(address, "people", str(_people_file(tmp_path, 12)))
    assert result.exit_code == 0, result.output
    assert "12 of 12 rows of people are in huian." in result.stdout
    assert not (tmp_path / "people.csv.rejected.csv").exists()
    assert _identity(11) is not None

    person = demo_people()[3]
    facts = tmp_path / "facts.csv"
    rows = (
        ",".join(FileKind.FACTS.columns),
        f"f-1,,{person.document_number},nucleic_acid,2022-04-06T08:00:00,negative,采样点,lab,2022-04-06T10:00:00+08:00",
        f",resident_id,{person.document_number},vaccination,2022-04-05T08:00:00Z,2,,clinic,",
    )
    facts.write_text("\n".join(rows))
    result = _run(address, "facts", str(facts))
    assert result.exit_code == 0, result.output
    person_id = IdentityMacs().person_id(person.document_type, person.document_number)
    found = store.query(FactRow, person_id, RegistryTable.sk.startswith("nucleic_acid#")).rows
    assert [(row.fact_id, row.result, row.occurred_at) for row in found] == [
        ("f-1", "negative", "2022-04-06T00:00:00Z")
    ]


def test_a_finished_import_makes_the_registry_fresh(address: str, tmp_path: Path) -> None:
    key = FreshnessRow.key(FRESHNESS, "255")
    store.delete(key)
    assert _run(address, "people", str(_people_file(tmp_path, 1))).exit_code == 0
    assert store.read_together([key]).get(key) is not None


def test_bad_rows_are_reported_by_line_and_reason_alone(address: str, tmp_path: Path) -> None:
    file = _people_file(tmp_path, 2)
    with file.open("a") as out:
        out.write("resident_id,110101199003071234,赵错位,13800000000\nresident_id,x\npassport,E12345678,孙电话,12345\n")
        out.write("licence,1,钱证件,13800000001\n")

    result = _run(address, "people", str(file))

    assert result.exit_code == 0
    assert "2 of 6 rows" in result.stdout
    report = (tmp_path / "people.csv.rejected.csv").read_text()
    assert report == (
        "line,reason\n4,invalid_document\n5,wrong_number_of_columns\n6,invalid_phone\n7,unknown_document_type\n"
    )
    for secret in ("赵错位", "110101199003071234", "12345", "钱证件"):
        assert secret not in result.output + report.replace("line", "")


def test_a_file_of_nothing_but_bad_rows_fails(address: str, tmp_path: Path) -> None:
    file = tmp_path / "people.csv"
    file.write_text("document_type,document_number,name,phone\npassport,E12345678,X,1\nonly,two\n")
    result = _run(address, "people", str(file))
    assert result.exit_code == 1
    assert "0 of 2 rows" in result.stdout


def test_a_file_with_a_header_alone_is_done_at_once(address: str, tmp_path: Path) -> None:
    result = _run(address, "people", str(_people_file(tmp_path, 0)))
    assert result.exit_code == 0
    assert "0 of 0 rows" in result.stdout


def test_a_program_gets_one_line_of_json(address: str, tmp_path: Path) -> None:
    result = _run(address, "people", str(_people_file(tmp_path, 3)), "--json")
    answer = json.loads(result.stdout)
    assert answer["kind"] == "people"
    assert (answer["rows"], answer["imported"], answer["rejected"], answer["resumed_at"]) == (3, 3, 0, 0)
    assert answer["report"] is None
    assert result.stderr == ""


def test_run_twice_is_once(address: str, tmp_path: Path) -> None:
    file = _people_file(tmp_path, 5, first=20)
    assert _run(address, "people", str(file)).exit_code == 0
    before = _identity(22)
    assert _run(address, "people", str(file)).exit_code == 0
    after = _identity(22)
    assert before is not None
    assert after is not None
    assert (before.name_mac, before.phone_mac) == (after.name_mac, after.phone_mac)


def test_an_import_that_was_cut_short_goes_on(
    address: str, tmp_path: Path, faults: Seam, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("infra.cli.importing.SAVED_EVERY", 100)
    file = _people_file(tmp_path, 300)
    lines = file.read_text().splitlines()
    lines[50] = "resident_id,1,坏,1"
    lines[260] = "resident_id,1,坏,1"
    file.write_text("\n".join(lines))
    found = look_through(file, FileKind.PEOPLE.columns, FileKind.PEOPLE.optional)

    faults.before["BatchWriteItem"] = [None] * 13 + [aws_error("InternalServerError")] * 4
    result = _run(address, "people", str(file))
    assert result.exit_code == 1
    assert "The same command goes on" in result.stderr
    faults.before.clear()
    key = ImportRow.of(FileKind.PEOPLE, found)
    row = store.read_together([key]).get(key)
    assert row is not None
    done = int(row.done)
    assert done in {100, 200}

    result = _run(address, "people", str(file))
    assert result.exit_code == 0
    assert f"{done} rows were in from an earlier run." in result.stdout
    assert "298 of 300 rows" in result.stdout
    assert (
        tmp_path / "people.csv.rejected.csv"
    ).read_text() == "line,reason\n51,invalid_document\n261,invalid_document\n"
    assert _identity(299) is not None
    assert store.read_together([key]).get(key) is None

    result = _run(address, "people", str(file))
    assert "earlier run" not in result.stdout


def test_a_city_that_is_not_there_is_said_so(emulator: str, tmp_path: Path) -> None:
    line = ["import", "people", str(_people_file(tmp_path, 1)), "--city", UNMADE, "--endpoint-url", emulator]
    result = CliRunner().invoke(app, line)
    assert result.exit_code == 1
    assert f"There is no city {UNMADE} at {emulator}." in result.stderr
