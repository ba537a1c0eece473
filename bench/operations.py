"""What is measured: operations that somebody waits for, each with the limits that the design sets for it."""

from collections.abc import Callable

from bench.effects import EFFECTS, WIDER
from bench.measuring import Limits, Operation, Send
from bench.nights import NIGHTS
from bench.preparing import ALL_SCOPES, COOLDOWN, counted_book, full_book, known_person, membership
from chalicelib.core import clock, ids
from tests.support.city import TestCity
from tests.support.client import Answer
from tests.support.passes import pass_of
from tests.support.visits import scan, site, well

LISTED = 50
DELIVERED = 500
"""Facts of a full batch."""

COUNTED = 1_000
"""Members of the book whose numbers are asked for."""

NUMBERS = Limits(round_trips=3, section="§1, admission")
"""Two queries behind the admission."""


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


def _open_book(city: TestCity) -> Send:
    owner = city.verified()
    return lambda: owner.post(
        "/v1/organizations", {"name": "Third School", "kind": "school", "subdistrict": "371302001"}
    )


def _invite(city: TestCity) -> Send:
    owner = city.verified()
    org_id, body = city.book(owner), {"department_id": None, "expires_at": None, "max_uses": None}
    return lambda: owner.post(f"/v1/organizations/{org_id}/invitations", body)


def _join(city: TestCity) -> Send:
    owner, member = city.verified(), city.verified(known_person(city))
    code = city.invite(owner, city.book(owner))
    return lambda: member.post(f"/v1/invitations/{code}/join", {"scopes": ALL_SCOPES})


def _preview(city: TestCity) -> Send:
    owner = city.verified()
    code = city.invite(owner, city.book(owner))
    return lambda: city.api.get(f"/v1/invitations/{code}")


def _set_policy(city: TestCity) -> Send:
    owner = city.verified()
    path = f"/v1/organizations/{city.book(owner)}/policies"
    return lambda: owner.put(path, {"type": "teacher", "nucleic_acid_days": 7})


def list_members(city: TestCity, others: int = 2 * LISTED) -> Callable[[], Answer]:
    """A book of more members than a page holds."""
    owner, org_id, _ = full_book(city, others)
    return lambda: owner.get(f"/v1/organizations/{org_id}/members?limit={LISTED}")


def _numbers_of(members: int) -> Callable[[TestCity], Send]:
    """The numbers of a book of so many members in ten departments, whose counters say so; members are not read for it."""

    def prepare(city: TestCity) -> Send:
        owner, org_id = counted_book(city, members)
        return lambda: owner.get(f"/v1/organizations/{org_id}/statistics")

    return prepare


def _own_memberships(city: TestCity) -> Send:
    member, _ = membership(city)
    return lambda: member.get("/v1/me/memberships")


def _change_consent(city: TestCity) -> Send:
    member, org_id = membership(city)
    return lambda: member.put(f"/v1/me/memberships/{org_id}/consent", {"scopes": ALL_SCOPES[1:]})


def _leave(city: TestCity) -> Send:
    member, org_id = membership(city)
    return lambda: member.delete(f"/v1/me/memberships/{org_id}")


def _show_code(city: TestCity) -> Send:
    client = city.verified(known_person(city))
    city.deliver()
    return lambda: client.get("/v1/me/health-code")


def _scan(city: TestCity) -> Send:
    """Somebody scans a poster."""
    (visitor,) = well(city, city.stranger())
    place = site(city)
    return lambda: scan(visitor, place.code, temperature="normal")


def _scan_strict(city: TestCity) -> Send:
    """Somebody scans a place that takes no more than its capacity, and has just let somebody else in."""
    earlier, visitor = well(city, city.stranger(), city.stranger())
    place = site(city, capacity=50, capacity_mode="strict")
    assert scan(earlier, place.code, temperature="normal").status == 201
    return lambda: scan(visitor, place.code, temperature="normal")


def _inspect(city: TestCity) -> Send:
    """Somebody on a place's staff scans a pass."""
    person, place = city.stranger(), site(city)
    well(city, person)
    inspector = place.staff()
    body = {"pass": pass_of(person), "temperature": "normal"}
    return lambda: inspector.post(place.path, body)


def _deliver(city: TestCity) -> Send:
    """A full batch of a registered source, about people of whom the city knows nothing yet: each is a row of its own."""
    from tests.support.sources import registered, report

    source = registered(city)
    rows = [report(city.stranger(), fact_id=ids.new_id()) for _ in range(DELIVERED)]
    return lambda: source.facts(*rows)


REQUESTS = (
    Operation("ask for a code", _ask_for_code),
    Operation("log in", _log_in),
    Operation("prove identity", _prove_identity),
    Operation("open a book", _open_book),
    Operation("invite", _invite),
    Operation("preview an invitation", _preview),
    Operation("join", _join, Limits(round_trips=3, read=5, one_transaction=True, section="§9")),
    Operation("my memberships", _own_memberships),
    Operation(
        f"list {LISTED} members",
        list_members,
        Limits(round_trips=2, read=4, write=3, read_grows=True, section="§9, decision 20"),
    ),
    Operation(f"numbers of {COUNTED:,} members", _numbers_of(COUNTED), NUMBERS),
    Operation("set a policy", _set_policy),
    Operation("change consent", _change_consent),
    Operation("leave", _leave),
    Operation("show my health code", _show_code, Limits(round_trips=1, read=2, write=0, cpu=1.3, section="§9")),
    Operation("I scan a place", _scan, Limits(read=3.5, write=2, cpu=1.3, section="§9")),
    Operation(
        "an inspector scans me", _inspect, Limits(read=6.5, write=2, cpu=1.3, section="§9 says 3.5: decision 27")
    ),
    Operation(f"deliver {DELIVERED} facts", _deliver, Limits(round_trips=None, section="")),
)
"""The requests that exist. §9 names others; they are measured from the day on which they are built."""

LARGER = (
    Operation(
        "I scan a strict place",
        _scan_strict,
        Limits(round_trips=3, read=4, write=6, one_transaction=True, section="strict: decision 27"),
    ),
    *(Operation(f"numbers of {size:,} members", _numbers_of(size), NUMBERS) for size in (10_000, 100_000)),
    *WIDER,
)
"""The same with more of what they must not depend on, or in a stricter place. The bill has them once."""

OPERATIONS = (*REQUESTS, *EFFECTS, *NIGHTS, *LARGER)
