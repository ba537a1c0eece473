"""The table `people`: everything about one person in one query, and pointers to what others hold about them.

A pointer is written in the transaction of what it points to, so effects never have to trust an index.
"""

from datetime import date
from hashlib import sha256

from pynamodb.attributes import (
    BooleanAttribute,
    JSONAttribute,
    NumberAttribute,
    TTLAttribute,
    UnicodeAttribute,
    UTCDateTimeAttribute,
)
from pynamodb.expressions.condition import Condition
from pynamodb.indexes import GlobalSecondaryIndex, KeysOnlyProjection

from chalicelib.core.store import Key, Row, SealedAttribute, TableMeta, maybe, maybe_list_of

SEGMENTS = 256
"""How many parts the nightly sync walks (design §4)."""


def segment_of(person_id: str) -> str:
    """The segment, `0` to `255`, that a person is synced in."""
    return str(sha256(person_id.encode()).digest()[0] % SEGMENTS)


REVIEW_SHARDS = 64
"""Parts of a day's reviews, so that no key of the index takes more than 500 writes a second (design §9)."""


def review_part(person_id: str, day: date) -> str:
    """The part of a day, in the city's calendar, in which a person is reviewed."""
    return review_part_of(day, int(segment_of(person_id)) % REVIEW_SHARDS)


def review_part_of(day: date, shard: int) -> str:
    """One of the parts of a day's reviews."""
    return f"{day}#{shard}"


class ReviewDayIndex(GlobalSecondaryIndex["PersonRow"]):
    """Whose window closes on a day: `<day>#<0..63>`, only rows that have one."""

    class Meta:
        """Keys only: the job reads each person again."""

        index_name = "by_review_day"
        projection = KeysOnlyProjection()

    review_day = UnicodeAttribute(hash_key=True)
    person_id = UnicodeAttribute(range_key=True)


class SegmentIndex(GlobalSecondaryIndex["PersonRow"]):
    """The people of one segment of the nightly sync; only PERSON rows have one."""

    class Meta:
        """Keys only: the sync reads what it needs."""

        index_name = "by_segment"
        projection = KeysOnlyProjection()

    segment = UnicodeAttribute(hash_key=True)
    person_id = UnicodeAttribute(range_key=True)


class PeopleTable(Row):
    """Everything about one person."""

    class Meta(TableMeta):
        """Named `people` in design §4, with a stream."""

        table = "people"
        stream_view_type = "NEW_AND_OLD_IMAGES"

    person_id = UnicodeAttribute(hash_key=True)
    sk = UnicodeAttribute(range_key=True)
    expires_at = maybe(TTLAttribute)

    by_review_day = ReviewDayIndex()
    by_segment = SegmentIndex()


class SyncedPerson(PeopleTable):
    """What the nightly sync reads of a person, for it reads everybody's: the columns of the status, and how a source knows them.

    `PersonRow` says what they mean.
    """

    enrolment = NumberAttribute()
    account = maybe(UnicodeAttribute)
    phone_mac = maybe(UnicodeAttribute)
    document_sealed = maybe(SealedAttribute)
    phone_sealed = maybe(SealedAttribute)
    verified_at = maybe(UTCDateTimeAttribute)
    checked_at = maybe(UTCDateTimeAttribute)
    phone_refuted = maybe(BooleanAttribute)
    segment = maybe(UnicodeAttribute)
    review_day = maybe(UnicodeAttribute)
    state = maybe(UnicodeAttribute)
    rule = maybe(UnicodeAttribute)
    fact = maybe(UnicodeAttribute)
    state_since = maybe(UTCDateTimeAttribute)
    state_until = maybe(UTCDateTimeAttribute)
    status_at = maybe(UTCDateTimeAttribute)
    known = maybe(JSONAttribute)
    status_version = NumberAttribute(default=0)
    effects_version = NumberAttribute(default=0)
    stale_since = maybe(UTCDateTimeAttribute)
    source_mark = maybe(UnicodeAttribute)

    @property
    def own_segment(self) -> str:
        """The segment that the person is synced in."""
        return self.segment or segment_of(self.person_id)

    @property
    def known_phone(self) -> str | None:
        """The keyed form of the phone that is kept in `phone_sealed`, to log in with or not."""
        return self.account or self.phone_mac

    def is_news_of_phone(self, has_phone: bool | None) -> bool:
        """Whether it is not noted yet that a source holds this phone for the person, or holds it no more; None says nothing."""
        return has_phone is not None and self.known_phone is not None and has_phone == bool(self.phone_refuted)


class PersonRow(SyncedPerson):
    """A person in their present life (`enrolment`). After erasure only the key, the enrolment and the counters are left.

    `account` is the phone's mac by which the person logs in; a session on another phone is void, and `moves` counts the
    changes of phone, so that it stays void when the person comes back to that phone. `books`, `memberships`,
    `places` (managed ones) and `staffed` (those on whose staff they are) are changed in the transactions that open, join,
    hand over and leave, so that erasure can demand that they are 0; `dependants` and `guardians` in those that bind and
    unbind, for the same. Who is bound as a dependant may have no account, and `phone_mac` is then the phone that the source
    confirmed for them. `roles` are what two operators named the person, in this life only; `roles_at` is when they last changed.

    `state`, the `rule` and `fact` that caused it, and from when until when it holds are the person's status, computed at
    `status_at`; only `health` writes them. `known` is what the person is shown of their facts beside the status, so that a
    code is one read. `effects_version` is the `status_version` whose last effect is done, and `stale_since` says since when
    the source had no usable answer about this person; `source_mark` tells the nightly sync whether its report is the one that was
    kept last. The version goes on from one life to the next, so that nothing that is
    said of the old one can be taken for the new one's.
    """

    moves = NumberAttribute(default=0)
    name_mask = maybe(UnicodeAttribute)
    document_mask = maybe(UnicodeAttribute)
    phone_mask = maybe(UnicodeAttribute)
    name_mac = maybe(UnicodeAttribute)
    name_keys = maybe(UnicodeAttribute)
    name_sealed = maybe(SealedAttribute)
    books = NumberAttribute(default=0)
    memberships = NumberAttribute(default=0)
    places = NumberAttribute(default=0)
    staffed = NumberAttribute(default=0)
    dependants = NumberAttribute(default=0)
    guardians = NumberAttribute(default=0)
    roles = maybe_list_of(UnicodeAttribute)
    roles_at = maybe(UTCDateTimeAttribute)

    @classmethod
    def of(cls, person_id: str) -> "Key[PersonRow]":
        """Where a person lies."""
        return cls.key(person_id, "PERSON")

    def same_status(self) -> Condition:
        """That the life goes on in which this was read, and says of its status what it said then."""
        version, stale = PersonRow.status_version, PersonRow.stale_since
        same: Condition = PersonRow.enrolment == self.enrolment
        same &= version == self.status_version if self.status_version else (version == 0) | version.does_not_exist()
        same &= stale.does_not_exist() if self.stale_since is None else stale == self.stale_since
        return same


class LifeTrace(PeopleTable):
    """To which life of the person a row belongs: what is left legible of one that can't be read, and all that some need of one."""

    enrolment = NumberAttribute()

    @classmethod
    def of(cls, person_id: str) -> "Key[LifeTrace]":
        """Where that of the person lies."""
        return cls.key(person_id, "PERSON")


class MembershipPointer(PeopleTable):
    """That the person is a member of an organization, under which `member_id`."""

    member_id = UnicodeAttribute()
    enrolment = NumberAttribute()

    PREFIX = "MEMBERSHIP#"

    @classmethod
    def of(cls, person_id: str, org_id: str) -> "Key[MembershipPointer]":
        """Where the pointer to a membership lies."""
        return cls.key(person_id, f"{cls.PREFIX}{org_id}")

    @property
    def org_id(self) -> str:
        """The organization it points to."""
        return self.sk.removeprefix(self.PREFIX)


class OwnershipPointer(PeopleTable):
    """That the person owns an organization's book."""

    PREFIX = "OWNS#"

    @classmethod
    def of(cls, person_id: str, org_id: str) -> "Key[OwnershipPointer]":
        """Where the pointer to an owned organization lies."""
        return cls.key(person_id, f"{cls.PREFIX}{org_id}")

    @property
    def org_id(self) -> str:
        """The organization it points to."""
        return self.sk.removeprefix(self.PREFIX)


class ManagesPointer(PeopleTable):
    """That the person manages a place."""

    PREFIX = "MANAGES#"

    @classmethod
    def of(cls, person_id: str, place_id: str) -> "Key[ManagesPointer]":
        """Where the pointer to a managed place lies."""
        return cls.key(person_id, f"{cls.PREFIX}{place_id}")

    @property
    def place_id(self) -> str:
        """The place it points to."""
        return self.sk.removeprefix(self.PREFIX)


class StaffPointer(PeopleTable):
    """That the person is on the staff of a place, under which `member_id`."""

    member_id = UnicodeAttribute()
    enrolment = NumberAttribute()

    PREFIX = "STAFF#"

    @classmethod
    def of(cls, person_id: str, place_id: str) -> "Key[StaffPointer]":
        """Where the pointer to a role at a place lies."""
        return cls.key(person_id, f"{cls.PREFIX}{place_id}")

    @property
    def place_id(self) -> str:
        """The place it points to."""
        return self.sk.removeprefix(self.PREFIX)
