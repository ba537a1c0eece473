"""What every stored attribute is. A new one belongs on this list before it belongs in a table."""

from enum import StrEnum


class Stored(StrEnum):
    """What an attribute may hold. A person's name, document number, phone or e-mail in clear is not among it."""

    KEY = "key"
    """Partition or sort key, made of ids, macs and words."""
    ID = "id"
    """An id that this service made, random or keyed."""
    MAC = "mac"
    """A keyed hash, or a hash of what is about nobody."""
    MASK = "mask"
    """What others may see of a person (R4.5)."""
    SEALED = "sealed"
    """Encrypted, under a key that this table does not hold."""
    TEXT = "text"
    """The words of an organization or a source, about themselves."""
    PRINCIPAL = "principal"
    """Under which name an operator works with AWS. Whoever decides for a city is not hidden in it."""
    WORD = "word"
    """A word of the code's own: a kind, an action, a version, a day."""
    FACT = "fact"
    """What is known of a person's health, under an id and within their consent."""
    NUMBER = "number"
    TIME = "time"
    FLAG = "flag"


ENCRYPTED = {"name_sealed", "document_sealed", "phone_sealed", "email_sealed"}
"""The only encrypted fields of people (design §7)."""

WRAPPED_KEYS = {"wrapped"}

KEY, ID, MAC, MASK, SEALED = Stored.KEY, Stored.ID, Stored.MAC, Stored.MASK, Stored.SEALED
TEXT, WORD, FACT, NUMBER, TIME, FLAG = Stored.TEXT, Stored.WORD, Stored.FACT, Stored.NUMBER, Stored.TIME, Stored.FLAG
PRINCIPAL = Stored.PRINCIPAL

ATTRIBUTES: dict[str, dict[str, Stored]] = {
    "access_log": {
        "person_id": KEY,
        "entry_id": KEY,
        "actor": MASK,
        "actor_id": ID,
        "at": TIME,
        "enrolment": NUMBER,
        "expires_at": TIME,
        "org_id": ID,
        "organization": TEXT,
        "what": WORD,
        "why": WORD,
    },
    "consents": {
        "person_id": KEY,
        "receipt_key": KEY,
        "action": WORD,
        "at": TIME,
        "enrolment": NUMBER,
        "expires_at": TIME,
        "org_id": ID,
        "organization": TEXT,
        "scopes": WORD,
        "text_version": WORD,
    },
    "counters": {
        "scope": KEY,
        "counter": KEY,
        "amount": NUMBER,
        "counted": NUMBER,
        "expires_at": TIME,
        "mark": ID,
        "position": WORD,
    },
    "decisions": {
        "kind": KEY,
        "decision_id": KEY,
        "act": WORD,
        "at": TIME,
        "confirmed_at": TIME,
        "confirmed_by": PRINCIPAL,
        "enrolment": NUMBER,
        "expires_at": TIME,
        "granted": FLAG,
        "naming": WORD,
        "org_id": ID,
        "person_id": ID,
        "proposal": ID,
        "proposed_at": TIME,
        "proposed_by": PRINCIPAL,
        "source": TEXT,
        "term": NUMBER,
    },
    "keys": {
        "kind": KEY,
        "key_id": KEY,
        "created_at": TIME,
        "wrapped": SEALED,
    },
    "ledger": {
        "day_shard": KEY,
        "entry_id": KEY,
        "actor": MASK,
        "at": TIME,
        "expires_at": TIME,
        "kind": WORD,
        "org_id": ID,
        "organization": TEXT,
        "people": ID,
        "principal": PRINCIPAL,
        "proposal": ID,
        "run": ID,
        "source": TEXT,
        "term": NUMBER,
        "what": WORD,
        "why": WORD,
    },
    "logins": {
        "subject": KEY,
        "sk": KEY,
        "address": MAC,
        "address_day": WORD,
        "address_hour": WORD,
        "code_mac": MAC,
        "counted": NUMBER,
        "enrolment": NUMBER,
        "expires_at": TIME,
        "last_used_at": TIME,
        "moves": NUMBER,
        "person_id": ID,
        "phone_sealed": SEALED,
        "proved_at": TIME,
        "sent_at": TIME,
        "tries": NUMBER,
        "version": NUMBER,
        "wrong_at": TIME,
    },
    "memberships": {
        "org_id": KEY,
        "member_id": KEY,
        "attention": WORD,
        "attention_key": KEY,
        "consent_version": NUMBER,
        "department_id": ID,
        "document_mask": MASK,
        "due_day": KEY,
        "enrolment": NUMBER,
        "joined_at": TIME,
        "label": TEXT,
        "mark": ID,
        "name_mac": MAC,
        "name_mask": MASK,
        "nucleic_acid": FACT,
        "overdue": WORD,
        "path": KEY,
        "person_id": ID,
        "scopes": WORD,
        "status": FACT,
        "text_version": WORD,
        "travel": FACT,
        "type": WORD,
        "vaccination": FACT,
    },
    "organizations": {
        "org_id": KEY,
        "sk": KEY,
        "closing_until": TIME,
        "created_at": TIME,
        "deleted_at": TIME,
        "department_id": ID,
        "departments": NUMBER,
        "ends_at": TIME,
        "enrolment": NUMBER,
        "invitations": NUMBER,
        "kind": WORD,
        "label": TEXT,
        "label_pattern": TEXT,
        "made_by": ID,
        "max_uses": NUMBER,
        "member_id": ID,
        "name": TEXT,
        "named_at": TIME,
        "offered_at": TIME,
        "owner_id": ID,
        "owner_term": NUMBER,
        "parent_id": ID,
        "path": ID,
        "person_id": ID,
        "revoked_at": TIME,
        "subdistrict": TEXT,
        "successor_id": ID,
        "term": NUMBER,
        "type": WORD,
        "uses": NUMBER,
    },
    "people": {
        "person_id": KEY,
        "sk": KEY,
        "account": MAC,
        "books": NUMBER,
        "checked_at": TIME,
        "document_mask": MASK,
        "document_sealed": SEALED,
        "enrolment": NUMBER,
        "expires_at": TIME,
        "member_id": ID,
        "memberships": NUMBER,
        "moves": NUMBER,
        "name_keys": MAC,
        "name_mac": MAC,
        "name_mask": MASK,
        "name_sealed": SEALED,
        "phone_refuted": FLAG,
        "phone_sealed": SEALED,
        "review_day": KEY,
        "roles": WORD,
        "roles_at": TIME,
        "segment": KEY,
        "verified_at": TIME,
    },
    "registry": {
        "person_id": KEY,
        "sk": KEY,
        "delivered_at": TIME,
        "document_sealed": SEALED,
        "fact_id": ID,
        "kind": WORD,
        "name_mac": MAC,
        "name_sealed": SEALED,
        "occurred_at": TIME,
        "phone_mac": MAC,
        "phone_sealed": SEALED,
        "place": TEXT,
        "reported_at": TIME,
        "result": FACT,
        "source": TEXT,
    },
    "requests": {
        "subject": KEY,
        "request_key": KEY,
        "expires_at": TIME,
        "fingerprint": MAC,
        "reference": ID,
    },
    "runs": {
        "actor": MASK,
        "enrolment": NUMBER,
        "format": WORD,
        "language": WORD,
        "members": NUMBER,
        "path": ID,
        "reader": ID,
        "top": ID,
        "started_at": TIME,
        "done_at": TIME,
        "run": KEY,
        "segment": KEY,
        "complete_through": TIME,
        "cursor": ID,
        "done": NUMBER,
        "expires_at": TIME,
        "failed_at": TIME,
        "failure": WORD,
        "org_id": ID,
        "rejected": NUMBER,
        "turn": ID,
    },
}
