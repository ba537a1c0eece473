"""A city's policy: everything in which two cities differ, read from `chalicelib/cities/<city>.toml`.

Nothing has a silent default: a city file states each number, and a field that is unknown, missing or out of range
stops the city before it serves anybody.
"""

import re
import tomllib
from functools import cache
from pathlib import Path
from typing import Annotated, Any, Literal
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, Field, PlainValidator, ValidationError, ValidationInfo, field_validator

from chalicelib.core.capacity import Capacity
from chalicelib.core.names import LOOPBACK
from chalicelib.core.policy import Count, Policy
from chalicelib.core.texts import Language

_FOLDER = Path(__file__).parent.parent / "cities"
_NAME = re.compile(r"[a-z][a-z0-9]{1,19}")
_COUNTY = re.compile(r"[1-9][0-9]{5}")

BookKind = Literal["school", "company", "fair", "meeting", "residential", "other"]


class CityFileError(Exception):
    """A city file is missing or cannot be used; `problems` holds the reason for each field (`sms.limits.tries`)."""

    def __init__(self, city: str, problems: dict[str, str]) -> None:
        lines = [f"{field}: {reason}" for field, reason in problems.items()]
        super().__init__("\n".join([f"city file {city}.toml cannot be used", *lines]))
        self.problems = problems


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


def _zone(value: str) -> str:
    """Accept a time zone of the IANA database."""
    try:
        ZoneInfo(value)
    except (KeyError, ValueError, OSError) as unknown:
        message = "must be a time zone such as Asia/Shanghai"
        raise ValueError(message) from unknown
    return value


def _counties(value: object) -> Literal["any"] | tuple[str, ...]:
    """Accept the word `any`, or county codes, each once."""
    if value == "any":
        return "any"
    codes = tuple(value) if isinstance(value, list | tuple) else ()
    if not codes or len(set(codes)) < len(codes) or not all(_is_county(code) for code in codes):
        message = 'must be "any" or a list of six-digit county codes of GB/T 2260, each once'
        raise ValueError(message)
    return codes


def _is_county(code: object) -> bool:
    return isinstance(code, str) and _COUNTY.fullmatch(code) is not None


def _distinct(values: tuple[Any, ...]) -> tuple[Any, ...]:
    """Accept a list in which nothing stands twice."""
    if len(set(values)) < len(values):
        message = "must name each value once"
        raise ValueError(message)
    return values


Address = Annotated[str, AfterValidator(_address)]
GatewayAddress = Annotated[str, AfterValidator(_gateway)]
TimeZone = Annotated[str, AfterValidator(_zone)]
Counties = Annotated[Literal["any"] | tuple[str, ...], PlainValidator(_counties)]
Share = Annotated[float, Field(gt=0, le=1)]
Languages = Annotated[tuple[Language, ...], Field(strict=False, min_length=1), AfterValidator(_distinct)]
BookKinds = Annotated[tuple[BookKind, ...], Field(strict=False, min_length=1), AfterValidator(_distinct)]
AuditDays = Annotated[int, Field(ge=1096)]


class Words(Policy):
    """A name in both languages."""

    zh: Annotated[str, Field(min_length=1)]
    en: Annotated[str, Field(min_length=1)]

    def spoken(self, language: Language) -> str:
        """Return the name in a language."""
        return self.en if language == "en" else self.zh


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


class Identity(Policy):
    """How often identity may be tried, and when it is asked for again."""

    tries_per_document_day: Annotated[int, Field(ge=1, le=5)]
    """Comparisons of one document number by one caller in a day (T-04)."""
    tries_per_caller_day: Annotated[int, Field(ge=1, le=20)]
    """Comparisons by one caller in a day, of all numbers together (T-04)."""
    unused_days: Count
    """Days without log-in after which an account starts without its person: carriers reassign numbers after 90."""


class Sessions(Policy):
    """How long a log-in holds."""

    days: Annotated[int, Field(ge=1, le=30)]
    """Days until a session ends; at most 30 (NIST SP 800-63B, AAL1)."""
    step_up_minutes: Annotated[int, Field(ge=1, le=15)]
    """Minutes for which a proof opens export, hand-over and deletion (NIST SP 800-63B: a recent proof)."""


class Books(Policy):
    """What group books may be opened."""

    max_per_person: Count
    """Books that one person owns at a time: enough for a fair organizer, too few for a collector of identities."""
    kinds: BookKinds
    """The kinds a book may be of (R1.4)."""


class Freshness(Policy):
    """How old a status may be."""

    limit_hours: Count
    """Hours after which what is stored reads as unknown (R1.3: data refresh every day, and one night may fail)."""


class Retention(Policy):
    """Days for which rows are kept."""

    access_log: AuditDays
    """Disclosures, from each one on: three years (PIPL art. 55 and 56; T-44)."""
    consents: AuditDays
    """Consent receipts, from each one on: three years (PIPL art. 55 and 56; T-44)."""
    ledger: AuditDays
    """The audit ledger, from each entry on: three years (PIPL art. 55 and 56; T-44)."""
    event_log: Annotated[int, Field(ge=180)]
    """The event log without personal data: six months (Cybersecurity Law art. 21; T-44)."""
    sessions: Count
    """Sessions after their end, so that a late request learns that it ended."""
    requests: Count
    """Answers to repeated creates with an Idempotency-Key (a client repeats within 24 hours or not at all)."""


class City(Policy):
    """The policy of one city, one deployed stack."""

    name: str
    """The file's name; part of the name of every table, key and secret."""
    demo: bool
    """True for fictional people only: such a city may do without `public_url` and lie outside mainland China."""
    title: Words
    region: Annotated[str, Field(pattern=r"^[a-z]{2}(-[a-z]+)+-[0-9]$")]
    """The AWS region. In mainland China unless `demo`: the data stay in the country (PIPL art. 40; R4.5)."""
    time_zone: TimeZone
    """IANA name of the zone whose calendar days and hours the city's rules count."""
    languages: Languages
    """What the service speaks, the most usual first."""
    public_url: Address | None = Field(default=None, validate_default=True)
    """What printed codes start with, `<public_url>/c/<code>`; without one, a demo takes it from each request."""
    counties: Counties
    """County codes of GB/T 2260 whose sub-districts belong to the city (R1.1), or `any`."""
    sms: Sms
    identity: Identity
    sessions: Sessions
    books: Books
    freshness: Freshness
    retention: Retention
    capacity: Capacity

    @field_validator("region")
    @classmethod
    def _real_city_is_at_home(cls, value: str, info: ValidationInfo) -> str:
        if info.data.get("demo") is False and not value.startswith("cn-"):
            message = "must be a region of mainland China unless demo is true"
            raise ValueError(message)
        return value

    @field_validator("public_url")
    @classmethod
    def _real_city_is_reachable(cls, value: str | None, info: ValidationInfo) -> str | None:
        if info.data.get("demo") is False and value is None:
            message = "must be stated unless demo is true"
            raise ValueError(message)
        return value

    @field_validator("sms")
    @classmethod
    def _sender_works_there(cls, value: Sms, info: ValidationInfo) -> Sms:
        """AWS, "Supported Regions and countries for SMS messaging with Amazon SNS": no region of mainland China."""
        if value.sender == "sns" and str(info.data.get("region", "")).startswith("cn-"):
            message = "sender must be http in a region of mainland China, from which AWS sends no text messages"
            raise ValueError(message)
        return value

    def holds_county(self, code6: str) -> bool:
        """Tell whether a six-digit county code of GB/T 2260 belongs to the city (R1.1)."""
        return _is_county(code6) and (self.counties == "any" or code6 in self.counties)


@cache
def load_city(name: str) -> City:
    """Return the policy in `chalicelib/cities/<name>.toml`, read once; CityFileError if it is missing or wrong."""
    path = _FOLDER / f"{name}.toml"
    if _NAME.fullmatch(name) is None or not path.is_file():
        there_are = ", ".join(sorted(file.stem for file in _FOLDER.glob("*.toml")))
        raise CityFileError(name, {"name": f"there is no such city file; there are {there_are}"})
    try:
        return parse_city(name, path.read_text(encoding="utf-8-sig"))
    except UnicodeDecodeError as error:
        raise CityFileError(name, {"file": "must be UTF-8"}) from error


def all_cities() -> list[City]:
    """Every city that has a file, by name. Raises CityFileError."""
    return [load_city(path.stem) for path in sorted(_FOLDER.glob("*.toml"))]


def parse_city(name: str, toml: str) -> City:
    """Return the policy written in `toml`, the file of the city `name`; CityFileError names each wrong field."""
    try:
        city = City.model_validate(tomllib.loads(toml))
    except tomllib.TOMLDecodeError as broken:
        raise CityFileError(name, {"file": str(broken)}) from broken
    except ValidationError as wrong:
        raise CityFileError(name, _problems(wrong)) from wrong
    if city.name != name:
        raise CityFileError(name, {"name": "must be the name of the file"})
    return city


def _problems(wrong: ValidationError) -> dict[str, str]:
    """Return the reason for each wrong field, under its dotted path in the file."""
    details = wrong.errors(include_url=False, include_context=False, include_input=False)
    return {_path(detail["loc"]): detail["msg"].removeprefix("Value error, ") for detail in details}


def _path(loc: tuple[int | str, ...]) -> str:
    return ".".join(map(str, loc))
