"""What two operators decide together (B3, B16): `grant`, `revoke`, `hand-over`, `hand-over-place`, `proposals`, `confirm`."""

import json
import sys
from collections.abc import Callable
from contextlib import redirect_stdout
from typing import Annotated, Any, TypeVar

import typer

from chalicelib.core import clock
from chalicelib.core.canonical import DocumentType
from chalicelib.core.crypto import IdentityMacs
from chalicelib.core.errors import GatebookError, Invalid
from chalicelib.core.signatures import InvalidPublicKey
from chalicelib.core.store import STORAGE_ERRORS
from chalicelib.core.texts import text
from chalicelib.groups.errors import OwnerChanged, TooManyBooks
from chalicelib.health.sources import InvalidSourceName
from chalicelib.places.errors.places import PlaceChanged, TooManyPlaces
from chalicelib.tracing import errors
from chalicelib.tracing.service import WAITS, Namings, Proposal
from chalicelib.tracing.tables import Act
from infra.cli.operating import fail
from infra.cli.options import UnusableTarget, operating
from infra.cli.principals import principal

REFUSED = 1
NOT_STARTED = 2
EXIT_CODES = (
    "Exit codes: 0 done; 1 refused, or the city did not answer (`proposals` shows what waits); 2 the options or the input "
    "cannot be used, nothing was begun."
)
DOCUMENT_TYPES = ", ".join(DocumentType)
WORDS: dict[type[GatebookError], str] = {
    errors.NobodyVerified: "Nobody with this document has proved their identity in this city. They must do so first.",
    errors.AlreadyNamed: "This is granted already; nothing was changed.",
    errors.NotNamed: "This is not granted, so it cannot be revoked; nothing was changed.",
    errors.UnknownProposal: "There is no proposal with this id, or it expired and was removed. `proposals` lists what waits.",
    errors.ProposalExpired: f"Nobody confirmed this proposal within {WAITS.days} days. Propose it again.",
    errors.ProposalDone: "This proposal was carried out already, and is not carried out twice.",
    errors.OwnProposal: "Whoever proposed this cannot confirm it. Another person must, with credentials of their own.",
    errors.SubjectErased: "The person whom this is about erased themself since; it cannot be carried out.",
    errors.BookGone: "There is no group book with this id, or it was deleted.",
    TooManyBooks: "This person owns as many group books as the city allows to one person.",
    errors.PlaceGone: "There is no place with this id, or it was closed.",
    TooManyPlaces: "This person manages as many places as the city allows to one person, or their state changed just now.",
    PlaceChanged: "The place has another manager since this was proposed, or another offer. Propose it again.",
    OwnerChanged: "The book has another owner since this was proposed, or another offer. Propose it again.",
    errors.SourceNotNamed: "There is no such source, or it was revoked. `grant source` names one.",
    errors.KeyKnown: "The source has, or had, this very key. Make a new one.",
    errors.UnknownKey: "The source has no valid key of this name. `sources key list` shows them.",
    InvalidPublicKey: "This is no public key of Ed25519 in PEM (`openssl pkey -in private.pem -pubout`).",
    InvalidSourceName: "A source's name is 2 to 32 lower-case letters, digits and hyphens.",
}
"""What operators read; errors that the api has too are told in its words."""

T = TypeVar("T")
As = Annotated[
    str | None,
    typer.Option("--as", metavar="NAME", help="Who you are, for a city on this machine; in AWS it is refused."),
]
Name = Annotated[str, typer.Argument(help="The source's name: 2 to 32 lower-case letters, digits and hyphens.")]
OrgId = Annotated[str, typer.Argument(metavar="ORG_ID", help="The group book's id.")]
PlaceId = Annotated[str, typer.Argument(metavar="PLACE_ID", help="The place's id.")]
ProposalId = Annotated[str, typer.Argument(metavar="PROPOSAL", help="The proposal's id, as `proposals` lists it.")]

grants = typer.Typer(help="Propose to name an officer or a source.", epilog=EXIT_CODES, no_args_is_help=True)
revocations = typer.Typer(
    help="Propose to name an officer or a source no longer.", epilog=EXIT_CODES, no_args_is_help=True
)


def add_to(app: typer.Typer) -> None:
    """Add the commands to the operator's."""
    app.add_typer(grants, name="grant")
    app.add_typer(revocations, name="revoke")
    app.command("hand-over", epilog=EXIT_CODES)(hand_over)
    app.command("hand-over-place", epilog=EXIT_CODES)(hand_over_place)
    app.command(epilog=EXIT_CODES)(proposals)
    app.command(epilog=EXIT_CODES)(confirm)


@grants.command("officer", epilog=EXIT_CODES)
def grant_officer(context: typer.Context, acts_as: As = None) -> None:
    """Propose that somebody who proved their identity here becomes a health officer; asks for their document.

    Where the input is no terminal, its first line is the type of the document and the second one its number.
    """
    _propose_officer(context, Act.GRANT, acts_as)


@revocations.command("officer", epilog=EXIT_CODES)
def revoke_officer(context: typer.Context, acts_as: As = None) -> None:
    """Propose that an officer is none any more; asks for their document.

    Where the input is no terminal, its first line is the type of the document and the second one its number.
    """
    _propose_officer(context, Act.REVOKE, acts_as)


@grants.command("source", epilog=EXIT_CODES)
def grant_source(context: typer.Context, name: Name, acts_as: As = None) -> None:
    """Propose that a source may deliver facts."""
    _propose_source(context, Act.GRANT, name, acts_as)


@revocations.command("source", epilog=EXIT_CODES)
def revoke_source(context: typer.Context, name: Name, acts_as: As = None) -> None:
    """Propose that a source may deliver facts no longer."""
    _propose_source(context, Act.REVOKE, name, acts_as)


def hand_over(context: typer.Context, org_id: OrgId, acts_as: As = None) -> None:
    """Propose that a group book goes to somebody who proved their identity here; asks for their document.

    For a book whose owner can't or won't hand it over. Where the input is no terminal, its first line is the type of the
    document and the second one its number.
    """

    def propose(namings: Namings) -> Proposal:
        by = principal(acts_as)
        return namings.propose_owner(org_id, *document(), by)

    say_proposed(context, asked(context, propose))


def hand_over_place(context: typer.Context, place_id: PlaceId, acts_as: As = None) -> None:
    """Propose that a place goes to somebody who proved their identity here; asks for their document.

    For a place whose manager can't or won't hand it over. Where the input is no terminal, its first line is the type of the
    document and the second one its number.
    """

    def propose(namings: Namings) -> Proposal:
        by = principal(acts_as)
        return namings.propose_manager(place_id, *document(), by)

    say_proposed(context, asked(context, propose))


def proposals(context: typer.Context) -> None:
    """List what waits for another operator's confirmation."""
    waiting = asked(context, lambda namings: namings.waiting())
    if context.obj[2]:
        typer.echo(json.dumps({"proposals": [_fields(one) for one in waiting]}))
        return
    for one in waiting:
        typer.echo(f"{_line(one)}  proposed {clock.iso(one.proposed_at)} by {one.proposed_by}")
    if not waiting:
        typer.echo("Nothing waits.")


def confirm(context: typer.Context, proposal: ProposalId, acts_as: As = None) -> None:
    """Carry out what another operator proposed, once."""
    done = asked(context, lambda namings: namings.confirm(proposal, principal(acts_as)))
    _say(context, done, f"Carried out: {_kind(done)} {done.subject}.")


def _propose_officer(context: typer.Context, act: Act, acts_as: str | None) -> None:
    def propose(namings: Namings) -> Proposal:
        by = principal(acts_as)
        return namings.propose_officer(act, *document(), by)

    say_proposed(context, asked(context, propose))


def _propose_source(context: typer.Context, act: Act, name: str, acts_as: str | None) -> None:
    proposed = asked(context, lambda namings: namings.propose_source(act, name, principal(acts_as)))
    say_proposed(context, proposed)


def document() -> tuple[DocumentType, str]:
    """Type and number of a document, never from the command line, where every user of the machine can read them."""
    if _at_terminal():
        type_ = typer.prompt(f"Type of the document ({DOCUMENT_TYPES})", DocumentType.RESIDENT_ID.value, err=True)
        number = typer.prompt("Number of the document (not shown)", hide_input=True, err=True)
    else:
        type_, number = sys.stdin.readline().strip(), sys.stdin.readline().strip()
    try:
        return DocumentType(type_), number
    except ValueError as error:
        raise UnusableTarget(f"The type of a document is one of: {DOCUMENT_TYPES}.") from error


def _at_terminal() -> bool:
    return sys.stdin.isatty()


def asked(context: typer.Context, ask: Callable[[Namings], T]) -> T:
    """What the service answers; ends the command with words where it refuses. Its log goes where it mixes with no answer."""
    city, endpoint_url, _ = context.obj
    try:
        with operating(city, endpoint_url), redirect_stdout(sys.stderr):
            return ask(Namings(IdentityMacs()))
    except UnusableTarget as error:
        fail(str(error), NOT_STARTED)
    except GatebookError as error:
        words = WORDS.get(type(error)) or text("errors", f"{error.code}.detail", "en")
        fail(words, NOT_STARTED if isinstance(error, Invalid) else REFUSED)
    except STORAGE_ERRORS as error:
        fail(f"{city} does not answer, or not to these credentials ({type(error).__name__}).", REFUSED)


def say_proposed(context: typer.Context, proposal: Proposal, **more: str) -> None:
    """Print a new proposal; `more` goes to programs with it."""
    _say(context, proposal, _line(proposal), **more)
    typer.echo(f"Nothing is changed until another operator confirms it, within {WAITS.days} days.", err=True)


def _say(context: typer.Context, proposal: Proposal, words: str, **more: str) -> None:
    typer.echo(json.dumps(_fields(proposal) | more) if context.obj[2] else words)


def _fields(proposal: Proposal) -> dict[str, Any]:
    return {
        "proposal": proposal.proposal_id,
        "kind": _kind(proposal),
        "subject": proposal.subject,
        "proposed_by": proposal.proposed_by,
        "proposed_at": clock.iso(proposal.proposed_at),
        "expires_at": clock.iso(proposal.expires_at),
    }


def _line(proposal: Proposal) -> str:
    subject = "(erased or changed since, can't be confirmed)" if proposal.subject is None else proposal.subject
    return f"{proposal.proposal_id}  {_kind(proposal)} {subject}  until {clock.iso(proposal.expires_at)}"


def _kind(proposal: Proposal) -> str:
    return f"{proposal.act} {proposal.naming}"
