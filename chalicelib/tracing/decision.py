"""What two operators decided of a subject."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True)
class Decision:
    """What two operators decided: of which proposal, granted or revoked, whose confirmation, when (aware)."""

    proposal_id: str
    granted: bool
    confirmed_by: str
    at: datetime
