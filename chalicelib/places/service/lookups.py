"""Finding somebody without phone or paper by what they say: name and number, typed at the gate (R2.5, design §7)."""

from chalicelib.core import canonical, store
from chalicelib.core.crypto import IdentityMacs
from chalicelib.core.settings import settings
from chalicelib.core.store import Transaction
from chalicelib.people.service.limits import DAY, count_one, seconds_left, today
from chalicelib.people.tables.logins import phone_subject
from chalicelib.people.tables.people import PersonRow
from chalicelib.people.tables.privacy import in_full, ledger_entry, living
from chalicelib.places.errors.checkins import TooManyTyped, TypedMismatch
from chalicelib.places.visiting.access import Inspection
from chalicelib.places.visiting.hints import Hint
from chalicelib.places.visiting.sightings import Seen, Typed, card_keys, seen, sighting, sighting_keys, spot_of

WHAT = ("name", "document", "phone", "health_code", "declaration")
"""What the card shows."""

WHY = "typed_look_up"
"""The reason that a person's access log shows."""


class Lookups:
    """Looks people up for inspectors."""

    def __init__(self, macs: IdentityMacs) -> None:
        """Take who makes ids of documents and keyed forms of names."""
        self._macs = macs

    def find(self, inspection: Inspection, typed: Typed) -> Seen:
        """Who this is. Counted before anything is compared, and the same answer after the same calls whatever differs (T-04).

        Raises InvalidName or InvalidDocument before it is counted, TooManyTyped, or TypedMismatch.
        """
        name, number = canonical.person_name(typed.name), canonical.document(typed.type, typed.number)
        _count(inspection)
        person_id = self._macs.person_id(typed.type, number)
        name_mac = self._macs.name_mac(person_id, name)
        staff, place = inspection.staff, inspection.staff.place
        key, spot = PersonRow.of(person_id), spot_of(place.place_id, person_id, inspection.arrival)
        hint = Hint(dict(place.shards or {}), place.org_id)
        rows = store.read_together([key, *sighting_keys(spot, hint, person_id), *card_keys(person_id)])
        person = rows.get(key)
        if person is None or person.verified_at is None or person.name_mac != name_mac:
            raise TypedMismatch
        life = in_full(living(person_id, int(person.enrolment)), WHAT)
        actor = {"actor": staff.person.row.name_mask or "", "actor_id": staff.person.person_id}
        store.put(ledger_entry("DISCLOSURE", [life], what=list(WHAT), why=WHY, organization=place.name, **actor))
        return seen(person, sighting(spot, hint, person_id, rows), "typed", rows)


def _count(inspection: Inspection) -> None:
    limit = settings().city.places.typed_per_day
    transaction = Transaction()
    too_many = TooManyTyped(seconds_left(DAY), fields={"limit": limit})
    subject = phone_subject(inspection.staff.person.account.phone_mac)
    count_one(transaction, today(subject, "typed", limit), too_many)
    transaction.commit()
