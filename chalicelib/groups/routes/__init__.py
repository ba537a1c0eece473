"""Routes of group books, a file a use case: for owners and administrators, for members, for whoever holds a code."""

from chalice.app import Blueprint

from chalicelib.groups.routes import (
    alerts,
    books,
    departments,
    exports,
    family,
    invitations,
    members,
    memberships,
    policies,
    rosters,
    statistics,
    succession,
)

BLUEPRINTS: tuple[Blueprint, ...] = (
    alerts.routes,
    books.routes,
    departments.routes,
    exports.routes,
    family.routes,
    invitations.routes,
    members.routes,
    memberships.routes,
    policies.routes,
    rosters.routes,
    statistics.routes,
    succession.routes,
)
