"""Only what a registered source signed with a valid key of its own is taken, whatever is changed about it."""

import base64
import hashlib
import json
from datetime import timedelta

import pytest

from chalicelib.core import clock, store
from chalicelib.health.tables import SourceRow
from chalicelib.health.tables.deliveries import SourceKeyRow
from tests.support.city import TestCity
from tests.support.rows import spoiled
from tests.support.sources import SourceClient, add_key, outcomes, registered, report

pytestmark = pytest.mark.api


@pytest.fixture
def lab(city: TestCity) -> SourceClient:
    return registered(city)


@pytest.mark.parametrize(
    ("header", "value"),
    [
        ("gatebook-source", ""),
        ("gatebook-source", "lab/3"),
        ("gatebook-source", "x" * 65),
        ("gatebook-key", ""),
        ("gatebook-time", ""),
        ("gatebook-time", "1649124000"),
        ("gatebook-time", "2022-13-41T02:00:00Z"),
        ("gatebook-time", "2022-04-05T02:00:00+08:00"),
        ("gatebook-signature", ""),
        ("gatebook-signature", "%%%"),
        ("gatebook-signature", base64.b64encode(b"x" * 63).decode()),
        ("gatebook-signature", base64.b64encode(b"x" * 65).decode()),
    ],
)
def test_headers_of_another_form_are_no_signature(city: TestCity, lab: SourceClient, header: str, value: str) -> None:
    lab.changes = {header: value}
    answer = lab.facts(report(city.stranger()))
    assert (answer.status, answer.code) == (401, "signature_required")
    assert answer.headers["www-authenticate"] == 'Gatebook-Signature realm="gatebook"'


def test_a_session_is_no_signature_and_a_signature_no_session(city: TestCity, lab: SourceClient) -> None:
    person = city.stranger()
    assert city.verified().post("/v1/facts/batch", {}).code == "signature_required"
    assert city.api.post("/v1/facts/batch", {}).code == "signature_required"
    assert lab.get("/v1/me").code == "session_required"
    assert person.number not in lab.get("/v1/facts/batches").text


def test_what_was_signed_can_not_be_changed(city: TestCity, lab: SourceClient) -> None:
    other, body = registered(city), b'{"reporter":"x","rows":[]}'
    path = "/v1/facts/batch"
    right = lab.signed("POST", path, body)
    later = clock.iso(clock.now() + timedelta(seconds=1))
    flipped = base64.b64decode(right["gatebook-signature"])
    flipped = bytes([flipped[0] ^ 1]) + flipped[1:]
    wrong = [
        lab.signed("POST", path, body + b" "),
        lab.signed("PUT", path, body),
        lab.signed("POST", "/v1/identities/batch", body),
        {**right, "gatebook-time": later},
        {**right, "gatebook-signature": base64.b64encode(flipped).decode()},
        {**right, "gatebook-source": other.source},
        {**right, "gatebook-key": other.key_id},
        {**right, "gatebook-source": other.source, "gatebook-key": other.key_id},
        {**right, "gatebook-source": "nobody"},
        {**right, "gatebook-key": "nothing"},
    ]
    for headers in wrong:
        answer = city.api.transport("POST", path, {"content-type": "application/json", **headers}, body)
        assert (answer.status, answer.code) == (401, "signature_refused"), headers
    assert city.api.transport("POST", path, {"content-type": "application/json", **right}, body).status == 422


def test_a_signature_of_another_city_is_worth_nothing(city: TestCity, lab: SourceClient) -> None:
    body = b"{}"
    message = lab.signed("POST", "/v1/facts/batch", body)
    digest = hashlib.sha256(body).hexdigest()
    lines = "\n".join(("gatebook-v1", "linyi", "POST", "/v1/facts/batch", message["gatebook-time"], digest))
    message["gatebook-signature"] = base64.b64encode(lab.private.sign(lines.encode())).decode()
    assert city.api.transport("POST", "/v1/facts/batch", message, body).code == "signature_refused"


@pytest.mark.parametrize(("seconds", "status"), [(-301, 401), (-299, 200), (299, 200), (301, 401)])
def test_a_request_is_taken_within_five_minutes(city: TestCity, lab: SourceClient, seconds: int, status: int) -> None:
    with clock.frozen(clock.now().replace(microsecond=0)):
        at = clock.iso(clock.now() + timedelta(seconds=seconds))
        row = report(city.stranger())
        raw = json.dumps({"reporter": "x", "rows": [row]}).encode()
        lab.changes = lab.signed("POST", "/v1/facts/batch", raw, at)
        answer = lab("POST", "/v1/facts/batch", raw=raw)
    assert answer.status == status
    assert status == 200 or answer.code == "signature_too_old"


def test_a_copy_of_a_request_does_nothing_more(city: TestCity, lab: SourceClient) -> None:
    raw = json.dumps({"reporter": "x", "rows": [report(city.stranger())]}).encode()
    headers = {"content-type": "application/json", **lab.signed("POST", "/v1/facts/batch", raw)}
    answers = [city.api.transport("POST", "/v1/facts/batch", headers, raw) for _ in range(2)]
    assert [outcomes(answer) for answer in answers] == [[("stored", None)], [("unchanged", None)]]


def test_a_revoked_source_and_an_ended_key_are_refused_at_once(city: TestCity, lab: SourceClient) -> None:
    row = report(city.stranger())
    store.update(SourceKeyRow.of(lab.source, lab.key_id), [SourceKeyRow.ends_at.set(clock.now() + timedelta(hours=1))])
    assert lab.facts(row).status == 200
    store.update(SourceKeyRow.of(lab.source, lab.key_id), [SourceKeyRow.ends_at.set(clock.now())])
    assert lab.facts(row).code == "signature_refused"
    add_key(lab)
    assert lab.facts(row).status == 200
    store.update(SourceRow.of(lab.source), [SourceRow.granted.set(False)])
    assert lab.facts(row).code == "signature_refused"


@pytest.mark.parametrize("value", [{"S": "x"}, {"S": "AAAA"}, {"N": "1"}, None])
def test_a_broken_key_is_an_error_of_ours(city: TestCity, lab: SourceClient, value: dict[str, str] | None) -> None:
    with spoiled(SourceKeyRow.of(lab.source, lab.key_id), "public_key", value):
        answer = lab.facts(report(city.stranger()))
    assert (answer.status, answer.code) == (500, "broken_record")
