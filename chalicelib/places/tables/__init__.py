"""The tables of places: `places` and `checkins`, and the access points of organizations."""

from chalicelib.places.tables.access_points import ASKING, BOUND, AccessPointRow
from chalicelib.places.tables.checkins import (
    CheckinRow,
    CheckinsTable,
    VisitIndex,
    VisitorTrace,
    VisitTrace,
    bucket_of,
    part_of,
    parts_of,
    read_part,
    sort_key_of,
)
from chalicelib.places.tables.looks import LookRow
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
from chalicelib.places.tables.registers import SWEEPS, VisitsDayRow, VisitSweepRow, note_part, parts_of_day

__all__ = [
    "ASKING",
    "BOUND",
    "INSPECTOR",
    "REGISTRAR",
    "SWEEPS",
    "AccessPointRow",
    "CheckinRow",
    "CheckinsTable",
    "DeclarationIndex",
    "GateRow",
    "LookRow",
    "OccupancyRow",
    "PlaceRow",
    "PlacesTable",
    "StaffRow",
    "VisitIndex",
    "VisitSweepRow",
    "VisitTrace",
    "VisitorTrace",
    "VisitsDayRow",
    "bucket_of",
    "note_part",
    "part_of",
    "parts_of",
    "parts_of_day",
    "read_part",
    "sort_key_of",
]
