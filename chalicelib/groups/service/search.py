"""Finding members by what is typed: compared as keyed forms, or as a label, so nothing is decrypted and nothing typed is kept."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from chalicelib.core import canonical, ids, masks, store, tokens
from chalicelib.core.canonical import DocumentType
from chalicelib.core.crypto import IdentityMacs, pairwise_id
from chalicelib.core.errors import Broken
from chalicelib.core.store import RawItem, Transaction
from chalicelib.groups.access import Manager
from chalicelib.groups.attention import show
from chalicelib.groups.disclosures import WHY_SEARCH, disclose
from chalicelib.groups.errors import InvalidSurname, TooManySearches
from chalicelib.groups.labels import label_key, label_of
from chalicelib.groups.legible import report_broken
from chalicelib.groups.names import name_mac, surname_prefix
from chalicelib.groups.service.members import MemberPage
from chalicelib.groups.tables import TOP, LabelRow, MembershipRow, NamedMember, NameIndex
from chalicelib.people.service.limits import DAY, count_one, seconds_left, today
from chalicelib.people.tables.logins import AccountRow, phone_subject

A_DAY = 200
"""Searches of all kinds that one manager makes in one book in a day of the city, found or not."""

BY_DOCUMENT_A_DAY = 20
"""Those by document among them. Who knows county and birth date of a masked number is left with some 75 to try, and would
find it within the hour; this is four days of it, each of them to be seen by the member who is found."""

QUERIES = 20
"""Queries of one page at most. Where so many find a page not full, hundreds of the same name stand above or beside."""


@dataclass(frozen=True)
class Sought:
    """What was typed: exactly one of these."""

    name: str | None = None
    surname: str | None = None
    document: tuple[DocumentType, str] | None = None
    phone: str | None = None
    label: str | None = None


@dataclass
class _Found:
    """What was found, how many rows of it could not be read, and where the next page begins, if there is one."""

    members: list[MembershipRow] = field(default_factory=list)
    unreadable: int = 0
    next_key: RawItem | None = None

    def add(self, member: MembershipRow | Broken | None) -> None:
        """Take one in."""
        if isinstance(member, Broken):
            self.unreadable += 1
        elif member is not None:
            self.members.append(member)


class Search:
    """Finds members in the manager's subtree."""

    def __init__(self, macs: IdentityMacs) -> None:
        """Take who makes the keyed forms of names, numbers and phones."""
        self._macs = macs

    def find(self, manager: Manager, sought: Sought, limit: int, cursor: str | None) -> MemberPage:
        """Who bears this name, surname or label, or holds this document or phone; each finds the look in their access log.

        A page has a cursor where another member follows whom the manager reaches. Who stands above or beside is passed over
        and shows in neither, except that the search ends short, with a cursor, after 20 queries: some 2,000 of a name. Raises
        InvalidName, InvalidSurname, InvalidDocument, InvalidPhone, InvalidLabel, InvalidCursor or TooManySearches.
        """
        if sought.document is not None:
            number = canonical.document(*sought.document)
            _count(manager, {"search": A_DAY, "search by document": BY_DOCUMENT_A_DAY})
            person_id = self._macs.person_id(sought.document[0], number)
            return _shown(manager, _one(manager, person_id), None)
        if sought.phone is not None:
            phone = canonical.phone(sought.phone)
            _count(manager, {"search": A_DAY})
            return _shown(manager, _one(manager, self._behind_phone(phone)), None)
        if sought.label is not None:
            return _shown(manager, _bearing(manager, sought.label), None)
        prefix = self._prefix(manager.org_id, sought)
        scope = f"search|{manager.org_id}|{manager.path}|{prefix}"
        start = tokens.open_cursor(scope, cursor)
        if start is None:
            _count(manager, {"search": A_DAY})
        found = _named(manager, prefix, limit, start)
        following = tokens.seal_cursor(scope, found.next_key)
        return _shown(manager, found, following)

    def _prefix(self, org_id: str, sought: Sought) -> str:
        """Where the members of a name, or of a surname, stand in the index."""
        if sought.surname is not None:
            return surname_prefix(org_id, self._macs.name_keys(_surname(sought.surname), "").partition("#")[0])
        name = canonical.person_name(sought.name or "")
        return name_mac(org_id, self._macs.name_keys(masks.shown_surname(name), name))

    def _behind_phone(self, phone: str) -> str:
        """Who logs in with a phone. For a phone of nobody it is somebody made up, so that as much is read as for anybody."""
        key = AccountRow.of(self._macs.phone_mac(phone))
        account = store.read_together([key]).get(key)
        return ids.new_id() if account is None or account.person_id is None else str(account.person_id)


def _count(manager: Manager, limits: Mapping[str, int]) -> None:
    """Count one more search of this manager today under each of these names, before anything is compared, or refuse.

    What can't be compared is not counted, nor is the next page of what was. Raises TooManySearches.
    """
    subject, transaction = phone_subject(manager.person.account.phone_mac), Transaction()
    for name, limit in limits.items():
        window = today(subject, f"{name}#{manager.org_id}", limit)
        count_one(transaction, window, TooManySearches(seconds_left(DAY), fields={"limit": limit}))
    transaction.commit()


def _surname(typed: str) -> str:
    """A surname as masks show it; of Latin names that is one letter. Raises InvalidSurname for anything else."""
    try:
        surname = canonical.person_name(typed)
    except canonical.InvalidName as error:
        raise InvalidSurname from error
    if masks.shown_surname(f"{surname}某某") != surname:
        raise InvalidSurname
    return surname


def _one(manager: Manager, person_id: str) -> _Found:
    """A person, if they are a member whom the manager reaches."""
    found = _Found()
    for member in _reached(manager, [pairwise_id(manager.org_id, person_id)]):
        found.add(member)
    return found


def _bearing(manager: Manager, typed: str) -> _Found:
    """The member who bears a label, whatever its case and width, if the manager reaches them. Raises InvalidLabel."""
    key = LabelRow.of(manager.org_id, label_key(label_of(typed)))
    _count(manager, {"search": A_DAY})
    claim, found = store.read_together([key]).get(key), _Found()
    for member in _reached(manager, [ids.new_id() if claim is None else claim.member_id]):
        found.add(member)
    return found


def _named(manager: Manager, prefix: str, limit: int, start: RawItem | None) -> _Found:
    """The members of a name whom the manager reaches, until they fill a page and one more is seen to follow."""
    found, named = _Found(), MembershipRow.name_mac.startswith(prefix)
    size = limit + 1 if manager.path == TOP else store.BATCH_READ_LIMIT
    for _ in range(QUERIES):
        page = store.query(NamedMember, manager.org_id, named, index=NameIndex.Meta.index_name, limit=size, start=start)
        for row, member in zip(page.rows, _reached(manager, [row.member_id for row in page.rows]), strict=False):
            if member is not None and len(found.members) == limit:
                found.next_key = start
                return found
            found.add(member)
            start = row.serialize()
        if (start := page.next_key) is None:
            return found
    found.next_key = start
    return found


def _reached(manager: Manager, member_ids: Iterable[str]) -> Iterator[MembershipRow | Broken | None]:
    """Each of these members, read consistently; None for whom the manager does not reach. What is broken is reported."""
    keys = [MembershipRow.of(manager.org_id, member_id) for member_id in member_ids]
    rows = store.read_together(keys)
    for key in keys:
        try:
            row = rows.get(key)
        except Broken as error:
            report_broken(key, error)
            yield error
            continue
        yield row if row is not None and manager.reaches(row.path) else None


def _shown(manager: Manager, found: _Found, cursor: str | None) -> MemberPage:
    """What was found as it stands at this moment, and disclosed."""
    for row in found.members:
        show(row, manager.organization.policy_set)
    disclose(manager, found.members, why=WHY_SEARCH)
    return MemberPage([*found.members], cursor, found.unreadable)
