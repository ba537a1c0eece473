"""Routes of the channels by which somebody is told."""

from chalice.app import Blueprint

from chalicelib.alerts import channels, schemas
from chalicelib.alerts.channels import ChannelChoices
from chalicelib.alerts.ways import Choice
from chalicelib.http.endpoint import endpoint
from chalicelib.people.access import Person, person

routes = Blueprint(__name__)


@routes.route("/v1/me/channels", methods=["GET"])
@endpoint(person)
def show_channels(caller: Person, choices: ChannelChoices) -> schemas.Channels:
    """Show by which channels alerts come to the caller."""
    return _view(choices.show(caller))


@routes.route("/v1/me/channels", methods=["PUT"])
@endpoint(person)
def choose_channels(caller: Person, body: schemas.ChannelsChosen, choices: ChannelChoices) -> schemas.Channels:
    """Choose text messages, e-mail or both, a language, and whether to be told the numbers of one's books each morning."""
    return _view(choices.choose(caller, Choice(body.sms, body.email, body.language, body.morning)))


@routes.route("/v1/me/channels/email", methods=["PUT"])
@endpoint(person)
def give_address(caller: Person, body: schemas.EmailGiven, choices: ChannelChoices) -> schemas.Channels:
    """Give an e-mail address, or another one. Each organization that the caller manages asks it to confirm by a mail."""
    return _view(choices.give_address(caller, body.address))


@routes.route("/v1/me/channels/email", methods=["DELETE"])
@endpoint(person)
def forget_address(caller: Person, choices: ChannelChoices) -> None:
    """Take the e-mail address back; alerts come as text messages."""
    choices.forget_address(caller)


def _view(shown: channels.Channels) -> schemas.Channels:
    address = None
    if shown.email_mask is not None:
        confirmations = [
            schemas.Confirmation(org_id=one.org_id, state="confirmed" if one.is_confirmed else "pending")
            for one in shown.confirmations
        ]
        address = schemas.Email(address=shown.email_mask, organizations=confirmations)
    choice = shown.choice
    return schemas.Channels(
        sms=choice.sms, email=choice.email, language=choice.language, morning=choice.morning, email_address=address
    )
