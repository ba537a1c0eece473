"""Printed passes and declarations at the gate, and what an answer leaves out while storage is busy (R2.3, R2.5, B6, R-25)."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from chalicelib.core import clock, store
from chalicelib.core.settings import settings
from chalicelib.people.tables.declarations import LatestDeclarationRow
from chalicelib.people.tables.people import PersonRow
from tests.support.books import person_id_of, person_key
from tests.support.city import TestCity
from tests.support.client import Answer, Client
from tests.support.enrolled import anybody
from tests.support.passes import pass_of
from tests.support.people import TestPerson
from tests.support.rows import spoil
from tests.support.seam import Seam, put_in
from tests.support.visits import Site, inspect, look_up, site, well

pytestmark = pytest.mark.api

PAPERS, DECLARATIONS = "/v1/me/paper-passes", "/v1/me/declarations"


@pytest.fixture
def place(city: TestCity) -> Site:
    return site(city)


@pytest.fixture
def inspector(place: Site) -> Client:
    return place.staff()


@pytest.fixture
def person(city: TestCity) -> TestPerson:
    return city.stranger()


@pytest.fixture
def holder(city: TestCity, person: TestPerson) -> Client:
    """Somebody in the normal state."""
    (client,) = well(city, person)
    return client


def printed(holder: Client) -> str:
    answer = holder.post(PAPERS)
    assert answer.status == 201, answer.text
    return str(answer.json["pass"])


def declare(holder: Client, answer: str = "no") -> None:
    answers = [{"question": one.name, "answer": answer} for one in settings().city.declaration.questions]
    assert holder.post(DECLARATIONS, {"answers": answers}).status == 201


def show(inspector: Client, place: Site, text: str, **fields: Any) -> Answer:
    return inspector.post(place.path, {"pass": text, "temperature": "normal", **fields})


def refused(answer: Answer, status: int, code: str) -> bool:
    assert (answer.status, answer.code) == (status, code), answer.text
    return True


def test_an_inspector_scans_a_printed_pass(
    place: Site, inspector: Client, holder: Client, person: TestPerson, faults: Seam
) -> None:
    text = printed(holder)
    faults.calls.clear()

    answer = show(inspector, place, text)

    calls = [one for one in faults.operations if one != "Query"]
    assert (answer.status, calls) == (201, ["BatchGetItem", "PutItem"]), answer.text
    assert (answer.json["mode"], answer.json["assurance"], answer.json["allowed"]) == ("paper", "inspector", True)
    assert answer.json["visitor"]["name"] == "王**"
    assert (place.rows()[0].mode, place.rows()[0].person_id) == ("paper", person_id_of(person))


def test_nobody_but_the_staff_of_an_open_place_learns_whose_it_is(
    city: TestCity, place: Site, inspector: Client, holder: Client
) -> None:
    text = printed(holder)

    assert refused(show(anybody(city), place, text), 403, "not_staff")
    place.change(suspended_since=clock.now())
    assert refused(show(inspector, place, text), 403, "place_suspended")
    assert place.rows() == []


def test_a_print_that_was_taken_back_or_printed_anew_is_void(place: Site, inspector: Client, holder: Client) -> None:
    first = printed(holder)
    second = printed(holder)

    assert refused(show(inspector, place, first), 410, "paper_pass_void")
    assert show(inspector, place, second).status == 201
    paper_id = holder.get(PAPERS).json["items"][0]["paper_id"]
    assert holder.delete(f"{PAPERS}/{paper_id}").status == 204
    assert refused(show(inspector, place, second), 410, "paper_pass_void")


def test_a_changed_print_is_refused(place: Site, inspector: Client, holder: Client) -> None:
    text = printed(holder)
    for wrong, code in (
        (text[:-6] + ("A" if text[-6] != "A" else "B") + text[-5:], "paper_pass_forged"),
        (text[:-1], "paper_pass_malformed"),
        ("P1.", "paper_pass_malformed"),
    ):
        assert refused(show(inspector, place, wrong), 422, code)


# Declarations


def test_the_card_shows_the_latest_declaration(
    city: TestCity, place: Site, inspector: Client, holder: Client, person: TestPerson
) -> None:
    assert inspect(inspector, place, person).json["visitor"]["declaration"] is None
    declare(holder)
    declare(holder, "yes")

    shown = [send(inspector, place, person).json["visitor"]["declaration"] for send in (inspect, look_up)]

    assert shown[0] == shown[1]
    assert (shown[0]["concern"], len(shown[0]["answers"])) == (True, len(settings().city.declaration.questions))
    store.update(person_key(person), [PersonRow.name_mask.set("王**")])
    latest = LatestDeclarationRow.of(person_id_of(person))
    store.update(latest, [LatestDeclarationRow.enrolment.set(0)])
    assert inspect(inspector, place, person).json["visitor"]["declaration"] is None
    spoil(latest, "answers")
    answer = inspect(inspector, place, person)
    assert (answer.status, answer.json["visitor"]["declaration"]) == (200, None), "a card is shown without it"
    assert city.api.token is None


# Busy storage


class Busy(Seam):
    """Storage that leaves some keys of each batch unread."""

    def __init__(self, is_throttled: Callable[[dict[str, Any]], bool]) -> None:
        """Take which keys it does not get to."""
        super().__init__()
        self.is_throttled = is_throttled

    def call(self, original: Any, client: Any, operation: str, kwargs: dict[str, Any]) -> Any:
        """One call, whose answer leaves those keys out."""
        answer = super().call(original, client, operation, kwargs)
        if operation != "BatchGetItem":
            return answer
        for table, asked in kwargs["RequestItems"].items():
            unread = [key for key in asked["Keys"] if self.is_throttled(key)]
            if unread:
                rows = answer["Responses"].get(table, [])
                answer["Responses"][table] = [
                    row for row in rows if not any(key.items() <= row.items() for key in unread)
                ]
                answer.setdefault("UnprocessedKeys", {})[table] = {**asked, "Keys": unread}
        return answer


@pytest.fixture
def busy(request: pytest.FixtureRequest) -> Iterator[Busy]:
    """Storage that does not get to keys whose sort key begins with what the test says."""
    prefix: str = request.param
    with put_in(Busy(lambda key: key.get("sk", {}).get("S", "").startswith(prefix))) as installed:
        yield installed


@pytest.mark.parametrize("busy", ["DECLARATION#"], indirect=True)
def test_a_declaration_is_left_out_before_anybody_is_sent_away(
    place: Site, inspector: Client, holder: Client, person: TestPerson, busy: Busy
) -> None:
    declare(holder)
    text = pass_of(person)
    busy.calls.clear()

    answer = show(inspector, place, text)

    assert (answer.status, answer.json["left_out"]) == (201, ["declaration"])
    assert answer.json["visitor"]["declaration"] is None
    assert busy.counts["BatchGetItem"] == 1, "it is asked for no second time"
    assert len(place.rows()) == 1


@pytest.mark.parametrize("busy", ["STAFF#", "PERSON", "PLACE"], indirect=True)
def test_what_decides_is_never_left_out(
    place: Site, inspector: Client, person: TestPerson, busy: Busy, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("chalicelib.core.store.reads.wait_before", lambda _: None)
    is_throttled, busy.is_throttled = busy.is_throttled, lambda _: False
    well(place.city, person)
    text = pass_of(person)
    busy.is_throttled = is_throttled

    assert show(inspector, place, text).status == 503
    assert place.rows() == []
    busy.is_throttled = lambda _: False
    assert show(inspector, place, text).status == 201
    assert len(place.rows()) == 1
