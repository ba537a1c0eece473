"""The table `places`: a place with its gates and its staff, in one partition."""

from datetime import date, datetime

from pynamodb.attributes import JSONAttribute, NumberAttribute, UnicodeAttribute, UTCDateTimeAttribute
from pynamodb.expressions.condition import Condition
from pynamodb.indexes import GlobalSecondaryIndex, KeysOnlyProjection

from chalicelib.core import clock
from chalicelib.core.errors import Broken
from chalicelib.core.store import Key, Row, TableMeta, maybe

INSPECTOR, REGISTRAR = "inspector", "registrar"
"""What somebody on the staff of a place can be."""


class DeclarationIndex(GlobalSecondaryIndex["PlaceRow"]):
    """Places by their declaration code, only those that have one (R2.2)."""

    class Meta:
        """Keys only: the place is read again and compared, so that a code that was just replaced binds nobody."""

        index_name = "by_declaration"
        projection = KeysOnlyProjection()

    declaration_code = UnicodeAttribute(hash_key=True)
    place_id = UnicodeAttribute(range_key=True)


class PlacesTable(Row):
    """A place in one query."""

    class Meta(TableMeta):
        """Named `places` in design §4."""

        table = "places"

    place_id = UnicodeAttribute(hash_key=True)
    sk = UnicodeAttribute(range_key=True)

    by_declaration = DeclarationIndex()


class PlaceRow(PlacesTable):
    """A place, which is a visitor register where its gates belong to registrars.

    `manager_id` and `manager_enrolment` are the life that answers for it, and `term` counts how often that changed. It is
    open unless it was closed (`closed_at`, for good), its manager's state suspends it (`suspended_since`), or an officer
    did for a violation (`violation`: reason, at, by, until). `org_id` is the organization whose access point it is since
    `bound_at`; `asked_org_id` the one that its manager asked. `successor_id` is the member of the staff to whom it is
    offered since `offered_at`.

    `gates`, `staff` and `kiosks` count them, in the transactions that make and end them. `shards` holds, for days on which a
    place is so busy that one key can't take it, into how many parts its check-ins are spread (design §4).
    """

    name = UnicodeAttribute()
    type = UnicodeAttribute()
    subdistrict = UnicodeAttribute()
    address = UnicodeAttribute()
    capacity = maybe(NumberAttribute)
    capacity_mode = UnicodeAttribute(default="soft")
    hours = maybe(JSONAttribute)
    stay_minutes = NumberAttribute()
    manager_id = UnicodeAttribute()
    manager_enrolment = NumberAttribute()
    term = NumberAttribute(default=0)
    successor_id = maybe(UnicodeAttribute)
    offered_at = maybe(UTCDateTimeAttribute)
    org_id = maybe(UnicodeAttribute)
    bound_at = maybe(UTCDateTimeAttribute)
    asked_org_id = maybe(UnicodeAttribute)
    asked_at = maybe(UTCDateTimeAttribute)
    declaration_code = maybe(UnicodeAttribute)
    declared_at = maybe(UTCDateTimeAttribute)
    suspended_since = maybe(UTCDateTimeAttribute)
    violation = maybe(JSONAttribute)
    gates = NumberAttribute(default=0)
    staff = NumberAttribute(default=0)
    kiosks = NumberAttribute(default=0)
    shards = maybe(JSONAttribute)
    created_at = UTCDateTimeAttribute()
    closed_at = maybe(UTCDateTimeAttribute)

    @classmethod
    def of(cls, place_id: str, *, consistent: bool = True) -> "Key[PlaceRow]":
        """Where a place lies."""
        return cls.key(place_id, "PLACE", consistent=consistent)

    @staticmethod
    def alive() -> Condition:
        """That the place is there and was not closed."""
        there: Condition = PlaceRow.place_id.exists() & PlaceRow.closed_at.does_not_exist()
        return there

    @property
    def is_open(self) -> bool:
        """Whether anybody may be checked in: not closed, and suspended for no reason."""
        return self.closed_at is None and self.suspended_since is None and not self.is_in_violation

    @property
    def is_in_violation(self) -> bool:
        """Whether an officer's suspension stands: it has neither been lifted nor come to its end. Raises Broken."""
        if self.violation is None:
            return False
        until = self.violation.get("until") if isinstance(self.violation, dict) else ""
        if until is not None and not clock.is_moment(until):
            raise Broken
        return until is None or datetime.fromisoformat(until) > clock.now()

    def was_suspended(self, then: datetime) -> bool:
        """Whether a suspension that stands had begun at a moment: what waited without network is judged as of then (B8).

        Raises Broken.
        """
        if self.suspended_since is not None and self.suspended_since <= then:
            return True
        if not self.is_in_violation:
            return False
        began = str((self.violation or {}).get("at"))
        return not clock.is_moment(began) or datetime.fromisoformat(began) <= then

    def shards_on(self, day: date) -> int:
        """Into how many parts the check-ins of a day, in the city's calendar, are spread. Raises Broken."""
        found = (self.shards or {}).get(day.isoformat(), 1) if isinstance(self.shards, dict | None) else None
        if not isinstance(found, int) or found < 1:
            raise Broken
        return found


class GateRow(PlacesTable):
    """An entrance with a code of its own (R4.4).

    `presence` says whether its code is printed (`static`) or shown on a screen that changes (`rotating`). Of its posters
    only that of `version` holds, and none while `voided_at` stands (B7). A gate may belong to a registrar of the staff
    (`registrar_id`, a member_id), whose state suspends it (`suspended_since`, R4.3).
    """

    name = UnicodeAttribute()
    presence = UnicodeAttribute(default="static")
    version = NumberAttribute(default=1)
    printed_at = UTCDateTimeAttribute()
    voided_at = maybe(UTCDateTimeAttribute)
    registrar_id = maybe(UnicodeAttribute)
    suspended_since = maybe(UTCDateTimeAttribute)
    created_at = UTCDateTimeAttribute()

    PREFIX = "GATE#"

    @classmethod
    def of(cls, place_id: str, gate_id: str, *, consistent: bool = True) -> "Key[GateRow]":
        """Where a gate lies."""
        return cls.key(place_id, f"{cls.PREFIX}{gate_id}", consistent=consistent)

    @property
    def gate_id(self) -> str:
        """What tells it apart within its place."""
        return self.sk.removeprefix(self.PREFIX)


class StaffRow(PlacesTable):
    """That a person scans visitors at a place (`inspector`), or has gates of their own there too (`registrar`)."""

    person_id = UnicodeAttribute()
    enrolment = NumberAttribute()
    role = UnicodeAttribute()
    name_mask = UnicodeAttribute()
    bound_at = UTCDateTimeAttribute()

    PREFIX = "STAFF#"

    @classmethod
    def of(cls, place_id: str, member_id: str, *, consistent: bool = True) -> "Key[StaffRow]":
        """Where the role of a member of the staff lies; `member_id` is how the place knows the person."""
        return cls.key(place_id, f"{cls.PREFIX}{member_id}", consistent=consistent)

    @property
    def member_id(self) -> str:
        """Whose role it is."""
        return self.sk.removeprefix(self.PREFIX)


class OccupancyRow(PlacesTable):
    """How many are inside a place that lets in no more than its capacity (`inside`), by its check-ins and check-outs.

    Stays end by themselves, which changes nothing here: so it is counted anew from time to time (`recounted_at`), and goes in
    only if nothing was counted meanwhile (`changes`).
    """

    inside = NumberAttribute()
    changes = NumberAttribute(default=0)
    recounted_at = UTCDateTimeAttribute()

    @classmethod
    def of(cls, place_id: str, *, consistent: bool = True) -> "Key[OccupancyRow]":
        """Where a place's number lies."""
        return cls.key(place_id, "OCCUPANCY", consistent=consistent)
