"""The public contract of registered sources, and of officers who decide on what they delivered."""

from datetime import datetime
from typing import Annotated, Literal

from pydantic import Field

from chalicelib.core.schemas import Input, Output

ROWS_MAX = 500
"""Rows of one batch: stored one by one within the time that a call has."""

Word = Annotated[str, Field(max_length=256)]
Reporter = Annotated[str, Field(min_length=1, max_length=100, examples=["Linyi CDC, laboratory 3"])]
"""Who at the source answers for the batch, in its own words; no person's name."""


class FactReport(Input):
    """One fact of one person, as of `source_time`. Times are RFC 3339; one without a zone is the city's local time."""

    fact_id: Word
    """The source's own name for the fact: the same id and kind again correct or withdraw it."""
    document_type: Word = "resident_id"
    document_number: Word
    kind: Word
    occurred_at: Word = ""
    result: Word = ""
    place: Word = ""
    """Where; for rules that look at areas, a division code of GB/T 2260."""
    source_time: Word
    """When the source recorded this report; of several of one fact the newest stays, whichever arrives first."""
    withdrawn: bool = False
    """True takes the fact back; then its kind, id, document and `source_time` are all that is read."""


class FactBatch(Input):
    """Facts that a source delivers together."""

    reporter: Reporter
    rows: Annotated[list[FactReport], Field(min_length=1, max_length=ROWS_MAX)]


class IdentityReport(Input):
    """Who holds a document, as of `source_time`."""

    document_type: Word = "resident_id"
    document_number: Word
    name: Word
    phone: Word
    guardian_document_number: Word = ""
    """Who may act for the person: up to five resident IDs with semicolons between; another document as `passport:E12345678`."""
    source_time: Word
    """When the source recorded this; of several of one person the newest stays, whichever arrives first."""


class IdentityBatch(Input):
    """Identities that a source delivers together."""

    reporter: Reporter
    rows: Annotated[list[IdentityReport], Field(min_length=1, max_length=ROWS_MAX)]


class RowAnswer(Output):
    """What became of one row."""

    outcome: Literal["stored", "unchanged", "older", "refused", "held", "dropped"]
    """`older`: something newer is stored, which stays. `refused`: the row is not valid; `reason` says why."""
    reason: str | None


class BatchAnswer(Output):
    """What became of a batch, row by row in its order."""

    batch_id: str
    state: Literal["stored", "held", "dropped"]
    """`held`: it would turn too many people abnormal and waits as a whole for an officer; nothing of it is stored yet."""
    rows: list[RowAnswer]


class HeldBatch(Output):
    """A batch that would turn too many people abnormal, as an officer sees it: how large, and nothing about anybody."""

    batch_id: str
    source: str
    reporter: str
    at: datetime
    rows: int
    people_turned: int
    """How many people it would have turned abnormal when it came."""
    state: Literal["held", "released", "dropped"]
    decided_at: datetime | None
    done_at: datetime | None
    """When all that followed of the decision was done; until then the same decision may be asked for again."""
    expires_at: datetime


class HeldBatchPage(Output):
    """Batches that wait or were decided of late, newest first."""

    items: list[HeldBatch]
    cursor: str | None
