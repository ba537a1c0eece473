"""What is past its time is as gone to everybody, on each path that shows it or acts on it, also while it is stored (B13, R-10).

DynamoDB removes rows within days of their time, and the emulator not at all: so whatever is seen here, a filter let through.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import pytest

from chalicelib.alerts.tables import AlertRow
from chalicelib.core import clock, ids, store
from chalicelib.core.crypto import IdentityMacs
from chalicelib.core.jobs import JobRow, last_run, run_key
from chalicelib.core.requests import RequestKey, RequestRow, remembered
from chalicelib.core.store import Key
from chalicelib.groups.consents import current_text_version
from chalicelib.groups.tables import ExportRow
from chalicelib.health.tables.deliveries import BatchState, HeldBatchRow
from chalicelib.health.tables.messages import MessagePointer, MessageRow
from chalicelib.people.tables.certificates import CertificateRow
from chalicelib.people.tables.declarations import DeclarationRow
from chalicelib.people.tables.logins import CodeRow, SessionRow
from chalicelib.people.tables.papers import PaperPassRow
from chalicelib.people.tables.people import PersonRow
from chalicelib.people.tables.privacy import AccessRow, ReceiptRow
from chalicelib.people.tables.status import StatusRow
from chalicelib.places.tables import CheckinRow
from chalicelib.places.tables.warnings import WarningRow
from chalicelib.tracing.service import Namings
from chalicelib.tracing.tables import Act, Naming, ProposalRow
from tests.api.health.steps import normal
from tests.support import nights
from tests.support.alerting import own_resolver, put_alert, raised
from tests.support.books import Book, person_id_of, person_key
from tests.support.city import TestCity
from tests.support.client import Client
from tests.support.enrolled import enrolled, name_officer
from tests.support.people import TestPerson
from tests.support.records import place, visits
from tests.support.visits import OWN

pytestmark = pytest.mark.api

SOON = timedelta(seconds=60)

Look = Callable[[], object]
"""Something truthy as long as it is seen."""


@dataclass
class Scene:
    """Somebody with a session, who is an officer too."""

    city: TestCity
    person: TestPerson
    client: Client
    until: datetime

    @property
    def person_id(self) -> str:
        """Who it is."""
        return person_id_of(self.person)

    def put(self, row: Any, *key: str, **values: Any) -> Any:
        """Store a row of the person's life whose time is over soon."""
        known = row.get_attributes()
        usual: dict[str, Any] = {"enrolment": 1, "at": clock.now(), "expires_at": self.until}
        made = row(*key, **{name: value for name, value in usual.items() if name in known}, **values)
        store.put(made)
        return made

    def listed(self, path: str, client: Client | None = None) -> Look:
        """What a list shows."""
        asking = client or self.client

        def look() -> object:
            answer = asking.get(path)
            assert answer.status == 200, answer.text
            return answer.json["items"]

        return look


@pytest.fixture
def scene(city: TestCity) -> Scene:
    """The scene."""
    person = city.stranger()
    (client,) = enrolled(city, person)
    name_officer(person)
    return Scene(city, person, client, clock.now() + SOON)


def consents(scene: Scene) -> Look:
    fields = {"org_id": "o", "organization": "School", "action": "given", "scopes": ["travel"]}
    scene.put(ReceiptRow, scene.person_id, f"o#{ids.new_id()}", text_version=current_text_version(), **fields)
    return scene.listed("/v1/me/consents")


def access_log(scene: Scene) -> Look:
    scene.put(AccessRow, scene.person_id, ids.new_id(), actor="王**", what=["name"], why="member_list")
    return scene.listed("/v1/me/access-log")


def status_history(scene: Scene) -> Look:
    key = str(StatusRow.of(scene.person_id, 1).range_value)
    scene.put(StatusRow, scene.person_id, key, status_version=1, state=normal(), status_at=clock.now())
    return scene.listed("/v1/me/health-code/history")


def declarations(scene: Scene) -> Look:
    key = f"{DeclarationRow.PREFIX}{ids.new_id()}"
    scene.put(DeclarationRow, scene.person_id, key, answers={"symptoms": "no"}, concerns=[], declared_at=clock.now())
    return scene.listed("/v1/me/declarations")


def paper_passes(scene: Scene) -> Look:
    key = str(PaperPassRow.of(scene.person_id).range_value)
    scene.put(PaperPassRow, scene.person_id, key, paper_id=ids.new_id(), printed_at=clock.now(), by="kiosk")
    return scene.listed("/v1/me/paper-passes")


def certificates(scene: Scene) -> Look:
    key = str(CertificateRow.of(scene.person_id, ids.new_id()).range_value)
    scene.put(CertificateRow, scene.person_id, key, organization="School", deleted_at=clock.now())
    return scene.listed("/v1/me/certificates")


def message(scene: Scene) -> str:
    message_id = ids.new_id()
    fields = {"person_id": scene.person_id, "category": "question", "text": "May I?"}
    scene.put(MessageRow, MessageRow.WAITING, message_id, **fields)
    scene.put(MessagePointer, scene.person_id, f"{MessagePointer.PREFIX}{message_id}")
    return message_id


def own_messages(scene: Scene) -> Look:
    message(scene)
    return scene.listed("/v1/me/messages")


def waiting_messages(scene: Scene) -> Look:
    message_id = message(scene)
    return lambda: message_id in scene.client.get("/v1/messages?limit=100").text


def checkin(scene: Scene) -> tuple[Any, CheckinRow]:
    at = place(scene.city)
    (row,) = visits(at, [scene.person], expires_at=scene.until)
    return at, row


def own_checkins(scene: Scene) -> Look:
    checkin(scene)
    return scene.listed(OWN)


def live_checkins(scene: Scene) -> Look:
    at, _ = checkin(scene)
    return scene.listed(f"{at.path}/checkins", at.manager)


def exported_checkins(scene: Scene) -> Look:
    at, row = checkin(scene)
    return lambda: row.name_mask in at.manager.get(f"{at.path}/export").text


def warnings(scene: Scene) -> Look:
    warning_id = ids.new_id()
    about: dict[str, Any] = {"subdistrict": f"3713{warning_id[-5:]}", "amount": 5, "hours": 24}
    scene.put(WarningRow, WarningRow.KIND, warning_id, **about)
    return lambda: about["subdistrict"] in scene.client.get("/v1/city/warnings?limit=100").text


def alerts(scene: Scene) -> Look:
    book = Book.opened(scene.city, scene.client)
    alert_id = put_alert(book.org_id, book.member("health_code").member_id, expires_at=scene.until)
    path = f"{book.path}/alerts/{alert_id}/acknowledge"
    return lambda: scene.client.post(path).status == 204 and scene.listed(f"{book.path}/alerts")()


def export(scene: Scene) -> ExportRow:
    book = Book.opened(scene.city, scene.client)
    values: dict[str, Any] = {"path": "/", "top": "/", "format": "csv", "language": "en", "actor": "王**", "members": 1}
    row = ExportRow(
        ExportRow.partition(book.org_id), ids.new_id(), org_id=book.org_id, started_at=clock.now(), **values
    )
    row.reader, row.enrolment, row.expires_at = scene.person_id, 1, scene.until
    store.put(row)
    return row


def listed_exports(scene: Scene) -> Look:
    return scene.listed(f"/v1/organizations/{export(scene).org_id}/exports")


def one_export(scene: Scene) -> Look:
    row = export(scene)
    return lambda: scene.client.get(f"/v1/organizations/{row.org_id}/exports/{row.export_id}").status == 200


def held_batches(scene: Scene) -> Look:
    values = {"source": "lab", "reporter": "Lab", "rows": 1, "turned": 1, "state": BatchState.HELD.value}
    batch_id = scene.put(HeldBatchRow, HeldBatchRow.KIND, ids.new_id(), **values).decision_id
    return lambda: batch_id in scene.client.get("/v1/facts/batches?limit=100").text


def sync_runs(scene: Scene) -> Look:
    run_id = nights.parked(expires_at=scene.until)
    return lambda: run_id in scene.client.get("/v1/sync-runs?limit=100").text


def proposals(scene: Scene) -> Look:
    named = {"act": Act.GRANT.value, "naming": Naming.SOURCE.value, "source": "lab-7"}
    by = {"proposed_by": "anna", "proposed_at": clock.now()}
    row = scene.put(ProposalRow, ProposalRow.KIND, ids.new_id(), **named, **by)
    return lambda: row.decision_id in [one.proposal_id for one in Namings(IdentityMacs()).waiting()]


def sessions(scene: Scene) -> Look:
    (row,) = store.query(SessionRow, phone_of(scene), SessionRow.sk.startswith("SESSION#")).rows
    store.update(row.own_key, [SessionRow.expires_at.set(scene.until)])
    return lambda: scene.client.get("/v1/me").status == 200


def codes(scene: Scene) -> Look:
    assert scene.city.api.post("/v1/auth/codes", {"phone": scene.person.phone}).status == 202
    (row,) = store.query(CodeRow, phone_of(scene), CodeRow.sk.startswith("SMS#")).rows
    store.update(row.own_key, [CodeRow.expires_at.set(scene.until)])
    code = {"phone": scene.person.phone, "code": scene.city.sms.last_code(scene.person.phone)}

    def look() -> object:
        if clock.now() < scene.until:
            return row
        return scene.city.api.post("/v1/auth/sessions", code).status == 201

    return look


def requests(scene: Scene) -> Look:
    key = RequestKey(scene.person_id, "books", "1", "{}")
    scene.put(RequestRow, *key.row_key(), fingerprint=key.fingerprint, reference="book")
    return lambda: remembered(key)


def jobs(scene: Scene) -> Look:
    name = ids.new_id()
    scene.put(JobRow, run_key(name), "2026-01-01", started_at=clock.now())
    return lambda: last_run(name)


def phone_of(scene: Scene) -> str:
    person: Key[PersonRow] = person_key(scene.person)
    row = store.read_together([person]).get(person)
    assert row is not None
    return f"phone#{row.account}"


CASES = [
    access_log, alerts, certificates, codes, consents, declarations, exported_checkins, held_batches, jobs, listed_exports,
    live_checkins, one_export, own_checkins, own_messages, paper_passes, proposals, requests, sessions, status_history, sync_runs,
    waiting_messages, warnings,
]  # fmt: skip


@pytest.mark.parametrize("case", CASES, ids=lambda case: str(case.__name__))
def test_what_is_past_its_time_is_seen_by_nobody(scene: Scene, case: Callable[[Scene], Look]) -> None:
    look = case(scene)
    assert look()

    with clock.frozen(scene.until):
        assert not look()


def test_no_alert_goes_out_past_its_time(city: TestCity) -> None:
    with own_resolver():
        alert = raised(city)
        store.update(alert.key, [AlertRow.expires_at.set(clock.now())])
        assert alert.deliver() == {"batchItemFailures": []}
        assert alert.row.outcome is None
        assert alert.sent_to(alert.people[0]) == []
