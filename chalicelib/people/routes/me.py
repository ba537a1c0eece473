"""Routes of logging in and of what concerns oneself."""

from chalice.app import Blueprint

from chalicelib.core import canonical
from chalicelib.core.schemas import PageQuery
from chalicelib.http.admission import bearer_if_any
from chalicelib.http.call import Call
from chalicelib.http.endpoint import endpoint
from chalicelib.people import schemas
from chalicelib.people.access import Account, Person, account, person, stepped_up_account
from chalicelib.people.service.certificates import Certificates
from chalicelib.people.service.codes import Asking, Codes, Purpose
from chalicelib.people.service.erasure import Erasure
from chalicelib.people.service.identity import Identity
from chalicelib.people.service.privacy import Privacy
from chalicelib.people.service.sessions import Sessions
from chalicelib.people.views import access_log_page, certificate_page, receipt_page

routes = Blueprint(__name__)


@routes.route("/v1/auth/codes", methods=["POST"])
@endpoint(status=202)
def send_code(call: Call, body: schemas.CodeRequest, codes: Codes, sessions: Sessions) -> schemas.CodeSent:
    """Send an SMS code to a phone."""
    phone = canonical.phone(body.phone)
    known = sessions.is_known_device(bearer_if_any(call.authorization), phone)
    asking = Asking(call.address, call.language, known_device=known)
    return schemas.CodeSent(retry_after=codes.send(phone, Purpose(body.purpose), asking))


@routes.route("/v1/auth/sessions", methods=["POST"])
@endpoint(status=201)
def log_in(body: schemas.LogInRequest, sessions: Sessions) -> schemas.SessionOpened:
    """Open a session with the code that was sent."""
    opened = sessions.log_in(canonical.phone(body.phone), body.code)
    return schemas.SessionOpened(token=opened.token, expires_at=opened.expires_at)


@routes.route("/v1/auth/sessions", methods=["DELETE"])
@endpoint(account)
def sign_out_everywhere(caller: Account, sessions: Sessions) -> None:
    """End every session of this phone."""
    sessions.sign_out_everywhere(caller)


@routes.route("/v1/auth/sessions/current", methods=["DELETE"])
@endpoint(account)
def sign_out(caller: Account, sessions: Sessions) -> None:
    """End this session."""
    sessions.sign_out(caller)


@routes.route("/v1/auth/sessions/current/step-up", methods=["POST"])
@endpoint(account)
def step_up(caller: Account, body: schemas.StepUpRequest, sessions: Sessions) -> None:
    """Prove the phone again with a code whose purpose is `step_up`."""
    sessions.step_up(caller, body.code)


@routes.route("/v1/me", methods=["GET"])
@endpoint(account)
def show_me(caller: Account, privacy: Privacy) -> schemas.Me:
    """Show what the service knows of the caller, masked."""
    own = privacy.own_record(caller)
    return schemas.Me(verified=own.verified, name=own.name, document=own.document, phone=own.phone, roles=own.roles)


@routes.route("/v1/me", methods=["DELETE"])
@endpoint(stepped_up_account)
def erase_me(caller: Account, erasure: Erasure) -> None:
    """Erase the caller: memberships, sessions, identity and access log. Owners of books get 409 with the list."""
    erasure.erase(caller)


@routes.route("/v1/me/identity", methods=["PUT"])
@endpoint(stepped_up_account)
def prove_identity(caller: Account, body: schemas.IdentityRequest, identity: Identity) -> schemas.IdentityProved:
    """Prove who one is. The answer's token replaces the session's."""
    proved = identity.prove(caller, body.name, body.document.type, body.document.number)
    return schemas.IdentityProved(name=proved.name, document=proved.document, token=proved.token)


@routes.route("/v1/me/consents", methods=["GET"])
@endpoint(person)
def list_receipts(caller: Person, call: Call, query: PageQuery, privacy: Privacy) -> schemas.ReceiptPage:
    """List the caller's consent receipts by organization, newest first."""
    return receipt_page(privacy.receipts(caller, query.limit, query.cursor), call.language)


@routes.route("/v1/me/certificates", methods=["GET"])
@endpoint(person)
def list_certificates(caller: Person, query: PageQuery, certificates: Certificates) -> schemas.CertificatePage:
    """List the certificates of the books that the caller deleted, of the newest book first (R1.4)."""
    return certificate_page(certificates.own(caller, query.limit, query.cursor))


@routes.route("/v1/me/access-log", methods=["GET"])
@endpoint(person)
def list_disclosures(caller: Person, query: PageQuery, privacy: Privacy) -> schemas.AccessLogPage:
    """List who saw what of the caller, newest first."""
    return access_log_page(privacy.access_log(caller, query.limit, query.cursor))
