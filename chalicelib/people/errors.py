"""What can go wrong with logging in, proving identity and leaving, in the words of the domain."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

from chalicelib.core.errors import Conflict, NotFound, Refused, TooMany, Unauthenticated, Unavailable


@dataclass(frozen=True)
class Held:
    """Something that only its holder can hand over or delete first."""

    org_id: str
    """The id of the organization, or of the place."""
    name: str
    is_place: bool = False


class CodeRefused(Unauthenticated):
    """The SMS code is wrong, used, expired, or was tried too often; one answer for all, so that nobody learns which."""

    code = "code_refused"


class TooManyCodes(TooMany):
    """The phone, or the network address, was sent as many codes as the city allows (T-03)."""

    code = "too_many_codes"


class TooManyTries(TooMany):
    """Three challenges of the phone failed today; only a device with a live session gets another (T-01)."""

    code = "too_many_tries"


class SmsBudgetSpent(Unavailable):
    """The city's SMS budget of this hour is used up."""

    code = "sms_budget_spent"


class SessionEnded(Unauthenticated):
    """The session was signed out, expired, or its person now logs in elsewhere or was erased."""

    code = "session_ended"


class IdentityRequired(Refused):
    """The route is for people who proved their identity."""

    code = "identity_required"


class OfficerRequired(Refused):
    """The route is for health officers, whom two operators name (B3)."""

    code = "officer_required"


class StepUpRequired(Unauthenticated):
    """The last SMS code is older than the city's step-up time (design §7)."""

    code = "step_up_required"


class IdentityMismatch(Refused):
    """Name, document and phone do not all belong to one known person; which of them differs is never said (T-04)."""

    code = "identity_mismatch"


class DependantMismatch(Refused):
    """Name and document are not those of one known person, or nobody confirms that the caller may act for them.

    Which of it is missing is never said (T-04).
    """

    code = "dependant_mismatch"


class DependantActsAlone(Refused):
    """Nobody acts for a child from 14 on, nor for somebody who has an account of their own."""

    code = "dependant_acts_alone"


class DependantNotFound(NotFound):
    """The caller has no dependant of this id, or they were unbound."""

    code = "dependant_not_found"


class GuardianNotFound(NotFound):
    """Nobody of this id acts for the caller."""

    code = "guardian_not_found"


class DependantsFull(Conflict):
    """The caller acts for as many people as one may."""

    code = "dependants_full"


class GuardiansFull(Conflict):
    """As many people act for the dependant as may."""

    code = "guardians_full"


class TooManyIdentityTries(TooMany):
    """Today's comparisons of this caller are used up."""

    code = "too_many_identity_tries"


class OwnsOrganizations(Conflict):
    """Somebody who owns books or manages places can't be erased before they are handed over or ended; the answer lists them."""

    code = "owns_organizations"

    @classmethod
    def listing(cls, held: Sequence[Held]) -> Self:
        """The error with what is held as an extension member of the problem (RFC 9457, 3.2)."""
        error = cls()
        books = [{"org_id": one.org_id, "name": one.name} for one in held if not one.is_place]
        places = [{"place_id": one.org_id, "name": one.name} for one in held if one.is_place]
        error.extensions = {"organizations": books, "places": places}
        return error
