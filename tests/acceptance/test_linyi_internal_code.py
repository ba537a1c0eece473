"""S0, Linyi's internal health code (临沂市内保防疫码), from outside: what a change of state causes (R0.3, R1.3, R0.5), family
members (R0.4), and access points (R0.1, R0.6).

A member shares their code with an organization; a fact arrives; the organization sees the state, and whoever looks after the
member gets a message. Where the code is not shared nothing of it is seen. A guardian does the same for their child. At the
school's own gate its people and visitors are told apart.
"""

from collections.abc import Callable
from datetime import timedelta

import pytest

import app
from chalicelib.core import clock
from chalicelib.groups.service.reminders import Reminders
from chalicelib.groups.tables.reminders import QUEUE
from infra.process import working_for
from tests.acceptance.conftest import RunningCity
from tests.support import messages
from tests.support.city import RecordedSms
from tests.support.client import Answer, Client, HttpTransport
from tests.support.lambdas import batch
from tests.support.people import TestPerson
from tests.support.places import OpenedPlace, bind_staff, poster_code, shown_place
from tests.support.working import Context

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


def bind(guardian: Client, child: TestPerson) -> Answer:
    return guardian.post("/v1/me/dependants", {**child.claim_of_a_guardian(), "relation": "child"})


def test_r0_4_a_guardian_shares_their_childs_code_sees_it_and_takes_it_back(linyi: RunningCity) -> None:
    guardian, child = linyi.family()
    registrant, mother, stranger = map(linyi.verified, (*linyi.people(1), guardian, *linyi.people(1)))
    book, code = organization(registrant)
    assert bind(stranger, child).code == "dependant_mismatch", "the source names the mother"
    bound = bind(mother, child)
    assert (bound.status, bound.json["name"], bound.json["acts"]) == (201, f"{child.name[0]}**", True), bound.text
    own = f"/v1/me/dependants/{bound.json['dependant_id']}"
    wanted = {"scopes": ["health_code", "nucleic_acid"], "dependant_id": bound.json["dependant_id"]}
    joined = mother.post(f"/v1/invitations/{code}/join", wanted)
    assert joined.status == 201, joined.text
    member = f"{book}/members/{joined.json['member_id']}"
    assert registrant.get(member).json["status"]["state"] == "green"
    assert stranger.get(f"{own}/health-code").code == "dependant_not_found"

    report(linyi, child, "positive")

    assert linyi.eventually(lambda: mother.get(f"{own}/health-code").json["state"] == "red")
    assert linyi.eventually(lambda: registrant.get(member).json["status"]["state"] == "red")
    assert mother.get("/v1/me/health-code").json["state"] == "green", "it is the child's, not hers"
    shared = f"{own}/memberships/{book.rpartition('/')[2]}"
    assert mother.put(f"{shared}/consent", {"scopes": ["nucleic_acid"]}).status == 200
    assert registrant.get(member).json["status"] is None
    assert mother.delete(shared).status == 204
    assert registrant.get(member).code == "member_not_found"
    assert mother.delete(own).status == 204
    assert mother.get(f"{own}/health-code").code == "dependant_not_found"


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


def access_point(linyi: RunningCity, registrant: Client, book: str) -> OpenedPlace:
    """The school's gate: its manager asks the organization, whose registrant accepts."""
    place = OpenedPlace.by(linyi.verified(linyi.people(1)[0]), name=f"{SCHOOL}正门", type="school", subdistrict=LANSHAN)
    asked = place.manager.put(f"{place.path}/binding", {"org_id": book.rpartition("/")[2]})
    assert asked.status == 200, asked.text
    accepted = registrant.put(f"{book}/places/{place.place_id}")
    assert (accepted.status, accepted.json["state"]) == (200, "bound"), accepted.text
    return place


def test_r0_1_an_access_point_is_bound_by_both_sides_and_unbound_by_either(linyi: RunningCity) -> None:
    registrant, stranger = map(linyi.verified, linyi.people(2))
    book, _ = organization(registrant)

    place = access_point(linyi, registrant, book)

    (point,) = registrant.get(f"{book}/places").json["items"]
    assert (point["place_id"], point["name"], point["state"]) == (place.place_id, f"{SCHOOL}正门", "bound")
    assert shown_place(place.manager, place.place_id)["org_id"] == book.rpartition("/")[2]
    assert stranger.get(f"{book}/places").code == "not_a_manager"
    assert stranger.put(f"{place.path}/binding", {"org_id": book.rpartition("/")[2]}).code == "not_the_place_manager"
    assert place.manager.delete(f"{place.path}/binding").status == 204
    assert registrant.get(f"{book}/places").json["items"] == []


def test_r0_6_members_and_visitors_are_told_apart_at_an_access_point(linyi: RunningCity) -> None:
    registrant, member, visitor, guard = map(linyi.verified, linyi.people(4))
    book, code = organization(registrant)
    join(member, code, "health_code")
    place = access_point(linyi, registrant, book)
    bind_staff(place.manager, place.place_id, guard)
    scanned = {"code": poster_code(place.manager, place.place_id, place.gate_id)}

    own = [client.post("/v1/checkins", scanned).json["relation"] for client in (member, visitor, registrant)]

    assert own == ["internal", "visitor", "visitor"], "who registered the school is one of its people once they join"
    for client, relation in ((member, "internal"), (visitor, "visitor")):
        shown = client.get("/v1/me/health-code").json["pass"]
        seen = guard.post(f"{place.path}/checkins", {"pass": shown, "temperature": "normal"})
        assert (seen.status, seen.json["relation"]) == (200, relation), seen.text
    day = f"{place.path}/statistics"
    counted = {"internal": 1, "visitor": 2}
    assert linyi.eventually(lambda: place.manager.get(day).json["by_relation"] == counted), place.manager.get(day).text


def test_r0_6_where_no_organization_is_bound_nobody_is_told_apart(linyi: RunningCity) -> None:
    """Else a scan anywhere would reveal who belongs to whom."""
    registrant, member = map(linyi.verified, linyi.people(2))
    book, code = organization(registrant)
    join(member, code, "health_code")
    place = access_point(linyi, registrant, book)
    assert registrant.delete(f"{book}/places/{place.place_id}").status == 204

    answer = member.post("/v1/checkins", {"code": poster_code(place.manager, place.place_id, place.gate_id)})

    assert (answer.status, answer.json["relation"]) == (201, None), answer.text


def the_next_morning(linyi: RunningCity, days: int = 1) -> list[tuple[str, str]]:
    """What people are told at nine o'clock so many days from now. The city's own pump may take a part away: then again."""
    today = clock.local_day("Asia/Shanghai", clock.now())
    sms = RecordedSms()
    with (
        working_for(linyi.name, linyi.aws_url),
        clock.frozen(clock.midnight("Asia/Shanghai", today + timedelta(days=days)) + timedelta(hours=9)),
    ):
        reminders = app.compose(sms=sms).get(Reminders)
        for _ in range(20):
            if reminders.run() == 0:
                break
            for message in messages.take(QUEUE):
                assert reminders.handle(batch(message), Context()) == {"batchItemFailures": []}
    return sms.sent


def test_r0_5_who_is_overdue_is_reminded_each_morning_in_their_language(linyi: RunningCity) -> None:
    people = linyi.people(4)
    registrant, chinese, english, tested = map(linyi.verified, people)
    book, code = organization(registrant)
    assert registrant.put(f"{book}/policies", {"nucleic_acid_days": 3}).status == 200
    for days, person in ((5, people[1]), (5, people[2]), (0, people[3])):
        report(linyi, person, "negative", 24 * days + 1)
    for member in (chinese, english, tested):
        join(member, code, "nucleic_acid")
    choice = {"sms": True, "email": False, "language": "en"}
    assert english.put("/v1/me/channels", choice).status == 200
    (shown,) = chinese.get("/v1/me/memberships").json["items"]
    assert shown["overdue"] == ["nucleic_acid"]

    said = dict(the_next_morning(linyi))

    assert said.get(people[1].phone) == f"【临沂防疫】{SCHOOL}：您的核酸检测已超期，请尽快更新。"
    assert said.get(people[2].phone) == f"[Linyi Health] {SCHOOL}: overdue: test."
    assert people[3].phone not in said
    again = [phone for phone, _ in the_next_morning(linyi, 2)]
    assert [again.count(one.phone) for one in people[1:]] == [1, 1, 0]
