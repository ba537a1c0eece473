"""How a city uses the service, as plain tables: per resident and day, each with its reason. Only what exists today.

Design §9 counts 29 million code displays and 2.8 million scans a day for 12 million residents; scans don't exist yet, so
they are not here. What a later service adds to the requests is a row in `USES`.
"""

from dataclasses import dataclass

DAYS = 30
"""Days of a month."""

SECONDS_A_DAY = 86_400
GIGABYTE = 10**9
"""Bytes, as AWS bills traffic; its 2^30 for storage makes storage 7 % cheaper than it is reckoned here."""

BOOK = 100
"""Members of a book: a school's year group, a company, a residential building."""

PAGE = 50
"""Members of a page, the list's default and what `make bench` measures."""


BATCH = 500
"""Facts of a full batch of a source."""

SYNCED = 500
"""People of the pages by which `make bench` measures a night."""

REMINDED = "a member is reminded"

IMPORT = "import"

FACT_DAYS = 365
"""Facts have no expiry yet: what one year delivers is reckoned, and each further year adds as much."""


@dataclass(frozen=True)
class Use:
    """An operation of the bench, how often a resident causes it in a day, and why so often."""

    operation: str
    daily: float
    reason: str
    by: str = "api_handler"
    """The function that carries it out, or `import`: who a city's people are comes by a command at first."""


USES = (
    Use("ask for a code", 1.2 / 30, "one log-in a month, every fifth code asked for twice"),
    Use("log in", 1 / 30, "sessions last 30 days, and a city's SMS budget reckons with one log-in in 30 (city files)"),
    Use("prove identity", 2 / 365, "once, and again with a new phone; twice a year is a wide margin"),
    Use("open a book", 1 / BOOK / 365, f"every resident is in one book of {BOOK}, opened once a year"),
    Use("invite", 4 / BOOK / 365, "a new code for each book every quarter"),
    Use("preview an invitation", 1.5 / 365, "everybody joins once a year, every second one looks twice"),
    Use("join", 1 / 365, "everybody joins one book a year: school year, job, home"),
    Use("my memberships", 1 / 7, "a look at the own books once a week"),
    Use("set a policy", 4 / BOOK / 365, "periods change with the season, each book's four times a year"),
    Use("change consent", 1 / 365, "once a year"),
    Use("leave", 1 / 365, "as often as joined, so that a city does not grow"),
    Use(
        f"list {PAGE} members",
        22 / DAYS / PAGE,
        f"each owner looks at the whole book each working day: 1/{PAGE} page a member",
    ),
    Use("numbers of 1,000 members", 22 / DAYS / BOOK, "each owner looks at the numbers each working day"),
    Use("show my health code", 29 / 12, "design §9: 29 million displays a day among 12 million residents"),
    Use(
        "I scan a place",
        1.4 / 12,
        "design §9: 2.8 million scans a day among 12 million residents; half of them posters",
    ),
    Use("an inspector scans me", 1.4 / 12, "the other half: markets, schools and stations have somebody at the gate"),
    Use(f"deliver {BATCH} facts", 1 / 3 / BATCH, "mass testing of 2022: a result for everybody every third day"),
    Use(f"disclose {PAGE} members", 22 / DAYS / PAGE, "one for each page that was looked at", "ledger_stream"),
    Use("a person arrives", 1 / 365, "the source delivers everybody once a year anew", IMPORT),
    Use("a fact is shown", 1 / 3, "each result renews the snapshot in the one book", "registry_stream"),
    Use("a status changes in 1 book", 2 / 365, "one window of fourteen days in a year: in and out", "people_stream"),
    Use("a member is counted", 3 / 365, "each join, each change of consent, each leave", "members_stream"),
    Use(REMINDED, 1 / 100, "tested once a week, and one in a hundred is late on a day", "reminders_worker"),
    Use(
        f"sync {SYNCED} people, nobody changed",
        1 / SYNCED,
        "everybody is compared with the registry each night",
        "sync_worker",
    ),
    Use(
        "a policy reaches 1000 members, 100 concerned",
        4 / 1_000 / 365,
        "each of those changes looks at the whole book",
        "worker",
    ),
)
"""The order of the bench."""

TOLD = 0.75
"""Text messages for a change of status: every second change is back to normal and told to nobody, the others to an
administrator and half of them to the owner too. Nobody is taken to choose e-mail alone."""

STANDING: dict[str, dict[str, float]] = {
    "logins": {"ask for a code": 1, "log in": 1, "prove identity": 1},
    "people": {"prove identity": 1, "join": 1, "open a book": 1 / BOOK},
    "memberships": {"join": 1},
    "organizations": {"open a book": 1 / BOOK, "invite": 4 / BOOK},
    "registry": {"a person arrives": 1, f"deliver {BATCH} facts": FACT_DAYS / 3 / BATCH},
}
"""What lies there for each resident at any time: how often an operation's rows are there at once, by table."""

GROWING = ("consents", "access_log", "ledger", "checkins")
"""Tables that grow every day and expire after the days that the city file names under [retention]; reckoned full."""


@dataclass(frozen=True)
class Process:
    """What each new process of the api function asks for once, and how many hours it lives."""

    secrets: int = 2
    kms: int = 9
    hours: float = 2.0


PROCESS = Process()
"""Both secrets, and a key for each label that `held_key` is asked for. AWS names no lifetime; about two hours are usual."""

CITY = "linyi"
"""The city file that retention and reserved copies are read from: what is kept for how long is the law's, the same in all."""

KEY_CACHE_MINUTES = 5
"""For so long DynamoDB holds a table's key for a caller before it asks KMS again (DynamoDB, "Encryption at rest: usage notes")."""

ROUND_TRIP_MS = 5.0
"""Waiting for one call of DynamoDB within a region: single-digit milliseconds (DynamoDB, "What is"), the middle of them."""

KMS_MS = 10.0
"""Waiting for one call of KMS: an assumption."""

TEXTING = ("ask for a code", REMINDED)
"""Operations that wait for the contractor's gateway."""

SMS_MS = 300.0
"""Waiting for it: an assumption; the function is billed meanwhile."""

VCPU_MB = 1769
"""Memory at which Lambda gives one vCPU ("Configure Lambda function memory"). Below it a second of CPU takes longer."""

PLATFORM_LOG_BYTES = 330
"""Lambda's own START, END and REPORT lines of an invocation, with 26 bytes of CloudWatch's for each."""

ACCESS_LOG_BYTES = 330
"""A line of the gateway's access log (infra.cdk.api.ACCESS_LOG_FORMAT) with values, and CloudWatch's 26 bytes."""

LOG_COMPRESSION = 0.15
"""Share that compressed logs take (CloudWatch pricing, example 1)."""

GATEWAY_HEADER_BYTES = 250
"""Headers that API Gateway adds to an answer: date, request ids, content length."""

SMS_REQUEST_BYTES = 500
"""A request to the contractor's gateway: a text, a phone, headers."""
