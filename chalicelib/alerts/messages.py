"""The words of an alert: a text message that fits into one, and an e-mail."""

from collections.abc import Callable
from zoneinfo import ZoneInfo

from chalicelib.alerts.ports import Audience
from chalicelib.core.settings import settings
from chalicelib.core.texts import Language, text

ONE_MESSAGE = 70
"""UTF-16 code units of a text message that holds any Chinese character (3GPP TS 23.038: UCS-2, 140 bytes)."""

PART_OF_SEVERAL = 67
"""The same of each part where a message takes several: six bytes of each say how they belong together (TS 23.040)."""

NAME_LEAST = 6
"""Characters of an organization's name that are shown at least: with fewer nobody would know which is meant."""

CUT = "…"


def sms_text(audience: Audience, language: Language) -> str:
    """The text message of an alert: one message, but for a state of so many words that no name would fit beside it."""
    return fitted(audience.organization, lambda name: _sms(name, audience, language))


def fitted(organization: str, say: Callable[[str], str]) -> str:
    """What is said with an organization's name, which is cut so that it is one message; two where no name would fit into one."""
    bare = _units(say(""))
    room = ONE_MESSAGE - bare
    if room < min(NAME_LEAST, _units(organization)):
        room = 2 * PART_OF_SEVERAL - bare
    return say(_cut(organization, room))


def segments(message: str) -> int:
    """How many messages a text takes on its way to a phone, if it holds any character beyond GSM's own alphabet."""
    units = _units(message)
    return 1 if units <= ONE_MESSAGE else -(-units // PART_OF_SEVERAL)


def email_subject(language: Language) -> str:
    """The subject of an alert's e-mail; it names nobody, for subjects are shown on locked screens."""
    return text("alerts", "email_subject", language)


def email_text(audience: Audience, language: Language) -> str:
    """The e-mail of an alert."""
    city = settings().city
    since = audience.since.astimezone(ZoneInfo(city.time_zone)).strftime("%Y-%m-%d %H:%M")
    return text(
        "alerts",
        "email",
        language,
        organization=audience.organization,
        name=audience.name_mask,
        state=audience.state.word.spoken(language),
        since=since,
        signature=city.title.spoken(language),
    ).strip()


def _sms(organization: str, audience: Audience, language: Language) -> str:
    return text(
        "alerts",
        "sms",
        language,
        signature=settings().city.sms.signature.spoken(language),
        organization=organization,
        name=audience.name_mask,
        state=audience.state.word.spoken(language),
    )


def _cut(name: str, room: int) -> str:
    """The name within so many units, never in the middle of a character."""
    if _units(name) <= room:
        return name
    while name and _units(name) + len(CUT) > room:
        name = name[:-1]
    return name.rstrip() + CUT


def _units(words: str) -> int:
    return len(words.encode("utf-16-le")) // 2
