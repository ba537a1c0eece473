"""One spelling for each phone, name and document number, so that the same person always gets the same keyed id.

Each function returns the canonical spelling, is idempotent, and raises an `Invalid` error without the value in it.
Unicode goes through NFKC first: full-width digits, compatibility ideographs and half-width marks are one character.
"""

import re
import unicodedata
from datetime import date
from enum import StrEnum

from chalicelib.core import clock
from chalicelib.core.errors import Invalid


class InvalidPhone(Invalid):
    """Not a mainland mobile number."""

    code = "invalid_phone"
    field = "phone"


class InvalidName(Invalid):
    """Not a name as documents write it."""

    code = "invalid_name"
    field = "name"


class InvalidDocument(Invalid):
    """Not a number of this type of document."""

    code = "invalid_document"
    field = "document.number"


class DocumentType(StrEnum):
    """What a person may prove identity with."""

    RESIDENT_ID = "resident_id"
    """居民身份证: 18 digits, or 15 before 1999 (GB 11643)."""
    PASSPORT = "passport"
    """A passport of any country."""
    HK_MACAU_PERMIT = "hk_macau_permit"
    """港澳居民来往内地通行证, or 港澳居民居住证 with its 18 digits."""
    TAIWAN_PERMIT = "taiwan_permit"
    """台湾居民来往大陆通行证, or 台湾居民居住证 with its 18 digits."""


NAME_MAX = 64

# Longer input is refused before it costs anything; NFKC makes at most 18 characters of one.
_INPUT_MAX = 256

_HYPHENS = dict.fromkeys(map(ord, "\u2010\u2011\u2012\u2013\u2014\u2015\u2212"), "-")
_APOSTROPHES = dict.fromkeys(map(ord, "\u2018\u2019\u02bc`\u00b4"), "'")
_MIDDLE_DOTS = dict.fromkeys(map(ord, "\u2022\u2027\u2219\u22c5\u30fb"), "·")
_NAME_MARKS = _HYPHENS | _APOSTROPHES | _MIDDLE_DOTS

# Letters by their category that show nothing: two people must not differ by what nobody can see.
UNSEEN = re.compile("[\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\ufe00-\ufe0f\U000e0100-\U000e01ef]")

_IDEOGRAPH = "[\u4e00-\u9fff\u3400-\u4dbf\U00020000-\U0003ffff]"
_SPACE_IN_CHINESE = f"(?<={_IDEOGRAPH}) (?={_IDEOGRAPH})"
_DOT_IN_CHINESE = rf"(?<={_IDEOGRAPH}) ?\. ?(?={_IDEOGRAPH})"
"""Both are compiled where they are first used: each takes as long as a module to import."""

_SPACED_MIDDLE_DOT = re.compile(r" ?· ?")
_NAME_START = re.compile(r"'?[^\W\d_]")

_PHONE = re.compile(r"(?:\+86|0086|86)?(1[3-9][0-9]{9})")
_RESIDENT_ID = re.compile(r"[0-9]{17}[0-9X]")
_OLD_RESIDENT_ID = re.compile(r"[0-9]{15}")
_PASSPORT = re.compile(r"[A-Z0-9]{5,20}")
_HK_MACAU_PERMIT = re.compile(r"([HM][0-9]{8})(?:[0-9]{2})?")
_TAIWAN_PERMIT = re.compile(r"([0-9]{8})(?:[0-9]{2}(?:[A-Z0-9]|\([A-Z0-9]\))?)?")

# What an 18-digit residence permit has in place of a county (General Office of the State Council, 2018, No. 81).
_RESIDENCE = {DocumentType.HK_MACAU_PERMIT: ("810000", "820000"), DocumentType.TAIWAN_PERMIT: ("830000",)}
_PERMITS = {DocumentType.HK_MACAU_PERMIT: _HK_MACAU_PERMIT, DocumentType.TAIWAN_PERMIT: _TAIWAN_PERMIT}

# Resident IDs and residence permits are issued and dated in China, whichever city reads them.
_ISSUING_ZONE = "Asia/Shanghai"


def phone(text: str) -> str:
    """Return a mainland mobile number as its 11 digits; InvalidPhone for any other number.

    Spaces, hyphens and the country's prefix (`+86`, `0086`, `86`) are dropped; other countries' numbers get no code,
    because pumping messages to them is what bots are paid for (T-03).
    """
    found = _PHONE.fullmatch(_compact(text, InvalidPhone).replace("-", ""))
    if found is None:
        raise InvalidPhone
    return found[1]


def person_name(text: str) -> str:
    """Return a name as it is compared and stored; InvalidName if it holds anything that names do not (T-30).

    Letters with case are upper-cased, runs of spaces are one space and none between Chinese characters, every form of
    the middle dot of minority and foreign names is `·`. Allowed are letters with their marks, `·`, space, hyphen and
    apostrophe, 1 to 64 characters in all; the first is a letter, as in no formula, or an apostrophe before a letter.
    """
    name = _respell(_visible(text.translate(_APOSTROPHES), InvalidName))
    if len(name) > NAME_MAX or not _NAME_START.match(name) or not all(map(_fits_name, f" {name}", name)):
        raise InvalidName
    return name


def document(type_: DocumentType, number: str) -> str:
    """Return the canonical number of a document; InvalidDocument if no document of this type has such a number.

    A number that changes when a permit is renewed is cut to the part that stays its holder's for life, so a renewed
    permit is the same person.
    """
    compact = _compact(number, InvalidDocument)
    if not compact.isascii():  # before upper(): it makes ASCII of letters that no document has
        raise InvalidDocument
    compact = compact.upper()
    if type_ is DocumentType.RESIDENT_ID:
        return _resident_id(compact)
    if type_ is DocumentType.PASSPORT:
        return _matched(_PASSPORT, compact)[0]
    return _permit(type_, compact)


def birth_date(type_: DocumentType, number: str) -> date | None:
    """Return the birth date that a number states, None where its kind states none; InvalidDocument if it is wrong."""
    canonical = document(type_, number)
    is_dated = type_ is not DocumentType.PASSPORT and _RESIDENT_ID.fullmatch(canonical)
    return _dated(canonical) if is_dated else None


def _resident_id(compact: str) -> str:
    """Return 18 digits with a right check digit (GB 11643); the 15 of before 1999 get their century and check digit.

    The county is not looked up: it may have been dissolved before its people were born, or founded after.
    """
    from stdnum.cn import ric

    if _OLD_RESIDENT_ID.fullmatch(compact):
        body = f"{compact[:6]}19{compact[6:]}"
        compact = body + ric.calc_check_digit(f"{body}0")
    _matched(_RESIDENT_ID, compact)
    if ric.calc_check_digit(compact) != compact[-1]:
        raise InvalidDocument
    _dated(compact)
    return compact


def _permit(type_: DocumentType, compact: str) -> str:
    """Return the number that stays with its holder for life.

    Hong Kong and Macau: a letter and 8 digits, then 2 that count renewals (Ministry of Public Security, 10 March
    2010). Taiwan: 8 digits, before 2008 followed by 2 that count issues and a code of the issuer in brackets
    (the ministry's notice on the 2015 permit).
    """
    if compact.startswith(_RESIDENCE[type_]) and _RESIDENT_ID.fullmatch(compact):
        return _resident_id(compact)
    return _matched(_PERMITS[type_], compact)[1]


def _dated(canonical: str) -> date:
    """Return the date in an 18-digit number; InvalidDocument if the calendar has none such, or it is still to come."""
    from stdnum.cn import ric
    from stdnum.exceptions import InvalidComponent

    try:
        born = ric.get_birth_date(canonical)
    except InvalidComponent as impossible:
        raise InvalidDocument from impossible
    if born > clock.local_day(_ISSUING_ZONE, clock.now()):
        raise InvalidDocument
    return born


def _matched(pattern: re.Pattern[str], compact: str) -> re.Match[str]:
    """Return the match of a whole number; InvalidDocument if there is none."""
    found = pattern.fullmatch(compact)
    if found is None:
        raise InvalidDocument
    return found


def _respell(text: str) -> str:
    """Settle spaces, dots, hyphens, apostrophes and case of a name."""
    name = " ".join(text.translate(_NAME_MARKS).split())
    name = re.sub(_DOT_IN_CHINESE, "·", name)
    name = re.sub(_SPACE_IN_CHINESE, "", _SPACED_MIDDLE_DOT.sub("·", name))
    return unicodedata.normalize("NFKC", name.upper()).translate(_APOSTROPHES)


def _fits_name(before: str, character: str) -> bool:
    """Tell whether a name may hold a character after another: a mark stands only on a letter."""
    kind = unicodedata.category(character)[0]
    return kind == "L" or character in "· -'" or (kind == "M" and unicodedata.category(before)[0] in "LM")


def _compact(text: str, error: type[Invalid]) -> str:
    """Return a number without its spaces and with every hyphen spelled `-`."""
    return "".join(_visible(text, error).translate(_HYPHENS).split())


def _visible(text: str, error: type[Invalid]) -> str:
    """Return NFKC of `text` without characters that show nothing, such as those copied along from a contact list."""
    if len(text) > _INPUT_MAX:
        raise error
    plain = unicodedata.normalize("NFKC", text)
    seen = "".join(character for character in plain if unicodedata.category(character) != "Cf")
    return unicodedata.normalize("NFKC", UNSEEN.sub("", seen))
