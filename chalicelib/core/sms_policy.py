"""The part of a city's policy that says what it calls itself, where it answers, and how its text messages leave."""

from typing import Annotated, Literal
from urllib.parse import urlsplit

from pydantic import AfterValidator, Field, ValidationInfo, field_validator

from chalicelib.core.names import LOOPBACK
from chalicelib.core.policy import Count, Policy, Words


def _address(value: str) -> str:
    """Accept an https address that a path can be added to."""
    parts = urlsplit(value)
    bare = not (parts.query or parts.fragment or parts.username) and not value.endswith("/")
    if parts.scheme != "https" or not parts.hostname or not bare:
        message = "must be an https address without user, query, fragment or final slash"
        raise ValueError(message)
    return value


def _gateway(value: str) -> str:
    """Accept an https address, or one on the machine itself, which a rehearsal's carrier is and no deployed city reaches."""
    parts = urlsplit(value)
    return value if parts.scheme == "http" and parts.hostname in LOOPBACK else _address(value)


Address = Annotated[str, AfterValidator(_address)]
GatewayAddress = Annotated[str, AfterValidator(_gateway)]
Share = Annotated[float, Field(gt=0, le=1)]


class SmsLimits(Policy):
    """How many codes are sent and tried (T-01, T-03)."""

    per_phone_minute: Count
    """Codes sent to one phone in a minute, so that nobody's phone can be flooded (T-03)."""
    per_phone_hour: Count
    """Codes sent to one phone in an hour (T-03)."""
    per_phone_day: Count
    """Codes sent to one phone in a day (T-03)."""
    per_address_hour: Count
    """Codes asked for from one address in an hour and never redeemed: an office behind one address is no bot (T-03)."""
    per_address_day: Count
    """Codes asked for from one address in a day and never redeemed (T-03)."""
    code_seconds: Annotated[int, Field(ge=60, le=600)]
    """Life of a code in seconds; at most 600 (NIST SP 800-63B; ASVS V6.5.5)."""
    tries: Annotated[int, Field(ge=1, le=5)]
    """Guesses that one code survives, counted before they are compared (T-01): 5 are a chance of 5 in a million."""
    failed_challenges_day: Annotated[int, Field(ge=1, le=3)]
    """Codes of one phone and day that may fail altogether; 3 are a chance of 0.5 % in a year (T-01). As many wrong guesses
    as they hold count the same, however many codes they were spread over."""


class Sms(Policy):
    """How text messages leave the city."""

    sender: Literal["sns", "http"]
    """`sns` outside mainland China; AWS has no text messages in its China regions, so `http` to a gateway there."""
    gateway_url: GatewayAddress | None = Field(default=None, validate_default=True)
    """Where `http` posts messages; stated if and only if the sender is `http`."""
    signature: Words
    """Who speaks, before each message in brackets, as Chinese carriers demand (【签名】)."""
    hourly_budget: Count
    """Messages that the whole city sends in an hour; beyond it codes are refused (T-03)."""
    alarm_share: Share
    """The part of the budget at which operators are alarmed (T-03: 0.8, as Corona-Warn-App had it)."""
    limits: SmsLimits

    @field_validator("gateway_url")
    @classmethod
    def _belongs_to_http(cls, value: str | None, info: ValidationInfo) -> str | None:
        sender = info.data.get("sender")
        if sender is not None and (sender == "http") != (value is not None):
            message = "must be stated if and only if sender is http"
            raise ValueError(message)
        return value
