"""Base classes of everything that Gatebook refuses or cannot do.

A feature subclasses the base that fits and sets `code`; `chalicelib.http` maps the bases to HTTP statuses in one
table and takes the words a caller reads from `chalicelib/texts/errors.toml` under that code.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, ClassVar

Fields = Mapping[str, str | int]

_NO_FIELDS: Fields = MappingProxyType({})


class GatebookError(Exception):
    """Something that Gatebook refuses or cannot do.

    `code` names the error to clients and in texts. `fields` fill the placeholders of its text, such as a limit or a
    number of minutes; they never hold anything about a person. `extensions` are further members of the problem that
    the caller gets (RFC 9457, 3.2), such as a list of what stands in the way. As text the error is its code and
    nothing else, so a traceback in a log gives nobody away.
    """

    code: ClassVar[str] = "internal_error"

    def __init__(self, *, fields: Fields = _NO_FIELDS) -> None:
        super().__init__()
        self.fields = dict(fields)
        self.extensions: dict[str, Any] = {}

    def __str__(self) -> str:
        """Return the code alone."""
        return self.code


class NotFound(GatebookError):
    """What was asked for does not exist, or not for this caller."""

    code = "not_found"


class Conflict(GatebookError):
    """The request contradicts what is stored now."""

    code = "conflict"


class Gone(GatebookError):
    """It existed and has ended: expired, used up or withdrawn."""

    code = "gone"


class Refused(GatebookError):
    """The caller is known and may not do this."""

    code = "refused"


class Invalid(GatebookError):
    """The request holds a value that cannot be accepted.

    `field` names the request field, for a form to point at; the value itself is never kept or repeated.
    """

    code = "invalid"
    field: str | None = None

    def __init__(self, *, field: str | None = None, fields: Fields = _NO_FIELDS) -> None:
        super().__init__(fields=fields)
        if field is not None:
            self.field = field


class Unauthenticated(GatebookError):
    """The caller has to log in, or prove something again, first."""

    code = "unauthenticated"


class TooMany(GatebookError):
    """A limit is used up. `retry_after` is the number of seconds after which another try makes sense."""

    code = "too_many_requests"

    def __init__(self, retry_after: int, *, fields: Fields = _NO_FIELDS) -> None:
        super().__init__(fields=fields)
        self.retry_after = retry_after


class TooLarge(GatebookError):
    """The request is larger than its route accepts."""

    code = "too_large"


class Unavailable(GatebookError):
    """Something that Gatebook depends on does not answer now; `retry_after` is in seconds."""

    code = "unavailable"
    retry_after: int = 5

    def __init__(self, retry_after: int | None = None, *, fields: Fields = _NO_FIELDS) -> None:
        super().__init__(fields=fields)
        if retry_after is not None:
            self.retry_after = retry_after


class Broken(GatebookError):
    """A stored row cannot be read: something in it is missing or is not what was written there."""

    code = "broken_record"
