"""What the city keeps of somebody whose name and document the health source confirmed."""

from collections.abc import Mapping
from typing import Any

from chalicelib.core import clock, masks
from chalicelib.core.crypto import IdentityMacs
from chalicelib.core.fields import FieldCipher, FieldClass
from chalicelib.core.ports import IdentityClaim
from chalicelib.people.tables.people import segment_of


def described(claim: IdentityClaim, macs: IdentityMacs, cipher: FieldCipher) -> Mapping[str, Any]:
    """The columns of a PERSON row that say who it is, masked, keyed or sealed, and when that was confirmed: now.

    The phone is among them if one was stated.
    """
    place, now = f"people|{claim.person_id}|PERSON", clock.now()
    document = f"{claim.document_type}:{claim.document_number}"
    return {
        "name_mask": masks.mask_name(claim.name),
        "document_mask": masks.mask_document(claim.document_type, claim.document_number),
        "phone_mask": masks.mask_phone(claim.phone) if claim.phone else None,
        "name_mac": claim.name_mac,
        "name_keys": macs.name_keys(masks.shown_surname(claim.name), claim.name),
        "name_sealed": cipher.seal(FieldClass.NAME, place, claim.name),
        "document_sealed": cipher.seal(FieldClass.DOCUMENT, place, document),
        "phone_sealed": cipher.seal(FieldClass.PHONE, place, claim.phone) if claim.phone else None,
        "verified_at": now,
        "checked_at": now,
        "phone_mac": None,
        "phone_refuted": None,
        "source_mark": None,
        "segment": segment_of(claim.person_id),
    }
