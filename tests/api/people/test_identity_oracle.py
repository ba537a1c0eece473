"""No claim tells which part of it was wrong, and nobody may try many (T-04)."""

import pytest

from chalicelib.core.clock import FrozenClock
from tests.api.people.steps import claim, is_verified, without_request_id
from tests.support.city import TestCity
from tests.support.client import Client
from tests.support.people import resident_id
from tests.support.seam import Seam

pytestmark = pytest.mark.api

DAY = 86400
IDENTITY = "/v1/me/identity"
MISMATCHES = ["name", "number of another known person", "unknown number", "phone", "everything"]


def mismatch(city: TestCity, kind: str) -> tuple[Client, dict[str, object]]:
    """Somebody with a session and a claim that the source does not confirm."""
    person, other, unknown = city.person(), city.person(), city.stranger()
    claims = {
        "name": claim(person, name=other.name),
        "number of another known person": claim(person, number=other.number),
        "unknown number": claim(person, number=unknown.number),
        "phone": other.claim(),
        "everything": unknown.claim(),
    }
    return city.log_in(person), claims[kind]


def test_every_mismatch_gives_one_answer_after_the_same_calls(city: TestCity, faults: Seam) -> None:
    client, wrong_claim = mismatch(city, "name")
    client.put(IDENTITY, wrong_claim)  # a process asks for its keys once

    seen = []
    for kind in MISMATCHES:
        client, wrong_claim = mismatch(city, kind)
        before = len(faults.operations)
        answer = client.put(IDENTITY, wrong_claim)
        seen.append((without_request_id(answer), faults.operations[before:]))

    assert seen == [seen[0]] * len(MISMATCHES)
    (status, _, problem), operations = seen[0]
    assert (status, problem["code"], problem["errors"]) == (403, "identity_mismatch", [])
    assert operations, "nothing was compared"


def test_a_mismatch_and_a_match_take_the_same_calls_up_to_the_comparison(city: TestCity, faults: Seam) -> None:
    client, wrong_claim = mismatch(city, "name")
    client.put(IDENTITY, wrong_claim)  # from here on this process holds its keys, whatever ran before
    before = len(faults.operations)
    client.put(IDENTITY, wrong_claim)
    mismatched = faults.operations[before:]
    person = city.person()
    matching = city.log_in(person)
    before = len(faults.operations)

    matching.put(IDENTITY, person.claim())

    assert faults.operations[before:][: len(mismatched)] == mismatched


def test_a_mismatch_leaves_the_session_as_it_was(city: TestCity) -> None:
    client, wrong_claim = mismatch(city, "name")

    client.put(IDENTITY, wrong_claim)

    assert not is_verified(client)
    assert client.get("/v1/me/memberships").code == "identity_required"


def test_a_mismatch_of_somebody_verified_takes_nothing_from_them(city: TestCity) -> None:
    person, other = city.person(), city.person()
    client = city.verified(person)

    assert client.put(IDENTITY, other.claim()).code == "identity_mismatch"

    assert client.get("/v1/me").json["document"].endswith(person.number[-2:])


def test_five_tries_a_day_for_a_caller_and_a_document(city: TestCity, later: FrozenClock) -> None:
    person, other = city.person(), city.person()
    client = city.log_in(person)
    wrong = claim(person, name=other.name)

    codes = [client.put(IDENTITY, wrong).code for _ in range(6)]

    assert codes == ["identity_mismatch"] * 5 + ["too_many_identity_tries"]
    later.tick(100)
    refused = client.put(IDENTITY, person.claim())
    assert (refused.status, refused.code) == (429, "too_many_identity_tries"), "the right claim comes too late"
    assert refused.headers["retry-after"] == str(DAY - 100)
    assert client.put(IDENTITY, claim(person, number=other.number)).code == "identity_mismatch"
    later.tick(DAY - 100)
    client = city.log_in(person)
    assert client.put(IDENTITY, person.claim()).status == 200


def test_the_fifth_try_may_succeed(city: TestCity) -> None:
    person, other = city.person(), city.person()
    client = city.log_in(person)
    for _ in range(4):
        client.put(IDENTITY, claim(person, name=other.name))

    assert client.put(IDENTITY, person.claim()).status == 200


def test_nobody_can_use_up_the_tries_of_another(city: TestCity) -> None:
    victim, attacker = city.person(), city.log_in(city.person())
    for _ in range(6):
        attacker.put(IDENTITY, victim.claim())

    assert city.log_in(victim).put(IDENTITY, victim.claim()).status == 200


def test_twenty_tries_a_day_for_a_caller_over_all_documents(city: TestCity, later: FrozenClock) -> None:
    person = city.person()
    client = city.log_in(person)
    numbers = [resident_id("371302", f"19{year}0101", 1) for year in range(50, 72)]
    claims = [{"name": "无人", "document": {"type": "resident_id", "number": number}} for number in numbers]

    codes = [client.put(IDENTITY, one).code for one in claims]

    assert codes == ["identity_mismatch"] * 20 + ["too_many_identity_tries"] * 2
    later.tick(DAY)
    assert city.log_in(person).put(IDENTITY, claims[-1]).code == "identity_mismatch"


def test_a_new_session_brings_no_new_tries(city: TestCity, later: FrozenClock) -> None:
    person, other = city.person(), city.person()
    for _ in range(5):
        assert city.log_in(person).put(IDENTITY, claim(person, name=other.name)).code == "identity_mismatch"
        later.tick(900)

    assert city.log_in(person).put(IDENTITY, person.claim()).code == "too_many_identity_tries"


@pytest.mark.parametrize(("language", "title"), [("zh-CN", "信息不一致"), ("en", "Details do not match")])
def test_a_mismatch_is_told_in_the_language_of_the_caller(city: TestCity, language: str, title: str) -> None:
    client, wrong_claim = mismatch(city, "name")

    answer = client.speaking(language).put(IDENTITY, wrong_claim)

    assert answer.json["title"] == title
