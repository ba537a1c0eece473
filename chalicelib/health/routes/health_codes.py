"""Routes of one's own health code, and of messages to the city's officers."""

from chalice.app import Blueprint

from chalicelib.core.schemas import PageQuery
from chalicelib.health.schemas import health_codes as schemas
from chalicelib.health.service.health_code import HealthCode
from chalicelib.health.service.messages import Messages
from chalicelib.health.views.health_codes import code_view, history_page, message_page, message_view
from chalicelib.http.call import Call
from chalicelib.http.endpoint import endpoint
from chalicelib.people.access import Person, officer, person

routes = Blueprint(__name__)


@routes.route("/v1/me/health-code", methods=["GET"])
@endpoint(person)
def show_code(caller: Person, call: Call, codes: HealthCode) -> schemas.HealthCode:
    """Show the caller's health code, why it is so, and how old its data are."""
    return code_view(codes.show(caller), call.language)


@routes.route("/v1/me/health-code/history", methods=["GET"])
@endpoint(person)
def list_past_statuses(caller: Person, call: Call, query: PageQuery, codes: HealthCode) -> schemas.StatusHistory:
    """List the statuses that the caller had, newest first."""
    return history_page(codes.history(caller, query.limit, query.cursor), call.language)


@routes.route("/v1/me/health-code/travel-check", methods=["POST"])
@endpoint(person)
def check_travel(caller: Person, call: Call, codes: HealthCode) -> schemas.HealthCode:
    """Have the national platform look at the caller's travel, and show the health code that follows."""
    return code_view(codes.check_travel(caller), call.language)


@routes.route("/v1/me/messages", methods=["GET"])
@endpoint(person)
def list_own_messages(caller: Person, query: PageQuery, messages: Messages) -> schemas.MessagePage:
    """List the caller's messages with their answers, newest first."""
    return message_page(messages.own(caller, query.limit, query.cursor))


@routes.route("/v1/messages", methods=["POST"])
@endpoint(person, status=201)
def send_message(caller: Person, body: schemas.MessageRequest, messages: Messages) -> schemas.MessageShown:
    """Write to the city's officers, such as the report that a pop-up asks for."""
    return message_view(messages.send(caller, body.category, body.text))


@routes.route("/v1/messages", methods=["GET"])
@endpoint(officer)
def list_messages(caller: Person, query: schemas.MessagesQuery, messages: Messages) -> schemas.MessagePage:
    """List messages for officers. Each of the people whose words are shown finds it in their access log."""
    listed = messages.answered if query.answered == "true" else messages.waiting
    return message_page(listed(caller, query.limit, query.cursor))


@routes.route("/v1/messages/{message_id}/answer", methods=["POST"])
@endpoint(officer)
def answer_message(
    caller: Person, message_id: str, body: schemas.AnswerRequest, messages: Messages
) -> schemas.MessageShown:
    """Answer a message. A travel report that is answered ends the pop-up that asked for it."""
    return message_view(messages.answer(caller, message_id, body.text))
