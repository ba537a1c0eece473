"""The health code as its person reads it: the state, its reason and age, and *unknown* where nobody knows (R3.1, R4.7, B2)."""

from collections.abc import Iterator
from datetime import timedelta

import pytest

import app
from chalicelib.core import clock, runs, store
from chalicelib.core.runs import FRESHNESS, FreshnessRow, complete_through, mark_complete
from chalicelib.core.settings import settings
from chalicelib.health.service.health_code import HealthCode
from chalicelib.health.tables import FactRow
from chalicelib.people.tables.people import SEGMENTS, PersonRow, segment_of
from tests.api.health.steps import at, change, code, fact, import_facts, normal, refused, worse
from tests.support.books import person_id_of, person_key
from tests.support.city import TestCity
from tests.support.client import Client
from tests.support.enrolled import enrolled
from tests.support.people import TestPerson
from tests.support.rows import spoil, stored
from tests.support.seam import Seam

pytestmark = pytest.mark.api

CODE = "/v1/me/health-code"
HISTORY = f"{CODE}/history"
LIMIT = timedelta(hours=48)


@pytest.fixture
def nothing_said() -> Iterator[None]:
    """Nobody ever said until when all segments are complete."""
    store.write_all(deletes=[FreshnessRow.key(FRESHNESS, str(segment)) for segment in range(SEGMENTS)])
    runs.forget_freshness()
    yield
    runs.forget_freshness()


# What it shows


def test_a_code_is_there_with_one_click_and_no_form(client: Client) -> None:
    state = settings().city.scheme.normal

    shown = code(client)

    assert shown.keys() == {
        "state", "word", "instruction", "colour", "icon", "contact", "allows_entry", "action",
        "cause", "since", "until", "as_of", "nucleic_acid", "vaccination", "travel", "pass",
    }  # fmt: skip
    assert (shown["state"], shown["word"], shown["colour"], shown["icon"]) == (
        state.name, state.word.en, state.colour, state.icon,
    )  # fmt: skip
    assert (shown["allows_entry"], shown["action"], bool(shown["pass"])) == (True, "none", True)
    assert shown["contact"].keys() == {"name", "phone", "hours"}
    assert [shown[name] for name in ("cause", "since", "until", "nucleic_acid", "vaccination", "travel")] == [None] * 6
    assert clock.now() - at(shown["as_of"]) < timedelta(minutes=1)


def test_a_code_says_why_it_is_so_from_when_until_when_and_who_reported_it(
    city: TestCity, person: TestPerson, client: Client
) -> None:
    cause = worse(city, person)
    city.deliver()
    rule = settings().city.scheme.rule(cause.rule)
    assert rule is not None

    shown = code(client)

    assert (shown["state"], shown["allows_entry"]) == (cause.state, False)
    assert shown["cause"].keys() == {
        "rule", "says", "kind", "result", "occurred_at", "place", "source", "reported_at",
    }  # fmt: skip
    assert (shown["cause"]["rule"], shown["cause"]["says"], shown["cause"]["kind"], shown["cause"]["source"]) == (
        cause.rule, rule.says.en, cause.kind, "lab",
    )  # fmt: skip
    assert at(shown["since"]) < clock.now() < at(shown["until"])
    spoken = client.speaking("zh-CN").get(CODE).json
    assert (spoken["cause"]["says"], spoken["word"]) == (
        rule.says.zh, settings().city.scheme.state(cause.state).word.zh,
    )  # fmt: skip


def test_a_code_shows_the_latest_facts(city: TestCity, person: TestPerson, client: Client) -> None:
    import_facts(
        fact(person),
        fact(person, kind="vaccination", result="2"),
        fact(person, kind="travel_check", result="clear"),
    )
    city.deliver()

    shown = code(client)

    when = "2022-04-05T02:00:00Z"
    assert shown["nucleic_acid"] == {"result": "negative", "occurred_at": when}
    assert shown["vaccination"] == {"doses": 2, "occurred_at": when}
    assert shown["travel"] == {"kind": "travel_check", "result": "clear", "occurred_at": when}


def test_a_code_is_one_read_of_two_rows(client: Client, faults: Seam) -> None:
    """Design §9. The segments are read once a minute for everybody."""
    code(client)
    faults.calls.clear()

    code(client)

    ((operation, asked),) = faults.calls
    assert operation == "BatchGetItem"
    assert sum(len(table["Keys"]) for table in asked["RequestItems"].values()) == 2


def test_a_pass_is_shown_where_the_city_signs_one(client: Client) -> None:
    codes = app.services.get(HealthCode)
    before = codes._pass_of  # noqa: SLF001  what other tests go on with
    codes.signs_passes(lambda row: f"signed-{int(row.enrolment)}")
    try:
        assert code(client)["pass"] == "signed-1"
    finally:
        codes.signs_passes(before)


@pytest.mark.parametrize("path", [CODE, HISTORY, "/v1/me/messages"])
def test_a_code_is_for_its_person(city: TestCity, path: str) -> None:
    assert refused(city.api.get(path), 401, "session_required")
    assert refused(city.log_in(city.stranger()).get(path), 403, "identity_required")


# How old it is


def test_who_has_no_status_yet_gets_one_when_they_ask(city: TestCity) -> None:
    person = city.stranger()
    (client,) = enrolled(city, person)
    cause = worse(city, person)

    assert code(client)["state"] == cause.state
    assert (stored(person_key(person)) or {})["status_version"] == {"N": "1"}


def test_a_window_that_closed_is_seen_at_the_first_look(city: TestCity, person: TestPerson, client: Client) -> None:
    worse(city, person)
    city.deliver()
    until = at(code(client)["until"])

    with clock.frozen(until - timedelta(seconds=1)):
        mark_complete(SEGMENTS, clock.now())
        assert code(client)["state"] != normal()
    with clock.frozen(until):
        assert code(client)["state"] == normal()
    assert (stored(person_key(person)) or {})["status_version"] == {"N": "3"}


@pytest.mark.usefixtures("nothing_said")
def test_what_nobody_confirmed_for_two_days_is_unknown(client: Client) -> None:
    checked = at(code(client)["as_of"])

    with clock.frozen(checked + LIMIT):
        assert code(client)["state"] == normal()
    with clock.frozen(checked + LIMIT + timedelta(seconds=1)):
        runs.forget_freshness()
        shown = code(client)
        assert (shown["state"], shown["allows_entry"], shown["cause"]) == ("unknown", False, None)
        assert at(shown["as_of"]) == checked

        mark_complete(SEGMENTS, clock.now())
        assert code(client)["state"] == normal()


@pytest.mark.usefixtures("nothing_said")
def test_somebody_of_whom_nobody_can_say_how_old_it_is_is_unknown(person: TestPerson, client: Client) -> None:
    change(person, PersonRow.checked_at.remove())

    shown = code(client)

    assert (shown["state"], shown["as_of"]) == ("unknown", None)


def test_what_is_said_of_a_segment_does_not_hold_for_who_could_not_be_read(person: TestPerson, client: Client) -> None:
    old = clock.now() - LIMIT - timedelta(minutes=1)
    change(person, PersonRow.checked_at.set(old))
    mark_complete(SEGMENTS, clock.now())
    assert code(client)["state"] == normal()

    change(person, PersonRow.stale_since.set(old))

    assert code(client)["state"] == "unknown"
    change(person, PersonRow.checked_at.set(clock.now()))
    assert code(client)["state"] == "unknown", "that it is them says nothing of the fact that could not be read"


@pytest.mark.usefixtures("nothing_said")
def test_nobody_makes_their_own_status_fresh(person: TestPerson, client: Client) -> None:
    """What the platform says of a journey is no word of what the city's sources know."""
    change(person, PersonRow.checked_at.set(clock.now() - LIMIT - timedelta(minutes=1)))

    shown = client.post(f"{CODE}/travel-check").json

    assert (shown["state"], shown["travel"]["result"]) == ("unknown", "clear")


def test_a_confirmation_from_the_future_makes_nothing_fresher_than_now(client: Client) -> None:
    with clock.frozen(clock.now()):
        mark_complete(SEGMENTS, clock.now() + timedelta(days=3650))
        assert at(code(client)["as_of"]) == clock.now()
    mark_complete(SEGMENTS, clock.now())


@pytest.mark.usefixtures("nothing_said")
def test_a_report_of_today_is_as_fresh_as_a_check(city: TestCity, person: TestPerson, client: Client) -> None:
    change(person, PersonRow.checked_at.set(clock.now() - timedelta(days=30)))
    assert code(client)["state"] == "unknown"

    city.fact(person, "nucleic_acid", "negative", clock.iso(clock.now()))
    city.deliver()

    assert code(client)["state"] == normal()


@pytest.mark.usefixtures("city")
def test_the_segments_are_read_once_a_minute(faults: Seam) -> None:
    with clock.frozen(clock.now()) as frozen:
        mark_complete(SEGMENTS, clock.now())
        said = complete_through("0")
        faults.calls.clear()
        frozen.tick(59)
        assert complete_through("255") == said
        assert faults.operations == []
        frozen.tick(1)
        complete_through("7")
        assert faults.operations == ["Query"]


def test_a_segment_that_cannot_be_read_is_one_of_which_nothing_is_said(person: TestPerson) -> None:
    mark_complete(SEGMENTS, clock.now())
    segment = segment_of(person_id_of(person))
    spoil(FreshnessRow.key(FRESHNESS, segment), "complete_through", {"S": "soon"})
    runs.forget_freshness()

    assert complete_through(segment) is None
    assert complete_through(str((int(segment) + 1) % SEGMENTS)) is not None
    mark_complete(SEGMENTS, clock.now())


# Broken rows


@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("known", {"S": "[]"}),
        ("known", {"S": '{"nucleic_acid": "negative"}'}),
        ("known", None),
        ("state", {"S": "violet"}),
        ("state", None),
        ("rule", {"S": "of_an_older_scheme"}),
        ("rule", None),
    ],
)
def test_a_status_that_makes_no_sense_is_computed_anew(
    city: TestCity, person: TestPerson, client: Client, column: str, value: dict[str, str] | None
) -> None:
    cause = worse(city, person)
    city.deliver()
    spoil(person_key(person), column, value)

    shown = code(client)
    assert (shown["state"], shown["cause"]["rule"]) == (cause.state, cause.rule)


@pytest.mark.parametrize("column", ["state_until", "status_version"])
def test_a_status_that_cannot_be_read_is_shown_to_nobody(
    city: TestCity, person: TestPerson, client: Client, column: str
) -> None:
    worse(city, person)
    city.deliver()
    spoil(person_key(person), column, {"S": "soon"})

    assert refused(client.get(CODE), 500, "broken_record")


def test_a_fact_that_cannot_be_read_leaves_what_is_stored_until_it_is_too_old(
    city: TestCity, person: TestPerson, client: Client
) -> None:
    worse(city, person)
    city.deliver()
    shown = code(client)
    row = PersonRow.from_raw_data(stored(person_key(person)) or {})
    spoil(FactRow.key(row.person_id, str(row.fact)), "result")
    assert code(client)["state"] == shown["state"]

    with clock.frozen(at(shown["until"])):
        mark_complete(SEGMENTS, clock.now())
        assert code(client)["state"] == "unknown"
    mark_complete(SEGMENTS, clock.now())
