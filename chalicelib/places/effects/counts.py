"""Check-ins are counted as they come: the consumer of the stream of `checkins` (decision 0015, R2.6)."""

from collections.abc import Callable, Mapping, Sequence

from chalicelib.core import counters, store
from chalicelib.core.counters import Step, position_of
from chalicelib.core.log import Event, emit, where
from chalicelib.core.streams import BatchAnswer, Change, LambdaEvent, changes
from chalicelib.groups.legible import legible
from chalicelib.places.counting import Part, RecountMark, contribution, is_over, of_city, subdistrict_scope, worrying
from chalicelib.places.tables import PlaceRow, note_part

Reaction = Callable[[str, Sequence[Step]], None]
"""What is done once the check-ins of a part are counted; done again for the same ones it must end the same."""


MOST_NOTED = 10_000
"""Parts that a process remembers to have noted; noting one again is harmless."""


class VisitCounts:
    """Counts check-ins by place and day, by sub-district and for the city, each once however often it comes."""

    def __init__(self) -> None:
        """Start with nobody who reacts."""
        self._reactions: list[Reaction] = []
        self._noted: set[str] = set()

    def on_counted(self, *reactions: Reaction) -> None:
        """Have something done with what was counted."""
        self._reactions += reactions

    def handle(self, event: LambdaEvent) -> BatchAnswer:
        """Count the changes of a batch, part by part. If storage does not answer, all of the batch is asked for again.

        As with members there is no queue of retries, and what can't be counted is told to the operators: a recount mends it.
        """
        found = changes(event)
        for key, steps in _by_part(found).items():
            try:
                self._note(key, steps)
                self._count(key, steps)
            except Exception as error:  # noqa: BLE001  one day of one place that can't be counted must hold up no other
                if store.is_passing(error):
                    emit(
                        Event.RECORD_FAILED, sequence=found[0].sequence, error=type(error).__name__, where=where(error)
                    )
                    return {"batchItemFailures": [{"itemIdentifier": found[0].sequence}]}
                emit(Event.ROW_BROKEN, table=counters.CountersTable.Meta.table, where=where(error))
        return {"batchItemFailures": []}

    def _note(self, key: str, steps: Sequence[Step]) -> None:
        """Let the sweep know of the part before anything is counted, whatever becomes of that (B13)."""
        if key in self._noted or not any(change > 0 for step in steps for change in step.changes.values()):
            return
        note_part(key)
        if len(self._noted) >= MOST_NOTED:
            self._noted.clear()
        self._noted.add(key)

    def _count(self, key: str, steps: Sequence[Step]) -> None:
        part = Part.of(key)
        subdistrict = _subdistrict(part.place_id) if any(worrying(step.changes) for step in steps) else None
        counted = [_everywhere(part, subdistrict, step) for step in steps]
        counters.count(key, counted, part.counted_until)
        for react in self._reactions:
            react(key, counted)


def _by_part(found: Sequence[Change]) -> Mapping[str, list[Step]]:
    """What the changes do to the numbers of each part, oldest first; what does nothing is left out."""
    parts: dict[str, list[Step]] = {}
    for change in found:
        step = _step(change)
        if step.changes or step.mark:
            parts.setdefault(change.text("part"), []).append(step)
    return {part: sorted(steps, key=lambda step: step.position) for part, steps in parts.items()}


def _step(change: Change) -> Step:
    position = position_of(change.stream, change.sequence)
    if change.text("sk") == RecountMark.SORT_KEY:
        return Step(position, {}, RecountMark.mark_in(change.new))
    if change.new is None and is_over(change.old):
        return Step(position, {})
    left = dict.fromkeys(contribution(change.old), -1)
    return Step(position, counters.total([left, contribution(change.new)]))


def _everywhere(part: Part, subdistrict: str | None, step: Step) -> Step:
    """The step with what it does to the numbers of the city, and of the sub-district for early warnings."""
    elsewhere = {(part.city_scope, name): change for name, change in of_city(step.changes).items()}
    if subdistrict is not None:
        scope = subdistrict_scope(subdistrict, part.day)
        elsewhere |= {(scope, name): change for name, change in worrying(step.changes).items()}
    return Step(step.position, step.changes, step.mark, elsewhere=elsewhere)


def _subdistrict(place_id: str) -> str | None:
    """The sub-district of a place, also of one that was closed; None where nobody can say."""
    key = PlaceRow.of(place_id, consistent=False)
    place = legible(store.read_together([key]), key)
    return None if place is None else str(place.subdistrict)
