"""The public contract of health declarations."""

from datetime import datetime
from typing import Annotated

from pydantic import Field

from chalicelib.core.declarations import Answer
from chalicelib.core.schemas import Input, Output


class AnswerGiven(Input):
    """The answer to one question."""

    question: Annotated[str, Field(min_length=1, max_length=32, examples=["symptoms"])]
    """Which of the questions that `GET /v1/city` lists."""
    answer: Answer


class DeclarationRequest(Input):
    """Declares one's health: an answer to each of the city's questions."""

    answers: Annotated[list[AnswerGiven], Field(min_length=1, max_length=10)]


class AnswerShown(Output):
    """An answer that was given."""

    question: str
    text: str | None
    """The question in words; null if the city asks it no more."""
    answer: Answer
    concern: bool
    """Whether an inspector looks twice at it."""


class HealthDeclaration(Output):
    """A declaration."""

    at: datetime
    concern: bool
    """Whether any of its answers is a concern. It changes no health code."""
    answers: list[AnswerShown]
    expires_at: datetime


class DeclarationPage(Output):
    """Declarations, newest first."""

    items: list[HealthDeclaration]
    cursor: str | None
