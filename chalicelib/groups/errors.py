"""What can go wrong with a group book, in the words of the domain."""

from chalicelib.core.errors import Conflict, Gone, Invalid, NotFound, Refused


class OrganizationNotFound(NotFound):
    """No such organization, or its book was deleted."""

    code = "organization_not_found"


class NotTheOwner(Refused):
    """Only the owner of the book may do this."""

    code = "not_the_owner"


class TooManyBooks(Conflict):
    """The caller owns as many books as the city allows."""

    code = "too_many_books"


class InvalidKind(Invalid):
    """The city opens no books of this kind."""

    code = "invalid_kind"
    field = "kind"


class InvalidSubdistrict(Invalid):
    """A sub-district is nine digits (R1.1)."""

    code = "invalid_subdistrict"
    field = "subdistrict"


class ForeignSubdistrict(Invalid):
    """The sub-district's first six digits are no county of this city (R1.1)."""

    code = "foreign_subdistrict"
    field = "subdistrict"


class InvitationNotFound(NotFound):
    """The code was not signed by this city, or its organization is gone."""

    code = "invitation_not_found"


class InvitationExpired(Gone):
    """The invitation's end has passed."""

    code = "invitation_expired"


class InvitationRevoked(Gone):
    """The owner took the invitation back."""

    code = "invitation_revoked"


class InvitationFull(Conflict):
    """The invitation was used as often as it may be."""

    code = "invitation_full"


class InvalidExpiry(Invalid):
    """An invitation must end in the future."""

    code = "invalid_expiry"
    field = "expires_at"


class DepartmentNotFound(Invalid):
    """The organization has no such department."""

    code = "department_not_found"
    field = "department_id"


class MembershipNotFound(NotFound):
    """The caller is not a member of this organization."""

    code = "membership_not_found"


class MemberNotFound(NotFound):
    """The organization has no such member."""

    code = "member_not_found"


class AlreadyMember(Conflict):
    """The caller joined before; joining again is answered with what is there."""


class ConsentChangedMeanwhile(Conflict):
    """The consent was changed by another request at the same moment."""
