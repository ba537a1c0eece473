"""The part of a city's policy that turns facts into a state: its states, mild to worst, and the rules that lead to them.

Core knows no feature: kinds of facts and their results are words here, which `chalicelib.health` gives a meaning.
"""

from collections.abc import Iterator
from itertools import pairwise
from typing import Annotated, Any, Literal, Self

from pydantic import Field, model_validator

from chalicelib.core.policy import Policy, Words

Name = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,31}$")]
Colour = Annotated[str, Field(pattern=r"^#[0-9a-f]{6}$")]
Icon = Literal["check", "plane", "megaphone", "warning", "house", "hospital", "question"]
"""Pictures that clients draw, each of another shape."""

Action = Literal["none", "travel_check", "report"]
PhoneLine = Annotated[str, Field(pattern=r"^[0-9]{3,5}(-[0-9]{3,8})?$")]
Area = Annotated[str, Field(pattern=r"^[1-9][0-9]([0-9]{2}){0,2}$")]
Days = Annotated[int, Field(ge=1, le=365)]
Results = Annotated[tuple[str, ...], Field(strict=False, min_length=1)]

NOWHERE = -1
"""The rank of a state that the scheme does not hold, *unknown* among them: it stands in no order with the others."""


class Contact(Policy):
    """Whom a person in a state may ask (R4.7)."""

    name: Words
    phone: PhoneLine
    """A telephone line as it is dialled from within the country."""
    hours: Words
    """When somebody answers there."""


class State(Policy):
    """What a person can be in. It is never shown by its colour alone (B11)."""

    name: Name
    """How code, rows and clients call it."""
    word: Words
    """What it is called to people."""
    instruction: Words
    """What somebody in it is to do."""
    colour: Colour
    icon: Icon
    contact: Contact
    allows_entry: bool
    """Whether somebody in it may enter a place."""
    alarm: bool
    """Whether it sounds the siren at a gate (R4.2), and owners of books hear of it beside the nearest administrator."""
    may_run_register: bool
    """Whether somebody in it may open or run a register (R4.3)."""
    action: Action
    """What a pop-up asks for (R4.7): to verify travel with the national platform, or to report it to the city's officers."""

    @property
    def is_abnormal(self) -> bool:
        """Whether it keeps somebody out, or sounds an alarm."""
        return self.alarm or not self.allows_entry


class Clearing(Policy):
    """A later fact that ends a rule for what came before it, or at the same moment if it was not reported before that.

    Of the two ways in which a pop-up ends, a travel check reports the first result and an officer's answer to a report the
    second: `travel_check` `clear` and `travel_check` `answered`.
    """

    fact: Name
    results: Results


class Rule(Policy):
    """When a fact brings a person into a state."""

    name: Name
    says: Words
    """The cause as the person reads it (B2)."""
    fact: Name
    """The kind of fact."""
    results: Results
    """The results for which it holds; the empty one where a kind has no other."""
    days: Days | None = None
    """The days after that of the fact on which it still holds, to the midnight of the city that ends the last; None for always."""
    area: Area | None = None
    """How the code of a division of GB/T 2260 begins, such as 35 for Fujian; None for anywhere.

    A fact whose place is no such code counts as one from within: nobody is let in because somebody left out a code.
    """
    state: Name
    cleared_by: Annotated[tuple[Clearing, ...], Field(strict=False)] = ()

    @model_validator(mode="after")
    def _ends_somehow(self) -> Self:
        """Refuse a rule that never ends, and one whose fact would clear itself."""
        if self.days is None and not self.cleared_by:
            raise ValueError("must end: after days, or by what clears it")
        if any(one.fact == self.fact and set(one.results) & set(self.results) for one in self.cleared_by):
            raise ValueError("must not be cleared by what causes it")
        return self

    @property
    def clearings(self) -> frozenset[tuple[str, str]]:
        """Kind and result of every fact that clears it."""
        return frozenset((one.fact, result) for one in self.cleared_by for result in one.results)


class Scheme(Policy):
    """The states of a city and the rules between them."""

    states: Annotated[tuple[State, ...], Field(strict=False, min_length=2)]
    """Mild to worst; the first is that of somebody of whom nothing is known."""
    unknown: State
    """What is shown where the status is not known, or too old to go by."""
    rules: Annotated[tuple[Rule, ...], Field(strict=False, min_length=1)]

    @model_validator(mode="after")
    def _is_sound(self) -> Self:
        """Refuse what contradicts itself, and what fails open."""
        for reason, is_wrong in self._problems():
            if is_wrong:
                raise ValueError(reason)
        return self

    def _problems(self) -> Iterator[tuple[str, bool]]:
        shown, normal, worse = (*self.states, self.unknown), self.states[0], self.states[1:]
        yield "states must have names of their own", _repeats([one.name for one in shown])
        yield (
            "states must have icons of their own, for they are not told apart by colour alone",
            _repeats([one.icon for one in shown]),
        )
        yield "rules must have names of their own", _repeats([one.name for one in self.rules])
        yield "unknown must not allow anything", self.unknown.allows_entry or self.unknown.may_run_register
        yield (
            "the first state is the normal one: it must allow everything and ask for nothing",
            not (normal.allows_entry and normal.may_run_register) or normal.alarm or normal.action != "none",
        )
        yield (
            "states must stand mild to worst: none allows what a milder one refuses",
            any(_is_milder(after, before) for before, after in pairwise(self.states)),
        )
        yield (
            "rules must lead to each state but the normal one, and to no other",
            {rule.state for rule in self.rules} != {one.name for one in worse},
        )
        yield (
            "a rule into a state that asks for an action must say what clears it",
            any(self.state(rule.state).action != "none" and not rule.cleared_by for rule in self.rules),
        )

    @property
    def normal(self) -> State:
        """The state of somebody of whom nothing is known."""
        return self.states[0]

    def state(self, name: str | None) -> State:
        """The state of this name; the unknown one for a name that the scheme does not hold, which an older file may have had."""
        return next((one for one in self.states if one.name == name), self.unknown)

    def rule(self, name: str | None) -> Rule | None:
        """The rule of this name, if the scheme holds it."""
        return next((one for one in self.rules if one.name == name), None)

    def rank(self, name: str | None) -> int:
        """How bad a state is: 0 for the normal one, more for each that is worse; NOWHERE for one that the scheme does not hold."""
        return next((rank for rank, one in enumerate(self.states) if one.name == name), NOWHERE)


def _repeats(values: list[Any]) -> bool:
    return len(set(values)) < len(values)


def _is_milder(one: State, other: State) -> bool:
    """Whether one state allows anything that another refuses."""
    flags = [(state.allows_entry, state.may_run_register, not state.alarm) for state in (one, other)]
    return any(mine and not theirs for mine, theirs in zip(*flags, strict=True))
