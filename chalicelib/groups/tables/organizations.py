"""The table `organizations`: an organization with all that belongs to it, in one partition."""

from typing import ClassVar, Self

from pynamodb.attributes import JSONAttribute, NumberAttribute, UnicodeAttribute, UTCDateTimeAttribute
from pynamodb.expressions.condition import Condition

from chalicelib.core.errors import Broken
from chalicelib.core.store import Key, RawItem, Row, TableMeta, maybe
from chalicelib.groups.policies import PolicySet, is_stored_form

TOP = "/"
"""The path of an organization itself; a department's is `/<department_id>/…/`, ids only, so names are free to change."""


class OrganizationsTable(Row):
    """An organization in one query."""

    class Meta(TableMeta):
        """Named `organizations` in design §4."""

        table = "organizations"

    org_id = UnicodeAttribute(hash_key=True)
    sk = UnicodeAttribute(range_key=True)


class OrganizationRow(OrganizationsTable):
    """The organization. From `deleted_at` on nothing of it can be read, and its sweep is under way.

    `departments`, `invitations` and `roster` count them, in the transactions that make and end them. `owner_term` is raised by each
    hand-over, so that what an owner gave out ends with their time. `successor_id` is the member to whom the owner offers the
    book, since `offered_at`.

    `names_version` counts what departments were given names, so that no two right below the same one get the same.
    `policies` holds all of them by path, type and kind, and `policies_version` counts their changes (decision 0016).
    """

    name = UnicodeAttribute()
    kind = UnicodeAttribute()
    subdistrict = UnicodeAttribute()
    owner_id = UnicodeAttribute()
    owner_term = NumberAttribute(default=0)
    successor_id = maybe(UnicodeAttribute)
    offered_at = maybe(UTCDateTimeAttribute)
    departments = NumberAttribute(default=0)
    names_version = NumberAttribute(default=0)
    invitations = NumberAttribute(default=0)
    roster = NumberAttribute(default=0)
    created_at = UTCDateTimeAttribute()
    deleted_at = maybe(UTCDateTimeAttribute)
    policies = maybe(JSONAttribute)
    policies_version = NumberAttribute(default=0)

    @classmethod
    def from_raw_data(cls, data: RawItem) -> Self:
        """An organization from its stored form. Raises Broken also for policies that say nothing."""
        row = super().from_raw_data(data)
        if row.policies is not None and not is_stored_form(row.policies):
            raise Broken
        return row

    @property
    def policy_set(self) -> PolicySet:
        """What its policies say."""
        return PolicySet(int(self.policies_version), self.policies or {})

    def same_policies(self) -> Condition:
        """That the organization is there and its policies are still those of this row: what a written standing demands."""
        same: Condition = OrganizationRow.alive() & (OrganizationRow.policies_version == self.policies_version)
        return same

    @staticmethod
    def alive() -> Condition:
        """That the organization is there and was not deleted."""
        there: Condition = OrganizationRow.org_id.exists() & OrganizationRow.deleted_at.does_not_exist()
        return there

    @classmethod
    def of(cls, org_id: str, *, consistent: bool = True) -> "Key[OrganizationRow]":
        """Where an organization lies."""
        return cls.key(org_id, "ORG", consistent=consistent)


class DepartmentRow(OrganizationsTable):
    """A department. It never moves, so its path is the same all its life; `parent_id` is None right below the organization.

    Until `closing_until` it takes nobody in, since its removal looks whether it is empty; a removal that died lets go then.
    """

    name = UnicodeAttribute()
    path = UnicodeAttribute()
    parent_id = maybe(UnicodeAttribute)
    created_at = UTCDateTimeAttribute()
    closing_until = maybe(UTCDateTimeAttribute)

    PREFIX = "DEPARTMENT#"

    @classmethod
    def of(cls, org_id: str, department_id: str, *, consistent: bool = True) -> "Key[DepartmentRow]":
        """Where a department lies."""
        return cls.key(org_id, f"{cls.PREFIX}{department_id}", consistent=consistent)

    @property
    def department_id(self) -> str:
        """What tells it apart within its organization."""
        return self.sk.removeprefix(self.PREFIX)


class AdminRow(OrganizationsTable):
    """That a member administers a department and all below it, or the whole organization (`department_id` None).

    It ends with the membership, in the same transaction, and registration codes that the member made end with it. A role that
    moves upward keeps its `named_at`; moved anywhere else, or given again, it is another role.
    """

    person_id = UnicodeAttribute()
    enrolment = NumberAttribute()
    department_id = maybe(UnicodeAttribute)
    path = UnicodeAttribute()
    named_at = UTCDateTimeAttribute()

    PREFIX = "ADMIN#"

    @classmethod
    def of(cls, org_id: str, member_id: str) -> "Key[AdminRow]":
        """Where the role of a member lies."""
        return cls.key(org_id, f"{cls.PREFIX}{member_id}")

    @property
    def member_id(self) -> str:
        """Whose role it is."""
        return self.sk.removeprefix(self.PREFIX)


class InvitationRow(OrganizationsTable):
    """A registration code: for which department, until when, how often, as what, and under which labels.

    `term` is the owner's time in which an owner made it; one made by an administrator has `made_by` instead, a member_id,
    and lets people in while that member administers what is at `path` in the role that was named at `role_since`.
    """

    department_id = maybe(UnicodeAttribute)
    path = UnicodeAttribute(default=TOP)
    type = maybe(UnicodeAttribute)
    label_pattern = maybe(UnicodeAttribute)
    ends_at = maybe(UTCDateTimeAttribute)
    max_uses = maybe(NumberAttribute)
    uses = NumberAttribute()
    term = maybe(NumberAttribute)
    made_by = maybe(UnicodeAttribute)
    role_since = maybe(UTCDateTimeAttribute)
    created_at = UTCDateTimeAttribute()
    revoked_at = maybe(UTCDateTimeAttribute)

    PREFIX = "INVITATION#"

    @classmethod
    def of(cls, org_id: str, invitation_id: str, *, consistent: bool = True) -> "Key[InvitationRow]":
        """Where an invitation lies."""
        return cls.key(org_id, f"{cls.PREFIX}{invitation_id}", consistent=consistent)

    @property
    def invitation_id(self) -> str:
        """What tells it apart within its organization."""
        return self.sk.removeprefix(self.PREFIX)


class LabelRow(OrganizationsTable):
    """That a member bears a label. There is one row a label, so that no two members bear the same."""

    label = UnicodeAttribute()
    member_id = UnicodeAttribute()

    PREFIX = "LABEL#"

    @classmethod
    def of(cls, org_id: str, label_key: str) -> "Key[LabelRow]":
        """Where a label's bearer lies; `label_key` is the label in its one spelling (`labels.label_key`)."""
        return cls.key(org_id, f"{cls.PREFIX}{label_key}")


class RosterRow(OrganizationsTable):
    """That a member with this label is expected, as what, and where (`path`); one without a type may be anything."""

    label = UnicodeAttribute()
    type = maybe(UnicodeAttribute)
    department_id = maybe(UnicodeAttribute)
    path = UnicodeAttribute()

    PREFIX = "ROSTER#"

    @classmethod
    def of(cls, org_id: str, label_key: str) -> "Key[RosterRow]":
        """Where a label of the roster lies; `label_key` is as for `LabelRow`."""
        return cls.key(org_id, f"{cls.PREFIX}{label_key}")

    @property
    def label_key(self) -> str:
        """What the label has in common with others that differ in case only."""
        return self.sk.removeprefix(self.PREFIX)


class TallyRow(OrganizationsTable):
    """What a sweep removed so far of a deleted book, row by row in the transactions that removed it.

    `steps` counts the transactions, so that whoever completes the sweep knows that nothing was added since they looked.
    """

    steps = NumberAttribute()
    members = NumberAttribute(default=0)
    invitations = NumberAttribute(default=0)
    departments = NumberAttribute(default=0)
    administrators = NumberAttribute(default=0)
    roster = NumberAttribute(default=0)
    labels = NumberAttribute(default=0)
    others = NumberAttribute(default=0)

    COUNTED: ClassVar[dict[str, str]] = {
        "INVITATION": "invitations",
        "DEPARTMENT": "departments",
        "ADMIN": "administrators",
        "ROSTER": "roster",
        "LABEL": "labels",
    }
    """Under what a row of an organization is counted, by what stands before the first # of its sort key."""

    @classmethod
    def of(cls, org_id: str) -> "Key[TallyRow]":
        """Where the tally of a sweep lies."""
        return cls.key(org_id, "TALLY")

    @classmethod
    def kind_of(cls, sort_key: str) -> str:
        """Under what a row with this sort key is counted."""
        return cls.COUNTED.get(sort_key.partition("#")[0], "others")

    @property
    def removed(self) -> dict[str, int]:
        """How many rows of each kind."""
        kinds = ("members", *self.COUNTED.values(), "others")
        return {kind: int(getattr(self, kind)) for kind in kinds}
