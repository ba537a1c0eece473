"""The tables of places: `places` and `checkins`."""

from chalicelib.places.tables.checkins import CheckinRow, CheckinsTable, VisitIndex, bucket_of, part_of, sort_key_of
from chalicelib.places.tables.places import (
    INSPECTOR,
    REGISTRAR,
    DeclarationIndex,
    GateRow,
    PlaceRow,
    PlacesTable,
    StaffRow,
)

__all__ = [
    "INSPECTOR",
    "REGISTRAR",
    "CheckinRow",
    "CheckinsTable",
    "DeclarationIndex",
    "GateRow",
    "PlaceRow",
    "PlacesTable",
    "StaffRow",
    "VisitIndex",
    "bucket_of",
    "part_of",
    "sort_key_of",
]
