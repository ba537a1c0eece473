"""What a delivery into the registry causes for people who are enrolled."""

from collections.abc import Callable

from chalicelib.core import store
from chalicelib.core.streams import BatchAnswer, Change, LambdaEvent, changes, consume
from chalicelib.health.tables import IdentityRow
from chalicelib.people.tables.people import PersonRow

FactsHook = Callable[[PersonRow], None]

RETRIES = "registry_retries"
"""The queue of deliveries that are tried again."""


class RegistryEffects:
    """Consumes the registry's stream. Deliveries about people who never enrolled cause nothing and cost one shared read.

    Effects come of what is stored now, once per person and batch, so records may come twice and in any order.
    """

    def __init__(self) -> None:
        """Start without reactions; features above register theirs."""
        self._on_facts: list[FactsHook] = []

    def on_facts_changed(self, hook: FactsHook) -> None:
        """Register what happens when facts of an enrolled person arrived. Called once per person and batch."""
        self._on_facts.append(hook)

    def handle(self, event: LambdaEvent) -> BatchAnswer:
        """Handle a Lambda event of the stream or of the queue of retries."""
        found = changes(event)
        rows = store.read_together(PersonRow.of(change.text("person_id")) for change in found)
        done: set[tuple[str, FactsHook]] = set()

        def react(change: Change) -> None:
            person = rows.get(PersonRow.of(change.text("person_id")))
            reaction = _compare_phone if change.text("sk") == IdentityRow.SK else self._tell
            if person is None or person.verified_at is None or (person.person_id, reaction) in done:
                return
            reaction(person)
            done.add((person.person_id, reaction))

        return consume(found, react, RETRIES)

    def _tell(self, person: PersonRow) -> None:
        for hook in self._on_facts:
            hook(person)


def _compare_phone(person: PersonRow) -> None:
    """Remember that the source no longer holds the phone by which the person logs in (design §7, "Phones change hands").

    What the source holds now is read, not what the record says: an old record that comes late must not win.
    """
    key = IdentityRow.of(person.person_id)
    identity = store.read_together([key]).get(key)
    if identity is None or person.account is None:
        return
    refuted = identity.phone_mac != person.account
    if bool(person.phone_refuted) != refuted:
        action = PersonRow.phone_refuted.set(True) if refuted else PersonRow.phone_refuted.remove()
        same = (PersonRow.enrolment == person.enrolment) & (PersonRow.account == person.account)
        store.update(person.own_key, [action], same)
