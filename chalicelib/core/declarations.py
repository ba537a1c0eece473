"""The part of a city's policy that says what people are asked about their health, and which answers are a concern (R2.3)."""

from collections.abc import Iterator, Mapping
from typing import Annotated, Literal

from pydantic import Field, field_validator

from chalicelib.core.policy import Policy, Words
from chalicelib.core.scheme import Name

Answer = Literal["yes", "no"]
"""What a question is answered with."""


class Question(Policy):
    """One question."""

    name: Name
    """How code, rows and clients call it."""
    text: Words
    """The question as people read it."""
    concern: Answer
    """The answer at which an inspector looks twice."""


class Declaration(Policy):
    """What a health declaration asks."""

    questions: Annotated[tuple[Question, ...], Field(strict=False, min_length=1, max_length=10)]

    @field_validator("questions")
    @classmethod
    def _each_once(cls, value: tuple[Question, ...]) -> tuple[Question, ...]:
        if len({question.name for question in value}) < len(value):
            message = "must ask each question once"
            raise ValueError(message)
        return value

    def question(self, name: str) -> Question | None:
        """The question of this name; None if the city asks it no more."""
        return next((question for question in self.questions if question.name == name), None)

    def is_answered_by(self, answers: Mapping[str, Answer]) -> bool:
        """Whether these answers are to all of the questions, and to nothing else."""
        return answers.keys() == {question.name for question in self.questions}

    def concerns(self, answers: Mapping[str, Answer]) -> Iterator[str]:
        """The questions that were answered with what is a concern."""
        yield from (question.name for question in self.questions if answers.get(question.name) == question.concern)
