"""What every table of a city file is made of."""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from chalicelib.core.texts import Language

Count = Annotated[int, Field(ge=1)]


class Policy(BaseModel):
    """A table of the city file: nothing unknown, nothing converted, nothing changed after loading."""

    model_config = ConfigDict(
        extra="forbid",
        frozen=True,
        strict=True,
        defer_build=True,
        hide_input_in_errors=True,
    )


class Words(Policy):
    """A name or a sentence in both languages."""

    zh: Annotated[str, Field(min_length=1)]
    en: Annotated[str, Field(min_length=1)]

    def spoken(self, language: Language) -> str:
        """Return it in a language."""
        return self.en if language == "en" else self.zh
