"""Printed passes: printed, listed, drawn, taken back, void in time, and nobody's business but an inspector's (R2.5, B6)."""

from datetime import timedelta

import pytest

from chalicelib.core import clock, ids, store
from chalicelib.core.qr import qr_svg
from chalicelib.core.settings import settings
from chalicelib.core.store import Transaction
from chalicelib.health.errors import PaperPassVoid
from chalicelib.health.service import papers
from chalicelib.health.service.papers import PaperPasses, read_paper
from chalicelib.people.service.bindings import Relation
from chalicelib.people.tables.dependants import DependantRow
from chalicelib.people.tables.papers import PaperPassRow
from chalicelib.people.tables.people import PersonRow
from chalicelib.people.tables.privacy import AccessRow
from tests.api.health.steps import refused
from tests.support.books import person_id_of, person_key
from tests.support.city import TestCity
from tests.support.client import Client
from tests.support.dependants import child, put_binding
from tests.support.enrolled import anybody, enrolled
from tests.support.people import TestPerson
from tests.support.qr import pixels
from tests.support.rows import spoil, stored
from tests.support.seam import Seam

pytestmark = pytest.mark.api

PAPERS = "/v1/me/paper-passes"


@pytest.fixture
def holder(city: TestCity, person: TestPerson) -> Client:
    """Somebody who is enrolled."""
    (client,) = enrolled(city, person)
    return client


def printed(client: Client) -> dict[str, str]:
    answer = client.post(PAPERS)
    assert answer.status == 201, answer.text
    found: dict[str, str] = answer.json
    return found


def held(text: str) -> PersonRow:
    """Whom an inspector's scan would find behind a print."""
    person_id, paper_id = read_paper(text)
    paper, person = PaperPassRow.of(person_id), PersonRow.of(person_id)
    rows = store.read_together([paper, person])
    return PaperPasses.check(rows.get(paper), paper_id, rows.get(person))


def is_void(text: str) -> bool:
    try:
        held(text)
    except PaperPassVoid:
        return True
    return False


def test_a_print_leads_to_its_holder_and_says_nothing_of_them(person: TestPerson, holder: Client) -> None:
    with clock.frozen(clock.now().replace(microsecond=0)):
        one = printed(holder)

        until = clock.now() + timedelta(days=settings().city.paper_passes.days)
        assert one.keys() == {"paper_id", "name", "dependant_id", "printed_at", "expires_at", "pass"}
        assert (one["name"], one["printed_at"]) == ("王**", clock.iso(clock.now()))
        assert one["expires_at"] == clock.iso(until)
    assert held(one["pass"]).person_id == person_id_of(person)
    assert person_id_of(person) not in str(one)
    listed = holder.get(PAPERS).json["items"]
    assert listed == [{name: value for name, value in one.items() if name != "pass"}]


def test_it_is_drawn_again_and_leads_to_the_same(holder: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    one, drawn, text_of = printed(holder), list[str](), papers.paper_text

    def recorded(person_id: str, paper_id: str) -> str:
        drawn.append(text_of(person_id, paper_id))
        return drawn[-1]

    monkeypatch.setattr(papers, "paper_text", recorded)
    answer = holder.get(f"{PAPERS}/{one['paper_id']}/qr")

    assert (answer.status, answer.headers["content-type"]) == (200, "image/svg+xml")
    assert answer.text == qr_svg(drawn[-1])
    assert read_paper(drawn[-1]) == read_paper(one["pass"])
    assert len(pixels(answer.text)) - 8 <= 45, "or a printer on cheap paper could not make it large enough"


def test_the_next_print_voids_the_one_before(holder: Client) -> None:
    first, second = printed(holder), printed(holder)

    assert is_void(first["pass"])
    assert not is_void(second["pass"])
    assert [one["paper_id"] for one in holder.get(PAPERS).json["items"]] == [second["paper_id"]]
    assert refused(holder.get(f"{PAPERS}/{first['paper_id']}/qr"), 404, "paper_pass_not_found")
    assert refused(holder.delete(f"{PAPERS}/{first['paper_id']}"), 404, "paper_pass_not_found")
    assert not is_void(second["pass"])


def test_what_is_taken_back_counts_no_more(holder: Client) -> None:
    one = printed(holder)

    assert holder.delete(f"{PAPERS}/{one['paper_id']}").status == 204

    assert is_void(one["pass"])
    assert holder.get(PAPERS).json["items"] == []
    assert refused(holder.delete(f"{PAPERS}/{one['paper_id']}"), 404, "paper_pass_not_found")


def test_it_is_void_after_its_time_though_the_row_may_still_lie_there(holder: Client) -> None:
    with clock.frozen(clock.now()) as time:
        one = printed(holder)
        time.tick(settings().city.paper_passes.days * 86_400)

        assert is_void(one["pass"])
    with clock.frozen(clock.now() + timedelta(days=1)):
        assert not is_void(one["pass"])


def test_it_ends_with_the_life_in_which_it_was_printed_and_is_swept(city: TestCity, person: TestPerson) -> None:
    client = city.verified(person)
    text = printed(client)["pass"]
    assert client.delete("/v1/me").status == 204
    assert is_void(text)

    with clock.frozen(clock.now() + timedelta(minutes=2)):
        again = city.verified(person)
        assert is_void(text), "it was another life's"
        assert again.get(PAPERS).json["items"] == []
    city.deliver()
    assert stored(PaperPassRow.of(person_id_of(person))) is None


def test_a_guardian_prints_for_a_child_who_finds_it_in_their_log(
    city: TestCity, person: TestPerson, holder: Client
) -> None:
    little = child(city)
    dependant_id, _ = put_binding(city, person, little)
    own = printed(holder)

    answer = holder.post(PAPERS, {"dependant_id": dependant_id})

    assert (answer.status, answer.json["dependant_id"]) == (201, dependant_id)
    assert held(answer.json["pass"]).person_id == person_id_of(little)
    assert [one["dependant_id"] for one in holder.get(PAPERS).json["items"]] == [None, dependant_id]
    assert holder.get(f"{PAPERS}/{answer.json['paper_id']}/qr").status == 200
    city.deliver()
    (entry,) = store.query_all(AccessRow, person_id_of(little))
    assert (entry.actor, list(entry.what), entry.why) == ("王**", ["paper_pass"], "dependant")
    assert holder.delete(f"{PAPERS}/{answer.json['paper_id']}").status == 204
    assert is_void(answer.json["pass"])
    assert not is_void(own["pass"])


def test_nobody_prints_for_who_is_not_theirs_or_acts_alone(city: TestCity, person: TestPerson, holder: Client) -> None:
    grown = city.stranger()
    dependant_id, _ = put_binding(city, person, grown, Relation.PARENT)
    theirs = holder.post(PAPERS, {"dependant_id": dependant_id}).json
    (own,) = enrolled(city, grown)

    assert refused(holder.post(PAPERS, {"dependant_id": dependant_id}), 403, "dependant_acts_alone")
    assert refused(anybody(city).post(PAPERS, {"dependant_id": dependant_id}), 404, "dependant_not_found")
    assert refused(holder.post(PAPERS, {"dependant_id": "../x"}), 422, "validation_failed")
    assert holder.get(PAPERS).json["items"] == []
    assert [one["paper_id"] for one in own.get(PAPERS).json["items"]] == [theirs["paper_id"]], (
        "it is theirs to take back"
    )


def test_nobody_takes_back_or_draws_what_is_anothers(city: TestCity, holder: Client) -> None:
    one, other = printed(holder), anybody(city)

    assert refused(other.delete(f"{PAPERS}/{one['paper_id']}"), 404, "paper_pass_not_found")
    assert refused(other.get(f"{PAPERS}/{one['paper_id']}/qr"), 404, "paper_pass_not_found")
    assert refused(other.get(f"{PAPERS}/{ids.new_id()}/qr"), 404, "paper_pass_not_found")
    assert not is_void(one["pass"])


def test_whoever_is_no_inspector_learns_nothing_from_it(city: TestCity, holder: Client, faults: Seam) -> None:
    text, scanner = printed(holder)["pass"], anybody(city).speaking("en")
    faults.calls.clear()

    for shown in (text, f"{text[:-1]}-", "P1.", "P1.nonsense"):
        answer = scanner.post("/v1/passes/verify", {"pass": shown})
        assert refused(answer, 422, "paper_pass_for_inspectors")
        assert "inspector" in answer.json["detail"]
        assert "王" not in answer.text
    assert "TransactWriteItems" not in faults.operations


def test_a_pass_on_a_screen_is_no_print(city: TestCity, person: TestPerson) -> None:
    """A screenshot of the live pass is of no use in place of one (R2.5)."""
    shown = city.verified(person).get("/v1/me/health-code").json["pass"]

    assert not papers.is_paper(shown)


def test_a_broken_row_is_said_to_be_broken_and_printing_anew_heals_it(person: TestPerson, holder: Client) -> None:
    one = printed(holder)
    spoil(PaperPassRow.of(person_id_of(person)), "paper_id")

    assert refused(holder.get(PAPERS), 500, "broken_record")
    assert refused(holder.delete(f"{PAPERS}/{one['paper_id']}"), 500, "broken_record")
    assert refused(holder.get(f"{PAPERS}/{one['paper_id']}/qr"), 500, "broken_record")
    assert not is_void(printed(holder)["pass"])


def test_whoever_was_erased_meanwhile_gets_no_print(
    person: TestPerson, holder: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Late(Transaction):
        def commit(self) -> None:
            store.update(person_key(person), [PersonRow.enrolment.add(1)])
            super().commit()

    monkeypatch.setattr(papers, "Transaction", Late)

    assert refused(holder.post(PAPERS), 401, "session_ended")
    assert stored(PaperPassRow.of(person_id_of(person))) is None


def test_whoever_may_act_no_more_at_this_moment_gets_no_print(
    city: TestCity, person: TestPerson, holder: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    little = child(city)
    dependant_id, _ = put_binding(city, person, little)

    class Late(Transaction):
        def commit(self) -> None:
            store.delete(DependantRow.of(person_id_of(person), dependant_id))
            super().commit()

    monkeypatch.setattr(papers, "Transaction", Late)

    assert refused(holder.post(PAPERS, {"dependant_id": dependant_id}), 404, "dependant_not_found")
    assert stored(PaperPassRow.of(person_id_of(little))) is None
