"""The light page behind the code of an entrance, and the poster to print: plain HTML, in both languages.

Everything that is filled in is escaped here.
"""

from html import escape

from chalicelib.core import clock
from chalicelib.core.qr import qr_svg
from chalicelib.core.settings import settings
from chalicelib.core.texts import Language, text
from chalicelib.http import pages
from chalicelib.http.call import Call
from chalicelib.places.codes import POSTER, is_gate_code
from chalicelib.places.errors.places import GateCodeInvalid, PlaceNotFound, ScreenCodeOver
from chalicelib.places.service.entrances import Entrance, Entrances

GONE = 410


class EntrancePages:
    """The pages behind the codes of entrances."""

    def __init__(self, entrances: Entrances) -> None:
        """Take who reads the codes."""
        self._entrances = entrances

    def knows(self, code: str) -> bool:
        """Whether a code is a poster's or a screen's."""
        return is_gate_code(code)

    def page(self, code: str, call: Call) -> pages.Page:
        """The page on which one checks in and out."""
        try:
            return entrance(self._entrances.behind(code), call.language)
        except (GateCodeInvalid, PlaceNotFound, ScreenCodeOver) as error:
            return pages.refused(error, call.language)

    def poster(self, code: str, call: Call) -> pages.Page:
        """The page to print; of a code that is no poster's any more there is none."""
        try:
            return poster(self._entrances.behind(code), f"{call.public_url}/c/{code}", call.language)
        except (GateCodeInvalid, PlaceNotFound, ScreenCodeOver) as error:
            return pages.refused(error, call.language, up="../")


def entrance(found: Entrance, language: Language) -> pages.Page:
    """The page that names place and gate, says whether one may check in now, and lets one do so (R2.4, R4.1).

    Whoever is inside checks out there also while nobody may check in. A poster that was replaced is answered with 410.
    """
    standing = found.standing
    return pages.html(
        "place.html",
        GONE if standing == "replaced" else 200,
        language=language,
        login=pages.content("login.html"),
        city=pages.both(settings().city.title.spoken),
        place=escape(found.place.name),
        gate=escape(found.gate.name),
        kind=found.kind,
        now=str(clock.epoch() * 1000),
        standing=standing,
        notice=""
        if standing == "open"
        else f"<p>{pages.both(lambda one: text('entrances', f'standing.{standing}', one))}</p>",
    )


def poster(found: Entrance, url: str, language: Language) -> pages.Page:
    """The sheet that hangs at the entrance: order of entry, QR code, place, gate, version and date (R2.6, B7).

    Raises GateCodeInvalid where it is no poster, or one that does not hold any more.
    """
    if found.kind != POSTER or found.standing == "replaced":
        raise GateCodeInvalid
    return pages.html(
        "sheet.html",
        language=language,
        city=pages.both(settings().city.title.spoken),
        place=escape(found.place.name),
        gate=escape(found.gate.name),
        version=str(found.version),
        date=str(clock.local_day(settings().city.time_zone, found.gate.printed_at)),
        url=escape(url),
        qr=qr_svg(url),
    )


def screen(language: Language) -> pages.Page:
    """The page of an entrance's screen. It names no place: which one it is stands in the part of the address that is not sent."""
    return pages.html(
        "screen.html",
        language=language,
        login=pages.content("login.html"),
        city=pages.both(settings().city.title.spoken),
        city_title=escape(settings().city.title.spoken(language)),
    )
