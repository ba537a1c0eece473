"""Channels: chosen by each, one always on; an address is sealed, confirmed for each organization, and forgotten at once."""

from datetime import timedelta
from typing import Any

import pytest

from chalicelib.alerts import channels
from chalicelib.alerts.tables import ChannelsRow, MorningRow
from chalicelib.core import clock, store
from chalicelib.core.clock import FrozenClock
from chalicelib.people.service.erasure import Erasure
from chalicelib.people.tables.privacy import ledger_entry, living
from infra.restore import Ledger, replay
from tests.support.alerting import own_resolver, queued
from tests.support.books import person_id_of
from tests.support.canaries import dump_tables
from tests.support.city import TestCity
from tests.support.client import Client
from tests.support.people import TestPerson
from tests.support.rows import spoil, stored
from tests.support.seam import Seam

pytestmark = pytest.mark.api

PATH = "/v1/me/channels"
EMAIL = f"{PATH}/email"
USUAL = {"sms": True, "email": False, "language": "zh-CN", "morning": False, "email_address": None}
ADDRESS = "gatekeeper@example.com"
GIVEN = {"address": "g***@example.com", "organizations": []}


@pytest.fixture(autouse=True)
def _apart(city: TestCity) -> Any:  # noqa: ARG001  the tables must be there
    with own_resolver():
        yield


@pytest.fixture
def person(city: TestCity) -> TestPerson:
    return city.person()


@pytest.fixture
def client(city: TestCity, person: TestPerson) -> Client:
    return city.verified(person)


def shown(client: Client) -> Any:
    answer = client.get(PATH)
    assert answer.status == 200, answer.text
    return answer.json


def key(person: TestPerson) -> Any:
    return ChannelsRow.of(person_id_of(person))


def test_who_chose_nothing_gets_text_messages_in_the_citys_first_language(client: Client, person: TestPerson) -> None:
    assert shown(client) == USUAL
    assert stored(key(person)) is None


def test_channels_and_language_are_chosen(client: Client) -> None:
    answer = client.put(PATH, {"sms": True, "email": False, "language": "en"})
    assert answer.status == 200
    assert answer.json == shown(client) == {**USUAL, "language": "en"}


def test_the_numbers_of_each_morning_are_chosen_and_taken_back(client: Client, person: TestPerson) -> None:
    choice = {"sms": True, "email": False, "language": "en", "morning": True}
    assert client.put(PATH, choice).json == {**USUAL, "language": "en", "morning": True}
    assert stored(MorningRow.of(person_id_of(person))) is not None

    assert client.put(PATH, {**choice, "morning": "yes"}).code == "validation_failed"
    assert client.put(PATH, {"sms": True, "email": False, "language": "en"}).json["morning"] is False


def test_an_erased_person_is_forgotten_by_the_job_of_the_mornings(client: Client, person: TestPerson) -> None:
    key = MorningRow.of(person_id_of(person))
    client.put(PATH, {"sms": True, "email": False, "language": "en", "morning": True})
    entry = ledger_entry("ERASURE", [living(key.range_value or "", 1)])

    assert channels.sweep_channels(entry, write=False) == 2
    assert channels.sweep_channels(entry) == 2

    assert stored(key) is None


def test_one_channel_stays_on(client: Client) -> None:
    assert client.put(PATH, {"sms": False, "email": False, "language": "en"}).code == "no_channel"
    assert client.put(PATH, {"sms": False, "email": True, "language": "en"}).code == "email_missing"
    assert shown(client) == USUAL


@pytest.mark.parametrize(
    "body",
    [{}, {"sms": True}, {"sms": 1, "email": False, "language": "en"}, {"sms": True, "email": False, "language": "fr"}],
)
def test_a_choice_that_says_nothing_is_refused(client: Client, body: dict[str, Any]) -> None:
    assert client.put(PATH, body).code == "validation_failed"


def test_an_address_switches_e_mail_on_and_is_sealed_and_masked(client: Client, person: TestPerson) -> None:
    answer = client.put(EMAIL, {"address": " gatekeeper@EXAMPLE.com"})

    assert answer.status == 200
    assert answer.json == shown(client) == {**USUAL, "email": True, "email_address": GIVEN}
    assert queued() == [key(person).raw()] * 2, "the sender looks after it, and again at each look"
    dump, sealed = dump_tables(), (stored(key(person)) or {})["email_sealed"]["B"]
    assert bytes(sealed) in dump, "bytes are there as they are stored"
    assert ADDRESS.encode() not in dump


def test_an_address_that_is_none_is_refused_and_not_repeated(client: Client) -> None:
    answer = client.put(EMAIL, {"address": "nobody at example"})
    assert (answer.status, answer.code) == (422, "invalid_email")
    assert "nobody" not in answer.text
    assert shown(client) == USUAL


def test_e_mail_alone_can_be_chosen_once_there_is_an_address(client: Client) -> None:
    client.put(EMAIL, {"address": ADDRESS})
    assert client.put(PATH, {"sms": False, "email": True, "language": "en"}).status == 200
    assert shown(client)["sms"] is False


def test_a_forgotten_address_leaves_text_messages(client: Client, person: TestPerson) -> None:
    client.put(EMAIL, {"address": ADDRESS})
    client.put(PATH, {"sms": False, "email": True, "language": "zh-CN"})
    queued()

    assert client.delete(EMAIL).status == 204
    assert client.delete(EMAIL).status == 204, "a repetition does no harm"

    assert shown(client) == USUAL
    item = stored(key(person))
    assert item is not None
    assert not {"email_sealed", "email_mask"} & item.keys()
    assert queued() == [key(person).raw()]


def test_a_day_takes_five_addresses(later: FrozenClock, client: Client) -> None:  # noqa: ARG001  before the session
    statuses = [client.put(EMAIL, {"address": f"a{number}@example.com"}).status for number in range(6)]
    assert statuses == [200] * 5 + [429]
    assert shown(client)["email_address"]["address"] == "a***@example.com"


def test_another_life_knows_nothing_of_the_address(city: TestCity, client: Client, person: TestPerson) -> None:
    client.put(EMAIL, {"address": ADDRESS})
    queued()

    assert client.delete("/v1/me").status == 204

    assert stored(key(person)) is None
    assert queued() == [key(person).raw()], "subscriptions end behind the answer"
    with clock.frozen(clock.now() + timedelta(minutes=2)):  # a phone gets a code a minute
        assert shown(city.verified(person)) == USUAL


def test_of_two_devices_none_brings_back_what_the_other_forgot(
    client: Client, person: TestPerson, monkeypatch: pytest.MonkeyPatch
) -> None:
    client.put(EMAIL, {"address": ADDRESS})
    read = channels._present  # noqa: SLF001  what comes in between is put into the middle of it

    def forgotten_behind_the_read(caller: Any) -> Any:
        found = read(caller)
        monkeypatch.setattr(channels, "_present", read)
        assert client.delete(EMAIL).status == 204
        return found

    monkeypatch.setattr(channels, "_present", forgotten_behind_the_read)

    assert client.put(PATH, {"sms": False, "email": True, "language": "en"}).code == "email_missing"
    assert shown(client) == USUAL
    assert "email_sealed" not in (stored(key(person)) or {})


def test_what_is_chosen_while_a_life_ends_is_gone_with_it(
    city: TestCity, client: Client, person: TestPerson, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Before the last transaction, which the sweep comes behind; after it nothing is stored any more."""
    end, read = Erasure._end_life, channels._present  # noqa: SLF001  what comes in between is put into the middle of it

    def given_before(self: Erasure, caller: Any) -> None:
        assert client.put(EMAIL, {"address": ADDRESS}).status == 200
        end(self, caller)

    def erased_behind_the_read(caller: Any) -> Any:
        found = read(caller)
        monkeypatch.setattr(channels, "_present", read)
        assert client.delete("/v1/me").status == 204
        return found

    monkeypatch.setattr(Erasure, "_end_life", given_before)
    monkeypatch.setattr(channels, "_present", erased_behind_the_read)
    assert client.put(EMAIL, {"address": ADDRESS}).code == "session_ended"
    assert stored(key(person)) is not None
    queued()

    city.deliver()

    assert stored(key(person)) is None


def test_what_a_backup_brings_back_of_an_ended_life_goes_again(client: Client, person: TestPerson) -> None:
    client.put(EMAIL, {"address": ADDRESS})
    queued()
    old, later = (Ledger([ledger_entry("ERASURE", [living(person_id_of(person), life)])]) for life in (1, 0))
    assert [replay(one, write=False).behind["ERASURE"] > 0 for one in (old, later)] == [True, False]

    replay(old)

    assert stored(key(person)) is None
    assert queued() == [key(person).raw()]
    assert replay(old, write=False).is_settled


def test_what_a_life_before_left_counts_as_nothing(client: Client, person: TestPerson) -> None:
    client.put(EMAIL, {"address": ADDRESS})
    store.update(key(person), [ChannelsRow.enrolment.set(0)])
    assert shown(client) == USUAL
    assert client.put(PATH, {"sms": False, "email": True, "language": "en"}).code == "email_missing"


@pytest.mark.parametrize("attribute", ["by_sms", "language", "enrolment"])
def test_a_choice_that_cannot_be_read_is_an_error_and_no_answer(
    client: Client, person: TestPerson, attribute: str
) -> None:
    client.put(PATH, {"sms": True, "email": False, "language": "en"})
    spoil(key(person), attribute)
    assert client.get(PATH).status == 500
    assert client.put(PATH, {"sms": True, "email": False, "language": "en"}).status == 500


def test_the_api_never_opens_an_address(client: Client, faults: Seam) -> None:
    client.put(EMAIL, {"address": ADDRESS})
    shown(client)
    assert "Decrypt" not in faults.operations
    assert "Subscribe" not in faults.operations
