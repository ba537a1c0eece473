"""Finding members by what is typed: compared as keyed forms, or as a label, so nothing is decrypted and nothing typed is kept."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from chalicelib.core import canonical, clock, masks, store, tokens
from chalicelib.core.canonical import DocumentType
from chalicelib.core.crypto import IdentityMacs, pairwise_id
from chalicelib.core.errors import Broken
from chalicelib.core.store import Transaction
from chalicelib.groups.access import Manager
from chalicelib.groups.attention import show
from chalicelib.groups.disclosures import WHY_SEARCH, disclose
from chalicelib.groups.errors import TooManySearches
from chalicelib.groups.labels import label_key, label_of
from chalicelib.groups.legible import report_broken
from chalicelib.groups.names import name_mac, surname_prefix
from chalicelib.groups.service.members import MemberPage
from chalicelib.groups.tables import LabelRow, MembershipRow, MembershipsTable, NameIndex
from chalicelib.people.service.limits import DAY, Window, count_one, day_window, seconds_left
from chalicelib.people.tables.logins import AccountRow, phone_subject

A_DAY = 200
"""Searches of all kinds that one manager makes in one book in a day of the city, found or not."""

BY_DOCUMENT_A_DAY = 20
"""Those by document among them. Who knows county and birth date of a masked number is left with some 75 to try, and would
find it within the hour; this is four days of it, each of them to be seen by the member who is found."""


@dataclass(frozen=True)
class Sought:
    """What was typed: exactly one of these."""

    name: str | None = None
    surname: str | None = None
    document: tuple[DocumentType, str] | None = None
    phone: str | None = None
    label: str | None = None


class Search:
    """Finds members in the manager's subtree."""

    def __init__(self, macs: IdentityMacs) -> None:
        """Take who makes the keyed forms of names, numbers and phones."""
        self._macs = macs

    def find(self, manager: Manager, sought: Sought, limit: int, cursor: str | None) -> MemberPage:
        """Who bears this name, surname or label, or holds this document or phone; each finds the look in their access log.

        A page may be short or empty and still have a cursor, since who stands above or beside is passed over. Raises
        InvalidName, InvalidDocument, InvalidPhone, InvalidLabel, InvalidCursor or TooManySearches.
        """
        if sought.document is not None:
            number = canonical.document(*sought.document)
            _count(manager, {"search": A_DAY, "search by document": BY_DOCUMENT_A_DAY})
            person_id = self._macs.person_id(sought.document[0], number)
            return _shown(manager, [_of(manager, person_id)], None)
        if sought.phone is not None:
            return _shown(manager, self._behind_phone(manager, sought.phone), None)
        if sought.label is not None:
            return _shown(manager, _bearing(manager, sought.label), None)
        prefix = self._prefix(manager.org_id, sought)
        scope = f"search|{manager.org_id}|{manager.path}|{prefix}"
        start = json.loads(tokens.open_cursor(scope, cursor)) if cursor else None
        if start is None:
            _count(manager, {"search": A_DAY})
        named = MembershipRow.name_mac.startswith(prefix)
        page = store.query(
            MembershipsTable, manager.org_id, named, index=NameIndex.Meta.index_name, limit=limit, start=start
        )
        following = tokens.seal_cursor(scope, json.dumps(page.next_key)) if page.next_key else None
        return _shown(manager, [row.member_id for row in page.rows], following)

    def _prefix(self, org_id: str, sought: Sought) -> str:
        """Where the members of a name, or of a surname, stand in the index."""
        if sought.surname is not None:
            return surname_prefix(org_id, self._macs.name_keys(_surname(sought.surname), "").partition("#")[0])
        name = canonical.person_name(sought.name or "")
        return name_mac(org_id, self._macs.name_keys(masks.shown_surname(name), name))

    def _behind_phone(self, manager: Manager, phone: str) -> list[str]:
        """The member who logs in with a phone, if there is one."""
        number = canonical.phone(phone)
        _count(manager, {"search": A_DAY})
        key = AccountRow.of(self._macs.phone_mac(number))
        account = store.read_together([key]).get(key)
        return [] if account is None or account.person_id is None else [_of(manager, account.person_id)]


def _count(manager: Manager, limits: Mapping[str, int]) -> None:
    """Count one more search of this manager today under each of these names, before anything is compared, or refuse.

    What can't be compared is not counted, nor is the next page of what was. Raises TooManySearches.
    """
    subject, today = phone_subject(manager.person.account.phone_mac), day_window(clock.now())
    transaction = Transaction()
    for name, limit in limits.items():
        window = Window(subject, f"{name}#{manager.org_id}#{today}", limit, DAY)
        count_one(transaction, window, TooManySearches(seconds_left(DAY), fields={"limit": limit}))
    transaction.commit()


def _surname(typed: str) -> str:
    """A surname as masks show it; of Latin names that is one letter. Raises InvalidName for anything else."""
    surname = canonical.person_name(typed)
    if masks.shown_surname(f"{surname}某某") != surname:
        raise canonical.InvalidName(field="surname")
    return surname


def _of(manager: Manager, person_id: str) -> str:
    """The id by which the manager's organization would know a person."""
    return pairwise_id(manager.org_id, person_id)


def _bearing(manager: Manager, typed: str) -> list[str]:
    """The member who bears a label, whatever its case and width, if there is one. Raises InvalidLabel."""
    key = LabelRow.of(manager.org_id, label_key(label_of(typed)))
    _count(manager, {"search": A_DAY})
    claim = store.read_together([key]).get(key)
    return [] if claim is None else [claim.member_id]


def _shown(manager: Manager, member_ids: Iterable[str], cursor: str | None) -> MemberPage:
    """Those of these members whom the manager reaches, read consistently, and disclosed."""
    keys = [MembershipRow.of(manager.org_id, member_id) for member_id in member_ids]
    rows = store.read_together(keys)
    found: list[MembershipRow] = []
    unreadable = 0
    for key in keys:
        try:
            row = rows.get(key)
        except Broken as error:
            report_broken(key, error)
            unreadable += 1
            continue
        if row is not None and manager.reaches(row.path):
            found.append(row)
    for row in found:
        show(row, manager.organization.policy_set)
    disclose(manager, found, why=WHY_SEARCH)
    return MemberPage([*found], cursor, unreadable)
