"""Any order of sending, guessing, waiting and sending again keeps the promises of SMS codes (H8, R-24)."""

from dataclasses import dataclass
from datetime import timedelta

import pytest
from hypothesis import HealthCheck, assume, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test

import app
from chalicelib.core import clock
from chalicelib.core.crypto import IdentityMacs
from chalicelib.core.errors import TooMany
from chalicelib.core.store import Transaction
from chalicelib.people.errors import CodeRefused, TooManyCodes, TooManyTries
from chalicelib.people.service import codes
from chalicelib.people.service.codes import Asking, Codes, Purpose
from tests.api.people.steps import wrong
from tests.support.city import TestCity

pytestmark = [pytest.mark.api, pytest.mark.slow]

PURPOSES = st.sampled_from(Purpose)
WAITS = st.sampled_from([1, 59, 60, 61, 299, 300, 3_600, 86_400])
START = clock.now().replace(microsecond=0) + timedelta(days=4_000)


@dataclass
class Challenge:
    """A code as the model remembers it."""

    code: str
    sent_at: int
    compares: int = 0
    accepted: int = 0
    replaced: bool = False

    def is_live(self) -> bool:
        return not self.replaced and not self.accepted and self.compares < 5 and clock.epoch() < self.sent_at + 300


class CodeMachine(RuleBasedStateMachine):
    """One phone, two purposes, and a model of what each code may still do."""

    city: TestCity

    def __init__(self) -> None:
        super().__init__()
        self.time = clock.frozen(START)
        self.now = self.time.__enter__()
        self.codes: Codes = app.services.get(Codes)
        self.compares = 0
        self.sent: dict[Purpose, list[Challenge]] = {purpose: [] for purpose in Purpose}
        self.wrong_at: list[int] = []
        self.matches = codes._matches  # noqa: SLF001
        codes._matches = self.compare  # noqa: SLF001

    def compare(self, stored: str, given: str) -> bool:
        self.compares += 1
        return self.matches(stored, given)

    def teardown(self) -> None:
        codes._matches = self.matches  # noqa: SLF001
        self.time.__exit__(None, None, None)

    @initialize()
    def a_new_phone(self) -> None:
        self.phone = self.city.stranger().phone
        self.phone_mac = IdentityMacs().phone_mac(self.phone)

    @rule(purpose=PURPOSES)
    def send(self, purpose: Purpose) -> None:
        expected = self.refusal()
        asking = Asking("203.0.113.8", "en", known_device=False)
        if expected is not None:
            with pytest.raises(expected) as refused:
                self.codes.send(self.phone, purpose, asking)
            assert refused.value.retry_after > 0
            return
        self.codes.send(self.phone, purpose, asking)
        for old in self.sent[purpose]:
            old.replaced = True
        self.sent[purpose].append(Challenge(self.city.sms.last_code(self.phone), clock.epoch()))

    def refusal(self) -> type[TooMany] | None:
        now = clock.epoch()
        sent_at = [challenge.sent_at for challenges in self.sent.values() for challenge in challenges]
        for seconds, most in ((60, 1), (3_600, 5), (86_400, 10)):
            if sum(at > now - seconds for at in sent_at) >= most:
                return TooManyCodes
        return TooManyTries if sum(at > now - 86_400 for at in self.wrong_at) >= 15 else None

    @rule(purpose=PURPOSES, by=st.integers(1, 10**6 - 10), times=st.integers(1, 6))
    def guess(self, purpose: Purpose, by: int, times: int) -> None:
        assume(self.sent[purpose])
        for more in range(times):
            self.enter(purpose, wrong(self.sent[purpose][-1].code, by + more))

    @rule(purpose=PURPOSES)
    def enter_the_right_code(self, purpose: Purpose) -> None:
        assume(self.sent[purpose])
        self.enter(purpose, self.sent[purpose][-1].code)

    @rule(purpose=PURPOSES)
    def enter_an_old_code(self, purpose: Purpose) -> None:
        assume(len(self.sent[purpose]) > 1)
        self.enter(purpose, self.sent[purpose][-2].code)

    @rule(purpose=PURPOSES)
    def enter_the_code_of_the_other_purpose(self, purpose: Purpose) -> None:
        others = [other for other in Purpose if other is not purpose and self.sent[other]]
        assume(others)
        self.enter(purpose, self.sent[others[0]][-1].code)

    @rule(seconds=WAITS)
    def wait(self, seconds: int) -> None:
        self.now.tick(seconds)

    def enter(self, purpose: Purpose, code: str) -> None:
        """Enter a code; the outcome must be the model's."""
        challenge = self.sent[purpose][-1] if self.sent[purpose] else None
        live = challenge is not None and challenge.is_live()
        before = self.compares
        try:
            transaction = Transaction()
            self.codes.take(self.phone_mac, purpose, code).spend(transaction)
            transaction.commit()
            accepted = True
        except CodeRefused:
            accepted = False
        assert self.compares - before == live
        assert accepted == (challenge is not None and live and challenge.code == code)
        if challenge is not None and live:
            challenge.compares += 1
            challenge.accepted += accepted
            self.wrong_at += [] if accepted else [clock.epoch()]

    @invariant()
    def no_code_is_compared_six_times_or_accepted_twice(self) -> None:
        for challenges in self.sent.values():
            assert all(challenge.compares <= 5 and challenge.accepted <= 1 for challenge in challenges)

    @invariant()
    def at_most_one_code_of_a_purpose_lives(self) -> None:
        for challenges in self.sent.values():
            assert sum(challenge.is_live() for challenge in challenges) <= 1


def test_any_order_of_steps_keeps_the_promises_of_codes(city: TestCity) -> None:
    CodeMachine.city = city
    run_state_machine_as_test(
        CodeMachine,
        settings=settings(
            max_examples=25,
            stateful_step_count=20,
            deadline=None,
            database=None,
            suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
        ),
    )
