"""Routes of registered sources, and of officers who decide on what was held."""

from chalice.app import Blueprint

from chalicelib.core.schemas import PageQuery
from chalicelib.health.access import Sender, source
from chalicelib.health.schemas import deliveries as schemas
from chalicelib.health.service.deliveries import Deliveries, FactReport
from chalicelib.health.service.held_batches import HeldBatches
from chalicelib.health.views import deliveries as views
from chalicelib.http.endpoint import Reply, endpoint
from chalicelib.people.access import Person, officer, stepped_up_officer

routes = Blueprint(__name__)

BATCH_BYTES = 256 * 1024
"""Bytes of a batch (design §6): 500 rows of half a kilobyte."""


@routes.route("/v1/facts/batch", methods=["POST"])
@endpoint(source, max_body=BATCH_BYTES, other_statuses=(202,))
def deliver_facts(caller: Sender, body: schemas.FactBatch, deliveries: Deliveries) -> Reply[schemas.BatchAnswer]:
    """Deliver facts. 202 if the batch would turn too many people abnormal: it waits as a whole, or was dropped (B3)."""
    reports = [FactReport(row.model_dump(exclude={"withdrawn"}), row.withdrawn) for row in body.rows]
    delivered = deliveries.facts(caller, body.reporter, reports)
    return Reply(views.batch_answer(delivered), 200 if delivered.state is None else 202)


@routes.route("/v1/identities/batch", methods=["POST"])
@endpoint(source, max_body=BATCH_BYTES)
def deliver_identities(caller: Sender, body: schemas.IdentityBatch, deliveries: Deliveries) -> schemas.BatchAnswer:
    """Deliver who is who: only who is among them can prove their identity."""
    rows = [row.model_dump() for row in body.rows]
    return views.batch_answer(deliveries.identities(caller, body.reporter, rows))


@routes.route("/v1/facts/batches", methods=["GET"])
@endpoint(officer)
def list_held_batches(caller: Person, query: PageQuery, held_batches: HeldBatches) -> schemas.HeldBatchPage:  # noqa: ARG001  any officer
    """List batches that wait for an officer, or were decided of late, newest first (B3)."""
    return views.held_batch_page(held_batches.listed(query.limit, query.cursor))


@routes.route("/v1/facts/batches/{batch_id}/release", methods=["POST"])
@endpoint(stepped_up_officer)
def release_batch(caller: Person, batch_id: str, held_batches: HeldBatches) -> schemas.HeldBatch:
    """Release a batch: its facts are stored. Asked for again, it goes on where it stopped (B3)."""
    return views.held_batch(held_batches.release(caller, batch_id))


@routes.route("/v1/facts/batches/{batch_id}/drop", methods=["POST"])
@endpoint(stepped_up_officer)
def drop_batch(caller: Person, batch_id: str, held_batches: HeldBatches) -> schemas.HeldBatch:
    """Drop a batch: nothing of it is stored, also if it is delivered again (B3)."""
    return views.held_batch(held_batches.drop(caller, batch_id))
