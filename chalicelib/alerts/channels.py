"""How somebody wants to be told: by text message, by e-mail or by both, and in which language.

What is chosen is written over what was read and nothing else, and only while the person's life goes on: of two devices
none brings back an address that the other one has forgotten, and nothing is stored behind an erasure.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from pynamodb.expressions.condition import Condition

from chalicelib.alerts.addresses import canonical_email
from chalicelib.alerts.emails import sealed_in
from chalicelib.alerts.errors import EmailMissing, NoChannel, TooManyAddresses
from chalicelib.alerts.raising import ask_to_follow
from chalicelib.alerts.tables import ChannelsRow, MorningRow, SubscriptionRow
from chalicelib.alerts.ways import Choice
from chalicelib.core import clock, masks, store
from chalicelib.core.errors import Conflict, Unavailable
from chalicelib.core.fields import FieldCipher, FieldClass
from chalicelib.core.store import Transaction
from chalicelib.people.access import Person
from chalicelib.people.errors import SessionEnded
from chalicelib.people.service.limits import DAY, count_one, seconds_left, today
from chalicelib.people.service.restore import lives_in
from chalicelib.people.tables.logins import phone_subject
from chalicelib.people.tables.people import LifeTrace, PersonRow
from chalicelib.people.tables.privacy import LedgerRow

ADDRESSES_A_DAY = 5
"""Addresses that one person may give in a day: each gets mail that its owner may not have asked for."""


class ChosenMeanwhile(Conflict):
    """Another device of the person's chose at the same moment; what it chose is read and changed."""


@dataclass(frozen=True)
class Confirmation:
    """Whether the address was confirmed for one organization's alerts."""

    org_id: str
    is_confirmed: bool


@dataclass(frozen=True)
class Channels:
    """What somebody chose, their address masked, and for which organizations it was confirmed."""

    choice: Choice
    email_mask: str | None
    confirmations: Sequence[Confirmation]


class ChannelChoices:
    """Shows and changes channels."""

    def __init__(self, cipher: FieldCipher) -> None:
        """Take who seals addresses."""
        self._cipher = cipher

    def show(self, person: Person) -> Channels:
        """What the person chose. Whether an address was confirmed meanwhile, and for what, is looked at behind the answer."""
        row = _present(person)
        if row is not None and row.email_sealed is not None:
            ask_to_follow(person.person_id)
        return self._shown(person.row, row)

    def choose(self, person: Person, choice: Choice) -> Channels:
        """Choose channels and language. Raises NoChannel for none at all, EmailMissing for e-mail without an address."""
        if not (choice.sms or choice.email):
            raise NoChannel

        def choosing(row: ChannelsRow) -> None:
            if choice.email and row.email_sealed is None:
                raise EmailMissing
            row.by_sms, row.by_email, row.language = choice.sms, choice.email, choice.language
            row.morning = choice.morning or None

        return self._shown(person.row, _changed(person, choosing))

    def give_address(self, person: Person, address: str) -> Channels:
        """Take an address, in place of another one, and have it asked for confirmation; e-mail is switched on.

        Raises InvalidEmail or TooManyAddresses.
        """
        email = canonical_email(address)
        _count(person)
        sealed = self._cipher.seal(FieldClass.EMAIL, sealed_in(person.person_id), email)

        def giving(row: ChannelsRow) -> None:
            row.email_sealed, row.email_mask, row.by_email = sealed, masks.mask_email(email), True
            row.address_version = row.address_version + 1

        row = _changed(person, giving)
        ask_to_follow(person.person_id)
        return self._shown(person.row, row)

    def forget_address(self, person: Person) -> None:
        """Forget the address: nothing is sent there from the answer on, and its subscriptions end. Twice does no harm."""
        row = _present(person)
        if row is None or row.email_sealed is None:
            return
        _changed(person, _without_address)
        ask_to_follow(person.person_id)

    def forget(self, person: Person) -> None:
        """Forget everything, since the person's life ends; subscriptions end behind the answer."""
        store.delete(ChannelsRow.of(person.person_id))
        ask_to_follow(person.person_id)

    def _shown(self, person: PersonRow, row: ChannelsRow | None) -> Channels:
        choice = Choice.of(row, person)
        if row is None or row.email_sealed is None:
            return Channels(choice, None, ())
        prefix = SubscriptionRow.sk.startswith(SubscriptionRow.PREFIX)
        present = [
            Confirmation(one.org_id, one.confirmed_at is not None)
            for one in store.query_all(SubscriptionRow, person.person_id, prefix)
            if one.address_version == row.address_version
        ]
        return Channels(choice, row.email_mask, present)


def _present(person: Person) -> ChannelsRow | None:
    """What the person chose in this life of theirs. Raises Broken."""
    key = ChannelsRow.of(person.person_id)
    row = store.read_together([key]).get(key)
    return row if row is not None and row.enrolment == person.enrolment else None


def _changed(person: Person, change: Callable[[ChannelsRow], None]) -> ChannelsRow:
    """Change what the person chose, and return it. Raises SessionEnded if they were erased meanwhile, and what `change` does."""
    for attempt in range(store.ROUNDS):
        present = _present(person)
        row = present or _fresh(person)
        transaction = Transaction()
        same, life = _unchanged(person, present), PersonRow.enrolment == person.enrolment
        change(row)
        transaction.put(row, same, ChosenMeanwhile()).check(person.row.own_key, life, SessionEnded())
        if row.morning:
            transaction.update(MorningRow.of(person.person_id), [MorningRow.enrolment.set(person.enrolment)])
        try:
            transaction.commit()
        except ChosenMeanwhile:
            store.wait_before(attempt)
        else:
            return row
    raise Unavailable


def _unchanged(person: Person, present: ChannelsRow | None) -> Condition:
    """That the address is still the one that was read; nothing, or what a life before left, where there was none."""
    same: Condition = ChannelsRow.person_id.does_not_exist() | (ChannelsRow.enrolment != person.enrolment)
    if present is not None:
        same = (ChannelsRow.enrolment == person.enrolment) & (ChannelsRow.address_version == present.address_version)
    return same


def _without_address(row: ChannelsRow) -> None:
    row.email_sealed = row.email_mask = None
    row.by_sms, row.by_email = True, False
    row.address_version = row.address_version + 1


def _fresh(person: Person) -> ChannelsRow:
    """What counts for somebody who chose nothing yet. Versions of addresses begin above those of any life before."""
    usual = Choice.of(None, person.row)
    return ChannelsRow(
        person.person_id,
        ChannelsRow.SK,
        by_sms=usual.sms,
        by_email=usual.email,
        language=usual.language,
        enrolment=person.enrolment,
        address_version=clock.epoch(),
    )


def _count(person: Person) -> None:
    transaction = Transaction()
    window = today(phone_subject(person.account.phone_mac), "email", ADDRESSES_A_DAY)
    count_one(transaction, window, TooManyAddresses(seconds_left(DAY), fields={"limit": ADDRESSES_A_DAY}))
    transaction.commit()


def sweep_channels(entry: LedgerRow, *, write: bool = True) -> int:
    """Remove what the ended lives of an ERASURE entry chose, also what was stored while they ended; subscriptions follow.

    Returns how many rows are of such lives, which without `write` stay; again finds none.
    """
    return sum(_swept(person_id, enrolment, write=write) for person_id, enrolment in lives_in(entry))


def _swept(person_id: str, enrolment: int, *, write: bool) -> int:
    trace: store.Key[LifeTrace] = LifeTrace.key(person_id, ChannelsRow.SK)
    row = store.read_together([trace]).get(trace)
    is_left = row is not None and row.enrolment <= enrolment
    if write and is_left:
        ask_to_follow(person_id)
        store.delete(trace, LifeTrace.enrolment <= enrolment)
    return is_left + _forgotten_in_the_mornings(person_id, enrolment, write=write)


def _forgotten_in_the_mornings(person_id: str, enrolment: int, *, write: bool) -> bool:
    """Whether the job of the mornings knew of an ended life, which with `write` it does no more."""
    key = MorningRow.of(person_id)
    rows = store.query(MorningRow, key.hash_value, MorningRow.alert_id == person_id).rows
    left = [row.own_key for row in rows if row.enrolment <= enrolment]
    if write:
        store.write_all(deletes=left)
    return bool(left)
