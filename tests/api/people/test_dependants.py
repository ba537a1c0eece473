"""Dependants: bound by the source's word or their own, seen by both sides, and unbound by either (R0.4, R2.5; design §7)."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from chalicelib.core import clock, store
from chalicelib.people.service.bindings import Relation
from chalicelib.people.service.dependants import MOST_DEPENDANTS
from chalicelib.people.tables.dependants import DependantRow, GuardianRow
from chalicelib.people.tables.people import PersonRow
from tests.support.books import person_id_of, person_key
from tests.support.city import TestCity
from tests.support.client import Answer, Client
from tests.support.dependants import child, child_of, know_kin, put_binding
from tests.support.enrolled import anybody, enrolled
from tests.support.people import TestPerson
from tests.support.rows import spoil, stored
from tests.support.seam import Seam

pytestmark = pytest.mark.api

PATH, CODES, GUARDIANS = "/v1/me/dependants", "/v1/me/dependants/codes", "/v1/me/guardians"
LOG = "/v1/me/access-log"


@pytest.fixture
def mother(city: TestCity) -> TestPerson:
    return city.stranger()


@pytest.fixture
def client(city: TestCity, mother: TestPerson) -> Client:
    """Her session."""
    (client,) = enrolled(city, mother)
    return client


def bind(client: Client, person: TestPerson, relation: str = "child", **more: Any) -> Answer:
    return client.post(PATH, {**person.claim_of_a_guardian(), "relation": relation, **more})


def bound(client: Client, person: TestPerson, relation: str = "child", **more: Any) -> dict[str, Any]:
    answer = bind(client, person, relation, **more)
    assert answer.status == 201, answer.text
    shown: dict[str, Any] = answer.json
    return shown


def listed(client: Client, path: str = PATH) -> list[dict[str, Any]]:
    answer = client.get(path)
    assert answer.status == 200, answer.text
    items: list[dict[str, Any]] = answer.json["items"]
    return items


def row_of(person: TestPerson) -> PersonRow:
    key = person_key(person)
    row = store.read_together([key]).get(key)
    assert row is not None
    return row


def refused(answer: Answer, status: int, code: str) -> bool:
    assert (answer.status, answer.code) == (status, code), answer.text
    return True


# Binding by the source's word


def test_a_child_whom_the_source_knows_as_hers_is_enrolled_without_an_account(
    city: TestCity, mother: TestPerson, client: Client
) -> None:
    person = child_of(city, mother)

    shown = bound(client, person)

    assert shown.keys() == {"dependant_id", "name", "document", "relation", "bound_at", "until", "acts"}
    assert (shown["name"], shown["relation"], shown["acts"]) == ("王**", "child", True)
    assert shown["until"] == "2032-06-09T16:00:00Z"
    assert listed(client) == [shown]
    row = row_of(person)
    assert (row.account, row.enrolment, row.guardians, row.state) == (None, 1, 1, "green")
    assert row.verified_at is not None
    assert row.phone_sealed is None
    assert row_of(mother).dependants == 1
    assert person_id_of(person) not in client.get(PATH).text
    assert "2018" not in str(stored(DependantRow.of(person_id_of(mother), shown["dependant_id"])))


def test_who_is_bound_already_stays_so(city: TestCity, mother: TestPerson, client: Client) -> None:
    person = child_of(city, mother)
    first = bound(client, person)

    again = bind(client, person)

    assert (again.status, again.json) == (200, first)
    assert row_of(mother).dependants == row_of(person).guardians == 1


def test_each_guardian_knows_the_child_by_another_id_and_the_first_one_reads_of_the_second(city: TestCity) -> None:
    mother, father = city.stranger(), city.stranger()
    hers, his = enrolled(city, mother, father)
    person = child_of(city, mother, father)

    first, second = bound(hers, person), bound(his, person)
    city.deliver()

    assert first["dependant_id"] != second["dependant_id"]
    assert row_of(person).guardians == 2
    (entry,) = listed(hers, LOG)
    assert (entry["actor"], entry["what"], entry["why"]) == ("王**", ["binding"], "dependant")
    assert listed(his, LOG) == []
    (own,) = enrolled_with_log(city, person)
    assert [one["what"] for one in listed(own, LOG)] == [["binding"], ["binding"]]


def enrolled_with_log(city: TestCity, person: TestPerson) -> list[Client]:
    """A session of somebody who is a dependant, as if they had proved their identity; what is theirs stays."""
    row = row_of(person)
    clients = enrolled(city, person)
    store.update(person_key(person), [PersonRow.guardians.set(row.guardians)])
    return clients


# Refusals: one answer for whatever is missing


MISMATCHES = [
    "name",
    "number",
    "somebody else's child",
    "unknown",
    "oneself",
    "no guardian named",
    "a code that nobody sent",
]


@pytest.mark.parametrize("kind", MISMATCHES)
def test_whatever_is_missing_the_answer_is_the_same(
    city: TestCity, mother: TestPerson, client: Client, kind: str
) -> None:
    own, other = child_of(city, mother), child_of(city, city.stranger())
    alone = city.person()
    stated = {
        "name": replace(own, name=other.name),
        "number": replace(own, number=other.number),
        "somebody else's child": other,
        "unknown": child(city),
        "oneself": mother,
        "no guardian named": alone,
        "a code that nobody sent": replace(own, name=other.name),
    }
    more = {"phone": own.phone, "code": "123456"} if kind == "a code that nobody sent" else {}

    answer = bind(client, stated[kind], "other" if kind in {"oneself", "no guardian named"} else "child", **more)

    assert refused(answer, 403, "dependant_mismatch")
    assert answer.json["errors"] == []
    assert listed(client) == []


def test_mismatches_take_the_same_calls(city: TestCity, mother: TestPerson, faults: Seam) -> None:
    own, other = child_of(city, mother), child_of(city, city.stranger())
    seen = []
    for stated in (replace(own, name=other.name), replace(own, number=other.number), other, child(city)):
        (client,) = enrolled(city, mother)
        start = len(faults.operations)
        answer = bind(client, stated)
        seen.append((faults.operations[start:], {**answer.json, "request_id": ""}))
    assert seen[0][0][:2] == ["BatchGetItem", "GenerateMac"]
    assert [one[1] for one in seen] == [seen[0][1]] * 4


def test_five_tries_a_day_for_one_document_whichever_way(city: TestCity, client: Client) -> None:
    other = child_of(city, city.stranger())
    codes = [bind(client, other).code for _ in range(4)]
    codes.append(client.post(CODES, {**other.claim_of_a_guardian(), "phone": "13800000000"}).code)

    assert codes == ["dependant_mismatch"] * 5
    answer = bind(client, other)
    assert refused(answer, 429, "too_many_identity_tries")
    assert 0 < int(answer.headers["retry-after"]) <= 86_400


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"name": "7"}, "invalid_name"),
        ({"document_number": "123"}, "invalid_document"),
        ({"relation": "boss"}, "validation_failed"),
        ({"document_type": "visa"}, "validation_failed"),
        ({"phone": "123", "code": "123456"}, "invalid_phone"),
        ({"code": "12345"}, "validation_failed"),
    ],
)
def test_what_no_document_says_is_refused_by_field(
    city: TestCity, client: Client, changes: dict[str, str], code: str
) -> None:
    body = {**child(city).claim_of_a_guardian(), "relation": "child", **changes}

    assert refused(client.post(PATH, body), 422, code)


def test_who_is_of_age_or_has_an_account_is_nobodys_child(city: TestCity, mother: TestPerson, client: Client) -> None:
    grown, own = child_of(city, mother, born="20080401"), child_of(city, mother)
    assert refused(bind(client, grown), 403, "dependant_acts_alone")
    enrolled(city, own)

    assert refused(bind(client, own), 403, "dependant_acts_alone")
    assert bound(client, own, "other")["acts"] is False


def test_whoever_is_bound_under_another_word_comes_of_age_as_well(
    city: TestCity, mother: TestPerson, client: Client
) -> None:
    person, grown = child_of(city, mother), child_of(city, mother, born="20080401")
    shown = bound(client, person, "other")
    assert (shown["relation"], shown["until"], shown["acts"]) == ("other", "2032-06-09T16:00:00Z", True)
    assert bound(client, grown, "other")["until"] is None

    key = DependantRow.of(person_id_of(mother), shown["dependant_id"])
    store.update(key, [DependantRow.until.set(clock.now())])

    assert [one["until"] for one in client.get(PATH).json["items"]] == [None]


def test_nobody_acts_for_more_than_five(city: TestCity, mother: TestPerson, client: Client) -> None:
    first, *_ = [bound(client, child_of(city, mother)) for _ in range(MOST_DEPENDANTS)]

    answer = bind(client, child_of(city, mother))

    assert refused(answer, 409, "dependants_full")
    assert "5" in answer.json["detail"]
    assert client.delete(f"{PATH}/{first['dependant_id']}").status == 204
    assert bind(client, child_of(city, mother)).status == 201


def test_no_register_of_guardians(city: TestCity, mother: TestPerson, client: Client) -> None:
    person = child_of(city, mother)
    put_binding(city, city.stranger(), person)
    store.update(person_key(person), [PersonRow.guardians.set(10)])

    assert refused(bind(client, person), 409, "guardians_full")
    assert listed(client) == []


# Binding by a code to the dependant's own phone


def asked(city: TestCity, client: Client, person: TestPerson) -> str:
    """The code that the dependant was sent."""
    answer = client.post(CODES, {**person.claim_of_a_guardian(), "phone": person.phone})
    assert (answer.status, answer.json) == (202, {"retry_after": 60}), answer.text
    return city.sms.last_code(person.phone)


def test_a_parent_agrees_by_a_code_to_their_own_phone(city: TestCity, client: Client) -> None:
    person = city.person()
    code = asked(city, client, person)

    shown = bound(client, person, "parent", phone=person.phone, code=code)

    assert (shown["relation"], shown["until"], shown["acts"]) == ("parent", None, True)
    again = bind(anybody(city), person, "parent", phone=person.phone, code=code)
    assert refused(again, 401, "code_refused"), "a code is used once"


def test_a_code_is_for_one_guardian_and_one_dependant(city: TestCity, client: Client) -> None:
    person = city.person()
    sibling = child(city)
    sibling = replace(sibling, phone=person.phone)
    know_kin(city, sibling)
    other = anybody(city)
    code = asked(city, client, person)

    assert refused(bind(other, person, "parent", phone=person.phone, code=code), 401, "code_refused")
    assert refused(bind(client, sibling, phone=person.phone, code=code), 401, "code_refused")
    assert bind(client, person, "parent", phone=person.phone, code=code).status == 201


def test_a_code_that_opens_a_session_binds_nobody(city: TestCity, client: Client) -> None:
    person = city.person()
    assert city.api.post("/v1/auth/codes", {"phone": person.phone}).status == 202
    code = city.sms.last_code(person.phone)

    assert refused(bind(client, person, "parent", phone=person.phone, code=code), 401, "code_refused")
    assert city.api.post("/v1/auth/codes", {"phone": person.phone, "purpose": "dependant"}).code == "validation_failed"


def test_a_code_goes_to_no_phone_but_the_one_that_the_source_holds(city: TestCity, client: Client) -> None:
    person, sent = city.person(), len(city.sms.sent)
    other = city.stranger().phone

    assert refused(client.post(CODES, {**person.claim_of_a_guardian(), "phone": other}), 403, "dependant_mismatch")
    assert refused(bind(client, person, "parent", phone=other, code="123456"), 403, "dependant_mismatch")
    assert len(city.sms.sent) == sent


@pytest.mark.parametrize(("language", "words"), [("zh-CN", "家庭成员绑定码"), ("en", "Family code")])
def test_the_message_says_what_the_code_is_for(city: TestCity, client: Client, language: str, words: str) -> None:
    person = city.person()
    asked(city, client.speaking(language), person)

    assert words in city.sms.sent[-1][1]


# Both sides see and unbind


def test_the_dependant_sees_who_acts_for_them_and_ends_it(city: TestCity, mother: TestPerson, client: Client) -> None:
    person = city.stranger()
    (own,) = enrolled(city, person)
    put_binding(city, mother, person, Relation.PARENT)

    (shown,) = listed(own, GUARDIANS)
    assert shown.keys() == {"guardian_id", "name", "relation", "bound_at"}
    assert (shown["name"], shown["relation"]) == ("王**", "parent")
    assert [one["acts"] for one in listed(client)] == [False]

    assert own.delete(f"{GUARDIANS}/{shown['guardian_id']}").status == 204

    assert listed(own, GUARDIANS) == listed(client) == []
    assert row_of(mother).dependants == row_of(person).guardians == 0
    assert refused(own.delete(f"{GUARDIANS}/{shown['guardian_id']}"), 404, "guardian_not_found")


def test_a_guardian_ends_it_and_nobody_else_can(city: TestCity, mother: TestPerson, client: Client) -> None:
    person = child(city)
    dependant_id, guardian_id = put_binding(city, mother, person)
    stranger = anybody(city)
    assert refused(stranger.delete(f"{PATH}/{dependant_id}"), 404, "dependant_not_found")
    assert refused(stranger.delete(f"{GUARDIANS}/{guardian_id}"), 404, "guardian_not_found")

    assert client.delete(f"{PATH}/{dependant_id}").status == 204

    assert refused(client.delete(f"{PATH}/{dependant_id}"), 404, "dependant_not_found")
    assert stored(GuardianRow.of(person_id_of(person), guardian_id)) is None
    assert row_of(mother).dependants == row_of(person).guardians == 0


def test_a_child_who_proves_their_identity_is_nobodys_child_any_more(
    city: TestCity, mother: TestPerson, client: Client
) -> None:
    person = child_of(city, mother)
    shown = bound(client, person)

    own = city.verified(person)

    assert own.get("/v1/me").json["verified"] is True
    assert row_of(person).enrolment == 1, "what was theirs as a dependant is theirs now"
    assert listed(client) == listed(own, GUARDIANS) == []
    assert row_of(mother).dependants == row_of(person).guardians == 0, "what is over was removed on the way"
    assert refused(client.delete(f"{PATH}/{shown['dependant_id']}"), 404, "dependant_not_found")


def test_a_child_who_comes_of_age_is_not_seen_any_more(city: TestCity, mother: TestPerson, client: Client) -> None:
    dependant_id, _ = put_binding(city, mother, child(city))
    key = DependantRow.of(person_id_of(mother), dependant_id)
    store.update(key, [DependantRow.until.set(clock.now() - timedelta(seconds=1))])

    assert listed(client) == []
    assert stored(key) is None


# Erasure


@pytest.mark.parametrize("who", ["guardian", "dependant"])
def test_whoever_is_erased_is_bound_to_nobody(city: TestCity, mother: TestPerson, client: Client, who: str) -> None:
    person = city.stranger()
    (own,) = enrolled(city, person)
    dependant_id, guardian_id = put_binding(city, mother, person, Relation.OTHER)

    assert (client if who == "guardian" else own).delete("/v1/me").status == 204

    assert listed(own if who == "guardian" else client, GUARDIANS if who == "guardian" else PATH) == []
    assert stored(DependantRow.of(person_id_of(mother), dependant_id)) is None
    assert stored(GuardianRow.of(person_id_of(person), guardian_id)) is None
    left = row_of(person if who == "guardian" else mother)
    assert (left.dependants, left.guardians) == (0, 0)


@pytest.mark.parametrize("who", ["guardian", "dependant"])
def test_a_damaged_binding_keeps_nobody_from_being_erased(
    city: TestCity, mother: TestPerson, client: Client, who: str
) -> None:
    person = city.stranger()
    (own,) = enrolled(city, person)
    dependant_id, guardian_id = put_binding(city, mother, person, Relation.OTHER)
    hers, theirs = (
        DependantRow.of(person_id_of(mother), dependant_id),
        GuardianRow.of(person_id_of(person), guardian_id),
    )
    spoil(hers if who == "guardian" else theirs, "relation")

    assert (client if who == "guardian" else own).delete("/v1/me").status == 204

    assert stored(hers if who == "guardian" else theirs) is None
    assert listed(own if who == "guardian" else client, GUARDIANS if who == "guardian" else PATH) == []


def test_an_erased_child_is_enrolled_anew_by_their_mother(city: TestCity, mother: TestPerson, client: Client) -> None:
    person = child_of(city, mother)
    (own,) = enrolled(city, person)
    assert own.delete("/v1/me").status == 204

    assert bound(client, person)["acts"] is True

    row = row_of(person)
    assert (row.enrolment, row.guardians, row.account, row.name_mask) == (2, 1, None, "王**")


def test_a_broken_row_is_left_out_of_lists_and_said_to_be_broken(
    city: TestCity, mother: TestPerson, client: Client
) -> None:
    person = child(city)
    dependant_id, guardian_id = put_binding(city, mother, person)
    spoil(DependantRow.of(person_id_of(mother), dependant_id), "bound_at")
    spoil(GuardianRow.of(person_id_of(person), guardian_id), "bound_at")

    assert listed(client) == []
    assert refused(client.delete(f"{PATH}/{dependant_id}"), 500, "broken_record")
    (own,) = enrolled(city, person)
    assert listed(own, GUARDIANS) == []
    assert refused(own.delete(f"{GUARDIANS}/{guardian_id}"), 500, "broken_record")
