"""The matrix of roles, routes and things, asked in full (T-32), with the headers of every answer (T-38)."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest

from chalicelib.core import clock
from chalicelib.core.runs import mark_complete
from tests.api.headers import wrong_headers
from tests.api.matrix import ROLES, THINGS, Row, rows
from tests.api.world import BODIES, MANAGING, World
from tests.support.city import TestCity
from tests.support.routes import Route, routes
from tests.support.seam import Seam, seam

pytestmark = [pytest.mark.api, pytest.mark.slow]

ALL = {route.name: route for route in routes()}
ROWS = rows()
LEAVES_AS_IT_WAS = {
    "POST /v1/auth/codes",
    "POST /v1/auth/sessions",
    "POST /v1/passes/verify",
    "POST /v1/me/declarations",
    "POST /v1/me/paper-passes",
    "POST /v1/me/dependants",
    "POST /v1/me/dependants/codes",
    "DELETE /v1/me/dependants/{dependant_id}",
    "DELETE /v1/me/dependants/{dependant_id}/memberships/{org_id}",
    "PUT /v1/me/dependants/{dependant_id}/memberships/{org_id}/consent",
    "DELETE /v1/me/guardians/{guardian_id}",
    "DELETE /v1/me/paper-passes/{paper_id}",
    "DELETE /v1/places/{place_id}/kiosks/{kiosk_id}",
    "POST /v1/kiosk/paper-passes",
    "POST /v1/checkins",
    "POST /v1/checkins/{checkin_id}/checkout",
    "POST /v1/places/{place_id}/checkins",
    "POST /v1/places/{place_id}/checkins/{checkin_id}/checkout",
    "POST /v1/organizations",
    "PATCH /v1/organizations/{org_id}",
    "POST /v1/organizations/{org_id}/invitations",
    "POST /v1/organizations/{org_id}/departments",
    "PATCH /v1/organizations/{org_id}/departments/{department_id}",
    "PATCH /v1/organizations/{org_id}/members/{member_id}",
    "POST /v1/organizations/{org_id}/members/search",
    "POST /v1/organizations/{org_id}/exports",
    "PUT /v1/organizations/{org_id}/roster",
    "POST /v1/organizations/{org_id}/roster/removal",
    "PUT /v1/me/memberships/{org_id}/consent",
    "PUT /v1/me/channels",
    "DELETE /v1/me/channels/email",
    "POST /v1/organizations/{org_id}/alerts/{alert_id}/acknowledge",
    "PUT /v1/organizations/{org_id}/policies",
    "POST /v1/places",
    "PATCH /v1/places/{place_id}",
    "POST /v1/places/{place_id}/gates",
    "PATCH /v1/places/{place_id}/gates/{gate_id}",
    "POST /v1/places/{place_id}/gates/{gate_id}/poster",
    "POST /v1/places/{place_id}/declaration-code",
    "PATCH /v1/places/{place_id}/staff/{member_id}",
    "PUT /v1/places/{place_id}/binding",
    "POST /v1/places/{place_id}/manager/acceptance",
    "PUT /v1/organizations/{org_id}/places/{place_id}",
    "POST /v1/facts/batch",
    "POST /v1/identities/batch",
    "POST /v1/messages",
    "POST /v1/messages/{message_id}/answer",
    "POST /v1/me/health-code/travel-check",
}
"""Writes after which caller and thing serve as before; any other has a caller of its own, and things if the caller owns them."""

NEVER_CALLED = {"Decrypt", "Scan"}
APPEND_ONLY = {"demo-ledger-v1", "demo-access-log-v1"}


@dataclass(frozen=True)
class Watched:
    """A world, and every AWS call since it was made."""

    world: World
    calls: Seam


@pytest.fixture(scope="module")
def shared(whole_run: TestCity) -> Iterator[Watched]:
    """The world of all requests that leave it as it was."""
    with seam() as calls:
        mark_complete(1, clock.now())
        yield Watched(World(whole_run), calls)


def test_every_route_has_its_rows() -> None:
    assert {row.route for row in ROWS} == ALL.keys()
    assert len({(row.route, row.thing) for row in ROWS}) == len(ROWS)
    assert {route.name for route in ALL.values() if route.spec.body} == BODIES.keys()


@pytest.mark.parametrize("route", ALL.values(), ids=lambda route: route.name)
def test_a_route_lists_every_thing_that_it_could_name(route: Route) -> None:
    listed = {row.thing for row in ROWS if row.route == route.name}
    if route.parameters:
        assert listed == THINGS.get(route.name, THINGS[tuple(route.parameters)])
    else:
        assert listed in ({"-"}, {"own", "foreign", "never"})


@pytest.mark.parametrize("row", ROWS, ids=lambda row: f"{row.route} {row.thing}")
def test_each_role_gets_what_is_listed(city: TestCity, shared: Watched, row: Row) -> None:
    route = ALL[row.route]
    statuses = {}
    for role in ROLES:
        uses_up = row.statuses[role] < 400 and row.route not in LEAVES_AS_IT_WAS and route.method != "GET"
        fresh = World(city, None if role in MANAGING else shared.world)
        answer = (fresh if uses_up else shared.world).ask(route, role, row.thing)
        statuses[role] = answer.status
        assert wrong_headers(route, answer) == []
    assert statuses == row.statuses


def changes_append_only(operation: str, kwargs: dict[str, Any]) -> bool:
    """Whether a call changes or removes a row of a table that is only added to."""
    if operation in {"UpdateItem", "DeleteItem"}:
        return kwargs["TableName"] in APPEND_ONLY
    if operation == "TransactWriteItems":
        parts = [part.get("Update") or part.get("Delete") for part in kwargs["TransactItems"]]
        return any(part["TableName"] in APPEND_ONLY for part in parts if part)
    if operation == "BatchWriteItem":
        requests = [one for table in APPEND_ONLY for one in kwargs["RequestItems"].get(table, ())]
        return any("DeleteRequest" in one for one in requests)
    return False


def test_nothing_was_decrypted_scanned_or_taken_from_what_is_only_added_to(shared: Watched) -> None:
    """The api's role may not. The seam saw every call of the tests before this one; the list adds to the ledger."""
    assert shared.world.ask(ALL["GET /v1/organizations/{org_id}/members"], "owner", "own").status == 200
    assert shared.calls.counts["Query"]
    assert NEVER_CALLED.isdisjoint(shared.calls.counts)
    assert [operation for operation, kwargs in shared.calls.calls if changes_append_only(operation, kwargs)] == []
