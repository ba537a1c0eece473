"""Phones change hands: a person takes another phone, a phone goes to another person, nobody uses it, the source doubts it."""

from typing import Any

import pytest

from chalicelib.core.clock import FrozenClock
from chalicelib.people.service import identity
from tests.api.people.steps import account_key, is_verified, person_key, prove
from tests.support.city import TestCity
from tests.support.client import Client
from tests.support.events import Events
from tests.support.people import TestPerson
from tests.support.rows import spoil, stored

pytestmark = pytest.mark.api

DAY = 86400


def with_phone_of(person: TestPerson, other: TestPerson) -> TestPerson:
    """The same person with somebody's phone."""
    return TestPerson(person.name, person.number, other.phone, person.type)


def moved(city: TestCity, person: TestPerson, to: TestPerson) -> Client:
    """Let the source say that a person has another phone, and prove identity there."""
    here = with_phone_of(person, to)
    city.know(here)
    return prove(city.log_in(here), here)


def ended(client: Client) -> bool:
    """Whether the client's session is over."""
    answer = client.get("/v1/me")
    return answer.status == 401 and answer.code == "session_ended"


def test_a_person_who_proves_identity_on_a_new_phone_is_there_and_no_longer_on_the_old_one(
    city: TestCity, later: FrozenClock, events: Events
) -> None:
    person, new = city.person(), city.stranger()
    old_client = city.verified(person)
    later.tick(60)
    other_old_client = city.log_in(person)

    new_client = moved(city, person, new)

    assert ended(old_client)
    assert ended(other_old_client)
    assert is_verified(new_client)
    assert len(events.of("person.moved")) == 1
    later.tick(60)
    assert not is_verified(city.log_in(person)), "the old phone's account has no person"
    item = stored(account_key(person))
    assert item is not None
    assert "person_id" not in item


def test_what_a_person_had_comes_along_to_the_new_phone(city: TestCity, later: FrozenClock) -> None:
    owner, person, new = city.verified(), city.person(), city.stranger()
    org_id = city.book(owner)
    city.join(city.verified(person), city.invite(owner, org_id), "vaccination")
    later.tick(60)

    client = moved(city, person, new)

    assert [one["org_id"] for one in client.get("/v1/me/memberships").json["items"]] == [org_id]


def test_sessions_of_before_a_move_stay_dead_when_the_person_comes_back_to_that_phone(
    city: TestCity, later: FrozenClock
) -> None:
    person, new = city.person(), city.stranger()
    stolen = city.verified(person)
    later.tick(60)
    in_between = moved(city, person, new)
    later.tick(60)

    back = moved(city, person, person)

    assert is_verified(back)
    assert ended(stolen)
    assert ended(in_between)


def test_proving_identity_again_on_the_same_phone_ends_no_other_session(city: TestCity, later: FrozenClock) -> None:
    person = city.person()
    first = city.verified(person)
    later.tick(60)

    second = city.verified(person)

    assert is_verified(first)
    assert is_verified(second)


def test_a_person_who_proves_identity_on_a_phone_takes_it_from_the_person_before(
    city: TestCity, later: FrozenClock
) -> None:
    before, after = city.person(), city.person()
    old_client = city.verified(before)
    city.know(heir := with_phone_of(after, before))
    later.tick(60)

    heir_client = prove(city.log_in(heir), heir)

    assert ended(old_client)
    assert heir_client.get("/v1/me").json["document"].endswith(heir.number[-2:])
    later.tick(60)
    assert city.log_in(heir).get("/v1/me").json["document"].endswith(heir.number[-2:])


def test_a_phone_that_the_source_gave_to_another_starts_without_the_person_before(
    city: TestCity, later: FrozenClock
) -> None:
    before, after, elsewhere = city.person(), city.person(), city.stranger()
    old_client = city.verified(before)
    city.know(with_phone_of(before, elsewhere), heir := with_phone_of(after, before))
    later.tick(60)

    heir_client = city.log_in(heir)

    assert not is_verified(heir_client)
    assert ended(old_client), "whoever holds the phone now must not share an account with sessions of the person before"
    assert heir_client.get("/v1/me/memberships").code == "identity_required"
    proved = prove(heir_client, heir)
    assert is_verified(proved)
    assert ended(old_client)


def test_the_person_before_cannot_end_the_sessions_of_whoever_has_the_phone_now(
    city: TestCity, later: FrozenClock
) -> None:
    before, after, elsewhere = city.person(), city.person(), city.stranger()
    old_client = city.verified(before)
    city.know(with_phone_of(before, elsewhere), heir := with_phone_of(after, before))
    later.tick(60)
    heir_client = prove(city.log_in(heir), heir)

    assert old_client.delete("/v1/auth/sessions").status == 401
    assert old_client.delete("/v1/me").status == 401

    assert is_verified(heir_client)
    later.tick(60)
    assert is_verified(city.log_in(heir))


def test_two_people_with_one_phone_take_turns(city: TestCity, later: FrozenClock) -> None:
    wife = city.person()
    husband = city.person(phone=wife.phone)
    hers = city.verified(wife)
    later.tick(60)

    his = prove(city.log_in(husband), husband)

    assert ended(hers)
    later.tick(60)
    hers_again = prove(his, wife)
    assert is_verified(hers_again)
    assert ended(his)


@pytest.mark.parametrize(("days", "verified"), [(90, True), (91, False)])
def test_an_account_that_was_not_used_for_ninety_days_starts_without_its_person(
    city: TestCity, later: FrozenClock, days: int, *, verified: bool
) -> None:
    person = city.person()
    city.verified(person)
    later.tick(days * DAY)

    client = city.log_in(person)

    assert is_verified(client) is verified
    assert is_verified(prove(client, person))


def test_each_log_in_is_a_use_of_the_account(city: TestCity, later: FrozenClock) -> None:
    person = city.person()
    city.verified(person)
    for _ in range(2):
        later.tick(60 * DAY)
        assert is_verified(city.log_in(person))


def test_a_phone_that_the_source_no_longer_confirms_starts_without_its_person(
    city: TestCity, later: FrozenClock
) -> None:
    person, elsewhere = city.person(), city.stranger()
    client = city.verified(person)
    city.deliver()
    city.know(with_phone_of(person, elsewhere))

    city.deliver()

    item = stored(person_key(person))
    assert item is not None
    assert item["phone_refuted"] == {"BOOL": True}
    assert is_verified(client), "a doubt ends no session by itself"
    later.tick(60)
    assert not is_verified(city.log_in(person))


def test_a_doubt_about_a_phone_goes_when_the_source_takes_it_back(city: TestCity, later: FrozenClock) -> None:
    person, elsewhere = city.person(), city.stranger()
    city.verified(person)
    city.know(with_phone_of(person, elsewhere))
    city.deliver()

    city.know(person)
    city.deliver()

    item = stored(person_key(person))
    assert item is not None
    assert "phone_refuted" not in item
    later.tick(60)
    assert is_verified(city.log_in(person))


@pytest.mark.slow
def test_a_doubt_about_a_phone_goes_when_identity_is_proved_on_another(city: TestCity) -> None:
    person, new = city.person(), city.stranger()
    city.verified(person)
    city.know(here := with_phone_of(person, new))
    city.deliver()

    prove(city.log_in(here), here)
    city.deliver()

    item = stored(person_key(person))
    assert item is not None
    assert "phone_refuted" not in item


@pytest.mark.parametrize(("attribute", "value"), [("enrolment", {"N": "7"}), ("person_id", {"S": "nobody"})])
def test_an_account_of_a_life_that_is_over_starts_without_its_person(
    city: TestCity, later: FrozenClock, attribute: str, value: dict[str, str]
) -> None:
    person = city.person()
    client = city.verified(person)
    spoil(account_key(person), attribute, value)
    later.tick(60)

    assert not is_verified(city.log_in(person))
    assert is_verified(client), "whose phone it is, the person's row says"


def test_of_two_people_who_prove_identity_on_one_phone_at_one_moment_one_has_it(
    city: TestCity, later: FrozenClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    wife = city.person()
    husband = city.person(phone=wife.phone)
    hers = city.log_in(wife)
    later.tick(60)
    his = city.log_in(husband)
    set_account = identity._set_account  # noqa: SLF001
    proved: list[Client] = []

    def he_is_faster(*args: Any) -> None:
        monkeypatch.undo()
        proved.append(prove(his, husband))
        set_account(*args)

    monkeypatch.setattr(identity, "_set_account", he_is_faster)

    answer = hers.put("/v1/me/identity", wife.claim())

    assert (answer.status, answer.code) == (409, "conflict")
    assert is_verified(proved[0])
    assert stored(person_key(wife)) is None
    assert ended(hers), "whoever had not proved identity when somebody did logs in again"
    later.tick(60)
    assert is_verified(prove(city.log_in(wife), wife)), "asking again takes the phone over"
    assert ended(proved[0])
