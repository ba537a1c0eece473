"""Gates, posters and screens as the public contract shows them."""

from chalicelib.core.qr import qr_svg
from chalicelib.places.schemas import gates as schemas
from chalicelib.places.service.gates import GatesFound, OnScreen, Printed
from chalicelib.places.tables import GateRow


def gate(row: GateRow) -> schemas.Gate:
    """An entrance."""
    return schemas.Gate(
        gate_id=row.gate_id,
        name=row.name,
        presence=row.presence,
        version=int(row.version),
        printed_at=row.printed_at,
        voided_at=row.voided_at,
        registrar_id=row.registrar_id,
        is_suspended=row.suspended_since is not None,
        created_at=row.created_at,
    )


def gates(found: GatesFound) -> schemas.GateList:
    """The gates of a place."""
    return schemas.GateList(items=[gate(row) for row in found.gates], unreadable=found.unreadable)


def poster(printed: Printed, public_url: str) -> schemas.Poster:
    """What hangs at a gate, drawn as registration codes are."""
    url = f"{public_url}/c/{printed.code}"
    return schemas.Poster(
        place=printed.place.name,
        gate=printed.gate.name,
        version=int(printed.gate.version),
        printed_at=printed.gate.printed_at,
        code=printed.code,
        url=url,
        print_url=f"{url}/print",
        svg=qr_svg(url),
    )


def screen(shown: OnScreen, public_url: str) -> schemas.GateScreen:
    """What a screen shows in this half minute."""
    url = f"{public_url}/c/{shown.code}"
    return schemas.GateScreen(code=shown.code, url=url, svg=qr_svg(url), until=shown.until)
