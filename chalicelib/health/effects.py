"""What a delivery into the registry causes for people who are enrolled."""

import math
from collections.abc import Callable, Sequence

from chalicelib.core import clock, queues, store
from chalicelib.core.streams import BatchAnswer, Change, LambdaEvent, changes, consume
from chalicelib.health.rows import SKEW
from chalicelib.health.service.status import Status
from chalicelib.health.tables import FIRST_FACT, FactRow, IdentityRow
from chalicelib.people.tables.people import PersonRow

FactsHook = Callable[[PersonRow], None]

RETRIES = "registry_retries"
"""The queue of deliveries that are tried again."""


class RegistryEffects:
    """Consumes the registry's stream. Deliveries about people who never enrolled cause nothing and cost one shared read.

    Effects come of what is stored now, once per person and batch, so records may come twice and in any order.
    """

    def __init__(self, status: Status) -> None:
        """Take what computes statuses; features above register what else they do."""
        self._status = status
        self._on_facts: list[FactsHook] = []

    def on_facts_changed(self, hook: FactsHook) -> None:
        """Register what happens when facts of an enrolled person arrived, once their status says what follows from them.

        Called once per person and batch, in the order of registration.
        """
        self._on_facts.append(hook)

    def handle(self, event: LambdaEvent) -> BatchAnswer:
        """Handle a Lambda event of the stream or of the queue of retries."""
        found = changes(event)
        people = _People(found)
        done: set[tuple[str, FactsHook]] = set()

        def react(change: Change) -> None:
            person = people.of(change)
            reaction = _compare_phone if change.text("sk") == IdentityRow.SK else self.tell
            if person is None or person.verified_at is None or (person.person_id, reaction) in done:
                return
            reaction(person)
            done.add((person.person_id, reaction))

        return consume(found, react, RETRIES)

    def tell(self, person: PersonRow) -> None:
        """Bring the status of an enrolled person up to date with their facts, and tell who registered for that."""
        now = self._status.refresh(person.person_id, person)
        if now is None:
            return
        _look_again_soon(now)
        for hook in self._on_facts:
            hook(now)


class _People:
    """The people of a batch, in one read; one by one if a key among them spoils that read for all."""

    def __init__(self, found: Sequence[Change]) -> None:
        self._found = found
        self._together: store.Rows | None = None
        self._is_spoiled = False

    def of(self, change: Change) -> PersonRow | None:
        """The person of a change. The first call reads them all, so that a failed read is this record's own failure."""
        key = _person(change)
        if self._together is None and not self._is_spoiled:
            self._read()
        return (self._together or store.read_together([key])).get(key)

    def _read(self) -> None:
        try:
            self._together = store.read_together([_person(change) for change in self._found])
        except Exception as error:  # whatever one row of the batch caused is that record's failure, not its neighbours'
            if store.is_passing(error):
                raise
            self._is_spoiled = True


def _person(change: Change) -> store.Key[PersonRow]:
    return PersonRow.of(change.text("person_id"))


def _look_again_soon(person: PersonRow) -> None:
    """Have a status computed again that changes within minutes: a source's clock may be ahead of ours, and its fact begins then.

    Else nobody would hear of it before the night.
    """
    if person.state_until is None:
        return
    left = person.state_until - clock.now()
    if left <= SKEW:
        facts = FactRow.key(person.person_id, FIRST_FACT)
        queues.send(RETRIES, {"keys": facts.raw()}, after=math.ceil(left.total_seconds()) + 1)


def _compare_phone(person: PersonRow) -> None:
    """Remember that the source no longer holds the phone that is kept of the person (design §7, "Phones change hands").

    What the source holds now is read, not what the record says: an old record that comes late must not win.
    """
    key = IdentityRow.of(person.person_id)
    identity = store.read_together([key]).get(key)
    if identity is None or person.known_phone is None:
        return
    refuted = identity.phone_mac != person.known_phone
    if bool(person.phone_refuted) != refuted:
        action = PersonRow.phone_refuted.set(True) if refuted else PersonRow.phone_refuted.remove()
        store.update(person.own_key, [action], store.unchanged(person, "enrolment", "account", "phone_mac"))
