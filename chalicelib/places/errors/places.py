"""What can go wrong with a place, its gates and its staff."""

from chalicelib.core.errors import Conflict, Gone, Invalid, NotFound, Refused, TooMany


class PlaceNotFound(NotFound):
    """No such place, or it was closed."""

    code = "place_not_found"


class NotThePlaceManager(Refused):
    """Only the manager of the place may do this."""

    code = "not_the_place_manager"


class NotStaff(Refused):
    """Only the manager and the staff of the place may do this."""

    code = "not_staff"


class GateCodeInvalid(NotFound):
    """The code is not one of this city's gates, was changed, or its gate is gone."""

    code = "gate_code_invalid"


class ScreenCodeOver(Gone):
    """The screen shows another code by now."""

    code = "screen_code_over"


class InvalidPlaceType(Invalid):
    """The city's catalogue has no such kind of place (R2.6)."""

    code = "invalid_place_type"
    field = "type"


class CapacityMissing(Invalid):
    """Nobody can be refused above a capacity that is not given."""

    code = "capacity_missing"
    field = "capacity"


class MayNotRunPlaces(Refused):
    """The caller's own state does not allow to open or take over a place in this city (R4.3)."""

    code = "may_not_run_places"


class TooManyPlaces(Conflict):
    """The caller manages as many places as the city allows (R2.1)."""

    code = "too_many_places"


class PlaceChanged(Conflict):
    """The place got another manager, or was changed otherwise, at the same moment."""

    code = "place_changed"


class GateNotFound(NotFound):
    """The place has no such gate."""

    code = "gate_not_found"


class UnknownGate(Invalid):
    """A gate that is named in a request does not exist there."""

    code = "unknown_gate"
    field = "gates"


class NotYourGate(Refused):
    """Only the manager and the gate's own registrar may do this."""

    code = "not_your_gate"


class TooManyGates(Conflict):
    """The place has as many gates as the city allows."""

    code = "too_many_gates"


class LastGate(Conflict):
    """A place keeps a gate: people come in somewhere."""

    code = "last_gate"


class GateChanged(Conflict):
    """Somebody else changed the gate, or its poster, at the same moment."""

    code = "gate_changed"


class PosterVoided(Gone):
    """The gate's poster was taken down, and there is no other yet (B7)."""

    code = "poster_voided"


class TooManyPosters(Conflict):
    """A gate's poster was replaced as often as its code can tell."""

    code = "too_many_posters"


class NoScreen(Conflict):
    """The gate's code is printed, not shown on a screen."""

    code = "no_screen"


class DeclarationCodeMisspelt(Invalid):
    """The code is not spelled as declaration codes are: a character is wrong, missing or in another's place."""

    code = "declaration_code_misspelt"
    field = "declaration_code"


class DeclarationCodeRefused(Refused):
    """No place has this declaration code now; whether one ever had it is not said."""

    code = "declaration_code_refused"


class TooManyDeclarationTries(TooMany):
    """The caller tried as many declaration codes as the city allows for now."""

    code = "too_many_declaration_tries"


class TooManyStaff(Conflict):
    """The place has as many inspectors and registrars as the city allows."""

    code = "too_many_staff"


class StaffNotFound(NotFound):
    """The place has nobody of this id on its staff."""

    code = "staff_not_found"


class GatesNeedARegistrar(Invalid):
    """Gates belong to registrars; an inspector has none of their own."""

    code = "gates_need_a_registrar"
    field = "gates"


class StaffChanged(Conflict):
    """The member of the staff left, or their state changed, at the same moment."""

    code = "staff_changed"


class NotSuspended(Conflict):
    """No officer suspended the place, or the suspension has ended."""

    code = "not_suspended"


class SameOfficer(Refused):
    """A suspension is lifted by another officer than the one who decided it (R4.3)."""

    code = "same_officer"


class InvalidSuspensionEnd(Invalid):
    """A suspension ends in the future, or when it is lifted."""

    code = "invalid_suspension_end"
    field = "until"


class BoundAlready(Conflict):
    """The place is an organization's access point already."""

    code = "bound_already"


class AccessPointNotFound(NotFound):
    """The place is none of the organization's access points, and its manager does not ask that."""

    code = "access_point_not_found"


class WholeOrganizationRequired(Refused):
    """Only the owner of the book, or an administrator of the whole organization, may do this."""

    code = "whole_organization_required"


class InvalidPlaceSuccessor(Invalid):
    """A place is offered to somebody on its staff, and to nobody else."""

    code = "invalid_place_successor"
    field = "successor"


class NotThePlaceSuccessor(Refused):
    """The place was not offered to the caller, or is not any more."""

    code = "not_the_place_successor"


class PlaceOfferEnded(Gone):
    """The place was offered to the caller, who let the time pass."""

    code = "place_offer_ended"
