"""The public contract of passes."""

from datetime import datetime
from typing import Annotated, Literal, Self

from pydantic import Field

from chalicelib.core.pass_keys import PassKey
from chalicelib.core.schemas import Input, Output
from chalicelib.core.shown_states import StateShown, state_shown
from chalicelib.core.texts import Language
from chalicelib.health.service.passes import Seen


class PassScanned(Input):
    """What a scanner read."""

    text: Annotated[str, Field(alias="pass", max_length=4096)]
    """The pass as it was drawn."""


class PersonSeen(Output):
    """Who stands before the scanner, masked, and in which state, at a moment of the city's clock."""

    name: str
    state: StateShown
    allows_entry: bool
    """Whether the person may enter; false where the status is not known."""
    as_of: datetime | None
    """How old the data are that the status comes from; null where it is not known."""
    at: datetime
    """When this was answered."""
    signed: str
    """The same under the city's signature: a JWS of type `pass-answer-v1+jwt` that holds for a minute."""

    @classmethod
    def of(cls, seen: Seen, language: Language) -> Self:
        """What was seen, in the scanner's language."""
        return cls(
            name=seen.name,
            state=state_shown(seen.state, language),
            allows_entry=seen.state.allows_entry,
            as_of=seen.as_of,
            at=seen.at,
            signed=seen.signed,
        )


class PublicKey(Output):
    """A public key (RFC 7517)."""

    kty: Literal["EC"] = "EC"
    crv: Literal["P-256"] = "P-256"
    x: str
    y: str
    kid: str
    use: Literal["sig"] = "sig"
    alg: Literal["ES256"] = "ES256"


class PublicKeys(Output):
    """The keys by which passes of the city, and answers to them, are verified without it (RFC 7517)."""

    keys: list[PublicKey]
    """The newest first. A key is here a day before anything is signed by it, and three days after the last."""

    @classmethod
    def of(cls, keys: list[PassKey]) -> Self:
        """The public half of these keys."""
        return cls(keys=[_public(key) for key in keys])


def _public(key: PassKey) -> PublicKey:
    x, y = key.coordinates
    return PublicKey(x=x, y=y, kid=key.kid)
