"""Invitation codes: organization and invitation under the city's signature, small enough for a QR code of version 5."""

import secrets

from chalicelib.core import ids, tokens
from chalicelib.core.crypto import decode, encode
from chalicelib.groups.errors import InvitationNotFound

KIND = "invitation"
ORG_BYTES = 16
INVITATION_BYTES = 6
"""48 random bits tell an organization's invitations apart; what keeps codes from being guessed is the signature."""


def new_invitation_id() -> str:
    """A new id, unique within its organization for all practical purposes; the put that stores it checks."""
    return encode(secrets.token_bytes(INVITATION_BYTES))


def code_of(org_id: str, invitation_id: str) -> str:
    """The signed code that is printed."""
    return tokens.sign_code(KIND, ids.to_bytes(org_id) + decode(invitation_id))


def read_code(code: str) -> tuple[str, str]:
    """Organization and invitation of a code. Raises InvitationNotFound for any that this city did not sign."""
    payload = tokens.open_code(KIND, code)
    if payload is None or len(payload) != ORG_BYTES + INVITATION_BYTES:
        raise InvitationNotFound
    return ids.from_bytes(payload[:ORG_BYTES]), encode(payload[ORG_BYTES:])


def is_invitation(code: str) -> bool:
    """Whether this city signed a code for an invitation."""
    return tokens.open_code(KIND, code) is not None
