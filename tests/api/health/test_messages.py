"""Messages to officers and their answers: who reads them, who is told, and which of them ends a pop-up (R4.7, B1, B3)."""

from datetime import timedelta
from typing import Any

import pytest

from chalicelib.core import clock, store
from chalicelib.health.service.messages import A_DAY
from chalicelib.health.tables.messages import MessagePointer, MessageRow
from chalicelib.people.tables.people import PersonRow
from tests.api.health.steps import change, code, facts_of, normal, refused
from tests.support.books import at_once, person_id_of, statuses
from tests.support.city import TestCity
from tests.support.client import Client
from tests.support.enrolled import enrolled, name_officer
from tests.support.people import TestPerson
from tests.support.rows import spoil, stored
from tests.support.seam import Killed, Seam, aws_error

pytestmark = pytest.mark.api

MESSAGES = "/v1/messages"
OWN = "/v1/me/messages"
REPORT = {"category": "travel_report", "text": "I came back from a fair in another city on Monday."}
QUESTION = {"category": "question", "text": "Where can I be tested?"}
THANKS = {"text": "Thank you. Nothing more is asked of you."}


@pytest.fixture(scope="module")
def officer(whole_run: TestCity) -> Client:
    """A health officer."""
    person = whole_run.stranger()
    (client,) = enrolled(whole_run, person)
    name_officer(person)
    return client


def sent(client: Client, body: dict[str, str] = REPORT) -> str:
    answer = client.post(MESSAGES, body)
    assert answer.status == 201, answer.text
    return str(answer.json["message_id"])


def path(message_id: str) -> str:
    return f"{MESSAGES}/{message_id}/answer"


def listed(client: Client, query: str = "") -> list[dict[str, Any]]:
    """Every page of a list."""
    items: list[dict[str, Any]] = []
    cursor = ""
    while True:
        answer = client.get(f"{MESSAGES}?limit=100{query}{cursor}")
        assert answer.status == 200, answer.text
        items += answer.json["items"]
        if answer.json["cursor"] is None:
            return items
        cursor = f"&cursor={answer.json['cursor']}"


def ids_of(items: list[dict[str, Any]]) -> list[str]:
    return [one["message_id"] for one in items]


def own(client: Client) -> list[dict[str, Any]]:
    items: list[dict[str, Any]] = client.get(OWN).json["items"]
    return items


def abroad(city: TestCity, person: TestPerson) -> None:
    """Somebody whom a pop-up asks for a report."""
    city.fact(person, "high_risk_travel", "high", clock.iso(clock.now()))
    city.deliver()


def test_a_pop_up_stays_until_an_officer_answers(
    city: TestCity, person: TestPerson, client: Client, officer: Client
) -> None:
    abroad(city, person)
    assert (code(client)["action"], code(client)["allows_entry"]) == ("report", False)
    message_id = sent(client)
    assert code(client)["action"] == "report"
    assert message_id in ids_of(listed(officer))

    answer = officer.post(path(message_id), THANKS)

    assert (answer.status, answer.json["answer"]) == (200, THANKS["text"])
    assert code(client)["state"] == normal()
    assert message_id not in ids_of(listed(officer))
    assert message_id in ids_of(listed(officer, "&answered=true"))
    (mine,) = own(client)
    assert (mine["text"], mine["answer"]) == (REPORT["text"], THANKS["text"])
    (_, fact) = sorted(facts_of(person), key=lambda one: one["kind"])
    assert (fact["kind"], fact["result"], fact["source"]) == ("travel_check", "answered", "officers")


def test_an_answer_ends_the_pop_up_of_no_journey_after_the_report(
    city: TestCity, person: TestPerson, client: Client, officer: Client
) -> None:
    with clock.frozen(clock.now()) as time:
        abroad(city, person)
        report = sent(client)
        time.tick(60)
        abroad(city, person)

        assert officer.post(path(report), THANKS).status == 200
        assert (code(client)["action"], code(client)["allows_entry"]) == ("report", False)

        assert officer.post(path(sent(client)), THANKS).status == 200
        assert code(client)["state"] == normal()


def test_no_officer_ends_their_own_pop_up(city: TestCity, officer: Client) -> None:
    person = city.stranger()
    (client,) = enrolled(city, person)
    name_officer(person)
    message_id = sent(client)

    assert refused(client.post(path(message_id), THANKS), 403, "own_message")

    assert facts_of(person) == []
    assert officer.post(path(message_id), THANKS).status == 200


def test_an_answer_to_a_question_changes_no_status(
    city: TestCity, person: TestPerson, client: Client, officer: Client
) -> None:
    abroad(city, person)

    assert officer.post(path(sent(client, QUESTION)), THANKS).status == 200

    assert code(client)["action"] == "report"
    assert [one["kind"] for one in facts_of(person)] == ["high_risk_travel"]


def test_the_same_answer_twice_is_one_and_another_is_refused(
    person: TestPerson, client: Client, officer: Client
) -> None:
    message_id = sent(client)
    first = officer.post(path(message_id), THANKS)

    again = officer.post(path(message_id), THANKS)

    assert (again.status, again.json) == (200, first.json)
    assert len(facts_of(person)) == 1
    assert refused(officer.post(path(message_id), {"text": "Stay at home."}), 409, "message_answered")


def test_of_two_officers_one_answers(client: Client, officer: Client) -> None:
    message_id = sent(client)

    answers = at_once(4, lambda number: officer.post(path(message_id), {"text": f"Answer {number}"}))

    assert statuses(answers) == [200, 409, 409, 409]


def test_messages_are_read_by_officers_alone(city: TestCity, client: Client) -> None:
    message_id = sent(client)
    for method, where, body in (("GET", MESSAGES, None), ("POST", path(message_id), THANKS)):
        assert refused(city.api(method, where, body), 401, "session_required")
        assert refused(city.log_in(city.stranger())(method, where, body), 403, "identity_required")
        assert refused(client(method, where, body), 403, "officer_required")
    assert refused(city.api.post(MESSAGES, REPORT), 401, "session_required")
    assert refused(city.log_in(city.stranger()).post(MESSAGES, REPORT), 403, "identity_required")


def test_a_revoked_officer_reads_nothing_more(city: TestCity) -> None:
    person = city.stranger()
    (client,) = enrolled(city, person)
    name_officer(person)
    assert client.get(MESSAGES).status == 200

    change(person, PersonRow.roles.set([]))

    assert refused(client.get(MESSAGES), 403, "officer_required")


def test_who_is_read_finds_it_in_their_access_log(city: TestCity, client: Client, officer: Client) -> None:
    message_id = sent(client)
    assert message_id in ids_of(listed(officer))
    city.deliver()

    (entry, *_) = client.get("/v1/me/access-log").json["items"]
    assert (entry["what"], entry["why"], entry["organization"]) == (["message"], "message_read", None)


def test_a_list_names_nobody(person: TestPerson, client: Client, officer: Client) -> None:
    message_id = sent(client)

    (item,) = [one for one in listed(officer) if one["message_id"] == message_id]

    assert item.keys() == {"message_id", "category", "text", "at", "answer", "answered_at"}
    assert person_id_of(person) not in str(item)


def test_what_waits_is_listed_oldest_first_and_by_pages(client: Client, officer: Client) -> None:
    mine = [sent(client) for _ in range(A_DAY)]
    seen: list[str] = []
    cursor = ""
    while True:
        page = officer.get(f"{MESSAGES}?limit=2{cursor}").json
        seen += ids_of(page["items"])
        if page["cursor"] is None:
            break
        cursor = f"&cursor={page['cursor']}"
    assert [one for one in seen if one in mine] == mine
    assert ids_of(own(client)) == mine[::-1]
    assert refused(officer.get(f"{MESSAGES}?cursor=x"), 422, "invalid_cursor")


def test_one_person_writes_so_often_a_day(client: Client) -> None:
    with clock.frozen(clock.now()) as frozen:
        for _ in range(A_DAY):
            sent(client)
        answer = client.post(MESSAGES, REPORT)
        assert refused(answer, 429, "too_many_messages")
        assert int(answer.headers["retry-after"]) > 0
        assert len(own(client)) == A_DAY
        frozen.tick(clock.seconds_to_midnight("Asia/Shanghai", clock.now()) + 1)
        sent(client)


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "category"),
        ({"category": "travel_report"}, "text"),
        ({"category": "gossip", "text": "x"}, "category"),
        ({"category": "question", "text": ""}, "text"),
        ({"category": "question", "text": " \n"}, "text"),
        ({"category": "question", "text": "x" * 1001}, "text"),
        ({"category": "question", "text": 1}, "text"),
    ],
)
def test_a_message_of_the_wrong_form_is_refused(client: Client, body: dict[str, Any], field: str) -> None:
    answer = client.post(MESSAGES, body)
    assert refused(answer, 422, "validation_failed")
    assert field in [one["field"] for one in answer.json["errors"]]
    assert own(client) == []


@pytest.mark.parametrize("body", [{}, {"text": ""}, {"text": "x" * 1001}, {"text": "x", "decision": "clear"}])
def test_an_answer_of_the_wrong_form_is_refused(client: Client, officer: Client, body: dict[str, Any]) -> None:
    message_id = sent(client)
    assert refused(officer.post(path(message_id), body), 422, "validation_failed")
    assert message_id in ids_of(listed(officer))


def test_a_message_that_never_was_is_not_found(officer: Client) -> None:
    assert refused(officer.post(path("01h00000000000000000000000"), THANKS), 404, "message_not_found")
    assert refused(officer.get(f"{MESSAGES}?answered=maybe"), 422, "validation_failed")


# Its end


def test_a_message_past_its_time_is_shown_to_nobody(person: TestPerson, client: Client, officer: Client) -> None:
    message_id = sent(client)
    past = clock.now() - timedelta(seconds=1)
    store.update(MessageRow.of(MessageRow.WAITING, message_id), [MessageRow.expires_at.set(past)])

    assert message_id not in ids_of(listed(officer))
    assert own(client) == []
    assert refused(officer.post(path(message_id), THANKS), 404, "message_not_found")
    assert facts_of(person) == []


def test_what_an_erased_person_wrote_is_gone_at_once_and_swept(
    city: TestCity, person: TestPerson, client: Client, officer: Client
) -> None:
    waiting, answered = sent(client), sent(client)
    assert officer.post(path(answered), THANKS).status == 200

    assert client.delete("/v1/me").status == 204

    assert {waiting, answered}.isdisjoint(ids_of(listed(officer)) + ids_of(listed(officer, "&answered=true")))
    assert refused(officer.post(path(waiting), THANKS), 404, "message_not_found")

    city.deliver()

    kinds = (MessageRow.WAITING, MessageRow.ANSWERED)
    assert [stored(MessageRow.of(kind, one)) for one in (waiting, answered) for kind in kinds] == [None] * 4
    assert stored(MessagePointer.of(person_id_of(person), waiting)) is None


def test_a_new_life_knows_nothing_of_the_messages_of_the_old_one(
    city: TestCity, person: TestPerson, client: Client
) -> None:
    sent(client)
    assert client.delete("/v1/me").status == 204
    with clock.frozen(clock.now() + timedelta(seconds=61)):
        again = city.verified(person)
        assert own(again) == []
        mine = sent(again)
        city.deliver()
        assert ids_of(own(again)) == [mine]


# Broken rows and faults


def test_a_message_that_cannot_be_read_is_left_out_of_the_officers_list(client: Client, officer: Client) -> None:
    broken, sound = sent(client), sent(client)
    key = MessageRow.of(MessageRow.WAITING, broken)
    spoil(key, "category", {"S": "gossip"})

    seen = ids_of(listed(officer))

    assert (broken in seen, sound in seen) == (False, True)
    assert refused(officer.post(path(broken), THANKS), 500, "broken_record")
    store.delete(key)


def test_a_message_that_cannot_be_read_hides_no_other_from_its_writer(client: Client) -> None:
    broken, sound = sent(client), sent(client)
    key = MessageRow.of(MessageRow.WAITING, broken)
    spoil(key, "text")

    assert ids_of(own(client)) == [sound]
    store.delete(key)


def test_an_answer_that_dies_at_any_call_is_whole_or_not_there(
    city: TestCity, person: TestPerson, client: Client, officer: Client, faults: Seam
) -> None:
    abroad(city, person)
    call = died = 0
    while True:
        with clock.frozen(clock.now() + timedelta(days=call)):
            message_id = sent(client)
            faults.at = {len(faults.calls) + call: ("before", Killed())}
            try:
                officer.post(path(message_id), THANKS)
            except Killed:
                died += 1
            faults.at = {}
            waits = stored(MessageRow.of(MessageRow.WAITING, message_id)) is not None
            answered = stored(MessageRow.of(MessageRow.ANSWERED, message_id)) is not None
            told = any(one["fact_id"] == message_id for one in facts_of(person))
            assert (waits, answered, told) in {(True, False, False), (False, True, True)}
            assert officer.post(path(message_id), THANKS).status == 200
        if died == call:
            break
        call += 1
    assert call >= 4


def test_an_answer_whose_effect_is_late_is_stored_all_the_same(
    city: TestCity, person: TestPerson, client: Client, officer: Client, faults: Seam
) -> None:
    abroad(city, person)
    message_id = sent(client)
    faults.fail("UpdateItem", aws_error("ThrottlingException"))

    assert officer.post(path(message_id), THANKS).status == 200

    assert code(client)["action"] == "report"
    city.deliver()
    assert code(client)["state"] == normal()
