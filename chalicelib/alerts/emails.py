"""E-mail: an organization's topic follows who administers it and which address they gave, and SNS has each address confirm.

Everything here happens behind the queue `alerts`: whoever changes an address or a role asks for the person to be looked at,
and what is wanted is compared with what is there. So it may be done twice, late, or after a death, and ends the same.
"""

import hashlib
from collections.abc import Mapping

from botocore.exceptions import BotoCoreError, ClientError
from pynamodb.expressions.condition import Condition

from chalicelib.alerts import topics
from chalicelib.alerts.messages import email_subject, email_text
from chalicelib.alerts.ports import Administered, Audience, Recipient
from chalicelib.alerts.raising import ask_to_follow
from chalicelib.alerts.tables import AlertRow, ChannelsRow, SubscriptionRow, TopicRow, TopicsRow
from chalicelib.alerts.ways import Choice
from chalicelib.core import clock, store
from chalicelib.core.aws import error_code
from chalicelib.core.errors import Conflict, Unavailable
from chalicelib.core.fields import FieldCipher, FieldClass
from chalicelib.core.settings import settings
from chalicelib.core.store import Transaction
from chalicelib.core.texts import Language
from chalicelib.people.tables.people import PersonRow

SUBSCRIPTION_GONE = "NotFound"
"""What SNS says where a topic, or a subscription, is not there."""


class EmailUnavailable(Unavailable):
    """SNS did not take an e-mail now."""

    code = "email_unavailable"


class TopicsSpent(Conflict):
    """As many organizations have a topic as the city file allows."""


class ChangedMeanwhile(Conflict):
    """Another delivery did the same at the same moment."""


class AddressGone(Conflict):
    """The address was forgotten, or another one given, while it was being subscribed; the person is looked at again."""


class Emails:
    """E-mails of alerts, and what has to be there before one can be sent."""

    name = "email"

    def __init__(self, cipher: FieldCipher) -> None:
        """Take who opens sealed addresses."""
        self._cipher = cipher
        self._administered: Administered | None = None

    def asks(self, administered: Administered) -> None:
        """Register who knows what a person owns or administers."""
        self._administered = administered

    def is_chosen(self, choice: Choice) -> bool:
        """Whether somebody wants e-mail."""
        return choice.email

    def reaches(self, alert: AlertRow, recipient: Recipient) -> bool:
        """Whether the address that the person gave last was confirmed for this organization, and subscribes still.

        If not, they are looked at: somebody who got a role with an address already given has no subscription yet, and who
        followed the link under an e-mail by which SNS ends one has it no longer.
        """
        person_id = recipient.person.person_id
        channels, key = ChannelsRow.of(person_id), SubscriptionRow.of(person_id, alert.org_id)
        rows = store.read_together([channels, key])
        chosen, subscription = rows.get(channels), rows.get(key)
        if chosen is None or chosen.email_sealed is None:
            return False
        is_present = subscription is not None and subscription.address_version == chosen.address_version
        if subscription is None or not is_present or subscription.confirmed_at is None:
            ask_to_follow(person_id)
            return False
        if not _subscribes(subscription):
            _distrust(recipient, alert.org_id)
            return False
        return True

    def send(self, alert: AlertRow, audience: Audience, recipient: Recipient, language: Language) -> None:
        """Publish to the organization's topic what the recipient's subscription lets through. Raises EmailUnavailable."""
        key = SubscriptionRow.of(recipient.person.person_id, alert.org_id)
        row = store.read_together([key]).get(key)
        if row is None:
            raise EmailUnavailable
        try:
            topics.send_email(row.topic, row.to, email_subject(language), email_text(audience, language))
        except ClientError as error:
            if error_code(error) == SUBSCRIPTION_GONE:
                _distrust(recipient, alert.org_id)
            raise EmailUnavailable from error
        except BotoCoreError as error:
            raise EmailUnavailable from error

    def follow(self, person_id: str) -> None:
        """Make a person's subscriptions what their address and their organizations want, and note which were confirmed."""
        if self._administered is None:
            raise Unavailable
        person, channels = PersonRow.of(person_id), ChannelsRow.of(person_id)
        rows = store.read_together([person, channels])
        chosen = _present(rows.get(channels), rows.get(person))
        wanted = {} if chosen is None else dict(self._administered.organizations_of(person_id))
        prefix = SubscriptionRow.sk.startswith(SubscriptionRow.PREFIX)
        there = {row.org_id: row for row in store.query_all(SubscriptionRow, person_id, prefix)}
        for org_id, row in there.items():
            if chosen is None or org_id not in wanted or row.address_version != chosen.address_version:
                _end(row)
        if chosen is not None:
            self._begin(chosen, wanted, there)

    def close(self, org_id: str) -> None:
        """Remove the topic of an organization that is gone. What was noted of its subscribers goes when they are looked at."""
        key = TopicRow.of(org_id)
        topic = store.read_together([key]).get(key)
        if topic is not None:
            transaction = Transaction()
            _remove(transaction, topic, TopicRow.org_id.exists())
            transaction.commit()

    def _begin(self, chosen: ChannelsRow, wanted: Mapping[str, str], there: Mapping[str, SubscriptionRow]) -> None:
        """Subscribe to what is missing and look whether what is there was confirmed."""
        address: str | None = None
        for org_id, member_id in wanted.items():
            row = there.get(org_id)
            if row is None or row.address_version != chosen.address_version:
                address = address or self._open(chosen)
                row = _subscribed(chosen, org_id, member_id, address)
            if row is not None and row.confirmed_at is None and row.arn in topics.confirmed(row.topic):
                store.update(
                    row.own_key, [SubscriptionRow.confirmed_at.set(clock.now())], SubscriptionRow.arn == row.arn
                )

    def _open(self, chosen: ChannelsRow) -> str:
        return self._cipher.open(FieldClass.EMAIL, sealed_in(chosen.person_id), chosen.email_sealed or b"")


def sealed_in(person_id: str) -> str:
    """The row that a person's sealed address is bound to."""
    return f"people|{person_id}|{ChannelsRow.SK}"


def _present(chosen: ChannelsRow | None, person: PersonRow | None) -> ChannelsRow | None:
    """The channels of a person's present life, if an address is among them."""
    if chosen is None or person is None or chosen.enrolment != person.enrolment or chosen.email_sealed is None:
        return None
    return chosen


def _subscribed(chosen: ChannelsRow, org_id: str, member_id: str, address: str) -> SubscriptionRow | None:
    """Subscribe an address to an organization's topic, which is made if it is the first.

    None where no more topics may be, or where SNS does not take the address: another manager's subscription has it already.

    The topic is made or found at each subscription: whoever removed the last one may be removing it just now.
    """
    topic_key = TopicRow.of(org_id)
    if store.read_together([topic_key]).get(topic_key) is None and not _note_topic(org_id):
        return None
    topic, to = topics.make_topic(org_id), _word_for(member_id, address)
    arn = topics.subscribe(topic, to, address)
    if arn is None:
        return None
    key, version = SubscriptionRow.of(chosen.person_id, org_id), chosen.address_version
    row = SubscriptionRow(key.hash_value, key.range_value, arn=arn, topic=topic, to=to, address_version=version)
    transaction = Transaction().put(row, SubscriptionRow.person_id.does_not_exist(), ChangedMeanwhile())
    actions = [TopicRow.arn.set(topic), TopicRow.subscribers.add(1)]
    transaction.update(topic_key, actions, TopicRow.org_id.exists(), ChangedMeanwhile())
    same = (ChannelsRow.address_version == version) & (ChannelsRow.enrolment == chosen.enrolment)
    transaction.check(chosen.own_key, same, AddressGone())
    try:
        transaction.commit()
    except AddressGone:
        topics.unsubscribe(arn)
        raise
    return row


def _word_for(member_id: str, address: str) -> str:
    """For whom an e-mail is: for a member at this one address. It tells neither."""
    return hashlib.sha256(f"{member_id} {address}".encode()).hexdigest()[:32]


def _subscribes(row: SubscriptionRow) -> bool:
    """Whether a subscription that was confirmed is there still; where SNS does not say, it is."""
    try:
        return row.arn in topics.confirmed(row.topic)
    except ClientError as error:
        return error_code(error) != SUBSCRIPTION_GONE
    except BotoCoreError:
        return True


def _note_topic(org_id: str) -> bool:
    """Count one more organization with a topic. False if the city file allows no more."""
    most = settings().city.alerts.topics_max
    row = TopicRow(org_id, TopicRow.of(org_id).range_value, arn="", subscribers=0)
    below = TopicsRow.amount.does_not_exist() | (TopicsRow.amount < most)
    transaction = Transaction().update(TopicsRow.here(), [TopicsRow.amount.add(1)], below, TopicsSpent())
    transaction.put(row, TopicRow.org_id.does_not_exist(), ChangedMeanwhile())
    try:
        if most:
            transaction.commit()
    except TopicsSpent:
        return False
    return most > 0


def _end(row: SubscriptionRow) -> None:
    """End a subscription, and the topic with the last one. Who subscribes to that at this moment is asked to confirm again."""
    key = TopicRow.of(row.org_id)
    topic = store.read_together([key]).get(key)
    topics.unsubscribe(row.arn)
    transaction = Transaction().delete(row.own_key, SubscriptionRow.arn == row.arn, ChangedMeanwhile())
    if topic is not None and topic.subscribers > 1:
        transaction.update(key, [TopicRow.subscribers.add(-1)], TopicRow.subscribers > 1, ChangedMeanwhile())
    elif topic is not None:
        _remove(transaction, topic, TopicRow.subscribers <= 1)
    transaction.commit()


def _remove(transaction: Transaction, topic: TopicRow, condition: Condition) -> None:
    """Remove a topic, and forget it in the transaction if the condition still holds."""
    if topic.arn:
        topics.remove_topic(topic.arn)
    transaction.delete(topic.own_key, condition, ChangedMeanwhile())
    transaction.update(TopicsRow.here(), [TopicsRow.amount.add(-1)])


def _distrust(recipient: Recipient, org_id: str) -> None:
    """Forget that a subscription was confirmed, for it is gone, perhaps with its topic; the next try goes another way."""
    key = SubscriptionRow.of(recipient.person.person_id, org_id)
    store.update(key, [SubscriptionRow.address_version.set(-1)], SubscriptionRow.person_id.exists())
    ask_to_follow(recipient.person.person_id)
