"""People who are in the city already: stored as logging in and proving identity would have, for a fraction of its calls."""

from chalicelib.core import canonical, clock, masks, store, tokens
from chalicelib.core.canonical import DocumentType
from chalicelib.core.crypto import IdentityMacs, held_key
from chalicelib.people.service.roles import Role
from chalicelib.people.service.sessions import new_session
from chalicelib.people.tables.logins import AccountRow, phone_subject
from chalicelib.people.tables.people import PersonRow, segment_of
from tests.support.city import TestCity
from tests.support.client import Client
from tests.support.people import TestPerson

_MACS = IdentityMacs(held_key)


def enrolled(city: TestCity, *people: TestPerson) -> list[Client]:
    """A session for each of these people. The health source need not know them, so they can't prove themselves again."""
    rows: list[store.Row] = []
    clients: list[Client] = []
    for person in people:
        row, phone_mac = _person(person), _MACS.phone_mac(person.phone)
        bearer = tokens.new_bearer(phone_mac, row.person_id)
        account = AccountRow.of(phone_mac)
        rows += [
            row,
            new_session(bearer, person.phone, row, clock.now()),
            AccountRow(
                phone_subject(phone_mac),
                account.range_value,
                person_id=row.person_id,
                enrolment=1,
                last_used_at=clock.now(),
            ),
        ]
        clients.append(city.api.as_(tokens.seal_bearer(bearer)))
    store.write_all(rows)
    return clients


def anybody(city: TestCity) -> Client:
    """Some new person with a session."""
    (client,) = enrolled(city, city.stranger())
    return client


def name_officer(person: TestPerson) -> None:
    """Make somebody who is enrolled a health officer, as two operators would."""
    key = PersonRow.of(_MACS.person_id(person.type, person.number))
    store.update(key, [PersonRow.roles.set([Role.OFFICER.value]), PersonRow.roles_at.set(clock.now())])


def _person(person: TestPerson) -> PersonRow:
    person_id = _MACS.person_id(person.type, person.number)
    return PersonRow(
        person_id,
        "PERSON",
        enrolment=1,
        account=_MACS.phone_mac(person.phone),
        name_mask=masks.mask_name(person.name),
        document_mask=masks.mask_document(DocumentType(person.type), person.number),
        phone_mask=masks.mask_phone(canonical.phone(person.phone)),
        name_mac=_MACS.name_mac(person_id, person.name),
        name_keys=_MACS.name_keys(masks.shown_surname(person.name), person.name),
        verified_at=clock.now(),
        checked_at=clock.now(),
        segment=segment_of(person_id),
    )
