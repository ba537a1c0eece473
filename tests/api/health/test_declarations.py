"""Health declarations: answers to all of the city's questions, the latest by its key, and no status changed (R2.3, B4)."""

from datetime import timedelta
from typing import Any

import pytest

from chalicelib.core import clock, store
from chalicelib.core.settings import settings
from chalicelib.core.store import Transaction
from chalicelib.health.service import declarations
from chalicelib.health.service.declarations import A_DAY
from chalicelib.people.tables.declarations import DeclarationRow, LatestDeclarationRow
from chalicelib.people.tables.people import PersonRow
from tests.api.health.steps import code, refused
from tests.support.books import person_id_of, person_key
from tests.support.city import TestCity
from tests.support.client import Answer, Client
from tests.support.enrolled import anybody, enrolled
from tests.support.people import TestPerson
from tests.support.rows import spoil, stored

pytestmark = pytest.mark.api

PATH = "/v1/me/declarations"


@pytest.fixture
def teller(city: TestCity, person: TestPerson) -> Client:
    """Somebody who is enrolled and declares."""
    (client,) = enrolled(city, person)
    return client


def questions() -> list[str]:
    return [question.name for question in settings().city.declaration.questions]


def said(**yes: str) -> dict[str, Any]:
    """A declaration in which all is well, but for what is said."""
    return {"answers": [{"question": name, "answer": yes.get(name, "no")} for name in questions()]}


def declare(client: Client, **yes: str) -> Answer:
    return client.post(PATH, said(**yes))


def latest(person: TestPerson) -> LatestDeclarationRow | None:
    key = LatestDeclarationRow.of(person_id_of(person))
    return store.read_together([key]).get(key)


def test_answers_are_kept_with_what_is_a_concern(teller: Client, person: TestPerson) -> None:
    with clock.frozen(clock.now().replace(microsecond=0)):
        answer = declare(teller, travel="yes")

        kept_until = clock.now() + timedelta(days=settings().city.retention.declarations)
        assert (answer.status, answer.json["concern"]) == (201, True)
        assert (answer.json["at"], answer.json["expires_at"]) == (clock.iso(clock.now()), clock.iso(kept_until))
    shown = {one["question"]: (one["answer"], one["concern"]) for one in answer.json["answers"]}
    assert shown == {name: ("yes", True) if name == "travel" else ("no", False) for name in questions()}
    assert all(one["text"].startswith("Have you") for one in answer.json["answers"])
    assert teller.get(PATH).json["items"] == [answer.json]
    row = latest(person)
    assert row is not None
    assert (row.answers["travel"], row.concerns, row.enrolment) == ("yes", ["travel"], 1)


def test_a_declaration_changes_no_status(city: TestCity, person: TestPerson) -> None:
    client = city.verified(person)
    city.deliver()
    before, row = code(client), stored(person_key(person))

    assert declare(client, **dict.fromkeys(questions(), "yes")).json["concern"] is True
    city.deliver()

    after = code(client)
    assert {**after, "pass": None, "as_of": None} == {**before, "pass": None, "as_of": None}
    assert stored(person_key(person)) == row


def test_the_latest_is_the_last_one_and_the_list_has_all_newest_first(teller: Client, person: TestPerson) -> None:
    with clock.frozen(clock.now().replace(microsecond=0)) as time:
        for answer in ("yes", "no", "yes"):
            assert declare(teller, symptoms=answer).status == 201
            time.tick(1)

        first = teller.get(f"{PATH}?limit=2").json
        rest = teller.get(f"{PATH}?limit=2&cursor={first['cursor']}").json

        assert [one["concern"] for one in (*first["items"], *rest["items"])] == [True, False, True]
        at = [one["at"] for one in (*first["items"], *rest["items"])]
        assert at == sorted(at, reverse=True)
        assert rest["cursor"] is None
        row = latest(person)
        assert row is not None
        assert clock.iso(row.declared_at) == at[0]
    assert refused(anybody_else(teller, first["cursor"]), 422, "invalid_cursor")


def anybody_else(client: Client, cursor: str) -> Answer:
    """A list that a cursor of another list is given to."""
    return client.get(f"/v1/me/access-log?cursor={cursor}")


@pytest.mark.parametrize("kind", ["missing", "unknown", "twice", "one more"])
def test_each_question_is_answered_once_and_no_other(teller: Client, person: TestPerson, kind: str) -> None:
    answers = said()["answers"]
    wrong = {
        "missing": answers[1:],
        "unknown": [{**answers[0], "question": "weather"}, *answers[1:]],
        "twice": [answers[0], *answers],
        "one more": [*answers, {"question": "weather", "answer": "no"}],
    }

    answer = teller.post(PATH, {"answers": wrong[kind]})

    assert refused(answer, 422, "declaration_incomplete")
    assert answer.json["errors"][0]["field"] == "answers"
    assert latest(person) is None


@pytest.mark.parametrize("answer", ["maybe", "YES", True, None, 1])
def test_an_answer_is_yes_or_no(teller: Client, answer: Any) -> None:
    body = said()
    body["answers"][0]["answer"] = answer

    assert refused(teller.post(PATH, body), 422, "validation_failed")


def test_nobody_reads_anothers(city: TestCity, teller: Client) -> None:
    assert declare(teller).status == 201

    assert anybody(city).get(PATH).json["items"] == []


def test_a_question_that_is_asked_no_more_has_no_words(teller: Client, person: TestPerson) -> None:
    assert declare(teller, travel="yes").status == 201
    (row,) = store.query_all(DeclarationRow, person_id_of(person), DeclarationRow.past())
    changed = {"weather": "yes", "symptoms": "no"}
    store.update(row.own_key, [DeclarationRow.answers.set(changed), DeclarationRow.concerns.set(["weather"])])

    (shown,) = teller.get(PATH).json["items"]

    assert shown["concern"] is True
    assert [(one["question"], one["concern"], one["text"] is None) for one in shown["answers"]] == [
        ("weather", True, True),
        ("symptoms", False, False),
    ]


def test_so_many_a_day_and_no_more(teller: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    assert A_DAY == 20
    monkeypatch.setattr(declarations, "A_DAY", 1)
    assert declare(teller).status == 201

    answer = declare(teller, symptoms="yes")

    assert refused(answer, 429, "too_many_declarations")
    assert 0 < int(answer.headers["retry-after"]) <= 86_400
    assert [one["concern"] for one in teller.get(PATH).json["items"]] == [False]


def test_what_is_older_than_the_city_keeps_it_is_not_shown(teller: Client) -> None:
    with clock.frozen(clock.now()) as time:
        assert declare(teller).status == 201
        time.tick(settings().city.retention.declarations * 86_400 + 1)

        assert teller.get(PATH).json["items"] == []


@pytest.mark.parametrize("value", ['{"symptoms": "maybe"}', "[]", "null"])
def test_a_broken_row_is_left_out_and_read_by_nobody(teller: Client, person: TestPerson, value: str) -> None:
    assert declare(teller).status == 201
    (row,) = store.query_all(DeclarationRow, person_id_of(person), DeclarationRow.past())
    spoil(row.own_key, "answers", {"S": value})

    assert teller.get(PATH).json["items"] == []
    assert declare(teller, symptoms="yes").status == 201
    assert len(teller.get(PATH).json["items"]) == 1


def test_an_erased_life_leaves_none(city: TestCity, person: TestPerson) -> None:
    client = city.verified(person)
    assert declare(client).status == 201
    assert client.delete("/v1/me").status == 204
    with clock.frozen(clock.now() + timedelta(minutes=2)):
        assert city.verified(person).get(PATH).json["items"] == []

    city.deliver()

    prefix = DeclarationRow.sk.startswith(DeclarationRow.PREFIX)
    assert list(store.query_all(DeclarationRow, person_id_of(person), prefix)) == []


def test_whoever_was_erased_meanwhile_declares_nothing(
    person: TestPerson, teller: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Late(Transaction):
        def commit(self) -> None:
            store.update(person_key(person), [PersonRow.enrolment.add(1)])
            super().commit()

    monkeypatch.setattr(declarations, "Transaction", Late)

    assert refused(declare(teller), 401, "session_ended")
    assert latest(person) is None
