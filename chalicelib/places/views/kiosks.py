"""Kiosks as the public contract shows them."""

from chalicelib.core.qr import qr_svg
from chalicelib.health.service.papers import Print
from chalicelib.places.schemas import kiosks as schemas
from chalicelib.places.service.kiosks import KiosksFound, NewKiosk
from chalicelib.places.tables.kiosks import KioskRow


def set_up(new: NewKiosk) -> schemas.KioskSetUp:
    """A kiosk with what it logs in by."""
    row = new.row
    return schemas.KioskSetUp(
        kiosk_id=row.kiosk_id,
        name=row.name,
        created_at=row.created_at,
        credentials=f"{row.place_id}.{row.kiosk_id}.{new.secret}",
    )


def kiosks(found: KiosksFound) -> schemas.KioskList:
    """The kiosks of a place."""
    return schemas.KioskList(items=[_kiosk(row) for row in found.kiosks], unreadable=found.unreadable)


def printed(one: Print) -> schemas.KioskPrint:
    """A pass to print."""
    return schemas.KioskPrint(name=one.name, text=one.text, svg=qr_svg(one.text), expires_at=one.row.expires_at)


def _kiosk(row: KioskRow) -> schemas.Kiosk:
    return schemas.Kiosk(kiosk_id=row.kiosk_id, name=row.name, created_at=row.created_at)
