"""What the local city shows of the messages it sent."""

import threading
from datetime import UTC, datetime
from pathlib import Path

from chalicelib.core import clock
from infra.local.outbox import EmulatorSms, Outbox

AT = datetime(2022, 4, 6, 1, 2, 3, tzinfo=UTC)


def test_messages_of_the_emulator_get_the_time_they_were_first_seen_and_come_oldest_first(tmp_path: Path) -> None:
    emulated: EmulatorSms = {"+8613800000000": [{"MessageId": "a", "Message": "one"}]}
    outbox = Outbox(tmp_path / "outbox.jsonl", lambda: emulated)
    with clock.frozen(AT) as now:
        outbox.refresh()
        now.tick(5)
        emulated["+8613900000000"] = [{"MessageId": "b", "Message": "两"}]
        outbox.refresh()
        now.tick(5)
        emulated["+8613800000000"].append({"MessageId": "c", "Message": "three"})
        found = outbox.entries()

    assert found == [
        {"channel": "sms", "to": "13800000000", "text": "one", "at": "2022-04-06T01:02:03Z"},
        {"channel": "sms", "to": "13900000000", "text": "两", "at": "2022-04-06T01:02:08Z"},
        {"channel": "sms", "to": "13800000000", "text": "three", "at": "2022-04-06T01:02:13Z"},
    ]


def test_a_restart_keeps_entries_and_times(tmp_path: Path) -> None:
    emulated: EmulatorSms = {"+8613800000000": [{"MessageId": "a", "Message": "one\ntwo"}]}
    before = Outbox(tmp_path / "outbox.jsonl", lambda: emulated)
    before.add("b", "sms", "13900000000", "second\u2028line")

    with clock.frozen(AT):
        after = Outbox(tmp_path / "outbox.jsonl", lambda: emulated).entries()

    assert [entry["text"] for entry in after] == ["second\u2028line", "one\ntwo"]
    assert after[0]["at"] != "2022-04-06T01:02:03Z"


def test_a_line_cut_short_by_a_crash_is_passed_over(tmp_path: Path) -> None:
    outbox = Outbox(tmp_path / "outbox.jsonl", dict)
    outbox.add("a", "sms", "13900000000", "whole")
    with (tmp_path / "outbox.jsonl").open("a") as file:
        file.write('["b", {"chan')

    assert [entry["text"] for entry in Outbox(tmp_path / "outbox.jsonl", dict).entries()] == ["whole"]


def test_many_threads_lose_nothing(tmp_path: Path) -> None:
    outbox = Outbox(tmp_path / "outbox.jsonl", dict)

    def send(part: int) -> None:
        for number in range(20):
            outbox.add(f"{part}-{number % 15}", "sms", "13900000000", "text")

    threads = [threading.Thread(target=send, args=(part,)) for part in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len(outbox.entries()) == 8 * 15
    assert len(Outbox(tmp_path / "outbox.jsonl", dict).entries()) == 8 * 15
