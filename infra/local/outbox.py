"""What the local city sent: text messages that the emulator took, and those that came to the local gateway.

The emulator keeps no times, so a message gets the moment at which it was first seen; that is within a second of its
sending while the city runs. Entries are kept in a file, a line each, so that a restart shows them again.
"""

import json
import threading
from collections.abc import Callable
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from chalicelib.alerts.sms import COUNTRY_PREFIX, SIGNATURE_HEADER, TIMESTAMP_HEADER, is_signed
from chalicelib.core import clock

EmulatorSms = dict[str, list[dict[str, Any]]]


@dataclass(frozen=True)
class Sent:
    """One message that left the city. `to` is a canonical phone number, `at` RFC 3339 in UTC."""

    channel: str
    to: str
    text: str
    at: str


class Outbox:
    """The messages sent so far, oldest first. Safe to use from several threads."""

    def __init__(self, path: Path, emulator_sms: Callable[[], EmulatorSms]) -> None:
        """Take the file that keeps the entries and what asks the emulator for its messages."""
        self._path = path
        self._emulator_sms = emulator_sms
        self._lock = threading.Lock()
        self._sent = _kept(path)

    def entries(self) -> list[dict[str, str]]:
        """Every message, oldest first."""
        self.refresh()
        with self._lock:
            return [asdict(sent) for sent in self._sent.values()]

    def refresh(self) -> None:
        """Take over what the emulator was given since the last look."""
        for phone, messages in self._emulator_sms().items():
            for message in messages:
                self.add(message["MessageId"], "sms", phone.removeprefix(COUNTRY_PREFIX), message["Message"])

    def add(self, message_id: str, channel: str, to: str, text: str) -> None:
        """Keep a message; one whose id is known already came twice and is kept once."""
        with self._lock:
            if message_id in self._sent:
                return
            sent = self._sent[message_id] = Sent(channel, to, text, clock.iso(clock.now()))
            with self._path.open("a", encoding="utf-8") as file:
                file.write(json.dumps([message_id, asdict(sent)]) + "\n")


def _kept(path: Path) -> dict[str, Sent]:
    """The entries of an earlier start. A line that was not written to its end, by a crash, is passed over."""
    sent: dict[str, Sent] = {}
    for line in path.read_text(encoding="utf-8").split("\n") if path.exists() else ():
        with suppress(ValueError):
            message_id, entry = json.loads(line)
            sent[message_id] = Sent(**entry)
    return sent


class SmsGateway:
    """The local stand-in for a carrier's gateway: takes what the city's `http` sender posts, if it is signed."""

    def __init__(self, outbox: Outbox, key: Callable[[], bytes]) -> None:
        """Take where accepted messages go and what gives the key that city and gateway share."""
        self._outbox = outbox
        self._key = key

    def accepts(self, headers: dict[str, str], body: bytes) -> bool:
        """Take a message over. False if its signature or form is wrong."""
        named = {name.lower(): value for name, value in headers.items()}
        timestamp, signed = named.get(TIMESTAMP_HEADER.lower(), ""), named.get(SIGNATURE_HEADER.lower(), "")
        if not is_signed(self._key(), timestamp, signed, body):
            return False
        try:
            message = json.loads(body)
            self._outbox.add(message["id"], "sms", message["phone"], message["text"])
        except (ValueError, TypeError, KeyError):
            return False
        return True
