"""Creates that a client may repeat: their Idempotency-Key, bound to the caller's present life."""

from chalicelib.core.requests import RequestKey
from chalicelib.http.call import Call
from chalicelib.people.access import Person


def request_key(call: Call, caller: Person, operation: str) -> RequestKey | None:
    """The name under which this create is remembered, or None if the client gave none. Raises InvalidIdempotencyKey."""
    if call.idempotency_key is None:
        return None
    in_this_life = f"{operation}.{caller.enrolment}"
    return RequestKey(caller.person_id, in_this_life, call.idempotency_key, call.body)
