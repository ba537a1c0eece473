"""Calls to a health source: what is believed, what is tried again, and what is given up (R-18, T-36)."""

import secrets
import time
from collections.abc import Iterator

import pytest

from chalicelib.core.ports import SourceUnavailable
from chalicelib.core.reports import CursorLost
from chalicelib.health.remote import client, contract, signing
from chalicelib.health.remote.breaker import FAILURES, Breaker
from chalicelib.health.remote.client import Client, Garbage
from chalicelib.health.remote.contract import PeopleAnswer, PeopleQuestion, Person
from infra.source import faults
from infra.source.server import ReferenceSource

KEY = b"k" * 32
QUESTION = PeopleQuestion(
    people=[Person(ref="r", document_type="passport", document_number="E1234567", phone="13800000000")]
)


@pytest.fixture
def source() -> Iterator[ReferenceSource]:
    """A source, which nobody waits for long."""
    with pytest.MonkeyPatch.context() as patch, ReferenceSource(lambda: KEY) as served:
        patch.setattr(client, "TRY_SECONDS", 0.2)
        patch.setattr(faults, "SLOW_SECONDS", 0.3)
        patch.setattr(client, "wait_before", lambda *_: None)
        yield served


def asking(source: ReferenceSource, key: bytes = KEY) -> Client:
    return Client(source.url, lambda: key, Breaker())


def ask(one: Client) -> PeopleAnswer:
    return one.ask("/people", QUESTION, PeopleAnswer)


def test_a_signed_answer_is_believed(source: ReferenceSource) -> None:
    answer = ask(asking(source))
    assert [(one.ref, one.document_number, one.known) for one in answer.people if one] == [("r", "E1234567", False)]
    assert source.asked == {"/people": 1}


def test_that_a_cursor_is_lost_is_an_answer_and_no_failure(source: ReferenceSource) -> None:
    one = asking(source)
    for _ in range(FAILURES + 1):
        with pytest.raises(CursorLost):
            one.ask("/changes", contract.ChangesQuestion(cursor="7", limit=1), contract.ChangesAnswer)
    assert source.asked == {"/changes": FAILURES + 1}


@pytest.mark.parametrize(
    ("mode", "requests"), [("slow", 3), ("429", 3), ("5xx", 3), ("cut", 3), ("redirect", 1), ("unsigned", 1)]
)
def test_only_what_may_pass_is_tried_again_and_no_redirect_is_followed(
    source: ReferenceSource, mode: str, requests: int
) -> None:
    source.mode = mode
    with pytest.raises(SourceUnavailable):
        ask(asking(source))
    assert source.asked == {"/people": requests}


@pytest.mark.parametrize("mode", ["html", "gbk"])
def test_what_is_signed_and_no_answer_is_garbage_and_no_failure_of_the_line(source: ReferenceSource, mode: str) -> None:
    source.mode, one = mode, asking(source)
    for _ in range(FAILURES + 1):
        with pytest.raises(Garbage):
            ask(one)
    assert source.asked == {"/people": FAILURES + 1}


def test_a_source_that_comes_back_meanwhile_answers(source: ReferenceSource) -> None:
    source.mode = "5xx"
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(client, "wait_before", lambda *_: setattr(source, "mode", "ok"))
        assert len(ask(asking(source)).people) == 1
    assert source.asked == {"/people": 2}


def test_where_nobody_listens_nobody_is_asked(source: ReferenceSource) -> None:
    one = Client("http://127.0.0.1:9", lambda: KEY, Breaker())
    with pytest.raises(SourceUnavailable):
        ask(one)
    assert source.asked == {}


def test_another_key_convinces_neither_side(source: ReferenceSource) -> None:
    with pytest.raises(SourceUnavailable):
        ask(asking(source, b"x" * 32))
    assert source.asked == {"/people": 1}, "what it refuses it refuses again"


def test_the_answer_to_another_question_is_not_believed(source: ReferenceSource) -> None:
    signed = signing.answer_signature
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(signing, "answer_signature", lambda key, _, *said: signed(key, "another", *said))
        with pytest.raises(SourceUnavailable):
            ask(asking(source))


def test_a_request_that_comes_twice_is_refused(source: ReferenceSource) -> None:
    one = asking(source)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(secrets, "token_urlsafe", lambda _: "same")
        ask(one)
        with pytest.raises(SourceUnavailable):
            ask(one)


def test_a_request_of_another_hour_is_refused(source: ReferenceSource) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(signing, "WINDOW_SECONDS", -1)
        with pytest.raises(SourceUnavailable):
            ask(asking(source))


def test_an_answer_that_is_too_long_is_left_unread(source: ReferenceSource) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(client, "ANSWER_BYTES", 50)
        with pytest.raises(SourceUnavailable):
            ask(asking(source))
    assert source.asked == {"/people": 1}


def test_five_failures_keep_the_next_from_being_tried(source: ReferenceSource) -> None:
    source.mode, one = "unsigned", asking(source)
    for _ in range(FAILURES + 3):
        with pytest.raises(SourceUnavailable):
            ask(one)
    assert source.asked == {"/people": FAILURES}


@pytest.mark.parametrize(("asked", "least"), [(0.0, 0.0), (1.0, 1.0), (3600.0, client.LONGEST_WAIT)])
def test_another_try_waits_as_long_as_the_source_asks_within_reason_and_never_in_step(
    asked: float, least: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    waited: list[float] = []
    monkeypatch.setattr(time, "sleep", waited.append)
    for _ in range(20):
        client.wait_before(2, asked)
    assert len(set(waited)) > 1
    assert all(least <= one <= least + 0.4 for one in waited)


@pytest.mark.parametrize(
    ("header", "seconds"), [(None, 0), ("2", 2), ("-2", 0), ("²", 0), ("Wed, 21 Oct 2026 07:28:00 GMT", 0)]
)
def test_how_long_the_source_asks_for(header: str | None, seconds: float) -> None:
    assert client._seconds(header) == seconds  # noqa: SLF001


def test_a_call_ends_in_time_however_long_each_try_takes(monkeypatch: pytest.MonkeyPatch) -> None:
    one, made, now = Client("https://source.example", lambda: KEY, Breaker()), list[int](), [0.0]

    def slow(*_: object) -> bytes:
        made.append(1)
        now[0] += 5
        raise client._Failed  # noqa: SLF001

    monkeypatch.setattr(time, "monotonic", lambda: now[0])
    monkeypatch.setattr(client, "wait_before", lambda *_: None)
    monkeypatch.setattr(one, "_try", slow)
    with pytest.raises(SourceUnavailable):
        ask(one)
    assert len(made) == 2


@pytest.mark.parametrize("url", ["http://source.example", "ftp://source.example", "https://", "//127.0.0.1x"])
def test_only_https_is_asked_but_on_this_machine(url: str) -> None:
    with pytest.raises(ValueError, match="https"):
        Client(url, lambda: KEY, Breaker())
