"""What a machine brings to show which one it is: to what it is bound, its id, and a secret of its own."""

from dataclasses import dataclass, field
from typing import ClassVar

from chalicelib.core.errors import Unauthenticated


class CredentialsRequired(Unauthenticated):
    """The route is for machines, and the request carries no credentials of one."""

    code = "credentials_required"
    challenge: ClassVar[str] = 'Kiosk realm="gatebook"'


@dataclass(frozen=True)
class Credentials:
    """What a machine says of itself: to what it is bound, who it is, and what only it knows."""

    bound_to: str
    machine_id: str
    secret: str = field(repr=False)
