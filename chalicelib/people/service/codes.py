"""SMS codes: sent within every limit of design §7, tried at most five times, used once."""

import hmac
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum

from chalicelib.core import clock, store
from chalicelib.core.crypto import IdentityMacs, keyed_id
from chalicelib.core.errors import Conflict, Unavailable
from chalicelib.core.log import Event, emit
from chalicelib.core.ports import SmsSender
from chalicelib.core.settings import settings
from chalicelib.core.sms_policy import SmsLimits
from chalicelib.core.store import Transaction
from chalicelib.core.texts import Language, text
from chalicelib.people.errors import CodeRefused, SmsBudgetSpent, TooManyCodes, TooManyTries
from chalicelib.people.service import budget
from chalicelib.people.service.limits import (
    DAY,
    HOUR,
    MINUTE,
    Window,
    count_one,
    day_window,
    hour_window,
    seconds_left,
    take_back,
)
from chalicelib.people.tables.logins import CodeRow, SendsRow

DIGITS = 6
"""Six digits by a cryptographic source: 20 bits, as NIST SP 800-63B and ASVS V6.5.4 ask."""


class Purpose(StrEnum):
    """What a code is for; a code for one purpose is worth nothing for another (ASVS V6.6.2)."""

    LOG_IN = "log_in"
    STEP_UP = "step_up"
    DEPENDANT = "dependant"
    """Sent to who is to be somebody's dependant, and entered by that somebody."""


@dataclass(frozen=True)
class Asking:
    """Who asks for a code: from which network address, in which language, and whether on a device that is known.

    A known device has a live session of this very phone; failed challenges don't lock it out.
    """

    address: str
    language: Language
    known_device: bool


@dataclass(frozen=True)
class _Challenge:
    """A code on its way to a phone."""

    phone_mac: str
    purpose: Purpose
    code: str
    about: str = ""

    @property
    def code_mac(self) -> str:
        return _code_mac(self.phone_mac, self.purpose, self.code, self.about)


class SentMeanwhile(Conflict):
    """Another code was sent to this phone between reading and writing; the cooldown has begun."""


class Codes:
    """Sends codes and takes them."""

    def __init__(self, sms: SmsSender, macs: IdentityMacs) -> None:
        """Take who carries messages and who makes ids of phones."""
        self._sms = sms
        self._macs = macs

    def send(self, phone: str, purpose: Purpose, asking: "Asking", about: str = "") -> int:
        """Send a fresh code to a canonical phone; the one before it dies. Returns seconds until the next may be asked for.

        `about` is what else the code is bound to beside phone and purpose, such as two people.

        Raises TooManyCodes, TooManyTries, SmsBudgetSpent, or SmsUnavailable: then the code stays valid and the next may
        be asked for when the wait is over (R-24).
        """
        code = f"{secrets.randbelow(10**DIGITS):0{DIGITS}}"
        challenge = _Challenge(self._macs.phone_mac(phone), purpose, code, about)
        sends = _Sends.of(challenge.phone_mac)
        sends.refuse_if_too_many(known_device=asking.known_device)
        _store(challenge, f"address#{keyed_id('address', asking.address)}", sends)
        wait = sends.wait_after_this()
        try:
            self._sms.send(phone, _message(challenge, asking.language), asking.language)
        except Unavailable as error:
            emit(Event.SMS_FAILED, purpose=purpose.value)
            error.retry_after = wait
            raise
        emit(Event.SMS_SENT, purpose=purpose.value)
        return wait

    def take(self, phone_mac: str, purpose: Purpose, code: str, about: str = "") -> "TakenCode":
        """Count a try, then compare, `about` too. Raises CodeRefused for anything but the live code within its five tries.

        The taken code is spent by `TakenCode.spend` in the transaction of what it opens (T-02).
        """
        limits = _limits()
        key = CodeRow.of(phone_mac, purpose)
        open_for_tries = (CodeRow.tries < limits.tries) & (CodeRow.expires_at > clock.now())
        row = store.update(key, [CodeRow.tries.add(1)], open_for_tries)
        if row is None:
            raise CodeRefused
        if not _matches(row.code_mac, _code_mac(phone_mac, purpose, code, about)):
            _Sends.remember_wrong_guess(phone_mac)
            raise CodeRefused
        return TakenCode(row)


class TakenCode:
    """A code that was compared and found right, not yet spent."""

    def __init__(self, row: CodeRow) -> None:
        """Keep the stored code."""
        self._row = row

    def spend(self, transaction: Transaction) -> None:
        """Use it up with what it opens; a second use of it fails, and the address gets its count back (T-03)."""
        unchanged = CodeRow.code_mac == self._row.code_mac
        transaction.delete(self._row.own_key, unchanged, CodeRefused())
        take_back(transaction, self._row.address, self._row.address_hour)
        take_back(transaction, self._row.address, self._row.address_day)


def _store(challenge: _Challenge, address: str, sends: "_Sends") -> None:
    """Count the message in every limit and keep the challenge, all or nothing; any shard of the budget will do."""
    for shard in budget.open_shards():
        try:
            _storing(challenge, address, sends, shard).commit()
        except SmsBudgetSpent:
            continue
        except SentMeanwhile as error:
            raise TooManyCodes(60) from error
        budget.watch(shard)
        return
    raise SmsBudgetSpent(seconds_left(HOUR))


def _storing(challenge: _Challenge, address: str, sends: "_Sends", shard: int) -> Transaction:
    now, limits = clock.now(), _limits()
    hour, day = hour_window(now), day_window(now)
    transaction = Transaction()
    sends.count_in(transaction)
    too_many = TooManyCodes(seconds_left(HOUR))
    count_one(transaction, Window(address, hour, limits.per_address_hour, HOUR), too_many)
    count_one(transaction, Window(address, day, limits.per_address_day, DAY), TooManyCodes(seconds_left(DAY)))
    budget.count_message(transaction, shard)
    key = CodeRow.of(challenge.phone_mac, challenge.purpose)
    row = CodeRow(
        key.hash_value,
        key.range_value,
        code_mac=challenge.code_mac,
        tries=0,
        address=address,
        address_hour=hour,
        address_day=day,
        expires_at=now + timedelta(seconds=limits.code_seconds),
    )
    return transaction.put(row)


class _Sends:
    """When codes went to one phone and when wrong ones were entered; exact over sliding windows, since the lists are short."""

    def __init__(self, row: SendsRow, *, stored: bool) -> None:
        self._row = row
        self._stored = stored

    @classmethod
    def of(cls, phone_mac: str) -> "_Sends":
        key = SendsRow.of(phone_mac)
        row = store.read_together([key]).get(key)
        empty = SendsRow(key.hash_value, key.range_value, sent_at=[], wrong_at=[], version=0)
        return cls(row or empty, stored=row is not None)

    def refuse_if_too_many(self, *, known_device: bool) -> None:
        if wait := _wait(self._row.sent_at, _send_windows()):
            raise TooManyCodes(wait)
        guesses = _limits().failed_challenges_day * _limits().tries
        if not known_device and (wait := _wait(self._row.wrong_at, {DAY: guesses})):
            raise TooManyTries(wait)

    def wait_after_this(self) -> int:
        return _wait([*self._row.sent_at, clock.epoch()], _send_windows())

    def count_in(self, transaction: Transaction) -> None:
        now = clock.epoch()
        a_day_ago = now - DAY.total_seconds()
        fresh = SendsRow(
            self._row.subject,
            self._row.sk,
            sent_at=[*(at for at in self._row.sent_at if at > a_day_ago), now],
            wrong_at=[at for at in self._row.wrong_at if at > a_day_ago],
            version=self._row.version + 1,
            expires_at=clock.now() + 2 * DAY,
        )
        unchanged = SendsRow.version == self._row.version if self._stored else SendsRow.subject.does_not_exist()
        transaction.put(fresh, unchanged, SentMeanwhile())

    @staticmethod
    def remember_wrong_guess(phone_mac: str) -> None:
        """Guesses are what counts towards failed challenges: to leave a code before its last guess saves nothing."""
        guesses = SendsRow.wrong_at.set(SendsRow.wrong_at.append([clock.epoch()]))
        store.update(SendsRow.of(phone_mac), [guesses, SendsRow.version.add(1)], SendsRow.subject.exists())


def _send_windows() -> dict[timedelta, int]:
    limits = _limits()
    return {MINUTE: limits.per_phone_minute, HOUR: limits.per_phone_hour, DAY: limits.per_phone_day}


def _wait(moments: Sequence[float], windows: Mapping[timedelta, int]) -> int:
    """Seconds until one moment more fits into every sliding window; 0 if it fits now."""
    now, waits = clock.epoch(), [0]
    for window, most in windows.items():
        seconds = int(window.total_seconds())
        recent = sorted(at for at in moments if at > now - seconds)
        if len(recent) >= most:
            waits.append(int(recent[-most]) + seconds - now)
    return max(waits)


def _limits() -> SmsLimits:
    return settings().city.sms.limits


def _matches(stored: str, given: str) -> bool:
    return hmac.compare_digest(stored, given)


def _code_mac(phone_mac: str, purpose: Purpose, code: str, about: str = "") -> str:
    return keyed_id("sms-code", phone_mac, purpose.value, code, *filter(None, (about,)))


def _message(challenge: _Challenge, language: Language) -> str:
    policy = settings().city.sms
    minutes = policy.limits.code_seconds // 60
    signature = policy.signature.spoken(language)
    key = f"code_{challenge.purpose}"
    return text("sms", key, language, signature=signature, code=challenge.code, minutes=minutes)
