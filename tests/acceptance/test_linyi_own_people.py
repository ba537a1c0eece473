"""S0, Linyi's internal health code (临沂市内保防疫码), from outside: R0.2, and what stands of R0.1, R0.3 and R0.4.

Access points (R0.1, R0.6) and reminders (R0.5) are in test_linyi_internal_code.
"""

from collections.abc import Callable

import pytest

from tests.acceptance.conftest import RunningCity
from tests.support.client import Client

pytestmark = [pytest.mark.acceptance, pytest.mark.slow]

LANSHAN = "371302001"
DONGHUAMEN = "110101001"
SCOPES = ("health_code", "nucleic_acid", "vaccination", "travel")


@pytest.fixture(scope="module")
def linyi(run_city: Callable[[str], RunningCity]) -> RunningCity:
    return run_city("linyi")


def organization(registrant: Client, name: str = "临沂第一实验小学") -> tuple[str, str]:
    """Organization and code of somebody who registers it."""
    opened = registrant.post("/v1/organizations", {"name": name, "kind": "school", "subdistrict": LANSHAN})
    assert opened.status == 201, opened.text
    org_id = opened.json["org_id"]
    body = {"department_id": None, "expires_at": None, "max_uses": None}
    return org_id, registrant.post(f"/v1/organizations/{org_id}/invitations", body).json["code"]


def members_of(registrant: Client, org_id: str) -> list[dict[str, object]]:
    return list(registrant.get(f"/v1/organizations/{org_id}/members").json["items"])


def test_r0_1_a_registrant_opens_an_organization_of_this_city_with_a_code(linyi: RunningCity) -> None:
    registrant = linyi.verified(linyi.people(1)[0])

    org_id, code = organization(registrant)

    shown = registrant.get(f"/v1/organizations/{org_id}").json
    assert (shown["name"], shown["subdistrict"]) == ("临沂第一实验小学", LANSHAN)
    page = linyi.api.get(f"/c/{code}")
    assert (page.status, "临沂第一实验小学" in page.text) == (200, True)
    elsewhere = {"name": "第三小学", "kind": "school", "subdistrict": DONGHUAMEN}
    assert registrant.post("/v1/organizations", elsewhere).status == 422


def test_r0_1_a_code_may_end_or_be_for_so_many(linyi: RunningCity) -> None:
    people = linyi.people(3)
    registrant, first, second = map(linyi.verified, people)
    org_id, _ = organization(registrant)
    body = {"department_id": None, "expires_at": None, "max_uses": 1}
    code = registrant.post(f"/v1/organizations/{org_id}/invitations", body).json["code"]

    joined = [one.post(f"/v1/invitations/{code}/join", {"scopes": []}) for one in (first, second)]

    assert joined[0].status == 201
    assert (joined[1].status, joined[1].code) == (409, "invitation_full")


@pytest.mark.parametrize("chosen", [(), ("nucleic_acid",), ("health_code", "vaccination"), SCOPES])
def test_r0_3_a_member_chooses_what_to_share_and_may_choose_anew(linyi: RunningCity, chosen: tuple[str, ...]) -> None:
    registrant_person, person = linyi.people(2)
    registrant = linyi.verified(registrant_person)
    org_id, code = organization(registrant)
    facts = ("nucleic_acid", "negative"), ("vaccination", "2")
    linyi.facts(
        *(
            {
                "document_type": person.type,
                "document_number": person.number,
                "kind": kind,
                "result": result,
                "occurred_at": "2026-11-01T08:00:00",
                "source": "lab",
            }
            for kind, result in facts
        )
    )
    member = linyi.verified(person)

    assert member.post(f"/v1/invitations/{code}/join", {"scopes": list(chosen)}).status == 201

    (listed,) = members_of(registrant, org_id)
    assert sorted(listed["scopes"]) == sorted(chosen)  # type: ignore[call-overload]
    for kind, _ in facts:
        assert (listed[kind] is not None) == (kind in chosen)
    assert member.put(f"/v1/me/memberships/{org_id}/consent", {"scopes": []}).status == 200
    (listed,) = members_of(registrant, org_id)
    assert [listed[kind] for kind, _ in facts] == [None, None]


def test_r0_4_one_person_is_in_several_organizations_which_cannot_join_their_lists(linyi: RunningCity) -> None:
    work_person, quarter_person, person = linyi.people(3)
    work, quarter, member = map(linyi.verified, (work_person, quarter_person, person))
    (at_work, work_code), (at_home, home_code) = organization(work, "临沂机床厂"), organization(quarter, "金雀山社区")

    for code, scopes in ((work_code, ["nucleic_acid"]), (home_code, ["health_code"])):
        assert member.post(f"/v1/invitations/{code}/join", {"scopes": scopes}).status == 201

    assert {one["organization"] for one in member.get("/v1/me/memberships").json["items"]} == {
        "临沂机床厂",
        "金雀山社区",
    }
    (here,), (there,) = members_of(work, at_work), members_of(quarter, at_home)
    assert (here["scopes"], there["scopes"]) == (["nucleic_acid"], ["health_code"])
    assert here["member_id"] != there["member_id"]
    assert work.get(f"/v1/organizations/{at_home}/members").status in {403, 404}


def department(manager: Client, org_id: str, name: str, parent_id: str | None = None) -> str:
    made = manager.post(f"/v1/organizations/{org_id}/departments", {"name": name, "parent_id": parent_id})
    assert made.status == 201, made.text
    return str(made.json["department_id"])


def joined(manager: Client, org_id: str, department_id: str | None, member: Client) -> str:
    """The id of somebody who joins with a code of a department's own."""
    code = manager.post(f"/v1/organizations/{org_id}/invitations", {"department_id": department_id}).json["code"]
    answer = member.post(f"/v1/invitations/{code}/join", {"scopes": ["nucleic_acid"]})
    assert answer.status == 201, answer.text
    return str(answer.json["member_id"])


def test_r0_1_a_registrant_makes_departments_and_names_administrators_at_each_level(linyi: RunningCity) -> None:
    registrant, head = map(linyi.verified, linyi.people(2))
    org_id, _ = organization(registrant)
    grade = department(registrant, org_id, "一年级")
    department(registrant, org_id, "一班", grade)
    member_id = joined(registrant, org_id, None, head)

    named = registrant.post(f"/v1/organizations/{org_id}/admins", {"member_id": member_id, "department_id": grade})

    assert named.status == 201
    tree = registrant.get(f"/v1/organizations/{org_id}/departments").json["items"]
    assert [(one["name"], one["parent_id"]) for one in tree] == [("一年级", None), ("一班", grade)]
    assert head.get(f"/v1/organizations/{org_id}").json["department_id"] == grade


def test_r0_2_an_administrator_manages_and_sees_their_level_and_below_and_never_above_or_beside(
    linyi: RunningCity,
) -> None:
    registrant, head, at_top, beside, inside, below = map(linyi.verified, linyi.people(6))
    org_id, _ = organization(registrant)
    book = f"/v1/organizations/{org_id}"
    grade, other = department(registrant, org_id, "一年级"), department(registrant, org_id, "二年级")
    school_class = department(registrant, org_id, "一班", grade)
    head_id, top_id = joined(registrant, org_id, None, head), joined(registrant, org_id, None, at_top)
    beside_id = joined(registrant, org_id, other, beside)
    assert registrant.post(f"{book}/admins", {"member_id": head_id, "department_id": grade}).status == 201

    own = joined(head, org_id, grade, inside), joined(head, org_id, school_class, below)

    assert {one["member_id"] for one in members_of(head, org_id)} == set(own)
    assert {one["name"] for one in head.get(f"{book}/departments").json["items"]} == {"一年级", "一班"}
    for member_id in (head_id, top_id, beside_id):
        for answer in (
            head.get(f"{book}/members/{member_id}"),
            head.patch(f"{book}/members/{member_id}", {"type": "teacher"}),
            head.delete(f"{book}/members/{member_id}"),
        ):
            assert (answer.status, answer.code) == (404, "member_not_found")
    assert head.get(f"{book}/members?department_id={other}").code == "unknown_department"
    assert head.patch(f"{book}/members/{own[0]}", {"department_id": school_class, "label": "07"}).status == 200
    assert head.delete(f"{book}/members/{own[1]}").status == 204
    assert head.delete(book).code == "not_the_owner"
    assert {one["member_id"] for one in members_of(registrant, org_id)} == {head_id, top_id, beside_id, own[0]}


def test_r0_2_an_administrator_sees_statistics_of_their_level_and_below(linyi: RunningCity) -> None:
    registrant, head, beside, inside, below = map(linyi.verified, linyi.people(5))
    org_id, _ = organization(registrant)
    book = f"/v1/organizations/{org_id}"
    grade, other = department(registrant, org_id, "一年级"), department(registrant, org_id, "二年级")
    school_class = department(registrant, org_id, "一班", grade)
    head_id = joined(registrant, org_id, None, head)
    for where, who in ((other, beside), (grade, inside), (school_class, below)):
        joined(registrant, org_id, where, who)
    assert registrant.post(f"{book}/admins", {"member_id": head_id, "department_id": grade}).status == 201

    assert linyi.eventually(lambda: head.get(f"{book}/statistics").json["members"] == 2)
    assert linyi.eventually(lambda: registrant.get(f"{book}/statistics").json["members"] == 4)

    assert head.get(f"{book}/statistics?department_id={other}").code == "unknown_department"
    (shown,) = head.get(f"{book}/statistics").json["departments"]
    assert (shown["name"], shown["members"]) == ("一班", 1)


def test_r0_2_an_administrator_whose_role_ends_sees_nothing_any_more(linyi: RunningCity) -> None:
    registrant, head = map(linyi.verified, linyi.people(2))
    org_id, _ = organization(registrant)
    member_id = joined(registrant, org_id, None, head)
    assert registrant.post(f"/v1/organizations/{org_id}/admins", {"member_id": member_id}).status == 201
    assert len(members_of(head, org_id)) == 1

    assert registrant.delete(f"/v1/organizations/{org_id}/admins/{member_id}").status == 204

    assert head.get(f"/v1/organizations/{org_id}/members").code == "not_a_manager"
