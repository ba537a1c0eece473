"""What is measured: operations that somebody waits for, each with the limits that the design sets for it."""

import math
from collections.abc import Callable
from copy import copy
from dataclasses import dataclass
from datetime import timedelta
from secrets import token_bytes

from bench.pricing import READ_BYTES
from bench.recorder import DYNAMODB, Recorder, recorded
from chalicelib.core import clock, store
from chalicelib.core.crypto import encode
from chalicelib.groups.tables import MembershipRow
from tests.support.city import TestCity
from tests.support.client import Answer, Client
from tests.support.people import TestPerson

ALL_SCOPES = ("health_code", "nucleic_acid", "vaccination", "travel")
LISTED = 50
COOLDOWN = timedelta(minutes=2)
EVERYTHING = "§1"
"""Design §1: everything a user waits for takes at most two sequential round trips."""

Send = Callable[[], Answer]


@dataclass(frozen=True)
class Limits:
    """Limits of one operation; None where the design names none. `read` is without what grows with the answer."""

    round_trips: int = 2
    read: float | None = None
    write: float | None = None
    read_grows: bool = False
    one_transaction: bool = False
    section: str = EVERYTHING


@dataclass(frozen=True)
class Operation:
    """One operation. `prepare` makes what it needs and returns what sends its one request."""

    name: str
    prepare: Callable[[TestCity], Send]
    limits: Limits = Limits()


@dataclass(frozen=True)
class Figures:
    """What one request of an operation took."""

    operation: Operation
    record: Recorder

    @property
    def read_limit(self) -> float | None:
        """The limit of read units for what was returned."""
        limits = self.operation.limits
        if limits.read is None or not limits.read_grows:
            return limits.read
        return limits.read + math.ceil(sum(call.listed for call in self.record.of()) / READ_BYTES)

    @property
    def writes(self) -> list[str]:
        """The writing calls in their order."""
        return [call.operation for call in self.record.of(DYNAMODB) if call.units.write]

    @property
    def over(self) -> list[str]:
        """The figures that are over their limits, by name."""
        limits, units = self.operation.limits, self.record.units
        exceeded = {
            "round trips": self.record.round_trips > limits.round_trips,
            "read units": self.read_limit is not None and units.read > self.read_limit,
            "write units": limits.write is not None and units.write > limits.write,
            "writes": limits.one_transaction and self.writes != ["TransactWriteItems"],
        }
        return [name for name, is_over in exceeded.items() if is_over]


def measured(operation: Operation, city: TestCity) -> Figures:
    """The figures of the second time: keys that a process holds are there by then, as in nearly every request."""
    assert operation.prepare(city)().status < 300
    send = operation.prepare(city)
    with recorded() as record:
        answer = send()
    assert answer.status < 300, answer.text
    return Figures(operation, record)


def _known(city: TestCity) -> TestPerson:
    """Somebody of whom the source knows something of each kind."""
    person = city.person()
    city.fact(person, "nucleic_acid", "negative", "2022-11-20T08:00:00")
    city.fact(person, "vaccination", "2", "2021-06-01T09:00:00")
    city.fact(person, "high_risk_travel", "medium", "2022-11-18T12:00:00")
    return person


def _membership(city: TestCity) -> tuple[Client, str]:
    """A member, and the organization."""
    owner, member = city.verified(), city.verified(_known(city))
    org_id = city.book(owner)
    city.join(member, city.invite(owner, org_id), *ALL_SCOPES)
    return member, org_id


def _ask_for_code(city: TestCity) -> Send:
    phone = city.stranger().phone
    return lambda: city.api.post("/v1/auth/codes", {"phone": phone})


def _log_in(city: TestCity) -> Send:
    """Somebody who proved identity before: their person has to be found again."""
    person = city.person()
    city.verified(person)
    with clock.frozen(clock.now() + COOLDOWN):
        assert city.api.post("/v1/auth/codes", {"phone": person.phone}).status == 202
    code = city.sms.last_code(person.phone)
    return lambda: city.api.post("/v1/auth/sessions", {"phone": person.phone, "code": code})


def _prove_identity(city: TestCity) -> Send:
    person = city.person()
    client = city.log_in(person)
    return lambda: client.put("/v1/me/identity", person.claim())


def _join(city: TestCity) -> Send:
    owner, member = city.verified(), city.verified(_known(city))
    code = city.invite(owner, city.book(owner))
    return lambda: member.post(f"/v1/invitations/{code}/join", {"scopes": ALL_SCOPES})


def _preview(city: TestCity) -> Send:
    owner = city.verified()
    code = city.invite(owner, city.book(owner))
    return lambda: city.api.get(f"/v1/invitations/{code}")


def list_members(city: TestCity, others: int = 2 * LISTED) -> Send:
    """A book of more members than a page holds: one real, the others its likes."""
    owner, member = city.verified(), city.verified(_known(city))
    org_id = city.book(owner)
    member_id = city.join(member, city.invite(owner, org_id), *ALL_SCOPES)
    key = MembershipRow.of(org_id, member_id)
    row = store.read_together([key]).get(key)
    assert row is not None
    store.write_all(_like(row) for _ in range(others))
    return lambda: owner.get(f"/v1/organizations/{org_id}/members?limit={LISTED}")


def _like(row: MembershipRow) -> MembershipRow:
    other = copy(row)
    other.attribute_values = {**row.attribute_values, "member_id": _some_id(), "person_id": _some_id()}
    return other


def _some_id() -> str:
    return encode(token_bytes(16))


def _own_memberships(city: TestCity) -> Send:
    member, _ = _membership(city)
    return lambda: member.get("/v1/me/memberships")


def _change_consent(city: TestCity) -> Send:
    member, org_id = _membership(city)
    return lambda: member.put(f"/v1/me/memberships/{org_id}/consent", {"scopes": ALL_SCOPES[1:]})


def _leave(city: TestCity) -> Send:
    member, org_id = _membership(city)
    return lambda: member.delete(f"/v1/me/memberships/{org_id}")


OPERATIONS = (
    Operation("ask for a code", _ask_for_code),
    Operation("log in", _log_in),
    Operation("prove identity", _prove_identity),
    Operation("preview an invitation", _preview),
    Operation("join", _join, Limits(round_trips=3, read=5, one_transaction=True, section="§9")),
    Operation("my memberships", _own_memberships),
    Operation(
        f"list {LISTED} members",
        list_members,
        Limits(round_trips=2, read=3, write=3, read_grows=True, section="§9"),
    ),
    Operation("change consent", _change_consent),
    Operation("leave", _leave),
)
"""The operations that exist. §9 names others; they are measured from the day on which they are built."""
