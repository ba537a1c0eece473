"""The contract with a remote source: what is asked and what it answers, by HTTPS and in JSON (docs/health-source.md).

Nothing is converted and nothing unknown is passed over: what is not just so is no answer (R-19, V15.3.2).
"""

from typing import Annotated, Any, TypeVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError, ValidatorFunctionWrapHandler, WrapValidator

BATCH = 100
"""People of one batch."""

Word = Annotated[str, Field(max_length=200)]
Text = Annotated[str, Field(min_length=1, max_length=200)]
Cursor = Annotated[str, Field(min_length=1, max_length=1_000)]
Moment = Annotated[str, Field(min_length=20, max_length=40)]
"""RFC 3339 with an offset."""


def _row_or_none(row: object, read: ValidatorFunctionWrapHandler) -> Any:
    """A row of an answer, None for what is no such row: it is garbage by itself, and no reason to believe the others less."""
    try:
        return read(row)
    except ValidationError:
        return None


class Part(BaseModel):
    """A part of the contract."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True, hide_input_in_errors=True, defer_build=True)


class Document(Part):
    """By what a source knows somebody."""

    document_type: Text
    """`resident_id`, `passport`, `hk_macau_permit` or `taiwan_permit`."""
    document_number: Text


class IdentityQuestion(Document):
    """Whether these belong to one person."""

    name: Text
    phone: Word | None
    """A mainland mobile number of eleven digits; null where it is not asked for."""


class IdentityAnswer(Part):
    """What the source knows of that. It says nothing more of somebody whose name does not match."""

    matches: bool
    """Whether name and document belong to one person."""
    has_phone: bool
    """Whether the source holds this phone for them."""
    guardians: Annotated[list[Document], Field(max_length=5)]
    """Who may act for them, where the source names any."""


class Person(Document):
    """Somebody of a batch."""

    ref: Text
    """What the answer calls them: new in each request, so that no answer of another one can be taken for this one's."""
    phone: Word | None


class PeopleQuestion(Part):
    """What is known of these people."""

    people: Annotated[list[Person], Field(min_length=1, max_length=BATCH)]


class FactPart(Part):
    """One thing that the source reports."""

    fact_id: Text
    """The source's own name for it, one for each kind and person."""
    kind: Text
    result: Word
    occurred_at: Moment
    place: Word
    reported_at: Moment


Facts = Annotated[list[FactPart], Field(max_length=500)]


class PersonAnswer(Part):
    """All that the source knows of somebody: a fact that is missing is not true any more."""

    ref: Text
    document_number: Text
    known: bool
    """False of whom the source does not know; the city knows nothing new of them then."""
    has_phone: bool | None
    facts: Facts


RowT = TypeVar("RowT")
Row = Annotated[RowT | None, WrapValidator(_row_or_none)]


class PeopleAnswer(Part):
    """What is known of a batch. `as_of` is until when the source's data are complete."""

    as_of: Moment
    people: Annotated[list[Row[PersonAnswer]], Field(max_length=BATCH)]


class ChangesQuestion(Part):
    """What changed since a cursor."""

    cursor: Cursor
    limit: Annotated[int, Field(ge=1, le=BATCH)]


class ChangedPerson(Document):
    """All that the source knows of somebody of whom anything changed."""

    known: bool
    facts: Facts


class ChangesAnswer(Part):
    """A page of what changed; the status 410 says that the source does not remember since when."""

    as_of: Moment
    cursor: Cursor
    """Where the next page begins; also behind the last one, for the next night."""
    has_more: bool
    people: Annotated[list[Row[ChangedPerson]], Field(max_length=BATCH)]


class PositionQuestion(Part):
    """Where what changes from now on begins."""


class PositionAnswer(Part):
    """The cursor of now; null from a source that does not offer changes."""

    cursor: Cursor | None


PATHS: dict[str, tuple[type[Part], type[Part]]] = {
    "/identity": (IdentityQuestion, IdentityAnswer),
    "/people": (PeopleQuestion, PeopleAnswer),
    "/changes": (ChangesQuestion, ChangesAnswer),
    "/position": (PositionQuestion, PositionAnswer),
}
"""Every path below the source's address, with what is asked there and what is answered."""
