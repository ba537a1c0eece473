"""Alerts in tests: people who are to be told, an organization that only exists in the answer of who resolves it, and the queue."""

import json
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

import app
from chalicelib.alerts.ports import Audience, Recipient
from chalicelib.alerts.raising import QUEUE, raise_alert
from chalicelib.alerts.sending import AlertSender
from chalicelib.alerts.tables import AlertRow
from chalicelib.core import aws, clock, ids, store
from chalicelib.core.names import city_topic
from chalicelib.core.policy import Words
from chalicelib.core.scheme import State
from chalicelib.core.settings import settings
from chalicelib.core.streams import BatchAnswer
from tests.support import messages
from tests.support.books import person_key
from tests.support.city import TestCity
from tests.support.people import TestPerson

ORANGE = Words(zh="橙码", en="orange")


def a_state(**changes: Any) -> State:
    """The city's worst state under another name and word, and with these changes."""
    return settings().city.scheme.states[-1].model_copy(update={"name": "orange", "word": ORANGE, **changes})


@dataclass
class Told:
    """Says whom every alert is for: these people, until a test changes it."""

    audience: Audience | None
    before: Callable[[], None] = lambda: None
    asked: int = 0

    def recipients(self, alert: AlertRow) -> Audience | None:  # noqa: ARG002  every alert is for them
        """The audience, whatever the alert."""
        self.asked += 1
        self.before()
        return self.audience

    def change(self, **fields: Any) -> None:
        """Let the audience be another from now on."""
        assert self.audience is not None
        self.audience = replace(self.audience, **fields)


@dataclass
class Raised:
    """One alert of a new organization, and who is to be told."""

    city: TestCity
    people: list[TestPerson]
    told: Told
    org_id: str = field(default_factory=ids.new_id)
    member_id: str = field(default_factory=ids.new_id)
    at: datetime = field(default_factory=clock.now)
    alert_id: str = ""

    def again(self, version: int = 2) -> str:
        """Raise it; the same version is the same change."""
        self.alert_id = raise_alert(self.org_id, self.member_id, version, self.at)
        return self.alert_id

    @property
    def key(self) -> store.Key[AlertRow]:
        """Where it lies."""
        return AlertRow.of(self.org_id, self.alert_id)

    @property
    def row(self) -> AlertRow:
        """It, as it is stored."""
        found = store.read_together([self.key]).get(self.key)
        assert found is not None
        return found

    def deliver(self) -> BatchAnswer:
        """Let the sender have it once."""
        return deliver(self.key)

    def sent_to(self, person: TestPerson) -> list[str]:
        """The text messages that a person got, but for codes."""
        return [text for phone, text in self.city.sms.sent if phone == person.phone and not re.search(r"\d{6}", text)]


def raised(city: TestCity, *people: TestPerson, **audience: Any) -> Raised:
    """An alert for these people, who proved their identities, or for a new one."""
    persons = list(people) or [verified(city)]
    fields: dict[str, Any] = {
        "life": f"{ids.new_id()}.1",
        "organization": "第三中学",
        "name_mask": "王**",
        "state": a_state(),
        "since": clock.now(),
        "department": None,
        "recipients": [recipient(person) for person in persons],
    }
    one = Raised(city, persons, Told(Audience(**{**fields, **audience})))
    app.services.get(AlertSender).asks(one.told)
    one.again()
    return one


def verified(city: TestCity) -> TestPerson:
    """Somebody who proved who they are."""
    person = city.person()
    city.verified(person)
    return person


def recipient(person: TestPerson) -> Recipient:
    """A person as somebody to be told."""
    row = store.read_together([person_key(person)]).get(person_key(person))
    assert row is not None
    return Recipient(f"m-{row.person_id}", row)


def deliver(*keys: store.Key[Any]) -> BatchAnswer:
    """Hand messages with these keys to the sender."""
    answer: BatchAnswer = app.alerts_sender({"Records": [message(key) for key in keys]}, None)
    return answer


def message(key: store.Key[Any]) -> dict[str, Any]:
    """A message of the queue as Lambda hands it over."""
    return {"messageId": ids.new_id(), "body": json.dumps({"keys": key.raw()}), "eventSource": "aws:sqs"}


@contextmanager
def own_resolver() -> Iterator[None]:
    """Whoever resolved alerts before this block does so behind it, and the queue is empty before and behind."""
    sender = app.services.get(AlertSender)
    before = sender._resolver  # noqa: SLF001  who is asked otherwise is put back
    queued()
    try:
        yield
    finally:
        sender._resolver = before  # noqa: SLF001  who is asked otherwise is put back
        queued()


def put_alert(org_id: str, member_id: str, **fields: Any) -> str:
    """Store an alert of a late version as if it had been raised, without its being on the queue. Returns its id."""
    at = fields.pop("at", clock.now())
    alert_id = ids.derived_id(at, org_id, member_id, ids.new_id())
    values = {"status_version": 9, "sent": [], "expires_at": at + timedelta(days=180), **fields}
    store.put(AlertRow(org_id, alert_id, member_id=member_id, **values))
    return alert_id


def queued() -> list[Any]:
    """The keys on the queue, off it."""
    return messages.keys(messages.take(QUEUE))


@dataclass
class Listener:
    """A queue that subscribes to the city's topic, as an operator's own system would."""

    url: str

    @classmethod
    def new(cls) -> "Listener":
        """A queue of its own."""
        url = aws.sqs().create_queue(QueueName=f"listener-{ids.new_id()}")["QueueUrl"]
        arn = aws.sqs().get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
        topic = aws.sns().create_topic(Name=city_topic(settings().city_name))["TopicArn"]
        aws.sns().subscribe(TopicArn=topic, Protocol="sqs", Endpoint=arn, Attributes={"RawMessageDelivery": "true"})
        return cls(url)

    def heard(self) -> list[dict[str, str]]:
        """What was said since the last look."""
        found: list[dict[str, str]] = []
        while got := aws.sqs().receive_message(QueueUrl=self.url, MaxNumberOfMessages=10).get("Messages", []):
            for one in got:
                aws.sqs().delete_message(QueueUrl=self.url, ReceiptHandle=one["ReceiptHandle"])
                found.append(json.loads(one["Body"]))
        return found
