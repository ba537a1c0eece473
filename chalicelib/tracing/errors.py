"""What can go wrong between two operators who decide.

They have the codes of their bases: no route raises them, and the command line has its own words (`infra/cli/naming.py`).
"""

from chalicelib.core.errors import Conflict, Gone, NotFound, Refused


class NobodyVerified(NotFound):
    """Nobody with this document has proved their identity in this city."""


class AlreadyNamed(Conflict):
    """What a proposal would grant is granted already."""


class NotNamed(Conflict):
    """What a proposal would revoke is not granted."""


class UnknownProposal(NotFound):
    """There is no proposal with this id, or it expired so long ago that it was removed."""


class ProposalExpired(Gone):
    """Nobody confirmed the proposal in time."""


class ProposalDone(Conflict):
    """The proposal was carried out already."""


class OwnProposal(Refused):
    """Whoever proposes does not confirm."""


class BookGone(Gone):
    """There is no such group book, or it was deleted."""


class PlaceGone(Gone):
    """There is no such place, or it was closed."""


class SubjectErased(Gone):
    """The person whom the proposal is about erased themself since."""


class SourceNotNamed(Conflict):
    """A key is for a source that may deliver, and this one is not named, or was revoked."""


class KeyKnown(Conflict):
    """The source has, or had, this very key."""


class UnknownKey(NotFound):
    """The source has no valid key of this name."""
