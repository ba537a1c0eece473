"""Which sources may deliver facts (B3)."""

import re

from pynamodb.expressions.condition import Condition

from chalicelib.core import store
from chalicelib.core.errors import Invalid
from chalicelib.core.settings import settings
from chalicelib.health.tables import SourceRow
from chalicelib.health.tables.deliveries import IdentitiesRow

NAME = re.compile(r"[a-z0-9-]{2,32}")
"""Names of sources are words for paths and keys, and nobody's name."""


class InvalidSourceName(Invalid):
    """Not a name that a source can have."""


def source_name(text: str) -> str:
    """The name as it is. Raises InvalidSourceName, also for that of the source that the city asks: facts are told apart by it."""
    if NAME.fullmatch(text) is None or text == settings().city.health_source.name:
        raise InvalidSourceName
    return text


def stored_source(name: str) -> SourceRow | None:
    """What was decided of a source last, or None if nothing ever was."""
    key = SourceRow.of(name)
    return store.read_together([key]).get(key)


def has_source() -> bool:
    """Whether any source may deliver."""
    return any(source.granted for source in store.query_all(SourceRow, SourceRow.KIND))


def has_identities() -> bool:
    """Whether any source ever said who is who. One that reports tests alone leaves nobody to compare a claim with."""
    return bool(store.query(IdentitiesRow, IdentitiesRow.RUN, limit=1).rows)


def same_source(before: SourceRow | None) -> Condition:
    """That nothing was decided of a source since it was read."""
    if before is None:
        new: Condition = SourceRow.kind.does_not_exist()
        return new
    same: Condition = SourceRow.at == before.at
    return same
