"""A place's check-ins as a file: who may have one, what stands in it, and that whoever it shows can see it (T-30, T-31)."""

import csv
import hashlib
import io
from collections.abc import Iterator
from datetime import date, timedelta

import pytest

from chalicelib.core import clock, store
from chalicelib.core.cells import BYTE_ORDER_MARK
from chalicelib.core.settings import settings
from chalicelib.people.tables.people import PersonRow
from chalicelib.places.service import visit_export
from chalicelib.places.sheets import COLUMNS
from chalicelib.places.tables import CheckinRow
from tests.support.books import person_key
from tests.support.city import TestCity
from tests.support.client import Answer
from tests.support.enrolled import anybody, enrolled
from tests.support.people import TestPerson
from tests.support.records import Place, place, visits
from tests.support.rows import spoil

HEAD_ROWS = 5
"""Rows above the check-ins."""

pytestmark = pytest.mark.api


@pytest.fixture(autouse=True)
def noon() -> Iterator[None]:
    """It is noon in the city, so that the hours before it are of the same day."""
    with clock.frozen(clock.midnight(settings().city.time_zone, today()) + timedelta(hours=12)):
        yield


def today() -> date:
    return clock.local_day(settings().city.time_zone, clock.now())


def crowd(city: TestCity, count: int) -> list[TestPerson]:
    people = [city.stranger() for _ in range(count)]
    enrolled(city, *people)
    return people


def exported(at: Place, query: str = "") -> list[dict[str, str]]:
    answer = at.manager.get(f"{at.path}/export{query}")
    assert answer.status == 200, answer.text
    return table(answer.text)


def table(text: str) -> list[dict[str, str]]:
    """The rows of a file that is whole: its count, and the hash of what stands above its last row."""
    above, _, _ = text[:-2].rpartition("\r\n")
    rows = list(csv.reader(io.StringIO(text.removeprefix(BYTE_ORDER_MARK), newline="")))
    tail = rows[-1]
    assert tail[1] == str(len(rows) - HEAD_ROWS - 1)
    assert tail[4:] == ["SHA-256", hashlib.sha256(f"{above}\r\n".encode()).hexdigest()]
    return [dict(zip(COLUMNS, row, strict=True)) for row in rows[HEAD_ROWS:-1]]


def refusal(answer: Answer) -> tuple[int, str]:
    return answer.status, answer.code


def test_it_shows_what_the_list_shows_oldest_first_and_masked(city: TestCity) -> None:
    at = place(city, name="=1+1", shards=2)
    people = crowd(city, 3)
    rows = visits(at, people, every=400, gate_id="-east", shards=2, relation="visitor", mode="typed")

    answer = at.manager.get(f"{at.path}/export")

    assert answer.text.startswith(BYTE_ORDER_MARK)
    assert answer.headers["content-type"] == "text/csv; charset=utf-8"
    assert answer.headers["content-disposition"] == 'attachment; filename="checkins.csv"'
    assert '"Place","\'=1+1"' in answer.text
    found = table(answer.text)
    assert [row["visitor_id"].removeprefix("'") for row in found] == [row.member_id for row in rows]
    last = found[-1]
    assert (last["at"], last["gate"]) == (f"{today()} 12:00:00", "'-east")
    assert (last["name"], last["document"]) == (rows[-1].name_mask, rows[-1].document_mask)
    assert (last["state"], last["allowed"], last["alarm"]) == ("Green", "yes", "no")
    assert (last["temperature"], last["mode"], last["relation"], last["out_at"]) == ("normal", "typed", "visitor", "")
    assert all(person.name not in answer.text for person in people)


def test_gates_have_their_names_and_words_are_the_caller_s_language(city: TestCity) -> None:
    at = place(city)
    at.staff("registrar", "north")
    visits(at, crowd(city, 1), gate_id="north")
    answer = at.manager.speaking("zh-CN").get(f"{at.path}/export")
    (row,) = table(answer.text)
    assert (row["gate"], row["allowed"], row["temperature"]) == ("north", "是", "正常")
    assert '"场所","North Market"' in answer.text


def test_it_takes_a_day_and_hours_of_it(city: TestCity) -> None:
    at = place(city)
    early, late, yesterday = crowd(city, 3)
    (nine,) = visits(at, [early], clock.now() - timedelta(hours=3))
    (eleven,) = visits(at, [late], clock.now() - timedelta(seconds=1))
    (before,) = visits(at, [yesterday], clock.now() - timedelta(days=1))

    def who(query: str) -> list[str]:
        return [row["visitor_id"].removeprefix("'") for row in exported(at, query)]

    assert who("") == [nine.member_id, eleven.member_id]
    assert who("?from_hour=9&to_hour=10") == [nine.member_id]
    assert who("?from_hour=11&to_hour=12") == [eleven.member_id]
    assert who("?from_hour=12") == []
    assert who(f"?day={today() - timedelta(days=1)}") == [before.member_id]
    assert who("?day=2020-01-01") == []


def test_more_than_a_file_takes_is_refused_with_what_helps(city: TestCity, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(visit_export, "INLINE_ROWS", 2)
    at = place(city)
    visits(at, crowd(city, 3), every=1800)
    answer = at.manager.get(f"{at.path}/export")
    assert refusal(answer) == (409, "checkins_need_hours")
    assert "from_hour" in answer.json["detail"]
    assert len(exported(at, "?from_hour=11&to_hour=12")) == 2


def test_whoever_is_in_a_file_reads_so_and_the_ledger_names_who_took_it(
    city: TestCity, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(visit_export, "SLICE", 2)
    at, people = place(city), [city.stranger() for _ in range(3)]
    clients = enrolled(city, *people)
    visits(at, people)

    assert len(exported(at)) == 3

    city.deliver()
    for client in clients:
        (item,) = client.get("/v1/me/access-log").json["items"]
        assert (item["organization"], item["why"]) == ("North Market", "checkin_export")
        assert "temperature" in item["what"]


def test_expired_rows_and_ended_lives_are_in_no_file(city: TestCity) -> None:
    at = place(city)
    over, gone, kept = crowd(city, 3)
    visits(at, [over], expires_at=clock.now() - timedelta(seconds=1))
    visits(at, [gone])
    (row,) = visits(at, [kept])
    store.update(person_key(gone), [PersonRow.enrolment.set(2)])
    assert [one["visitor_id"].removeprefix("'") for one in exported(at)] == [row.member_id]


def test_a_day_has_so_many_files_and_no_more(city: TestCity, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(visit_export, "A_DAY", 1)
    at = place(city)
    exported(at)
    answer = at.manager.get(f"{at.path}/export")
    assert refusal(answer) == (429, "too_many_checkin_exports")
    assert int(answer.headers["retry-after"]) > 0


def test_only_the_manager_with_a_fresh_proof_takes_one(city: TestCity) -> None:
    at = place(city)
    for client in (anybody(city), at.staff(), place(city).manager):
        assert refusal(client.get(f"{at.path}/export")) == (403, "not_the_place_manager")
    with clock.frozen(clock.now() + timedelta(minutes=16)):
        assert refusal(at.manager.get(f"{at.path}/export")) == (401, "step_up_required")
    assert refusal(at.manager.get("/v1/places/nowhere/export")) == (404, "place_not_found")


@pytest.mark.parametrize(
    "query",
    [
        "?day=yesterday",
        "?day=0001-01-01",
        "?day=9999-12-31",
        "?day=2022-13-01",
        "?from_hour=24",
        "?to_hour=0",
        "?from_hour=5&to_hour=5",
        "?gate=x",
    ],
)
def test_hours_that_are_none_are_refused(city: TestCity, query: str) -> None:
    at = place(city)
    assert at.manager.get(f"{at.path}/export{query}").status == 422


def test_a_row_that_cannot_be_read_is_counted_in_the_last_line(city: TestCity) -> None:
    at = place(city)
    broken, _ = visits(at, crowd(city, 2))
    spoil(CheckinRow.of(broken.part, broken.sk), "alarm")
    answer = at.manager.get(f"{at.path}/export")
    assert len(table(answer.text)) == 1
    assert '"Rows that could not be read","1"' in answer.text
