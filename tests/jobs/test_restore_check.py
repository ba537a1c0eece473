"""`restore-check` on a city of this machine: entries that nothing can be done with, grants that nobody made, outages."""

import json
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest
from botocore.exceptions import EndpointConnectionError
from typer.testing import CliRunner, Result

from chalicelib.core import clock, ids, store
from chalicelib.health.sources import stored_source
from chalicelib.health.tables.messages import MessagePointer, MessageRow
from chalicelib.people.tables.people import PersonRow
from chalicelib.people.tables.privacy import LedgerRow, ledger_entry, ledger_shards
from chalicelib.people.tables.status import StatusRow
from chalicelib.tracing.restore import SAME_REQUEST
from chalicelib.tracing.service import WAITS
from infra.cli.main import app as cli
from infra.local.provision import provision
from infra.process import working_for
from tests.support.rows import items_of, spoil, stored
from tests.support.seam import Seam, aws_error

pytestmark = pytest.mark.jobs

CITY = "huian"
LIFE = "01m80rx4gwcwrhc33nvcddv4ez.1"


@pytest.fixture(scope="module", autouse=True)
def _city(emulator: str) -> Iterator[None]:
    with working_for(CITY, emulator):
        provision()
        yield


@pytest.fixture(autouse=True)
def _empty_ledger() -> None:
    today = clock.now().date()
    for shard in (*ledger_shards(today), *ledger_shards(today - timedelta(days=1))):
        store.write_all(deletes=[LedgerRow.key_in(item) for item in items_of(LedgerRow, shard)])


@pytest.fixture
def check(emulator: str) -> Any:
    """Runs the command, since now or another moment."""

    def check(*options: str, typed: str | None = None, since: datetime | None = None) -> Result:
        moment = clock.iso(since or clock.now())
        line = ["--city", CITY, "--endpoint-url", emulator, "restore-check", "--since", moment, *options]
        return CliRunner().invoke(cli, line, input=typed)

    return check


def new_source() -> str:
    return f"lab-{ids.new_id()}"


def put(kind: str, at: datetime | None = None, **fields: Any) -> LedgerRow:
    """An entry in the ledger, as who may put one there could have made it up."""
    with clock.frozen(at or clock.now()):
        entry = ledger_entry(kind, fields.pop("people", ()), **fields)
    store.put(entry)
    return entry


def revoked() -> str:
    """A source that the ledger says was revoked, and the table does not."""
    name = new_source()
    put("SOURCE_REVOKED", source=name, proposal=ids.new_id(), principal="boris")
    return name


def proposed(name: str, at: datetime, **but: Any) -> str:
    """A proposal in the ledger to grant a source, or what is different from it; its id."""
    with clock.frozen(at):
        proposal_id = ids.new_id()
    fields: dict[str, Any] = {"what": ["grant", "source"], "source": name, "principal": "anna", "proposal": proposal_id}
    put("NAMING_PROPOSED", at + but.pop("later", timedelta()), **(fields | but))
    return proposal_id


def granted(name: str, proposal_id: str, at: datetime | None = None) -> LedgerRow:
    return put("SOURCE_GRANTED", at, source=name, proposal=proposal_id, principal="boris")


def name_of(entry: LedgerRow) -> str:
    return f"{entry.day_shard}/{entry.entry_id}"


def is_granted(name: str) -> bool | None:
    row = stored_source(name)
    return None if row is None else bool(row.granted)


BAD: list[tuple[str, dict[str, Any]]] = [
    ("DISCLOSURE", {"people": ["nonsense"]}),
    ("DISCLOSURE", {"people": [f"{LIFE}.zz"]}),
    ("ERASURE", {"people": ["01m80rx4gwcwrhc33nvcddv4ez"]}),
    ("ERASURE", {"people": ["01m80rx4gwcwrhc33nvcddv4ez.one"]}),
    ("ERASURE", {"people": [".1"]}),
    ("BOOK_DELETED", {}),
    ("IDENTITY_PROVED", {"people": ["1"]}),
    ("OFFICER_REVOKED", {"people": [LIFE]}),
]


@pytest.mark.parametrize(("kind", "fields"), BAD, ids=str)
@pytest.mark.parametrize("options", [["--replay", "--yes"], []], ids=["replay", "count"])
def test_a_bad_entry_is_named_and_stops_no_other(check: Any, kind: str, fields: Any, options: list[str]) -> None:
    bad, source = put(kind, **fields), revoked()

    result = check("--json", *options)

    assert result.exit_code == 1, result.output
    told = json.loads(result.stdout)
    assert [one["entry"] for one in told["failed"]] == [name_of(bad)]
    assert told["kinds"]["SOURCE_REVOKED"]["rows"] == 1
    assert is_granted(source) is (False if options else None)


def test_what_an_ended_life_was_in_and_wrote_does_not_come_back(check: Any) -> None:
    person_id, until = ids.new_id(), clock.now() + timedelta(days=9)
    waiting, answered = (
        MessageRow.of(MessageRow.WAITING, ids.new_id()),
        MessageRow.of(MessageRow.ANSWERED, ids.new_id()),
    )
    said: dict[str, Any] = {"category": "question", "text": "Where?", "at": clock.now(), "expires_at": until}
    for life, key in ((1, waiting), (2, answered)):
        pointer = MessagePointer.of(person_id, str(key.range_value))
        store.put(MessagePointer(pointer.hash_value, pointer.range_value, enrolment=life, expires_at=until))
        store.put(MessageRow(key.hash_value, key.range_value, person_id=person_id, enrolment=life, **said))
        status: dict[str, Any] = {"status_version": life, "state": "green", "status_at": clock.now()}
        store.put(
            StatusRow(person_id, StatusRow.of(person_id, life).range_value, enrolment=life, expires_at=until, **status)
        )
    put("ERASURE", people=[f"{person_id}.1"])

    counts = [json.loads(check("--json", *options).stdout)["kinds"]["ERASURE"]["rows"]
              for options in ([], ["--replay", "--yes"], [])]  # fmt: skip

    assert counts == [3, 3, 0], "a message, a status, and the person, who is moved to the next life"
    assert (stored(waiting), stored(answered) is not None) == (None, True)
    left = [item["sk"]["S"] for item in items_of(PersonRow, person_id)]
    assert sorted(left) == [f"MESSAGE#{answered.range_value}", "PERSON", "STATUS#0000000002"]


@pytest.mark.parametrize("options", [["--replay", "--yes"], []], ids=["replay", "count"])
def test_an_entry_that_can_not_be_read_is_no_entry_less(check: Any, options: list[str]) -> None:
    """Whose life it ended nobody can tell; to say that all is well would let it come back."""
    bad = put("ERASURE", people=[LIFE])
    spoil(bad.own_key, "at", {"S": "yesterday"})

    result = check(*options)

    assert (result.exit_code, result.stdout) == (1, "")
    assert f"{name_of(bad)}: it can't be read" in result.stderr


def test_a_program_reads_json_and_no_log(check: Any) -> None:
    bad = put("ERASURE", people=[LIFE])
    spoil(bad.own_key, "at", {"S": "yesterday"})

    result = check("--json")

    assert json.loads(result.stdout)["failed"] == [{"entry": name_of(bad), "why": "Unreadable"}]
    assert "row.broken" in result.stderr


def test_what_could_not_be_read_before_the_backup_is_no_matter(check: Any) -> None:
    bad = put("ERASURE", clock.now() - timedelta(minutes=10), people=[LIFE])
    spoil(bad.own_key, "at", {"S": "yesterday"})

    assert check().exit_code == 0
    assert check(since=clock.now() - timedelta(minutes=6)).exit_code == 1


def test_what_two_operators_granted_is_told_before_it_is_asked_about(check: Any) -> None:
    name = new_source()
    proposal_id = proposed(name, clock.now() - WAITS + timedelta(minutes=1))
    granted(name, proposal_id)

    refused = check("--replay", typed="n\n")

    assert refused.exit_code == 1
    line = f"SOURCE_GRANTED {name} proposal {proposal_id}, proposed by anna, confirmed by boris"
    assert line in refused.stderr
    assert "with 1 grants?" in refused.stderr
    assert is_granted(name) is None
    assert check("--replay", typed="y\n").exit_code == 0
    assert is_granted(name) is True
    again = check("--replay", typed="y\n")
    assert "with 0 grants?" in again.stderr


NOT_BEHIND_IT: dict[str, dict[str, Any]] = {
    "by the same operator": {"principal": "boris"},
    "by nobody": {"principal": None},
    "of another source": {"source": "lab-other"},
    "of a person": {"people": [LIFE]},
    "to revoke": {"what": ["revoke", "source"]},
    "of an officer": {"what": ["grant", "officer"]},
    "with another id": {"proposal": "01m80rx4gwcwrhc33nvcddv4ez"},
    "not made with its id": {"later": SAME_REQUEST + timedelta(seconds=1)},
}


@pytest.mark.parametrize("but", NOT_BEHIND_IT.values(), ids=NOT_BEHIND_IT.keys())
def test_what_nobody_else_proposed_is_not_granted(check: Any, but: dict[str, Any]) -> None:
    """Whoever may put entries into the ledger, as every function may, names nobody by it."""
    name = new_source()
    made_up = granted(name, proposed(name, clock.now() - timedelta(hours=1), **dict(but)))

    result = check("--replay", "--yes")

    assert result.exit_code == 1
    assert f"{name_of(made_up)}: the ledger has no proposal" in result.stderr
    assert is_granted(name) is None


def test_a_made_up_proposal_id_grants_nothing(check: Any) -> None:
    name = new_source()
    for proposal_id in (ids.new_id(), "made-up", "7zzzzzzzzzzzzzzzzzzzzzzzzz"):
        granted(name, proposal_id)

    told = json.loads(check("--replay", "--yes", "--json").stdout)

    assert [one["why"] for one in told["failed"]] == ["Unproposed"] * 3
    assert is_granted(name) is None


@pytest.mark.parametrize("after", [-timedelta(seconds=1), timedelta(), WAITS + timedelta(seconds=1)])
def test_a_proposal_stands_behind_what_came_within_its_time(check: Any, after: timedelta) -> None:
    name, at = new_source(), clock.now()
    granted(name, proposed(name, at - after), at)

    assert check("--replay", "--yes").exit_code == 1
    assert is_granted(name) is None


def test_a_proposal_of_the_last_moment_of_a_day_is_found(check: Any) -> None:
    midnight = clock.now().replace(hour=0, minute=0, second=0, microsecond=0)
    name = new_source()
    granted(name, proposed(name, midnight - timedelta(milliseconds=1), later=timedelta(milliseconds=2)))

    assert check("--replay", "--yes").exit_code == 0
    assert is_granted(name) is True


def test_taking_away_needs_no_proposal(check: Any) -> None:
    name = revoked()

    assert check("--replay", "--yes").exit_code == 0
    assert is_granted(name) is False


def test_an_outage_midway_is_told_and_gone_on_from(check: Any, faults: Seam) -> None:
    names = [revoked(), revoked()]
    faults.fail("TransactWriteItems", EndpointConnectionError(endpoint_url="there"))

    stopped = check("--replay", "--yes", "--json")

    assert (stopped.exit_code, stopped.stdout) == (1, "")
    assert "stopped midway" in stopped.stderr
    assert "the same command goes on" in stopped.stderr
    assert check("--replay", "--yes").exit_code == 0
    assert [is_granted(name) for name in names] == [False, False]


@pytest.mark.parametrize("options", [["--replay", "--yes"], []], ids=["replay", "count"])
def test_a_ledger_that_does_not_answer_is_nothing_begun(check: Any, faults: Seam, options: list[str]) -> None:
    faults.fail("Query", aws_error("AccessDeniedException"), times=4)

    result = check(*options)

    assert (result.exit_code, result.stdout) == (2, "")
    assert f"{CITY} can't be looked at" in result.stderr
