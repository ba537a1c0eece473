"""Consent: what is shared is what was chosen, and what is taken back is gone at once (B5, T-40, T-41)."""

import json
from datetime import timedelta
from pathlib import Path

import pytest

import chalicelib
from chalicelib.core import clock, texts
from chalicelib.core.store import RawItem
from chalicelib.groups import consents
from chalicelib.health.tables import FactRow
from tests.support.books import (
    ALL_SCOPES,
    SEEN,
    Book,
    Member,
    assert_whole,
    at_once,
    known,
    membership_key,
    membership_row,
    person_id_of,
    receipts,
    shown_columns,
    statuses,
    subsets,
)
from tests.support.city import TestCity
from tests.support.enrolled import anybody, enrolled
from tests.support.rows import items_of, put_raw, stored
from tests.support.seam import Seam, aws_error
from tests.support.statuses import states, turn

pytestmark = pytest.mark.api

COLUMN_OF = {scope.value: column for scope, column in consents.COLUMNS.items()}


def change(book: Book, member: Member, *scopes: str) -> None:
    answer = member.client.put(f"{book.own_path}/consent", {"scopes": list(scopes)})
    assert answer.status == 200, answer.text
    assert answer.json["scopes"] == consents.in_order(scopes)


def assert_shows_exactly(book: Book, member: Member, scopes: tuple[str, ...]) -> None:
    """List, stored row and index copies hold what these scopes open, and nothing else."""
    columns = {COLUMN_OF[scope] for scope in scopes}
    (item,) = [one for one in book.members() if one["member_id"] == member.member_id]
    assert item["scopes"] == list(scopes)
    for column in SEEN:
        assert item[column] == (SEEN[column] if column in columns else None)
    assert (item["status"] or {}).get("state") == (states()[1] if "status" in columns else None)
    raw = stored(membership_key(book.org_id, member.person)) or {}
    assert shown_columns(raw) == columns


@pytest.mark.slow
def test_a_book_sees_exactly_the_scopes_that_were_chosen(city: TestCity, book: Book) -> None:
    person = known(city)
    client = enrolled(city, person)[0]
    turn(person, states()[1])
    for scopes in subsets():
        member = Member(person, client, city.join(client, book.code, *scopes))
        assert_shows_exactly(book, member, scopes)
        assert client.delete(book.own_path).status == 204


@pytest.mark.slow
def test_a_choice_can_be_changed_to_every_other(city: TestCity, book: Book) -> None:
    member = book.member(person=known(city))
    turn(member.person, states()[1])
    choices = subsets()

    for place in range(len(choices)):
        for scopes in (choices[place], choices[-1 - place]):
            change(book, member, *scopes)
            assert_shows_exactly(book, member, scopes)
    assert_whole(member.person, [book.org_id], member_of=[book.org_id])


def test_narrowing_erases_from_row_list_and_raw_table(city: TestCity, book: Book) -> None:
    member = book.member(*ALL_SCOPES, person=known(city))
    secret = "2022-04-05T02:00:00Z"
    assert secret in json.dumps(stored(membership_key(book.org_id, member.person)))

    change(book, member, "travel")

    assert secret not in json.dumps(stored(membership_key(book.org_id, member.person)))
    assert secret not in json.dumps(book.page())
    assert_shows_exactly(book, member, ("travel",))


def test_widening_reads_the_facts_of_this_moment(city: TestCity, book: Book) -> None:
    person = city.stranger()
    member = book.member(person=person)
    city.fact(person, "vaccination", "1", "2021-09-01T10:00:00+08:00")

    change(book, member, "vaccination")

    (item,) = book.members()
    assert item["vaccination"] == {"doses": 1, "occurred_at": "2021-09-01T02:00:00Z"}


def test_who_shares_nothing_is_not_even_asked_about(book: Book, faults: Seam) -> None:
    member = book.member()
    start = len(faults.calls)

    change(book, member)

    assert faults.operations[start:] == ["BatchGetItem", "TransactWriteItems"]


def test_joining_takes_three_round_trips(city: TestCity, book: Book, faults: Seam) -> None:
    book.member(*ALL_SCOPES)  # from now on this process holds the keys of ids
    client = anybody(city)
    start = len(faults.calls)

    city.join(client, book.code, *ALL_SCOPES)

    assert faults.operations[start:] == ["BatchGetItem", "Query", "TransactWriteItems"]


def test_of_two_changes_at_once_one_wins_and_the_other_is_told(city: TestCity, book: Book) -> None:
    member = book.member(person=known(city))
    turn(member.person, states()[1])
    choices = subsets()

    answers = at_once(
        8, lambda number: member.client.put(f"{book.own_path}/consent", {"scopes": list(choices[number])})
    )

    assert 200 in statuses(answers)
    assert set(statuses(answers)) <= {200, 409, 503}
    row = membership_row(book.org_id, member.person)
    assert row is not None
    assert_shows_exactly(book, member, tuple(row.scopes))
    assert_whole(member.person, [book.org_id], member_of=[book.org_id])
    done = statuses(answers).count(200)
    assert row.consent_version == 1 + done
    assert len(receipts(book.org_id, member.person)) == 1 + done


def test_only_members_change_their_own_consent(city: TestCity, book: Book) -> None:
    member = book.member("travel")
    for caller in (book.owner, anybody(city)):
        answer = caller.put(f"{book.own_path}/consent", {"scopes": list(ALL_SCOPES)})
        assert (answer.status, answer.code) == (404, "membership_not_found")
    missing = member.client.put("/v1/me/memberships/01aaaaaaaaaaaaaaaaaaaaaaaa/consent", {"scopes": []})

    assert (missing.status, missing.code) == (404, "membership_not_found")
    assert membership_row(book.org_id, member.person).scopes == ["travel"]  # type: ignore[union-attr]


@pytest.mark.parametrize("body", [{}, {"scopes": None}, {"scopes": ["all"]}, {"scopes": [], "reason": "x"}, [], None])
def test_a_wrong_choice_changes_nothing(book: Book, body: object) -> None:
    member = book.member("travel")

    answer = member.client.put(f"{book.own_path}/consent", body)

    assert answer.status == 422
    assert membership_row(book.org_id, member.person).scopes == ["travel"]  # type: ignore[union-attr]


# --- receipts --------------------------------------------------------------------------------------------------------------


def test_each_step_leaves_a_receipt_that_names_version_and_organization(book: Book) -> None:
    member = book.member("travel", "health_code")
    change(book, member, "travel")
    assert member.client.delete(book.own_path).status == 204

    given = receipts(book.org_id, member.person)

    assert [(one.action, one.scopes) for one in given] == [
        ("given", ["health_code", "travel"]),
        ("changed", ["travel"]),
        ("left", []),
    ]
    for one in given:
        assert (one.organization, one.text_version) == ("Third School", consents.current_text_version())
        assert abs((clock.now() - one.at).total_seconds()) < 60
        assert round((one.expires_at - one.at) / timedelta(days=1)) == 1096
    listed = member.client.get("/v1/me/consents").json["items"]
    assert [item["action"] for item in listed] == ["left", "changed", "given"]
    assert {item["organization"] for item in listed} == {"Third School"}


def test_a_receipt_keeps_the_version_that_was_read(city: TestCity, book: Book, monkeypatch: pytest.MonkeyPatch) -> None:
    """Somebody who joined under an older text leaves under it, and agrees to the new one only by choosing again."""
    member, other = book.member("travel"), book.member("travel")
    present = consents.current_text_version()
    _release_new_text(monkeypatch)
    assert city.api.get(f"/v1/invitations/{book.code}").json["consent_version"] == "2031-01"

    assert member.client.delete(book.own_path).status == 204
    change(book, other, "travel")

    assert [one.text_version for one in receipts(book.org_id, member.person)] == [present, present]
    assert [one.text_version for one in receipts(book.org_id, other.person)] == [present, "2031-01"]


def _release_new_text(monkeypatch: pytest.MonkeyPatch) -> None:
    real = texts.contents
    newer = {
        **real("consents"),
        "released": {"current": "2031-01"},
        "2031-01": real("consents")[consents.current_text_version()],
    }

    def contents(file: str) -> dict[str, object]:
        return newer if file == "consents" else real(file)

    monkeypatch.setattr(texts, "contents", contents)
    monkeypatch.setattr(consents, "contents", contents)


def test_no_receipt_can_be_changed_by_the_service() -> None:
    """Receipts are put under a new key each time; nothing in the code updates or deletes one."""
    code = [path.read_text() for path in Path(chalicelib.__path__[0]).rglob("*.py")]
    assert not [text for text in code if "ReceiptRow.key(" in text or "ReceiptRow.of(" in text]


# --- facts -----------------------------------------------------------------------------------------------------------------


def test_a_snapshot_follows_the_latest_fact(city: TestCity, book: Book) -> None:
    person = city.stranger()
    member = book.member("nucleic_acid", "travel", person=person)
    city.fact(person, "nucleic_acid", "positive", "2022-04-05T10:00:00+08:00", reported_at="2022-04-05T12:00:00+08:00")
    city.fact(
        person,
        "nucleic_acid",
        "negative",
        "2022-04-05T10:00:00+08:00",
        place="b",
        reported_at="2022-04-05T11:00:00+08:00",
    )
    city.fact(person, "high_risk_travel", "high", "2022-04-05T10:00:00+08:00")
    city.deliver()

    (item,) = book.members()

    assert item["member_id"] == member.member_id
    assert item["nucleic_acid"] == {"result": "positive", "occurred_at": "2022-04-05T02:00:00Z"}
    assert item["travel"] == {"kind": "high_risk_travel", "result": "high", "occurred_at": "2022-04-05T02:00:00Z"}


def test_damaged_facts_are_passed_over(city: TestCity, book: Book) -> None:
    person = city.stranger()
    city.fact(person, "vaccination", "1", "2021-09-01T10:00:00+08:00")
    (sound,) = items_of(FactRow, person_id_of(person))
    damages: list[RawItem] = [
        {"result": {"S": "many"}},
        {"result": {"N": "3"}},
        {"result": {"S": ""}},
        {"occurred_at": {"NULL": True}},
    ]
    for number, damage in enumerate(damages):
        put_raw(FactRow.key(person_id_of(person), f"vaccination#{number}"), {**sound, "result": {"S": "3"}, **damage})

    member = book.member("vaccination", person=person)
    city.deliver()

    (item,) = book.members()
    assert item["member_id"] == member.member_id
    assert item["vaccination"] == {"doses": 1, "occurred_at": "2021-09-01T02:00:00Z"}


def test_a_source_that_does_not_answer_lets_nobody_join_half(city: TestCity, book: Book, faults: Seam) -> None:
    client = anybody(city)
    faults.fail("Query", aws_error("InternalServerError"))

    answer = client.post(f"/v1/invitations/{book.code}/join", {"scopes": ["travel"]})

    assert answer.status == 503
    assert "retry-after" in answer.headers
    assert book.members() == []
