"""The part of a city's policy that says where it learns who is who and what is known of them."""

from typing import Annotated, Literal

from pydantic import Field, ValidationInfo, field_validator

from chalicelib.core.policy import Policy
from chalicelib.core.sms_policy import Address

SourceName = Annotated[str, Field(pattern=r"^[a-z0-9-]{2,32}$")]


class Origin(Policy):
    """The city's health source."""

    kind: Literal["registry", "http"]
    """`registry` is what registered sources deliver into the city; `http` asks a service of the health authority."""
    name: SourceName | None = Field(default=None, validate_default=True)
    """How facts of the service name it; stated if and only if it is `http`."""
    url: Address | None = Field(default=None, validate_default=True)
    """Where the service answers (docs/health-source.md); stated if and only if it is `http`."""

    @field_validator("name", "url")
    @classmethod
    def _belongs_to_http(cls, value: str | None, info: ValidationInfo) -> str | None:
        kind = info.data.get("kind")
        if kind is not None and (kind == "http") != (value is not None):
            message = "must be stated if and only if kind is http"
            raise ValueError(message)
        return value
