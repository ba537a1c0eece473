"""E-mail: a topic for each organization, there while somebody subscribes; each gets what is for them, at confirmed addresses."""

import json
from collections.abc import Iterator
from typing import Any

import pytest

from chalicelib.alerts import topics
from chalicelib.alerts.emails import Emails
from chalicelib.alerts.ports import Recipient
from chalicelib.alerts.tables import AlertRow, ChannelsRow, SubscriptionRow, TopicRow, TopicsRow
from chalicelib.core import aws, settings, store
from chalicelib.core.city import City
from chalicelib.core.crypto import pairwise_id
from chalicelib.core.errors import Unavailable
from chalicelib.core.fields import FieldCipher
from chalicelib.core.names import organization_topic
from chalicelib.groups.effects import sweeps
from tests.support.alerting import Raised, deliver, own_resolver, put_alert, queued, raised
from tests.support.books import Book, person_id_of, person_key
from tests.support.city import TestCity
from tests.support.client import Client
from tests.support.enrolled import enrolled
from tests.support.people import TestPerson
from tests.support.rights import acting_as
from tests.support.rows import items_of, stored
from tests.support.seam import Seam, aws_error, put_in
from tests.support.working import FAULTS, Cuts

pytestmark = pytest.mark.jobs

ADDRESS = "gatekeeper@example.com"


@pytest.fixture(autouse=True)
def _apart(city: TestCity) -> Iterator[None]:  # noqa: ARG001  the tables must be there
    with own_resolver():
        yield


@pytest.fixture
def owner(city: TestCity) -> TestPerson:
    return city.person()


@pytest.fixture
def client(city: TestCity, owner: TestPerson) -> Client:
    return city.verified(owner)


@pytest.fixture
def book(city: TestCity, client: Client) -> Book:
    return Book.opened(city, client)


def follow(person: TestPerson) -> dict[str, Any]:
    """Let the sender look after a person's e-mail."""
    answer: dict[str, Any] = deliver(ChannelsRow.of(person_id_of(person)))
    queued()
    return answer


def done(answer: dict[str, Any]) -> bool:
    return answer == {"batchItemFailures": []}


def subscriptions(org_id: str) -> list[tuple[str, Any]]:
    """The addresses that subscribe to an organization's topic, and their filters; none where there is no topic."""
    name = organization_topic("demo", org_id)
    arns = [one["TopicArn"] for page in aws.sns().get_paginator("list_topics").paginate() for one in page["Topics"]]
    found = [arn for arn in arns if arn.endswith(f":{name}")]
    if not found:
        return []
    listed = aws.sns().list_subscriptions_by_topic(TopicArn=found[0])["Subscriptions"]
    return [
        (
            one["Endpoint"],
            json.loads(
                aws.sns().get_subscription_attributes(SubscriptionArn=one["SubscriptionArn"])["Attributes"][
                    "FilterPolicy"
                ]
            ),
        )
        for one in listed
    ]


def has_topic(org_id: str) -> bool:
    name = organization_topic("demo", org_id)
    arns = [one["TopicArn"] for page in aws.sns().get_paginator("list_topics").paginate() for one in page["Topics"]]
    return any(arn.endswith(f":{name}") for arn in arns)


def subscription_of(person: TestPerson, org_id: str) -> SubscriptionRow:
    key = SubscriptionRow.of(person_id_of(person), org_id)
    row = store.read_together([key]).get(key)
    assert row is not None
    return row


def topic_count() -> int:
    item = stored(TopicsRow.here())
    return int(item["amount"]["N"]) if item else 0


def give(client: Client, person: TestPerson, address: str = ADDRESS) -> None:
    assert client.put("/v1/me/channels/email", {"address": address}).status == 200
    assert done(follow(person))


def organizations(client: Client) -> list[dict[str, str]]:
    shown: list[dict[str, str]] = client.get("/v1/me/channels").json["email_address"]["organizations"]
    return shown


def about(book: Book, city: TestCity, owner: TestPerson) -> Raised:
    """An alert of the book, for its owner."""
    person = store.read_together([person_key(owner)]).get(person_key(owner))
    assert person is not None
    to = Recipient(pairwise_id(book.org_id, person.person_id), person)
    one = raised(city, owner, recipients=[to])
    one.org_id = book.org_id
    one.again()
    return one


def sent(faults: Seam) -> list[dict[str, Any]]:
    """The e-mails that were published."""
    return [kwargs for operation, kwargs in faults.calls if operation == "Publish" and "Subject" in kwargs]


def is_for(message: dict[str, Any]) -> list[str]:
    """What a subscription must let through to get an e-mail."""
    found: list[str] = json.loads(message["MessageAttributes"]["to"]["StringValue"])
    return found


def test_the_first_subscriber_makes_the_topic_and_the_last_one_ends_it(
    client: Client, owner: TestPerson, book: Book
) -> None:
    before = topic_count()
    assert not has_topic(book.org_id)

    give(client, owner)

    assert subscriptions(book.org_id) == [(ADDRESS, {"to": [subscription_of(owner, book.org_id).to]})]
    assert topic_count() == before + 1
    assert organizations(client) == [{"org_id": book.org_id, "state": "confirmed"}]
    assert done(follow(owner)), "a repetition finds nothing to do"
    assert len(subscriptions(book.org_id)) == 1

    assert client.delete("/v1/me/channels/email").status == 204
    assert done(follow(owner))

    assert not has_topic(book.org_id)
    assert stored(TopicRow.of(book.org_id)) is None
    assert topic_count() == before


def test_administrators_subscribe_to_the_same_topic_each_with_a_filter_of_their_own(
    client: Client, owner: TestPerson, book: Book
) -> None:
    head = book.admin(book.department())
    give(client, owner)
    give(head.client, head.person, "head@example.com")

    assert sorted(address for address, _ in subscriptions(book.org_id)) == [ADDRESS, "head@example.com"]
    assert {filter_["to"][0] for _, filter_ in subscriptions(book.org_id)} == {
        subscription_of(one, book.org_id).to for one in (head.person, owner)
    }

    assert book.owner.delete(f"{book.path}/admins/{head.member_id}").status == 204
    assert ChannelsRow.of(person_id_of(head.person)).raw() in queued()
    assert done(follow(head.person))
    assert [address for address, _ in subscriptions(book.org_id)] == [ADDRESS]


def test_who_manages_nothing_subscribes_to_nothing(book: Book) -> None:
    member = book.member("health_code")
    give(member.client, member.person)
    assert organizations(member.client) == []
    assert not has_topic(book.org_id)


def test_another_address_takes_the_place_of_the_one_before(client: Client, owner: TestPerson, book: Book) -> None:
    give(client, owner)
    give(client, owner, "other@example.com")
    assert [address for address, _ in subscriptions(book.org_id)] == ["other@example.com"]


def test_who_confirms_a_mistyped_address_later_gets_nothing_by_it(
    client: Client, owner: TestPerson, book: Book, faults: Seam, monkeypatch: pytest.MonkeyPatch
) -> None:
    """SNS ends no subscription that was not confirmed, so the stranger's is there until SNS forgets it."""
    head = book.admin(None)
    give(head.client, head.person, "head@example.com")
    with monkeypatch.context() as patched:
        patched.setattr(topics, "unsubscribe", lambda _: None)
        give(client, owner, "stranger@example.com")
        give(client, owner)
    filters = {address: filter_["to"] for address, filter_ in subscriptions(book.org_id)}
    assert filters.keys() == {ADDRESS, "head@example.com", "stranger@example.com"}

    assert done(about(book, book.city, owner).deliver())

    (message,) = sent(faults)
    assert [address for address, words in filters.items() if words == is_for(message)] == [ADDRESS]


def test_who_ended_a_subscription_by_the_link_under_an_e_mail_is_told_by_phone_and_asked_again(
    city: TestCity, client: Client, owner: TestPerson, book: Book, faults: Seam
) -> None:
    give(client, owner)
    client.put("/v1/me/channels", {"sms": False, "email": True, "language": "en"})
    aws.sns().unsubscribe(SubscriptionArn=subscription_of(owner, book.org_id).arn)
    queued()
    one = about(book, city, owner)

    assert done(one.deliver())

    assert (sent(faults), len(one.sent_to(owner)), one.row.outcome) == ([], 1, "sent")
    assert ChannelsRow.of(person_id_of(owner)).raw() in queued()
    follow(owner)
    assert [address for address, _ in subscriptions(book.org_id)] == [ADDRESS]


def test_where_sns_does_not_say_who_subscribes_the_e_mail_goes_out(
    city: TestCity, client: Client, owner: TestPerson, book: Book, faults: Seam
) -> None:
    give(client, owner)
    faults.fail("ListSubscriptionsByTopic", aws_error("Throttled"))
    one = about(book, city, owner)

    assert done(one.deliver())

    assert len(sent(faults)) == 1


def test_an_address_that_is_forgotten_while_it_is_subscribed_leaves_nothing(
    client: Client, owner: TestPerson, book: Book, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert client.put("/v1/me/channels/email", {"address": ADDRESS}).status == 200
    subscribe = topics.subscribe

    def forgetting(*args: str) -> str | None:
        with acting_as(None):
            assert client.delete("/v1/me/channels/email").status == 204
        return subscribe(*args)

    with monkeypatch.context() as patched:
        patched.setattr(topics, "subscribe", forgetting)
        assert not done(follow(owner))

    assert done(follow(owner))
    assert stored(SubscriptionRow.of(person_id_of(owner), book.org_id)) is None
    assert subscriptions(book.org_id) == []


@pytest.mark.parametrize("end", ["leave", "remove"])
def test_with_the_membership_the_role_and_its_subscription_end(book: Book, end: str) -> None:
    head = book.admin(book.department())
    give(head.client, head.person)
    member = book.member()
    assert len(subscriptions(book.org_id)) == 1
    queued()

    for one in (head, member):
        path = f"{book.path}/members/{one.member_id}"
        answer = one.client.delete(book.own_path) if end == "leave" else book.owner.delete(path)
        assert answer.status == 204

    assert queued() == [ChannelsRow.of(person_id_of(head.person)).raw()], "who had no role is not looked at"
    assert done(follow(head.person))
    assert not has_topic(book.org_id)


def test_an_alert_goes_by_the_ways_that_were_chosen(
    city: TestCity, client: Client, owner: TestPerson, book: Book, faults: Seam
) -> None:
    give(client, owner)
    client.put("/v1/me/channels", {"sms": False, "email": True, "language": "en"})
    one = about(book, city, owner)

    assert done(one.deliver())
    assert done(one.deliver())

    (message,) = sent(faults)
    assert is_for(message) == [subscription_of(owner, book.org_id).to]
    assert 'has been "orange"' in message["Message"]
    assert one.sent_to(owner) == []

    client.put("/v1/me/channels", {"sms": True, "email": True, "language": "zh-CN"})
    both = about(book, city, owner)
    both.again(version=9)
    assert done(both.deliver())
    assert len(sent(faults)) == 2
    assert len(both.sent_to(owner)) == 1
    assert sorted(entry.split("#")[1] for entry in both.row.sent) == ["email", "sms", "topic"]


def test_an_address_that_was_not_confirmed_gets_nothing_and_the_phone_does(
    client: Client, owner: TestPerson, book: Book, faults: Seam, monkeypatch: pytest.MonkeyPatch
) -> None:
    city = book.city
    with monkeypatch.context() as patched:
        patched.setattr(topics, "confirmed", lambda _: set())
        give(client, owner)
        client.put("/v1/me/channels", {"sms": False, "email": True, "language": "en"})
        assert organizations(client) == [{"org_id": book.org_id, "state": "pending"}]
        one = about(book, city, owner)
        assert done(one.deliver())
    assert sent(faults) == []
    assert len(one.sent_to(owner)) == 1
    assert ChannelsRow.of(person_id_of(owner)).raw() in queued(), "it is looked at again"

    follow(owner)
    assert organizations(client) == [{"org_id": book.org_id, "state": "confirmed"}]


def test_an_address_given_before_the_role_is_looked_after_at_the_first_alert(
    city: TestCity, book: Book, faults: Seam
) -> None:
    member = book.member()
    give(member.client, member.person)
    body = {"member_id": member.member_id, "department_id": None}
    assert book.owner.post(f"{book.path}/admins", body).status == 201
    one = about(book, city, member.person)

    one.deliver()
    assert sent(faults) == []
    assert ChannelsRow.of(person_id_of(member.person)).raw() in queued()
    follow(member.person)

    assert organizations(member.client) == [{"org_id": book.org_id, "state": "confirmed"}]


def test_a_topic_that_somebody_removed_by_hand_is_made_again_and_nobody_goes_untold(
    city: TestCity, client: Client, owner: TestPerson, book: Book
) -> None:
    give(client, owner)
    topic = store.read_together([TopicRow.of(book.org_id)]).get(TopicRow.of(book.org_id))
    assert topic is not None
    aws.sns().delete_topic(TopicArn=topic.arn)
    one = about(book, city, owner)

    assert not done(one.deliver()) or one.sent_to(owner)
    assert done(one.deliver())
    assert len(one.sent_to(owner)) == 1
    follow(owner)
    assert len(subscriptions(book.org_id)) == 1


def test_beyond_the_citys_number_of_topics_alerts_come_as_text_messages(
    city: TestCity, client: Client, owner: TestPerson, book: Book, monkeypatch: pytest.MonkeyPatch
) -> None:
    policy = settings.settings().city.model_dump(mode="json")
    policy["alerts"]["topics_max"] = topic_count()
    changed = City.model_validate(policy)
    monkeypatch.setattr(settings, "load_city", lambda _: changed)
    give(client, owner)

    assert organizations(client) == []
    assert not has_topic(book.org_id)
    one = about(book, city, owner)
    assert done(one.deliver())
    assert len(one.sent_to(owner)) == 1


@pytest.mark.usefixtures("book")
def test_an_address_that_sns_does_not_take_hinders_nothing(client: Client, owner: TestPerson, faults: Seam) -> None:
    refused = aws.sns().exceptions.InvalidParameterException
    faults.fail("Subscribe", refused({"Error": {"Code": "InvalidParameter", "Message": ""}}, "Subscribe"))
    give(client, owner)
    assert organizations(client) == []


@pytest.mark.parametrize("code", ["InternalError", "Throttled"])
def test_sns_in_trouble_has_it_come_again(
    client: Client, owner: TestPerson, book: Book, faults: Seam, code: str
) -> None:
    city = book.city
    give(client, owner)
    one = about(book, city, owner)
    client.put("/v1/me/channels", {"sms": False, "email": True, "language": "en"})
    faults.fail("Publish", aws_error(code))

    assert not done(one.deliver())
    assert one.row.outcome is None
    assert done(one.deliver())
    assert one.row.outcome == "sent"


def test_a_deleted_book_leaves_no_topic_no_subscription_and_no_alert(
    city: TestCity, client: Client, owner: TestPerson, book: Book
) -> None:
    head = book.admin(None)
    give(client, owner)
    give(head.client, head.person, "head@example.com")
    put_alert(book.org_id, head.member_id)

    assert book.delete().status == 204
    city.deliver()

    assert not has_topic(book.org_id)
    assert items_of(AlertRow, book.org_id) == []
    for person in (owner, head.person):
        assert stored(SubscriptionRow.of(person_id_of(person), book.org_id)) is None


def test_an_alert_that_is_raised_while_a_book_is_taken_apart_goes_with_it(
    city: TestCity, book: Book, monkeypatch: pytest.MonkeyPatch
) -> None:
    member = book.member("health_code")
    original = sweeps._end_memberships  # noqa: SLF001  what comes in between is put into the middle of it

    def raising(*args: Any) -> None:
        with acting_as(None):  # it is another function's doing
            put_alert(book.org_id, member.member_id)
        original(*args)

    monkeypatch.setattr(sweeps, "_end_memberships", raising)
    assert book.delete().status == 204
    city.deliver()

    assert items_of(AlertRow, book.org_id) == []


def test_a_topic_goes_with_its_organization_though_somebody_subscribes_still(
    client: Client, owner: TestPerson, book: Book
) -> None:
    before = topic_count()
    give(client, owner)

    assert done(deliver(TopicRow.of(book.org_id)))
    assert done(deliver(TopicRow.of(book.org_id)))

    assert not has_topic(book.org_id)
    assert topic_count() == before
    assert client.delete("/v1/me/channels/email").status == 204
    assert done(follow(owner))
    assert stored(SubscriptionRow.of(person_id_of(owner), book.org_id)) is None


def test_an_erased_life_leaves_no_subscription(city: TestCity) -> None:
    book = Book.opened(city)
    head = book.admin(None)
    give(head.client, head.person, "head@example.com")
    assert len(subscriptions(book.org_id)) == 1

    assert head.client.delete("/v1/me").status == 204
    follow(head.person)

    assert stored(ChannelsRow.of(person_id_of(head.person))) is None
    assert subscriptions(book.org_id) == []


@pytest.mark.slow
def test_whatever_dies_while_it_is_looked_after_it_ends_right(city: TestCity) -> None:
    def once(at: dict[int, tuple[str, BaseException]]) -> int:
        person = city.person()
        (client,) = enrolled(city, person)
        book = Book.opened(city, client)
        assert client.put("/v1/me/channels/email", {"address": ADDRESS}).status == 200
        channels = ChannelsRow.of(person_id_of(person))
        with put_in(Cuts()) as cuts:
            cuts.at = at
            with cuts.here():
                deliver(channels)
        assert done(follow(person))
        assert [address for address, _ in subscriptions(book.org_id)] == [ADDRESS]
        assert client.delete("/v1/me/channels/email").status == 204
        with put_in(Cuts()) as again:
            again.at = at
            with again.here():
                deliver(channels)
        assert done(follow(person))
        assert not has_topic(book.org_id)
        assert stored(TopicRow.of(book.org_id)) is None
        return max(len(cuts.calls), len(again.calls))

    once({})
    for number in range(once({})):
        for fault in FAULTS:
            once({number: fault})


def test_without_anybody_who_knows_who_administers_nothing_is_done() -> None:
    with pytest.raises(Unavailable):
        Emails(FieldCipher()).follow("p")
