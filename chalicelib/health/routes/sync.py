"""Routes of officers who look at the nightly sync, and decide where it stopped before it wrote anything (T-36)."""

from chalice.app import Blueprint

from chalicelib.core.schemas import PageQuery
from chalicelib.health.schemas import sync as schemas
from chalicelib.health.service.sync.releasing import SyncRuns
from chalicelib.health.views import sync as views
from chalicelib.http.endpoint import endpoint
from chalicelib.people.access import Person, officer, stepped_up_officer

routes = Blueprint(__name__)


@routes.route("/v1/sync-runs", methods=["GET"])
@endpoint(officer)
def list_sync_runs(caller: Person, query: PageQuery, sync_runs: SyncRuns) -> schemas.SyncRunPage:  # noqa: ARG001  any officer
    """List runs of the nightly sync, newest first, with their numbers and nothing about anybody (R1.3)."""
    return views.sync_run_page(sync_runs.listed(query.limit, query.cursor))


@routes.route("/v1/sync-runs/{run_id}/release", methods=["POST"])
@endpoint(stepped_up_officer)
def release_sync_run(caller: Person, run_id: str, sync_runs: SyncRuns) -> schemas.SyncRun:
    """Release a parked run: once an operator released it too, it is written (T-36)."""
    return views.sync_run(sync_runs.release(caller, run_id))


@routes.route("/v1/sync-runs/{run_id}/discard", methods=["POST"])
@endpoint(stepped_up_officer)
def discard_sync_run(caller: Person, run_id: str, sync_runs: SyncRuns) -> schemas.SyncRun:
    """Discard a parked run: nothing of it is written (T-36)."""
    return views.sync_run(sync_runs.discard(caller, run_id))
