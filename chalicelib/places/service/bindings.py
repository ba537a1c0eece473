"""Places as access points of an organization: the place's manager asks, the organization accepts, either ends it (R0.1, R0.6)."""

from dataclasses import dataclass
from typing import Any

from pynamodb.expressions.condition import Condition

from chalicelib.core import clock, store, tokens
from chalicelib.core.errors import Broken
from chalicelib.core.store import Transaction
from chalicelib.groups.access import Manager
from chalicelib.groups.errors import OrganizationNotFound
from chalicelib.groups.legible import report_broken
from chalicelib.groups.tables import TOP, OrganizationRow
from chalicelib.places.access import PlaceManager
from chalicelib.places.errors.places import (
    AccessPointNotFound,
    BoundAlready,
    PlaceChanged,
    WholeOrganizationRequired,
)
from chalicelib.places.tables import ASKING, BOUND, AccessPointRow, PlaceRow

LOOSE: dict[str, None] = {"org_id": None, "bound_at": None, "asked_org_id": None, "asked_at": None}
"""A place that is bound to nobody, and asks nobody."""


@dataclass(frozen=True)
class AccessPoint:
    """A place that is an organization's, or asks to be."""

    row: AccessPointRow
    place: PlaceRow


@dataclass(frozen=True)
class AccessPoints:
    """One page of an organization's access points, the cursor of the next, and how many could not be read."""

    points: list[AccessPoint]
    cursor: str | None
    unreadable: int


class Bindings:
    """Binds places to organizations. The city knows of a binding only what both sides agreed to."""

    def ask(self, manager: PlaceManager, org_id: str) -> PlaceRow:
        """Ask an organization to make the place its access point, in place of one that was asked before.

        Raises OrganizationNotFound, BoundAlready or PlaceChanged.
        """
        place = manager.place
        if place.org_id is not None and place.org_id != org_id:
            raise BoundAlready
        if org_id in {place.org_id, place.asked_org_id}:
            return place
        now = clock.now()
        transaction = Transaction()
        transaction.check(OrganizationRow.of(org_id), OrganizationRow.alive(), OrganizationNotFound())
        asked = {**LOOSE, "asked_org_id": org_id, "asked_at": now}
        transaction.update(place.own_key, store.assign(PlaceRow, asked), is_bound_as(place), PlaceChanged())
        if place.asked_org_id is not None:
            transaction.delete(AccessPointRow.of(place.asked_org_id, place.place_id))
        key = AccessPointRow.of(org_id, place.place_id)
        transaction.put(AccessPointRow(key.hash_value, key.range_value, state=ASKING, since=now)).commit()
        return _with(place, asked)

    def end(self, manager: PlaceManager) -> None:
        """Unbind the place, or ask no more, at once; where neither is so nothing is done. Raises PlaceChanged."""
        unbind(manager.place)

    def points_of(self, manager: Manager, limit: int, cursor: str | None) -> AccessPoints:
        """The access points of an organization, and the places that ask. Raises InvalidCursor or WholeOrganizationRequired."""
        _refuse_part(manager)
        scope = f"access points|{manager.org_id}"
        prefix = AccessPointRow.sk.startswith(AccessPointRow.PREFIX)
        start = tokens.open_cursor(scope, cursor)
        page = store.query(AccessPointRow, manager.org_id, prefix, limit=limit, start=start)
        points, unreadable = _with_places(page.rows)
        return AccessPoints(points, tokens.seal_cursor(scope, page.next_key), page.unreadable + unreadable)

    def accept(self, manager: Manager, place_id: str) -> AccessPoint:
        """Make a place that asks the organization's access point.

        Raises WholeOrganizationRequired, AccessPointNotFound, OrganizationNotFound or PlaceChanged.
        """
        point = _point(manager, place_id)
        if point.row.state == BOUND:
            return point
        now = clock.now()
        transaction = Transaction()
        transaction.check(manager.organization.own_key, OrganizationRow.alive(), OrganizationNotFound())
        bound = {**LOOSE, "org_id": manager.org_id, "bound_at": now}
        transaction.update(point.place.own_key, store.assign(PlaceRow, bound), is_bound_as(point.place), PlaceChanged())
        states = [AccessPointRow.state.set(BOUND), AccessPointRow.since.set(now)]
        transaction.update(point.row.own_key, states, AccessPointRow.state == ASKING, PlaceChanged()).commit()
        point.row.state, point.row.since = BOUND, now
        return point

    def remove(self, manager: Manager, place_id: str) -> None:
        """Unbind a place from the organization, or refuse it, at once.

        Raises WholeOrganizationRequired, AccessPointNotFound or PlaceChanged.
        """
        unbind(_point(manager, place_id).place)


def unbind(place: PlaceRow) -> None:
    """Bind a place to nobody, with the row that the organization has of it. Raises PlaceChanged."""
    transaction = Transaction()
    forget_binding(transaction, place)
    if len(transaction):
        loose = store.assign(PlaceRow, LOOSE)
        transaction.update(place.own_key, loose, is_bound_as(place), PlaceChanged()).commit()


def forget_binding(transaction: Transaction, place: PlaceRow) -> None:
    """Take the place from the organization's own list, if it is on one."""
    for org_id in {place.org_id, place.asked_org_id} - {None}:
        transaction.delete(AccessPointRow.of(str(org_id), place.place_id))


def is_bound_as(place: PlaceRow) -> Condition:
    """That the place is open, bound to whom it was when it was read, and asks whom it asked."""
    same: Condition = PlaceRow.alive() & store.unchanged(place, "org_id", "asked_org_id")
    return same


def _refuse_part(manager: Manager) -> None:
    if manager.path != TOP:
        raise WholeOrganizationRequired


def _point(manager: Manager, place_id: str) -> AccessPoint:
    """An access point of the organization. Raises WholeOrganizationRequired, or AccessPointNotFound, which says no more."""
    _refuse_part(manager)
    keys = AccessPointRow.of(manager.org_id, place_id), PlaceRow.of(place_id)
    rows = store.read_together(keys)
    row, place = rows.get(keys[0]), rows.get(keys[1])
    if row is None or place is None or manager.org_id not in {place.org_id, place.asked_org_id}:
        raise AccessPointNotFound
    return AccessPoint(row, place)


def _with_places(rows: list[AccessPointRow]) -> tuple[list[AccessPoint], int]:
    keys = {row.place_id: PlaceRow.of(row.place_id) for row in rows}
    places = store.read_together(keys.values())
    points: list[AccessPoint] = []
    unreadable = 0
    for row in rows:
        try:
            place = places.get(keys[row.place_id])
        except Broken as error:
            report_broken(keys[row.place_id], error)
            unreadable += 1
            continue
        points += [] if place is None else [AccessPoint(row, place)]
    return points, unreadable


def _with(place: PlaceRow, values: dict[str, Any]) -> PlaceRow:
    for name, value in values.items():
        setattr(place, name, value)
    return place
