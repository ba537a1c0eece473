"""What a delivery into the registry causes for people who are enrolled."""

from collections.abc import Callable, Sequence

from chalicelib.core import store
from chalicelib.core.streams import BatchAnswer, Change, LambdaEvent, changes, consume
from chalicelib.health.tables import IdentityRow
from chalicelib.people.tables.people import PersonRow

FactsHook = Callable[[PersonRow], None]


class RegistryEffects:
    """Consumes the registry's stream. Deliveries about people who never enrolled cause nothing and cost one shared read."""

    def __init__(self) -> None:
        """Start without reactions; features above register theirs."""
        self._on_facts: list[FactsHook] = []

    def on_facts_changed(self, hook: FactsHook) -> None:
        """Register what happens when facts of an enrolled person arrived. Called once per person and batch."""
        self._on_facts.append(hook)

    def handle(self, event: LambdaEvent) -> BatchAnswer:
        """Handle a Lambda event of the stream."""
        people = _enrolled(sorted({change.text("person_id") for change in changes(event)}))
        done: set[str] = set()

        def react(change: Change) -> None:
            person = people.get(change.text("person_id"))
            if person is None:
                return
            if change.text("sk") == IdentityRow.SK:
                _compare_phone(person, change)
            elif person.person_id not in done:
                for hook in self._on_facts:
                    hook(person)
                done.add(person.person_id)

        return consume(event, react)


def _enrolled(person_ids: Sequence[str]) -> dict[str, PersonRow]:
    keys = [PersonRow.of(person_id) for person_id in person_ids]
    rows = store.read_together(keys)
    found = {key.hash_value: rows.get(key) for key in keys}
    return {person_id: row for person_id, row in found.items() if row is not None and row.account}


def _compare_phone(person: PersonRow, change: Change) -> None:
    """Remember that the source no longer holds the phone by which the person logs in (design §7, "Phones change hands")."""
    if change.new is None:
        return
    refuted = IdentityRow.from_raw_data(change.new).phone_mac != person.account
    if bool(person.phone_refuted) != refuted:
        action = PersonRow.phone_refuted.set(True) if refuted else PersonRow.phone_refuted.remove()
        store.update(person.own_key, [action], PersonRow.enrolment == person.enrolment)
