"""Physical names of everything that one city owns, made from the city's name alone.

Infrastructure, local server, operator commands and the service make them here, so that none has to be told the others' names.
"""

import re

CITY_NAME = re.compile(r"[a-z][a-z0-9]{1,19}")
"""No hyphen, so that `gatebook-<city>-data` is one city's stack and never the other one of a city `<city>-data`."""

TAKEN = frozenset({"account"})
"""What no city may be called: cities of an account share the stack `gatebook-account`."""

LOOPBACK = frozenset({"127.0.0.1", "::1", "localhost"})
"""What this machine calls itself. An endpoint here is an emulator's, and nothing here is a deployed city."""

CITY_TAG = "gatebook:city"
"""The tag of everything in AWS that belongs to a city; its value is the city's name."""

SCHEMA_VERSIONS: dict[str, int] = {}
"""Tables whose keys or indexes were changed in a way that needs a new table, with their present version; the rest are at 1."""


def city_name(name: str) -> str:
    """Accept what a city may be called, for each name here has it in it. Raises ValueError with the reason."""
    if CITY_NAME.fullmatch(name) is None:
        message = "must be 2 to 20 small letters and digits, a letter first"
        raise ValueError(message)
    if name in TAKEN:
        message = f"must not be {name}, as the stack is called that cities of an account share"
        raise ValueError(message)
    return name


def table_name(city: str, table: str) -> str:
    """Physical name of a table, `<city>-<table>-v<n>` (design §4)."""
    return f"{city}-{table.replace('_', '-')}-v{SCHEMA_VERSIONS.get(table, 1)}"


def resource_name(city: str, name: str) -> str:
    """Physical name of a function, a queue or a job of a city: `ledger_retries` is `gatebook-linyi-ledger-retries`."""
    return f"gatebook-{city}-{name.replace('_', '-')}"


def parking_name(city: str, source: str) -> str:
    """Name of the queue where lies what a function, a queue or a schedule gave up on."""
    return f"{resource_name(city, source)}-parked"


def organization_topic(city: str, org_id: str) -> str:
    """Name of the topic by which an organization's administrators get its alerts as e-mail."""
    return f"{city}-org-{org_id}"


def city_topic(city: str) -> str:
    """Name of the topic to which operators' own systems subscribe: each alert of the city, by ids and state alone."""
    return resource_name(city, "abnormal-status")


def hmac_key_alias(city: str) -> str:
    """Alias of the KMS HMAC key from which the city's keyed ids are derived."""
    return f"alias/gatebook-{city}-hmac"


def field_key_alias(city: str) -> str:
    """Alias of the KMS key that wraps the data keys of encrypted fields."""
    return f"alias/gatebook-{city}-field"


def files_key_alias(city: str) -> str:
    """Alias of the KMS key under which the city's files lie (portraits, exports)."""
    return f"alias/gatebook-{city}-files"


def storage_key_alias(city: str) -> str:
    """Alias of the KMS key under which AWS keeps the city's tables, queues, logs and secrets at rest."""
    return f"alias/gatebook-{city}-storage"


def files_bucket(city: str, account: str, region: str) -> str:
    """Name of the bucket of the city's files. Buckets of all accounts share one namespace, so account and region are in it.

    63 characters at most, as S3 allows: `gatebook-` and `-files-`, a city's 20, an account's 12 and the 14 of `ap-southeast-1`.
    """
    return f"{resource_name(city, 'files')}-{account}-{region}"


def secret_name(city: str, secret: str) -> str:
    """Name of a secret in Secrets Manager: `session-key` or `sms-gateway-key`."""
    return f"gatebook/{city}/{secret}"
