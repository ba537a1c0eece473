"""Routes of places, a file a use case: for managers, for who works at the gates, for who enters."""

from chalice.app import Blueprint

from chalicelib.places.routes import (
    bindings,
    checkins,
    gates,
    kiosks,
    live,
    places,
    staff,
    statistics,
    succession,
    suspensions,
)

BLUEPRINTS: tuple[Blueprint, ...] = (
    bindings.routes,
    checkins.routes,
    gates.routes,
    kiosks.routes,
    live.routes,
    places.routes,
    staff.routes,
    statistics.routes,
    succession.routes,
    suspensions.routes,
)
