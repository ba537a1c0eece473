"""The part of a city's policy that says what places there are, who may open them, and what may be done at their gates."""

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from chalicelib.core.policy import Count, Policy, Words
from chalicelib.core.scheme import Name

MOST_TYPES = 200
"""Kinds of places that one list can still be chosen from (R2.6 has 95 and the ordinary one)."""


class PlaceType(Policy):
    """A kind of place (R2.6)."""

    name: Name
    words: Words
    group: Literal["special", "key", "ordinary"]
    """How closely the city watches places of this kind."""


class Warnings(Policy):
    """When check-ins are a reason to look (R2.7): fever and abnormal states counted together."""

    per_place: Count
    """So many at one place within the hours below."""
    per_subdistrict: Count
    """So many in one sub-district within them."""
    hours: Annotated[int, Field(ge=1, le=72)]
    """The hours over which they are counted."""


class Places(Policy):
    """What places may be opened and what happens at them."""

    max_per_manager: Count
    """Places that one person manages at a time (R2.1: one in Maoming)."""
    only_may_run_register: bool
    """Whether only somebody whose state has `may_run_register` may open or run a place (R4.3)."""
    abnormal_suspends: bool
    """Whether a manager without such a state suspends the place, and a registrar their gates, until the state is over (R4.3)."""
    gates_max: Annotated[int, Field(ge=1, le=500)]
    """Gates of one place (R4.4)."""
    staff_max: Annotated[int, Field(ge=1, le=1000)]
    """Inspectors and registrars of one place (R2.2)."""
    stay_minutes: Annotated[int, Field(ge=5, le=1440)]
    """How long a stay lasts that nobody ends, where the place says nothing else (B9)."""
    typed_per_day: Annotated[int, Field(ge=1, le=50)]
    """Look-ups by name and number that one inspector may make in a day (design §7: at most 50)."""
    kiosk_per_day: Annotated[int, Field(ge=1, le=5000)]
    """Paper passes that one kiosk prints in a day."""
    live_minutes: Annotated[int, Field(ge=1, le=60)]
    """Minutes for which one look at a live list stands in the access logs, so that a list that renews itself is one look."""
    warnings: Warnings
    types: Annotated[tuple[PlaceType, ...], Field(strict=False, min_length=1, max_length=MOST_TYPES)]
    """What a place can be, the most usual first."""

    @model_validator(mode="after")
    def _types_differ(self) -> Self:
        """Refuse a catalogue in which two kinds could be taken for each other."""
        for spelled in ([one.name for one in self.types], [one.words.zh for one in self.types]):
            if len(set(spelled)) < len(spelled):
                raise ValueError("types must have names and words of their own")
        return self

    def type(self, name: str) -> PlaceType | None:
        """The kind of this name, if the catalogue holds it."""
        return next((one for one in self.types if one.name == name), None)
