"""Routes of logging in, of oneself, and of who acts for whom."""

from chalice.app import Blueprint

from chalicelib.people.routes import (
    dependants,
    me,
)

BLUEPRINTS: tuple[Blueprint, ...] = (
    dependants.routes,
    me.routes,
)
