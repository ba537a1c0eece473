"""What nobody waits for and the city pays all the same: facts that arrive, and what streams cause."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from bench.measuring import Limits, Operation, Send
from bench.preparing import full_book, known_person, membership, people_of
from bench.pricing import key_names
from chalicelib.core import clock, ids, store
from chalicelib.core.crypto import IdentityMacs
from chalicelib.core.store import Row
from chalicelib.core.work import QUEUE, run_of
from chalicelib.groups.consents import DISCLOSABLE, disclosed
from chalicelib.groups.disclosures import WHY_LIST
from chalicelib.groups.service.reminders import Reminders
from chalicelib.groups.service.standings import Standings
from chalicelib.groups.tables import ReminderWork
from chalicelib.health.tables import FactRow
from chalicelib.people.tables.privacy import ledger_entry
from tests.support import messages
from tests.support.city import TestCity
from tests.support.policies import changes_of_policies
from tests.support.working import Context

DISCLOSED = 50
REACHED, CONCERNED = 1_000, 100
NEWEST = ("nucleic_acid", "negative", "2022-11-21T08:00:00")
"""A fact that is newer than what the source knows of anybody."""

NO_LIMITS = Limits(round_trips=None, section="")
"""Design §9 sets no limit for these."""


def _disclose(city: TestCity) -> Send:
    """The ledger's entry of one page of members, as the stream hands it over."""
    _, org_id, members = full_book(city, DISCLOSED - 1)
    store.write_all(people_of(members))
    shown = [disclosed(row.person_id, int(row.enrolment), row.scopes or ()) for row in members]
    entry = ledger_entry(
        "DISCLOSURE",
        shown,
        org_id=org_id,
        organization="Third School",
        actor="王**",
        what=list(DISCLOSABLE),
        why=WHY_LIST,
    )
    return _streamed("ledger_stream", entry)


def _person_arrives(city: TestCity) -> Send:
    """Who somebody is reaches the registry, as an import writes it."""
    person = city.stranger()
    return lambda: city.know(person)


def _fact_is_shown(city: TestCity) -> Send:
    """The same fact in the registry's stream: the snapshot in the one book of its person is renewed."""
    person = known_person(city)
    membership(city, person)
    city.fact(person, *NEWEST)
    person_id = IdentityMacs().person_id(person.type, person.number)
    facts = store.query_all(FactRow, person_id, FactRow.sk.startswith(f"{NEWEST[0]}#"))
    return _streamed("registry_stream", max(facts, key=lambda fact: str(fact.occurred_at)))


def _member_is_counted(city: TestCity) -> Send:
    """Somebody who joined, in the members' stream: the numbers of their book go up."""
    _, org_id, (member,) = full_book(city, 0)
    assert org_id == member.org_id
    return _streamed("members_stream", member)


def _member_is_reminded(city: TestCity) -> Send:
    """Somebody whose test is overdue since before a morning, alone in a page of it: the day's first message, mark and report."""
    import app
    from tests.support.books import membership_row
    from tests.support.reminding import eight_in_the_morning, seen, shows, with_phone

    owner, person = city.verified(), known_person(city)
    member, org_id = city.verified(person), city.book(owner)
    with_phone(person)
    city.join(member, city.invite(owner, org_id), "nucleic_acid")
    assert owner.put(f"/v1/organizations/{org_id}/policies", {"nucleic_acid_days": 2}).status == 200
    eight = eight_in_the_morning()
    with clock.frozen(eight):
        shows(org_id, person, nucleic_acid=seen(5))
    row = membership_row(org_id, person)
    assert row is not None
    work = ReminderWork(run_of(ReminderWork.KIND, ids.new_id()), "0", part=row.due_day, started_at=eight)

    def remind() -> None:
        with clock.frozen(eight + timedelta(hours=2)):
            assert app.services.get(Reminders).step(work).done == 1

    return remind


def policy_reaches(city: TestCity, members: int = REACHED, concerned: int = CONCERNED) -> Send:
    """The work behind a policy for one type, in a book where so many members are of it."""
    import app

    owner, org_id, rows = full_book(city, members - 1)
    for row in rows[:concerned]:
        row.type = "teacher"
    store.write_all(rows[:concerned])
    policy = {"type": "teacher", "nucleic_acid_days": 7}
    assert owner.put(f"/v1/organizations/{org_id}/policies", policy).status == 200
    messages.take(QUEUE)
    (entry,) = changes_of_policies(org_id)
    app.services.get(Standings).begin(entry)
    event = {"Records": messages.take(QUEUE)}
    return lambda: app.worker(event, Context())


def _streamed(function: str, row: Row) -> Send:
    import app

    image = row.serialize()
    keys = {name: image[name] for name in key_names(row.physical_name())}
    event = {"Records": [{"dynamodb": {"SequenceNumber": "1", "Keys": keys, "NewImage": image}}]}
    called: Callable[[Any, Any], object] = getattr(app, function)
    return lambda: called(event, None)


def _changing(books: int) -> Operation:
    """A status changes: history, and in each book that sees it the snapshot, the alert's row and its message to the queue."""
    limits = Limits(round_trips=None, read=2 + books, write=5 + 5 * books, section="§9")
    return Operation(f"a status changes in {books} book{'s' if books > 1 else ''}", _change_in(books), limits)


def _change_in(books: int) -> Callable[[TestCity], Send]:
    def prepare(city: TestCity) -> Send:
        import app
        from tests.support.lambdas import batch
        from tests.support.statuses import states, turn

        person, owner = known_person(city), city.verified()
        member = city.verified(person)
        for _ in range(books):
            city.join(member, city.invite(owner, city.book(owner)), "health_code")
        record = turn(person, states()[-1])
        return lambda: app.people_stream(batch(record), None)

    return prepare


EFFECTS = (
    Operation(f"disclose {DISCLOSED} members", _disclose, NO_LIMITS),
    Operation("a person arrives", _person_arrives, NO_LIMITS),
    Operation("a fact is shown", _fact_is_shown, NO_LIMITS),
    _changing(1),
    Operation("a member is counted", _member_is_counted, NO_LIMITS),
    Operation("a member is reminded", _member_is_reminded, NO_LIMITS),
    Operation(f"a policy reaches {REACHED} members, {CONCERNED} concerned", policy_reaches, NO_LIMITS),
)

WIDER = (_changing(5), _changing(20))
"""The same of somebody who is in more books than one."""
