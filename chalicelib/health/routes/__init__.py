"""Routes of sources, facts and status."""

from chalice.app import Blueprint

from chalicelib.health.routes import (
    declarations,
    deliveries,
    family,
    health_codes,
    papers,
    passes,
    sync,
)

BLUEPRINTS: tuple[Blueprint, ...] = (
    declarations.routes,
    deliveries.routes,
    family.routes,
    health_codes.routes,
    papers.routes,
    passes.routes,
    sync.routes,
)
