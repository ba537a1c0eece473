"""What can go wrong with health codes, messages, passes, declarations and deliveries, in the words of the domain."""

from chalicelib.core.errors import Conflict, Gone, Invalid, NotFound, Refused, TooMany, Unavailable
from chalicelib.core.ports import SourceUnavailable


class PassMalformed(Invalid):
    """What was scanned is no pass."""

    code = "pass_malformed"
    field = "pass"


class PassForged(Invalid):
    """What was scanned looks like a pass of this city, and this city did not sign it as it is."""

    code = "pass_forged"
    field = "pass"


class PassOfAnotherCity(Invalid):
    """What was scanned says that another city signed it."""

    code = "pass_of_another_city"
    field = "pass"


class PassExpired(Gone):
    """The pass is older than a minute: a picture of one, or a screen that stood still (B6)."""

    code = "pass_expired"


class PassRevoked(Gone):
    """Whoever the pass was made for has left the city's service since."""

    code = "pass_revoked"


class PaperPassMalformed(Invalid):
    """What was scanned is no printed pass."""

    code = "paper_pass_malformed"
    field = "pass"


class PaperPassForged(Invalid):
    """What was scanned looks like a printed pass, and this city did not make it as it is."""

    code = "paper_pass_forged"
    field = "pass"


class PaperPassForInspectors(Invalid):
    """A printed pass was given to somebody who is no inspector at an open place: nobody else learns whose it is (B6)."""

    code = "paper_pass_for_inspectors"
    field = "pass"


class PaperPassVoid(Gone):
    """The printed pass was taken back, printed anew or is too old, or its holder left the city's service."""

    code = "paper_pass_void"


class PaperPassNotFound(NotFound):
    """The caller has no printed pass with this id that holds."""

    code = "paper_pass_not_found"


class TooManyPasses(TooMany):
    """The caller verified as many passes as one person may in a minute, or in a day."""

    code = "too_many_passes"


class DeclarationIncomplete(Invalid):
    """A declaration answers each of the city's questions once, and no others."""

    code = "declaration_incomplete"
    field = "answers"


class TooManyDeclarations(TooMany):
    """Today's declarations of this person are used up."""

    code = "too_many_declarations"


class BatchNotFound(NotFound):
    """No batch with this id waits or was decided of late."""

    code = "batch_not_found"


class BatchDecided(Conflict):
    """The batch was decided the other way already."""

    code = "batch_decided"


class SyncRunNotFound(NotFound):
    """There is no such run of the nightly sync, or it was removed after its time."""

    code = "sync_run_not_found"


class SyncRunDecided(Conflict):
    """The run does not wait for anybody: it was decided, or a newer one began."""

    code = "sync_run_decided"


class SourceSilent(SourceUnavailable):
    """The health source does not answer now, or not in a way that can be believed."""

    code = "source_silent"
    retry_after = 60


class TravelUnavailable(Unavailable):
    """The national platform that knows of travel is not connected, or does not answer."""

    code = "travel_unavailable"
    retry_after = 60


class TooManyTravelChecks(TooMany):
    """Today's travel checks of this person are used up."""

    code = "too_many_travel_checks"


class TooManyMessages(TooMany):
    """Today's messages of this person are used up."""

    code = "too_many_messages"


class MessageNotFound(NotFound):
    """There is no such message, it was removed after its time, or whoever wrote it erased themself."""

    code = "message_not_found"


class OwnMessage(Refused):
    """The officer wrote the message themself: nobody ends their own pop-up (B3)."""

    code = "own_message"


class MessageAnswered(Conflict):
    """Somebody answered the message already, with other words."""

    code = "message_answered"
