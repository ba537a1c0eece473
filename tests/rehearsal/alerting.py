"""From a fact to a message that SNS published: what a registered source delivers, through streams, queues and the city's topic."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from chalicelib.core.names import city_topic
from tests.rehearsal.conftest import CITIES, DeployedCity

SUBDISTRICTS = {"linyi": "371302001", "beijing": "110101001"}


@pytest.mark.parametrize("name", CITIES)
def test_a_fact_is_published_to_whom_operators_subscribed(stage: dict[str, DeployedCity], name: str) -> None:
    city, now = stage[name], datetime.now(UTC).replace(microsecond=0)
    owner_person, person = city.people(2)
    owner, member = city.verified(owner_person), city.verified(person)
    opened = owner.post("/v1/organizations", {"name": "第三小学", "kind": "school", "subdistrict": SUBDISTRICTS[name]})
    org_id = opened.json["org_id"]
    code = owner.post(f"/v1/organizations/{org_id}/invitations", {}).json["code"]
    assert member.post(f"/v1/invitations/{code}/join", {"scopes": ["health_code"]}).status == 201
    queue = subscribed(city)

    city.report(person, "case", "confirmed", now.isoformat())

    message = city.eventually(lambda: published(city, queue, org_id), seconds=60)
    worst = city.api.get("/v1/city").json["states"][-1]["state"]
    assert message, "nothing was published"
    assert (message["event"], message["state"]) == ("alert", worst)
    assert message.keys() == {"event", "org_id", "alert_id", "at", "state", "word"}, "nothing about a person"
    assert city.eventually(lambda: sent(owner, org_id) == "sent"), "the owner got a text message"


def subscribed(city: DeployedCity) -> str:
    """The address of a queue that hears what the city's topic publishes from now on."""
    assert city.rehearsed is not None
    sqs, sns = (city.rehearsed.deployment.client(service) for service in ("sqs", "sns"))
    url = str(sqs.create_queue(QueueName=f"{city.name}-operators")["QueueUrl"])
    arn = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    topics = [one["TopicArn"] for page in sns.get_paginator("list_topics").paginate() for one in page["Topics"]]
    (topic,) = (one for one in topics if one.endswith(f":{city_topic(city.name)}"))
    sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=arn)
    return url


def published(city: DeployedCity, queue: str, org_id: str) -> dict[str, Any] | None:
    """What was published about an organization; messages of other tests are taken off the queue."""
    assert city.rehearsed is not None
    sqs = city.rehearsed.deployment.client("sqs")
    for message in sqs.receive_message(QueueUrl=queue, MaxNumberOfMessages=10).get("Messages", []):
        sqs.delete_message(QueueUrl=queue, ReceiptHandle=message["ReceiptHandle"])
        told: dict[str, Any] = json.loads(json.loads(message["Body"])["Message"])
        if told.get("org_id") == org_id:
            return told
    return None


def sent(manager: Any, org_id: str) -> str | None:
    """How far the delivery of the organization's one alert is."""
    alerts = manager.get(f"/v1/organizations/{org_id}/alerts").json["items"]
    return alerts[0]["delivery"] if alerts else None
