"""The tables of places: `places` and `checkins`, and the access points of organizations."""

from chalicelib.places.tables.access_points import ASKING, BOUND, AccessPointRow
from chalicelib.places.tables.checkins import (
    CheckinRow,
    CheckinsTable,
    VisitIndex,
    VisitTrace,
    bucket_of,
    part_of,
    sort_key_of,
)
from chalicelib.places.tables.places import (
    INSPECTOR,
    REGISTRAR,
    DeclarationIndex,
    GateRow,
    OccupancyRow,
    PlaceRow,
    PlacesTable,
    StaffRow,
)

__all__ = [
    "ASKING",
    "BOUND",
    "INSPECTOR",
    "REGISTRAR",
    "AccessPointRow",
    "CheckinRow",
    "CheckinsTable",
    "DeclarationIndex",
    "GateRow",
    "OccupancyRow",
    "PlaceRow",
    "PlacesTable",
    "StaffRow",
    "VisitIndex",
    "VisitTrace",
    "bucket_of",
    "part_of",
    "sort_key_of",
]
