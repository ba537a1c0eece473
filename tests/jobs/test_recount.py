"""The command `recount`: it finds what is wrong, puts it right while the city goes on, and changes nothing else."""

import json
from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from chalicelib.core import clock, counters, store
from chalicelib.core.counters import CounterRow, CursorRow
from chalicelib.core.ids import new_id
from chalicelib.groups.counting import RecountMark, scope_of
from chalicelib.groups.tables import MembershipsTable, OrganizationRow
from infra import recount
from infra.cli.main import app as cli
from tests.support.books import Book, fill, membership_key
from tests.support.city import TestCity
from tests.support.counts import assert_counted, numbers_of
from tests.support.rows import items_of, spoil
from tests.support.seam import Seam, aws_error

pytestmark = pytest.mark.jobs

Run = Callable[..., Result]


@pytest.fixture
def run(city: TestCity, emulator: str, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Runs the command; while it waits, the city's streams go on."""
    monkeypatch.setattr("infra.recount.time.sleep", lambda _: city.deliver())

    def run(*arguments: str) -> Result:
        city.deliver()
        return CliRunner().invoke(cli, ["recount", "--city", "demo", "--endpoint-url", emulator, *arguments])

    return run


@pytest.fixture
def book(city: TestCity) -> Book:
    """A book of four, counted."""
    book = Book.opened(city)
    fill(book.org_id, 3, ["travel"])
    book.member("health_code")
    city.deliver()
    assert assert_counted(book.org_id)["-#members"] == 4
    return book


def miscount(book: Book, name: str, by: int) -> None:
    """Falsify a number."""
    assert store.update(CounterRow.of(scope_of(book.org_id), name), [CounterRow.amount.add(by)]) is not None


def found(result: Result) -> dict[str, Any]:
    """What a program reads of the one book."""
    data: dict[str, Any] = json.loads(result.stdout)
    return data


def test_right_numbers_are_said_to_be_right(run: Run, book: Book) -> None:
    result = run(book.org_id)
    assert (result.exit_code, result.stdout) == (0, "The numbers of all 1 books are right.\n")
    assert found(run(book.org_id, "--json")) == {"books": 1, "differing": {}, "failed": {}}


def test_what_is_wrong_is_named_and_left_alone(run: Run, book: Book) -> None:
    miscount(book, "-#members", 2)
    miscount(book, "-#state:red", 1)
    miscount(book, "-#unshared:travel", -1)
    before = numbers_of(book.org_id).kept

    result = run(book.org_id, "--json")

    assert result.exit_code == 1
    assert found(result)["differing"] == {
        book.org_id: {
            "repaired": False,
            "differences": {
                "-#members": {"kept": 6, "true": 4},
                "-#state:red": {"kept": 1, "true": 0},
                "-#unshared:travel": {"kept": 0, "true": 1},
            },
        }
    }
    assert f"{book.org_id} -#members: is 6, should be 4" in run(book.org_id).stdout
    assert numbers_of(book.org_id).kept == before


def test_what_is_wrong_is_put_right(run: Run, book: Book) -> None:
    miscount(book, "-#members", -9)
    spoil(CounterRow.of(scope_of(book.org_id), "-#unshared:travel"), "amount", {"S": "many"})

    result = run(book.org_id, "--repair")

    assert result.exit_code == 0, result.output
    assert "-#unshared:travel: can't be read, should be 1" in result.stdout
    assert "put right" in result.stdout
    assert assert_counted(book.org_id)["-#members"] == 4
    assert run(book.org_id).exit_code == 0
    assert items_of(MembershipsTable, book.org_id)[0].keys() >= {"person_id"}, "the mark is gone"
    assert len(items_of(MembershipsTable, book.org_id)) == 4


def test_members_who_come_while_it_counts_are_counted_once(
    run: Run, book: Book, city: TestCity, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Once between two marks, so that it counts again, and once just before it writes."""
    miscount(book, "-#members", 5)
    walk, correct = recount._walk, counters.correct  # noqa: SLF001  what comes in between is put into the middle of it
    walks: list[Any] = []

    def walk_and_join(org_id: str) -> Counter[str]:
        result = walk(org_id)
        walks.append(result)
        if len(walks) == 2:
            fill(f"{book.org_id}", 5, ["travel"])
            city.deliver()
        return result

    def join_and_correct(*arguments: Any) -> None:
        book.member("nucleic_acid")
        city.deliver()
        correct(*arguments)

    monkeypatch.setattr(recount, "_walk", walk_and_join)
    monkeypatch.setattr(counters, "correct", join_and_correct)

    assert run(book.org_id, "--repair").exit_code == 0
    assert len(walks) == 3
    assert assert_counted(book.org_id)["-#members"] == 7


def test_a_book_that_never_rests_is_left_alone(
    run: Run, book: Book, city: TestCity, monkeypatch: pytest.MonkeyPatch
) -> None:
    miscount(book, "-#members", 5)
    walk = recount._walk  # noqa: SLF001  what comes in between is put into the middle of it

    def walk_and_join(org_id: str) -> Counter[str]:
        book.member()
        city.deliver()
        return walk(org_id)

    monkeypatch.setattr(recount, "_walk", walk_and_join)
    result = run(book.org_id, "--repair")
    assert result.exit_code == 1
    assert "quieter hour" in result.stdout
    both = numbers_of(book.org_id)
    assert both.kept["-#members"] == both.true["-#members"] + 5


def test_a_stream_that_nobody_counts_is_said_to_be_behind(
    run: Run, book: Book, monkeypatch: pytest.MonkeyPatch
) -> None:
    miscount(book, "-#members", 5)
    monkeypatch.setattr(recount, "WAIT_SECONDS", 0)
    result = run(book.org_id, "--repair")
    assert result.exit_code == 1
    assert "its stream is not counted" in result.stdout


def test_two_repairs_at_once_repair_once(run: Run, book: Book, monkeypatch: pytest.MonkeyPatch) -> None:
    miscount(book, "-#members", 5)
    correct = counters.correct
    inner: list[int] = []

    def another_is_faster(*arguments: Any) -> None:
        monkeypatch.setattr(counters, "correct", correct)
        inner.append(run(book.org_id, "--repair").exit_code)
        correct(*arguments)

    monkeypatch.setattr(counters, "correct", another_is_faster)
    assert run(book.org_id, "--repair").exit_code == 0
    assert inner == [0]
    assert assert_counted(book.org_id)["-#members"] == 4


@pytest.mark.parametrize(
    ("attribute", "value"), [("counted", {"S": "many"}), ("position", {"S": counters.CLOSED}), ("position", None)]
)
def test_a_cursor_at_which_nothing_can_be_counted_is_set_anew(
    run: Run, book: Book, attribute: str, value: dict[str, str] | None
) -> None:
    spoil(CursorRow.of(scope_of(book.org_id)), attribute, value)
    book.member()
    result = run(book.org_id)
    if value is not None:
        assert result.exit_code == 1
        assert "--repair sets that anew" in result.stdout
    result = run(book.org_id, "--repair")
    assert result.exit_code == 0, result.output
    assert assert_counted(book.org_id)["-#members"] == 5


def test_numbers_that_were_lost_altogether_are_counted_anew(run: Run, book: Book) -> None:
    """As after a restore, where the table is a new one."""
    counters.close(scope_of(book.org_id))
    store.delete(CursorRow.of(scope_of(book.org_id)))
    assert run(book.org_id, "--repair").exit_code == 0
    assert assert_counted(book.org_id)["-#members"] == 4


def test_members_who_cannot_be_read_are_counted_as_that(run: Run, book: Book, city: TestCity) -> None:
    somebody = book.member()
    city.deliver()
    spoil(membership_key(book.org_id, somebody.person), "scopes")
    assert run(book.org_id).exit_code == 0
    assert assert_counted(book.org_id)["-#unreadable"] == 1


def test_all_books_are_counted_and_one_that_fails_stops_no_other(
    run: Run, book: Book, city: TestCity, monkeypatch: pytest.MonkeyPatch
) -> None:
    other, gone = Book.opened(city), Book.opened(city)
    assert gone.delete().status == 204
    miscount(book, "-#members", 1)
    miscount(other, "-#members", 1)
    monkeypatch.setattr("infra.cli.recounting.books", lambda: iter([gone.org_id, book.org_id, other.org_id]))
    result = run("--all", "--repair", "--json")
    assert result.exit_code == 1
    assert found(result)["differing"].keys() == {book.org_id, other.org_id}
    assert found(result)["failed"] == {gone.org_id: "there is no such book, or it is deleted"}


def test_all_books_means_those_that_are_not_deleted(book: Book, city: TestCity, faults: Seam) -> None:
    gone = Book.opened(city)
    assert store.update(OrganizationRow.of(gone.org_id), [OrganizationRow.deleted_at.set(clock.now())]) is not None
    listed = set(recount.books())
    assert book.org_id in listed
    assert gone.org_id not in listed
    assert faults.counts["Scan"] >= 1


@pytest.mark.parametrize("arguments", [[], ["someid", "--all"]])
def test_it_wants_one_book_or_all(run: Run, arguments: list[str]) -> None:
    result = run(*arguments)
    assert (result.exit_code, result.stderr) == (2, "Name one book, or --all.\n")


def test_a_book_that_is_not_there(run: Run) -> None:
    result = run(new_id())
    assert result.exit_code == 1
    assert "there is no such book" in result.stdout


def test_a_city_that_refuses(run: Run, book: Book, faults: Seam) -> None:
    faults.fail("BatchGetItem", aws_error("AccessDeniedException"))
    result = run(book.org_id)
    assert result.exit_code == 1
    assert "demo did not do it (AccessDeniedException)." in result.stderr


def test_a_mark_that_was_left_behind_is_no_member(run: Run, book: Book) -> None:
    store.put(RecountMark(book.org_id, RecountMark.MEMBER_ID, mark="m"))
    assert run(book.org_id).exit_code == 0
    assert len(book.members()) == 4
    miscount(book, "-#members", 1)
    assert run(book.org_id, "--repair").exit_code == 0
    assert len(items_of(MembershipsTable, book.org_id)) == 4
