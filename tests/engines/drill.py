"""What the restore drill is made of: a city that people left since its backup, backups, and what they leave behind."""

from dataclasses import dataclass, replace
from typing import Any

import app
from chalicelib.core import clock, store, tokens
from chalicelib.core.crypto import IdentityMacs, encode, held_key
from chalicelib.core.fields import FieldCipher, FieldClass
from chalicelib.core.store import RawItem, Row
from chalicelib.groups.access import Guest
from chalicelib.groups.codes import read_code
from chalicelib.groups.service.memberships import Memberships
from chalicelib.groups.tables import InvitationRow, OrganizationRow
from chalicelib.people.access import Account, Person
from chalicelib.people.service.erasure import Erasure
from chalicelib.people.service.restore import lives_in
from chalicelib.people.service.sessions import new_session
from chalicelib.people.tables.logins import AccountRow
from chalicelib.people.tables.people import PersonRow, segment_of
from chalicelib.people.tables.privacy import LedgerRow
from infra.restore import ledger_since
from infra.tables import table_definition
from tests.support.city import TestCity
from tests.support.client import Client
from tests.support.people import TestPerson

ERASED, MEMBERS, STAYING = 100, 30, 5
Backup = dict[str, list[RawItem]]


@dataclass
class Drill:
    """A city in which a hundred people were erased since the backup, a book was deleted, and one person came back."""

    city: TestCity
    owner: Client
    books: tuple[str, str]
    """The one that is kept and the one that was deleted."""

    gone: list[Person]
    staying: list[Person]
    returned: TestPerson
    tokens: tuple[str, str]
    """Of who came back, in the old life and in the new one."""

    backup: Backup
    at_failure: Backup
    entries: list[LedgerRow]

    @property
    def returned_id(self) -> str:
        return IdentityMacs().person_id(self.returned.type, self.returned.number)

    def about(self, people: list[Person], *kinds: str) -> list[LedgerRow]:
        """The entries of these kinds, or of all, without the erasures of anybody but these people and who came back."""
        ids = {self.returned_id, *(person.person_id for person in people)}
        chosen = [entry for entry in self.entries if not kinds or entry.kind in kinds]
        return [one for one in chosen if one.kind != "ERASURE" or ids & {life[0] for life in lives_in(one)}]


def live_through(city: TestCity) -> Drill:
    """Its entries are what happened here: a ledger since a backup reaches a little back, to what tests before this one did."""
    city.pump.skip()
    others = {entry.own_key for entry in ledger_since(clock.now()).entries}
    owner, returning = city.verified(), city.person()
    kept, deleted = books = city.book(owner), city.book(owner)
    code, other_code = city.invite(owner, kept), city.invite(owner, deleted)
    macs, cipher = IdentityMacs(held_key), FieldCipher()
    people = [_person(city.stranger(), macs, cipher) for _ in range(ERASED - 1 + STAYING)]
    store.write_all(row for person in people for row in (person.row, person.account.session, _account_row(person)))
    gone, staying = people[STAYING:], people[:STAYING]
    for person in people[:MEMBERS]:
        _join(person, code)
    for person in people[: 2 * STAYING]:
        _join(person, other_code)
    old = city.verified(returning)
    city.join(old, code, "nucleic_acid")
    owner.get(f"/v1/organizations/{kept}/members?limit=100")
    city.deliver()
    backup, taken_at = snapshot(), clock.now()

    for person in gone:
        app.services.get(Erasure).erase(person.account)
    assert old.delete("/v1/me").status == 204
    assert owner.delete(f"/v1/organizations/{deleted}").status == 204
    city.deliver()
    returned = replace(returning, phone=city.stranger().phone)
    city.know(returned)
    new = city.verified(returned)
    city.join(new, code, "vaccination")
    owner.get(f"/v1/organizations/{kept}/members?limit=100")
    city.deliver()
    entries = [entry for entry in ledger_since(taken_at).entries if entry.own_key not in others]
    at_failure = snapshot()
    both = str(old.token), str(new.token)
    return Drill(city, owner, books, gone, staying, returned, both, backup, at_failure, entries)


def _person(person: TestPerson, macs: IdentityMacs, cipher: FieldCipher) -> Person:
    """A person with a session as proving identity leaves them, made without the requests that lead there."""
    now = clock.now()
    person_id, phone_mac = macs.person_id(person.type, person.number), macs.phone_mac(person.phone)
    place = f"people|{person_id}|PERSON"
    row = PersonRow(
        person_id,
        "PERSON",
        enrolment=1,
        account=phone_mac,
        name_mask="王**",
        document_mask="37**********64",
        name_mac=macs.name_mac(person_id, person.name),
        name_sealed=cipher.seal(FieldClass.NAME, place, person.name),
        document_sealed=cipher.seal(FieldClass.DOCUMENT, place, f"{person.type}:{person.number}"),
        phone_sealed=cipher.seal(FieldClass.PHONE, place, person.phone),
        verified_at=now,
        checked_at=now,
        segment=segment_of(person_id),
    )
    bearer = tokens.new_bearer(phone_mac, person_id)
    return Person(Account(bearer, new_session(bearer, person.phone, row, now), row), row)


def _account_row(person: Person) -> AccountRow:
    key = AccountRow.of(person.account.phone_mac)
    return AccountRow(
        key.hash_value, key.range_value, person_id=person.person_id, enrolment=1, last_used_at=clock.now()
    )


def _join(person: Person, code: str) -> None:
    org_id, invitation_id = read_code(code)
    keys = OrganizationRow.of(org_id), InvitationRow.of(org_id, invitation_id)
    rows = store.read_together(keys)
    organization, invitation = rows.get(keys[0]), rows.get(keys[1])
    assert organization is not None
    assert invitation is not None
    app.services.get(Memberships).join(Guest(person, organization, invitation, None), ["health_code"])


def snapshot() -> Backup:
    """All items of all tables but the ledger, which is never put back."""
    return {table.Meta.table: _items(table) for table in store.tables() if table.Meta.table != "ledger"}


def _items(table: type[Row]) -> list[RawItem]:
    found: list[RawItem] = []
    start: dict[str, Any] = {}
    while True:
        request = {"TableName": table.physical_name(), "ConsistentRead": True, **start}
        answer = store.connection().dispatch("Scan", request)
        found += answer["Items"]
        if not answer.get("LastEvaluatedKey"):
            return found
        start = {"ExclusiveStartKey": answer["LastEvaluatedKey"]}


def restore(backup: Backup, *only: str) -> None:
    """Make the tables of a backup, or the named ones of them, what they were."""
    for table in store.tables():
        if table.Meta.table in (only or backup) and table.Meta.table in backup:
            names = [key["AttributeName"] for key in table_definition(table, "")["KeySchema"]]
            wanted, present = (_by_key(items, names) for items in (backup[table.Meta.table], _items(table)))
            requests: list[dict[str, Any]] = [
                {"DeleteRequest": {"Key": {name: item[name] for name in names}}}
                for key, item in present.items()
                if key not in wanted
            ]
            requests += [{"PutRequest": {"Item": item}} for key, item in wanted.items() if present.get(key) != item]
            for start in range(0, len(requests), 25):
                batch = {table.physical_name(): requests[start : start + 25]}
                assert not store.connection().dispatch("BatchWriteItem", {"RequestItems": batch})["UnprocessedItems"]


def _by_key(items: list[RawItem], names: list[str]) -> dict[tuple[str, ...], RawItem]:
    return {tuple(str(item[name]) for name in names): item for item in items}


def leaves(value: Any) -> set[str]:
    """Every text in items, bytes as text of theirs."""
    if isinstance(value, bytes):
        return {encode(value)}
    if isinstance(value, dict):
        return set().union(*map(leaves, value.values())) if value else set()
    if isinstance(value, list):
        return set().union(*map(leaves, value)) if value else set()
    return {str(value)}


def marks_of(people: list[Person], backup: Backup) -> set[str]:
    """What only these people's old lives leave in tables: their macs, sealed fields, sessions and member ids."""
    ids = {person.person_id for person in people}
    own = [item for item in backup["people"] if item["person_id"]["S"] in ids]
    members = [item for item in backup["memberships"] if item["person_id"]["S"] in ids]
    columns = ("name_mac", "name_sealed", "document_sealed", "phone_sealed", "account", "member_id")
    found = {leaf for item in (*own, *members) for name in columns if name in item for leaf in leaves(item[name])}
    return found | {person.account.session.sk for person in people}


def stored_now() -> set[str]:
    """Every text in every table that must forget; the registry is the source's, ledger and receipts are evidence."""
    keep = {"registry", "ledger", "consents"}
    return leaves([_items(table) for table in store.tables() if table.Meta.table not in keep])


def person_row(person_id: str) -> PersonRow:
    row = store.read_together([PersonRow.of(person_id)]).get(PersonRow.of(person_id))
    assert row is not None
    return row
