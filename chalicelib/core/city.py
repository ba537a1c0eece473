"""A city's policy: everything in which two cities differ, read from `chalicelib/cities/<city>.toml`.

Nothing has a silent default: a city file states each number, and a field that is unknown, missing or out of range
stops the city before it serves anybody.
"""

import re
from functools import cache
from pathlib import Path
from typing import Annotated, Any, Literal
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, Field, PlainValidator, ValidationError, ValidationInfo, field_validator

from chalicelib.core.alerts_policy import Alerts
from chalicelib.core.capacity import Capacity
from chalicelib.core.declarations import Declaration
from chalicelib.core.names import CITY_NAME, city_name
from chalicelib.core.places_policy import Places
from chalicelib.core.policy import Count, Policy, Words
from chalicelib.core.scheme import Scheme
from chalicelib.core.sms_policy import Address, Sms
from chalicelib.core.source_policy import Origin
from chalicelib.core.sync_policy import Sync
from chalicelib.core.texts import Language

_FOLDER = Path(__file__).parent.parent / "cities"
_COUNTY = re.compile(r"[1-9][0-9]{5}")

BookKind = Literal["school", "company", "fair", "meeting", "residential", "other"]


class CityFileError(Exception):
    """A city file is missing or cannot be used; `problems` holds the reason for each field (`sms.limits.tries`)."""

    def __init__(self, city: str, problems: dict[str, str]) -> None:
        lines = [f"{field}: {reason}" for field, reason in problems.items()]
        super().__init__("\n".join([f"city file {city}.toml cannot be used", *lines]))
        self.problems = problems


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


TimeZone = Annotated[str, AfterValidator(_zone)]
Counties = Annotated[Literal["any"] | tuple[str, ...], PlainValidator(_counties)]
Languages = Annotated[tuple[Language, ...], Field(strict=False, min_length=1), AfterValidator(_distinct)]
BookKinds = Annotated[tuple[BookKind, ...], Field(strict=False, min_length=1), AfterValidator(_distinct)]
AuditDays = Annotated[int, Field(ge=1096)]


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


class Sources(Policy):
    """How much registered sources may change by themselves (B3)."""

    hold_above: Annotated[int, Field(ge=1, le=5000)]
    """People whom one source may newly turn abnormal within the hours below; a batch that passes it waits as a whole for an
    officer. At most 5,000, whose ids fit into one stored row."""
    hold_hours: Annotated[int, Field(ge=1, le=168)]
    """Hours over which they are counted, so that small batches weigh as much as one large one."""


class PaperPasses(Policy):
    """How long a printed pass is good for."""

    days: Annotated[int, Field(ge=1, le=366)]
    """Days from the print on; whoever has no phone comes by once in a while (R2.5)."""


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
    alerts: Count
    """Alerts, from the change on that they tell of: as long as somebody may ask who was told of it."""
    event_log: Annotated[int, Field(ge=180)]
    """The event log without personal data: six months (Cybersecurity Law art. 21; T-44)."""
    sessions: Count
    """Sessions after their end, so that a late request learns that it ended."""
    status_history: Count
    """What a person's status was, from each version on: long enough to look back at, and to appeal (B2)."""
    checkins: Annotated[int, Field(ge=1, le=28)]
    """Visits of places, from each one on: two incubation periods of 14 days at most (B13)."""
    declarations: Annotated[int, Field(ge=1, le=28)]
    """What a person declared of their health: two windows of 14 days at most."""
    messages: Count
    """What a person wrote to the officers, from then on, with the answer."""
    requests: Count
    """Answers to repeated creates with an Idempotency-Key (a client repeats within 24 hours or not at all)."""


class City(Policy):
    """The policy of one city, one deployed stack."""

    name: Annotated[str, AfterValidator(city_name)]
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
    alerts: Alerts
    identity: Identity
    sessions: Sessions
    books: Books
    places: Places
    scheme: Scheme
    health_source: Origin
    sources: Sources
    paper_passes: PaperPasses
    declaration: Declaration
    freshness: Freshness
    sync: Sync
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
    if CITY_NAME.fullmatch(name) is None or not path.is_file():
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
    import tomllib

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
