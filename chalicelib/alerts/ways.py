"""By which ways a person can be told, and which of them they chose."""

from dataclasses import dataclass
from typing import Final, Protocol

from chalicelib.alerts.messages import sms_text
from chalicelib.alerts.ports import Audience, Recipient
from chalicelib.alerts.tables import AlertRow, ChannelsRow
from chalicelib.core import ids
from chalicelib.core.fields import FieldCipher, FieldClass
from chalicelib.core.log import Event, emit
from chalicelib.core.ports import SmsSender
from chalicelib.core.settings import settings
from chalicelib.core.texts import LANGUAGES, Language
from chalicelib.people.service import budget
from chalicelib.people.tables.people import PersonRow

WAYS: Final = ("sms", "email")
"""What the ways to a person are called."""

PURPOSE = "alert"
"""What the log calls a text message that is an alert."""


@dataclass(frozen=True)
class Choice:
    """What somebody chose; who chose nothing gets text messages in the city's first language."""

    sms: bool
    email: bool
    language: Language
    morning: bool = False
    """Whether they want the numbers of their books each morning."""

    @classmethod
    def of(cls, row: ChannelsRow | None, person: PersonRow) -> "Choice":
        """The choice of a person's present life."""
        if row is None or row.enrolment != person.enrolment:
            return cls(sms=True, email=False, language=settings().city.languages[0])
        spoken = (language for language in LANGUAGES if language == row.language)
        language = next(spoken, settings().city.languages[0])
        return cls(bool(row.by_sms), bool(row.by_email), language, bool(row.morning))


class Way(Protocol):
    """One way by which messages leave the city."""

    name: str

    def is_chosen(self, choice: Choice) -> bool:
        """Whether somebody wants to be told this way."""
        ...

    def reaches(self, alert: AlertRow, recipient: Recipient) -> bool:
        """Whether a message would arrive, as far as the city knows."""
        ...

    def send(self, alert: AlertRow, audience: Audience, recipient: Recipient, language: Language) -> None:
        """Hand the message over. Raises Unavailable if it is not taken now."""
        ...


def has_phone(person: PersonRow) -> bool:
    """Whether there is a phone, and the health source does not say by now that it is somebody else's."""
    return person.phone_sealed is not None and not person.phone_refuted


def phone_of(person: PersonRow, cipher: FieldCipher) -> str:
    """The phone by which somebody logs in. Raises Broken if it does not open."""
    return cipher.open(FieldClass.PHONE, f"people|{person.person_id}|PERSON", person.phone_sealed or b"")


class Sms:
    """Text messages, to the phone by which the person logs in."""

    name = "sms"

    def __init__(self, sender: SmsSender, cipher: FieldCipher) -> None:
        """Take who carries messages, and who opens sealed phones."""
        self._sender, self._cipher = sender, cipher

    def is_chosen(self, choice: Choice) -> bool:
        """Whether somebody wants text messages."""
        return choice.sms

    def reaches(self, alert: AlertRow, recipient: Recipient) -> bool:  # noqa: ARG002  of any book
        """Whether there is a phone that is theirs."""
        return has_phone(recipient.person)

    def send(self, alert: AlertRow, audience: Audience, recipient: Recipient, language: Language) -> None:
        """Send within the city's budget. Raises SmsBudgetSpent, SmsUnavailable, or Broken for a phone that does not open."""
        phone = phone_of(recipient.person, self._cipher)
        budget.take_one()
        message_id = ids.derived_id(alert.at, alert.org_id, alert.alert_id, recipient.member_id)
        self._sender.send(phone, sms_text(audience, language), language, message_id)
        emit(Event.SMS_SENT, purpose=PURPOSE)
