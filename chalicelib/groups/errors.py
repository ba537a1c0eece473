"""What can go wrong with a group book, in the words of the domain."""

from chalicelib.core.errors import Conflict, Gone, Invalid, NotFound, Refused, TooMany


class OrganizationNotFound(NotFound):
    """No such organization, or its book was deleted."""

    code = "organization_not_found"


class NotTheOwner(Refused):
    """Only the owner of the book may do this."""

    code = "not_the_owner"


class InvalidSuccessor(Invalid):
    """A book is offered to another member of it, and to nobody else."""

    code = "invalid_successor"
    field = "successor"


class NotTheSuccessor(Refused):
    """The book was not offered to the caller, or is not any more."""

    code = "not_the_successor"


class OfferEnded(Gone):
    """The book was offered to the caller, who let the time pass."""

    code = "offer_ended"


class OwnerChanged(Conflict):
    """The book got another owner, or another offer, at the same moment."""

    code = "owner_changed"


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
    """The invitation was taken back, or who made it or what it led into is gone."""

    code = "invitation_revoked"


class InvitationFull(Conflict):
    """The invitation was used as often as it may be."""

    code = "invitation_full"


class InvalidExpiry(Invalid):
    """An invitation must end in the future."""

    code = "invalid_expiry"
    field = "expires_at"


class NotAManager(Refused):
    """Only the owner of the book or an administrator may do this, and an administrator only below their own department."""

    code = "not_a_manager"


class DepartmentNotFound(NotFound):
    """The organization, or the part of it that the caller manages, has no such department."""

    code = "department_not_found"


class UnknownDepartment(Invalid):
    """A department that is named in a request does not exist there."""

    code = "unknown_department"
    field = "department_id"


class UnknownParent(UnknownDepartment):
    """The department under which a new one is to stand does not exist there."""

    field = "parent_id"


class DepartmentNameTaken(Conflict):
    """Another department right below the same one has this name."""

    code = "department_name_taken"


class DepartmentNotEmpty(Conflict):
    """A department can be removed when no member, department, administrator or label of the roster lies in it."""

    code = "department_not_empty"


class DepartmentClosing(Conflict):
    """The department is being removed at this moment."""

    code = "department_closing"


class TooManyDepartments(Conflict):
    """The organization has as many departments as it may have."""

    code = "too_many_departments"


class TooManyLevels(Conflict):
    """Departments stand in each other as deep as they may."""

    code = "too_many_levels"


class TooManyAdmins(Conflict):
    """The organization has as many administrators as it may have."""

    code = "too_many_admins"


class TooManyInvitations(Conflict):
    """The organization has as many registration codes as it may have."""

    code = "too_many_invitations"


class AdminNotFound(NotFound):
    """The organization has no such administrator."""

    code = "admin_not_found"


class UnknownMember(Invalid):
    """A member who is named in a request is none."""

    code = "unknown_member"
    field = "member_id"


class OwnerNeedsNoRole(Invalid):
    """The owner manages everything already; a role as an administrator would outlast a hand-over of the book."""

    code = "owner_needs_no_role"
    field = "member_id"


class MemberAdministrates(Refused):
    """The member is the owner, or an administrator who is not below the caller: only the owner removes them."""

    code = "member_administrates"


class LabelRequired(Invalid):
    """The invitation asks for a label."""

    code = "label_required"
    field = "label"


class LabelTaken(Conflict):
    """Another member of the organization bears this label."""

    code = "label_taken"


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


class MemberChanged(Conflict):
    """The member was changed or moved by another request at the same moment."""

    code = "member_changed"


class SearchByOne(Invalid):
    """A search names exactly one of name, surname, document, phone and label."""

    code = "search_by_one"


class InvalidSurname(Invalid):
    """A surname is searched for as masks show it, without the rest of the name; of Latin names that is the first letter."""

    code = "invalid_surname"
    field = "surname"


class TooManySearches(TooMany):
    """Today's searches in this book are used up, or those by document."""

    code = "too_many_searches"


class ExportNeedsWork(Conflict):
    """There are more members than an answer takes; POST …/exports makes a file of them in the background."""

    code = "export_needs_work"


class TooManyExports(TooMany):
    """Today's files of this book are used up."""

    code = "too_many_exports"


class ExportNotFound(NotFound):
    """No such export, or not the caller's, or it is older than 24 hours."""

    code = "export_not_found"


class ExportWithdrawn(Gone):
    """Somebody in the book took back what they shared since the export was begun."""

    code = "export_withdrawn"


class ChangedMeanwhile(Conflict):
    """A row, or the policies, from which something was computed changed at the same moment; it is computed again."""


class PolicyNotFound(NotFound):
    """Nothing is stated for this department and type."""

    code = "policy_not_found"


class TooManyPolicies(Conflict):
    """The organization has as many policies as it may."""

    code = "too_many_policies"


class EmptyPolicy(Invalid):
    """A policy that states nothing: to have none, it is taken away."""

    code = "empty_policy"
    field = "nucleic_acid_days"
