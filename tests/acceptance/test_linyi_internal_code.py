"""S0, Linyi's internal health code (临沂市内保防疫码), from outside: what a change of state causes (R0.3, R1.3, R0.5).

A member shares their code with an organization; a fact arrives; the organization sees the state, and whoever looks after the
member gets a message. Where the code is not shared nothing of it is seen.
"""

from collections.abc import Callable
from datetime import timedelta

import pytest

from chalicelib.core import clock
from tests.acceptance.conftest import RunningCity
from tests.support.client import Client, HttpTransport
from tests.support.people import TestPerson

pytestmark = [pytest.mark.acceptance, pytest.mark.slow]

LANSHAN = "371302001"
SCHOOL = "临沂第一实验小学"


@pytest.fixture(scope="module")
def linyi(run_city: Callable[[str], RunningCity]) -> RunningCity:
    return run_city("linyi")


def organization(registrant: Client, name: str = SCHOOL) -> tuple[str, str]:
    """Address and code of an organization that somebody registers."""
    opened = registrant.post("/v1/organizations", {"name": name, "kind": "school", "subdistrict": LANSHAN})
    assert opened.status == 201, opened.text
    book = f"/v1/organizations/{opened.json['org_id']}"
    return book, registrant.post(f"{book}/invitations", {"department_id": None}).json["code"]


def join(member: Client, code: str, *scopes: str) -> str:
    answer = member.post(f"/v1/invitations/{code}/join", {"scopes": list(scopes)})
    assert answer.status == 201, answer.text
    return str(answer.json["member_id"])


def report(linyi: RunningCity, person: TestPerson, result: str, hours_ago: int = 1) -> None:
    """A nucleic-acid test that a laboratory reports."""
    linyi.facts(
        {
            "document_type": person.type,
            "document_number": person.number,
            "kind": "nucleic_acid",
            "result": result,
            "occurred_at": clock.iso(clock.now() - timedelta(hours=hours_ago)),
            "source": "lab",
        }
    )


def state_in(manager: Client, book: str, member_id: str) -> str | None:
    status = manager.get(f"{book}/members/{member_id}").json["status"]
    return None if status is None else str(status["state"])


def texts(linyi: RunningCity, person: TestPerson) -> list[str]:
    """What somebody got as text messages, codes left out."""
    outbox = Client(HttpTransport(linyi.outbox_url.rpartition("/local")[0])).get("/local/outbox").json
    return [one["text"] for one in outbox if one["to"].endswith(person.phone) and SCHOOL in one["text"]]


def test_r0_3_a_state_is_seen_where_it_is_shared_and_nowhere_else(linyi: RunningCity) -> None:
    people = linyi.people(4)
    registrant, landlord, manager, member = map(linyi.verified, people)
    (school, at_school), (home, at_home) = organization(registrant), organization(landlord, "金雀山社区")
    work, at_work = organization(manager, "临沂机床厂")
    ids = join(member, at_school, "health_code"), join(member, at_work, "health_code", "travel")
    hidden = join(member, at_home, "nucleic_acid")
    assert state_in(registrant, school, ids[0]) == "green"

    report(linyi, people[3], "positive")

    assert linyi.eventually(lambda: state_in(registrant, school, ids[0]) == "red")
    assert linyi.eventually(lambda: state_in(manager, work, ids[1]) == "red")
    assert linyi.eventually(lambda: landlord.get(f"{home}/members/{hidden}").json["nucleic_acid"] is not None)
    assert state_in(landlord, home, hidden) is None
    (listed,) = registrant.get(f"{school}/members?attention=true").json["items"]
    assert (listed["member_id"], listed["attention"]) == (ids[0], "red")
    assert landlord.get(f"{home}/members?attention=true").json["items"] == []
    assert linyi.eventually(lambda: registrant.get(f"{school}/statistics").json["by_state"] == {"red": 1})
    assert member.get("/v1/me/health-code").json["state"] == "red"


def test_r0_3_who_looks_after_the_member_gets_one_message_and_can_look_it_up(linyi: RunningCity) -> None:
    registrant_person, teacher_person, person = linyi.people(3)
    registrant, teacher, member = map(linyi.verified, (registrant_person, teacher_person, person))
    book, code = organization(registrant)
    made = registrant.post(f"{book}/departments", {"name": "一年级一班", "parent_id": None})
    department = made.json["department_id"]
    teacher_id = join(teacher, code)
    named = registrant.post(f"{book}/admins", {"member_id": teacher_id, "department_id": department})
    assert named.status == 201, named.text
    own = registrant.post(f"{book}/invitations", {"department_id": department}).json["code"]
    member_id = join(member, own, "health_code")

    report(linyi, person, "positive")

    assert linyi.eventually(lambda: texts(linyi, teacher_person))
    (text,) = texts(linyi, teacher_person)
    assert "红码" in text
    assert person.name not in text
    assert linyi.eventually(lambda: texts(linyi, registrant_person)), (
        "a red code sounds an alarm, so the owner hears too"
    )
    (alert,) = teacher.get(f"{book}/alerts").json["items"]
    assert (alert["member_id"], alert["status"]["state"]) == (member_id, "red")


def test_r0_3_a_code_that_is_taken_back_is_gone_at_once_and_nobody_is_told_any_more(linyi: RunningCity) -> None:
    registrant_person, person = linyi.people(2)
    registrant, member = map(linyi.verified, (registrant_person, person))
    book, code = organization(registrant)
    member_id = join(member, code, "health_code", "nucleic_acid")
    shared = {"scopes": ["nucleic_acid"]}
    assert member.put(f"/v1/me/memberships/{book.rpartition('/')[2]}/consent", shared).status == 200
    assert state_in(registrant, book, member_id) is None

    report(linyi, person, "positive")

    shown = linyi.eventually(lambda: registrant.get(f"{book}/members/{member_id}").json["nucleic_acid"])
    assert shown["result"] == "positive"
    assert linyi.eventually(lambda: member.get("/v1/me/health-code").json["state"] == "red")
    assert state_in(registrant, book, member_id) is None
    assert registrant.get(f"{book}/alerts").json["items"] == []
    assert texts(linyi, registrant_person) == []


def test_r1_3_what_a_manager_sees_follows_by_itself(linyi: RunningCity) -> None:
    """A correction, a better test: without anybody doing anything the list says so."""
    registrant_person, person = linyi.people(2)
    registrant, member = map(linyi.verified, (registrant_person, person))
    book, code = organization(registrant)
    member_id = join(member, code, "health_code")
    report(linyi, person, "positive", hours_ago=2)
    assert linyi.eventually(lambda: state_in(registrant, book, member_id) == "red")

    report(linyi, person, "negative")

    assert linyi.eventually(lambda: state_in(registrant, book, member_id) == "green")
    assert registrant.get(f"{book}/members?attention=true").json["items"] == []
