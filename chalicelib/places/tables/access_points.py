"""Access points in the table `organizations`: which places an organization has, and which ask it (R0.1)."""

from pynamodb.attributes import UnicodeAttribute, UTCDateTimeAttribute

from chalicelib.core.store import Key
from chalicelib.groups.tables.organizations import OrganizationsTable

ASKING, BOUND = "asking", "bound"
"""A place whose manager asks, and one that the organization accepted."""


class AccessPointRow(OrganizationsTable):
    """That a place is an access point of the organization, or asks to be; written with what the place's own row says."""

    state = UnicodeAttribute()
    since = UTCDateTimeAttribute()

    PREFIX = "PLACE#"

    @classmethod
    def of(cls, org_id: str, place_id: str) -> "Key[AccessPointRow]":
        """Where it lies."""
        return cls.key(org_id, f"{cls.PREFIX}{place_id}")

    @property
    def place_id(self) -> str:
        """The place."""
        return self.sk.removeprefix(self.PREFIX)
