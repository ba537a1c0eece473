"""What each function may do, table by table: all of it, in one place, so that it can be read and tested (design §7).

The api's role is the union of all routes: it may not decrypt fields, may neither change nor remove what stands in
`access_log` and `ledger`, and no role scans. BatchWriteItem includes deleting, so a role has it only where it may delete.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

READ, ASK, CHECK = "BatchGetItem", "Query", "ConditionCheckItem"
PUT, CHANGE, REMOVE, WRITE_MANY = "PutItem", "UpdateItem", "DeleteItem", "BatchWriteItem"

PUBLISH, UNSUBSCRIBE = "Publish", "Unsubscribe"
"""What SNS calls the rights to say something on a topic and to end a subscription."""

GET_FILE, PUT_FILE, REMOVE_FILE, LIST_FILES = "GetObject", "PutObject", "DeleteObject", "ListBucket"
"""What S3's rights are called; a link that a function signs opens what the function itself may get."""


@dataclass(frozen=True)
class Part:
    """Rights to some rows of a table: those whose partition key is one of `kinds` (dynamodb:LeadingKeys)."""

    table: str
    kinds: tuple[str, ...]
    actions: frozenset[str]


@dataclass(frozen=True)
class Rights:
    """The rights of one function; what is not listed it has not."""

    tables: Mapping[str, frozenset[str]]
    """DynamoDB actions on each table."""
    indexes: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """Indexes that it asks; the table itself it asks only with a right of its own."""
    parts: tuple[Part, ...] = ()
    """Tables of which it reaches some rows alone. What operators decide lies beside them, and no function may write it."""
    probes: tuple[str, ...] = ()
    """Tables of which it reads the key `probe`, which holds nothing, and no other (`/health`)."""
    derives_keys: bool = False
    """Whether it asks KMS for the city's keyed ids (GenerateMac)."""
    seals_fields: bool = False
    """Whether it encrypts fields (GenerateDataKey)."""
    opens_fields: tuple[str, ...] = ()
    """Classes of fields that it decrypts (Decrypt), and no others: KMS sees the class in the encryption context."""
    asks_source: bool = False
    """Whether it asks a remote health source, in a city that has one: there it reads the key that both share."""
    opens_for_source: tuple[str, ...] = ()
    """Classes of fields that it decrypts for that, in such a city; whoever does makes ids of what the source says, too."""
    secrets: tuple[str, ...] = ()
    """Secrets that it reads."""
    renews: tuple[str, ...] = ()
    """Secrets that it reads and makes anew."""
    goes_over: tuple[str, ...] = ()
    """Those among them whose next version lies ready until it goes over to that: for which it moves labels."""
    queues: tuple[str, ...] = ()
    """Queues that it puts messages on; what it takes messages from stands in `infra.wiring`."""
    files: frozenset[str] = frozenset()
    """What it does with the city's files."""
    sends_sms: bool = False
    """Whether it sends text messages; over SNS that is a right of its own, over HTTP it is a secret."""
    topics: Mapping[str, frozenset[str]] = field(default_factory=dict)
    """What it does with the topics of the city: `city` is the one that is always there, `organizations` are the others."""


def _of(*actions: str) -> frozenset[str]:
    return frozenset(actions)


SWEPT = ("MESSAGE", "MESSAGE_ANSWERED", "HELD_BATCH", "HELD_PART", "SEEN_BATCH", "TURNED", "WARNING")
"""What of `decisions` ends and is no operator's."""

RIGHTS: Mapping[str, Rights] = {
    "api_handler": Rights(
        tables={
            "logins": _of(READ, ASK, PUT, CHANGE, REMOVE, WRITE_MANY),
            "alerts": _of(READ, ASK, CHANGE),
            "people": _of(READ, ASK, PUT, CHANGE, REMOVE, CHECK),
            "registry": _of(READ, ASK, PUT),
            "consents": _of(ASK, PUT),
            "organizations": _of(READ, ASK, PUT, CHANGE, REMOVE, CHECK),
            "memberships": _of(READ, PUT, CHANGE, REMOVE, CHECK),
            "places": _of(READ, ASK, PUT, CHANGE, REMOVE, CHECK),
            "access_log": _of(ASK),
            "ledger": _of(PUT),
            "requests": _of(READ, PUT),
            "runs": _of(READ, ASK, PUT, CHANGE),
            "counters": _of(READ, ASK),
            "keys": _of(PUT),
            "checkins": _of(READ, ASK, PUT, CHANGE),
        },
        indexes={
            "memberships": ("by_path", "by_attention", "by_name"),
            "places": ("by_declaration",),
            "checkins": ("by_visitor",),
        },
        parts=(
            Part("decisions", ("SOURCE", "SOURCE_KEY", "SEEN_BATCH", "TURNED", "HELD_BATCH"), _of(READ)),
            Part("decisions", ("SOURCE", "HELD_BATCH", "HELD_PART", "WARNING"), _of(ASK)),
            Part("decisions", ("SEEN_BATCH", "TURNED", "HELD_BATCH", "HELD_PART"), _of(PUT)),
            Part("decisions", ("HELD_BATCH",), _of(CHANGE)),
            Part("decisions", ("MESSAGE", "MESSAGE_ANSWERED"), _of(READ, ASK, PUT)),
            Part("decisions", ("MESSAGE",), _of(REMOVE)),
        ),
        probes=("consents", "access_log", "ledger", "keys", "decisions", "checkins"),
        derives_keys=True,
        seals_fields=True,
        secrets=("session-key", "pass-key"),
        queues=("alerts", "sync_pieces"),
        files=_of(GET_FILE, LIST_FILES, REMOVE_FILE),
        asks_source=True,
        sends_sms=True,
    ),
    "alerts_sender": Rights(
        tables={
            "alerts": _of(READ, PUT, CHANGE, REMOVE, CHECK),
            "people": _of(READ, ASK, PUT, CHANGE, REMOVE, CHECK),
            "logins": _of(READ, CHANGE),
            "keys": _of(READ),
            "memberships": _of(READ),
            "organizations": _of(READ, ASK),
            "runs": _of(ASK),
            "ledger": _of(PUT),
        },
        derives_keys=True,
        opens_fields=("email", "phone"),
        queues=("alerts",),
        topics={
            "city": _of(PUBLISH),
            "organizations": _of(
                PUBLISH, "CreateTopic", "DeleteTopic", "Subscribe", UNSUBSCRIBE, "ListSubscriptionsByTopic"
            ),
        },
        sends_sms=True,
    ),
    "checkins_stream": Rights(
        tables={"counters": _of(READ, CHANGE), "places": _of(READ), "runs": _of(PUT)},
        parts=(Part("decisions", ("WARNING",), _of(PUT)),),
    ),
    "ledger_stream": Rights(
        tables={
            "people": _of(READ, ASK, CHANGE, REMOVE),
            "organizations": _of(READ, ASK, CHANGE, REMOVE),
            "memberships": _of(READ, ASK, REMOVE),
            "places": _of(READ, CHANGE),
            "consents": _of(ASK, PUT),
            "access_log": _of(ASK, WRITE_MANY),
            "ledger": _of(READ, PUT),
            "counters": _of(ASK, WRITE_MANY),
            "alerts": _of(ASK, WRITE_MANY),
            "runs": _of(PUT),
            "registry": _of(ASK, REMOVE),
            "checkins": _of(READ, REMOVE),
        },
        indexes={"checkins": ("by_visitor",)},
        parts=(Part("decisions", ("MESSAGE", "MESSAGE_ANSWERED"), _of(REMOVE)),),
        derives_keys=True,
        queues=("ledger_retries", "work", "alerts"),
        files=_of(LIST_FILES, REMOVE_FILE),
    ),
    "members_stream": Rights(tables={"counters": _of(READ, CHANGE)}),
    "people_stream": Rights(
        tables={
            "people": _of(READ, ASK, PUT, CHANGE, REMOVE, CHECK),
            "places": _of(READ, ASK, CHANGE),
            "memberships": _of(READ, CHANGE),
            "alerts": _of(PUT),
        },
        queues=("people_retries", "alerts"),
    ),
    "registry_stream": Rights(
        tables={
            "people": _of(READ, ASK, CHANGE),
            "organizations": _of(READ),
            "memberships": _of(READ, CHANGE),
            "registry": _of(READ, ASK),
        },
        queues=("registry_retries",),
    ),
    "worker": Rights(
        tables={
            "runs": _of(READ, ASK, CHANGE),
            "organizations": _of(READ, ASK),
            "memberships": _of(CHANGE),
            "ledger": _of(PUT),
            "counters": _of(READ),
        },
        indexes={"memberships": ("by_path",)},
        queues=("work",),
        files=_of(GET_FILE, PUT_FILE, LIST_FILES, REMOVE_FILE),
    ),
    "review": Rights(
        tables={"people": _of(READ, CHANGE), "registry": _of(ASK), "runs": _of(PUT, CHANGE)},
        indexes={"people": ("by_review_day",)},
    ),
    "sync": Rights(
        tables={"runs": _of(READ, ASK, PUT, CHANGE)},
        asks_source=True,
        queues=("sync_pieces",),
    ),
    "sync_worker": Rights(
        tables={
            "runs": _of(READ, ASK, PUT, CHANGE, WRITE_MANY, REMOVE),
            "people": _of(READ, ASK, CHANGE),
            "registry": _of(ASK, PUT),
            "memberships": _of(READ, CHANGE),
            "organizations": _of(READ),
            "keys": _of(READ),
        },
        indexes={"people": ("by_segment",)},
        asks_source=True,
        opens_for_source=("document", "phone"),
        queues=("sync_pieces", "people_retries", "registry_retries"),
    ),
    "visits_sweep": Rights(
        tables={"checkins": _of(ASK, WRITE_MANY), "runs": _of(READ, ASK, PUT, CHANGE, REMOVE)},
    ),
    "retention": Rights(
        tables={
            "people": _of(ASK, REMOVE),
            "access_log": _of(ASK, REMOVE),
            "consents": _of(ASK, REMOVE),
            "logins": _of(ASK, REMOVE),
            "requests": _of(ASK, REMOVE),
            "alerts": _of(READ, ASK, REMOVE),
            "runs": _of(READ, ASK, PUT, CHANGE, REMOVE),
        },
        indexes={"people": ("by_segment",)},
        parts=(Part("decisions", SWEPT, _of(ASK, REMOVE)),),
    ),
    "reminders": Rights(
        tables={"runs": _of(PUT, CHANGE), "alerts": _of(ASK)},
        indexes={"memberships": ("by_due_day",)},
        queues=("due_members",),
    ),
    "reminders_worker": Rights(
        tables={
            "runs": _of(READ, CHANGE),
            "alerts": _of(ASK, CHANGE, REMOVE),
            "counters": _of(ASK),
            "organizations": _of(READ, ASK),
            "memberships": _of(READ, CHANGE, CHECK),
            "people": _of(READ, ASK, PUT, CHECK),
            "logins": _of(READ, CHANGE),
            "keys": _of(READ),
        },
        indexes={"memberships": ("by_due_day",)},
        opens_fields=("phone",),
        queues=("due_members",),
        sends_sms=True,
    ),
    "rotate_keys": Rights(
        tables={"runs": _of(PUT, CHANGE)}, renews=("session-key", "pass-key"), goes_over=("session-key",)
    ),
}
"""By the function's name in `app.py`; `api_handler` is Chalice's own."""
