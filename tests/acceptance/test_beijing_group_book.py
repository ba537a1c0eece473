"""S1, Beijing's group book (防疫健康信息团体簿), from outside."""

import json
import time
from collections.abc import Callable

import pytest

from tests.acceptance.conftest import RunningCity
from tests.support.client import Answer, Client
from tests.support.people import TestPerson

pytestmark = [pytest.mark.acceptance, pytest.mark.slow]

DONGHUAMEN = "110101001"
LINYI = "371302001"


@pytest.fixture(scope="module")
def beijing(run_city: Callable[[str], RunningCity]) -> RunningCity:
    return run_city("beijing")


def open_book(
    owner: Client, name: str = "东城区第三小学", kind: str = "school", subdistrict: str = DONGHUAMEN
) -> Answer:
    return owner.post("/v1/organizations", {"name": name, "kind": kind, "subdistrict": subdistrict})


def invite(owner: Client, org_id: str) -> Answer:
    body = {"department_id": None, "expires_at": None, "max_uses": None}
    return owner.post(f"/v1/organizations/{org_id}/invitations", body)


def book_with_member(beijing: RunningCity, *scopes: str) -> tuple[Client, Client, str, str]:
    """Owner, member, organization and code of a book that one person joined."""
    owner_person, member_person = beijing.people(2)
    owner, member = beijing.verified(owner_person), beijing.verified(member_person)
    org_id = open_book(owner).json["org_id"]
    code = invite(owner, org_id).json["code"]
    assert member.post(f"/v1/invitations/{code}/join", {"scopes": list(scopes)}).status == 201
    return owner, member, org_id, code


def members(owner: Client, org_id: str) -> list[dict[str, object]]:
    return list(owner.get(f"/v1/organizations/{org_id}/members").json["items"])


@pytest.mark.parametrize("wrong", ["name", "number", "phone"])
def test_r1_1_whoever_opens_a_book_proves_name_phone_and_number(beijing: RunningCity, wrong: str) -> None:
    person, other = beijing.people(2)
    client = beijing.log_in(other.phone if wrong == "phone" else person.phone)
    claim = TestPerson(
        name=other.name if wrong == "name" else person.name,
        number=other.number if wrong == "number" else person.number,
        phone=person.phone,
    ).claim()

    refused = client.put("/v1/me/identity", claim)

    assert (refused.status, refused.code) == (403, "identity_mismatch")
    assert "do not belong together" in refused.json["detail"]
    assert open_book(client).code == "identity_required"


def test_r1_1_a_mismatch_is_said_clearly_in_both_languages(beijing: RunningCity) -> None:
    person, other = beijing.people(2)
    client = beijing.log_in(person.phone)
    chinese = client.speaking("zh-CN").put("/v1/me/identity", other.claim()).json["detail"]
    english = client.put("/v1/me/identity", other.claim()).json["detail"]
    assert chinese != english
    assert any("\u4e00" <= character <= "\u9fff" for character in chinese)


def test_r1_1_a_book_asks_for_the_subdistrict_and_gives_a_code_to_save_and_send(beijing: RunningCity) -> None:
    owner = beijing.verified(beijing.people(1)[0])
    opened = open_book(owner)
    assert opened.status == 201

    invitation = invite(owner, opened.json["org_id"])

    assert invitation.status == 201
    assert invitation.json["qr"].startswith("<svg")
    assert invitation.json["url"].endswith(f"/c/{invitation.json['code']}")
    page = beijing.api.get(f"/c/{invitation.json['code']}")
    assert page.status == 200
    assert page.headers["content-type"].startswith("text/html")
    assert "东城区第三小学" in page.text


@pytest.mark.parametrize("subdistrict", ["11010100", "1101010011", "东城区东华门街道", LINYI])
def test_r1_1_a_subdistrict_is_nine_digits_of_this_city(beijing: RunningCity, subdistrict: str) -> None:
    owner = beijing.verified(beijing.people(1)[0])
    refused = open_book(owner, subdistrict=subdistrict)
    assert refused.status == 422
    assert refused.json["errors"][0]["field"] == "subdistrict"


def test_r1_2_a_person_scans_proves_who_they_are_and_joins(beijing: RunningCity) -> None:
    owner_person, joining = beijing.people(2)
    owner = beijing.verified(owner_person)
    org_id = open_book(owner).json["org_id"]
    code = invite(owner, org_id).json["code"]
    beijing.facts(
        {
            "document_type": joining.type,
            "document_number": joining.number,
            "kind": "nucleic_acid",
            "result": "negative",
            "occurred_at": "2026-11-01T08:00:00",
            "source": "lab",
        }
    )

    preview = beijing.api.get(f"/v1/invitations/{code}")
    member = beijing.verified(joining)
    joined = member.post(f"/v1/invitations/{code}/join", {"scopes": ["nucleic_acid"]})

    assert preview.json["organization"]["name"] == "东城区第三小学"
    assert joined.status == 201
    (listed,) = members(owner, org_id)
    assert listed["member_id"] == joined.json["member_id"]
    assert listed["nucleic_acid"] == {"result": "negative", "occurred_at": "2026-11-01T00:00:00Z"}
    assert listed["vaccination"] is None
    assert listed["name"] == "王**"


def test_r1_2_nobody_joins_without_an_sms_code_or_with_a_mismatch(beijing: RunningCity) -> None:
    owner_person, person, other = beijing.people(3)
    owner = beijing.verified(owner_person)
    org_id = open_book(owner).json["org_id"]
    code = invite(owner, org_id).json["code"]

    assert beijing.api.post("/v1/auth/codes", {"phone": person.phone}).status == 202
    sent = beijing.sms(person.phone)
    wrong = f"{(int(sent) + 1) % 1_000_000:06d}"
    guessed = beijing.api.post("/v1/auth/sessions", {"phone": person.phone, "code": wrong})
    right = beijing.api.post("/v1/auth/sessions", {"phone": person.phone, "code": sent})
    client = beijing.api.as_(right.json["token"])
    mismatch = client.put("/v1/me/identity", other.claim())
    joined = client.post(f"/v1/invitations/{code}/join", {"scopes": ["health_code"]})

    assert (guessed.status, guessed.code) == (401, "code_refused")
    assert mismatch.code == "identity_mismatch"
    assert (joined.status, joined.code) == (403, "identity_required")
    assert members(owner, org_id) == []


def test_r1_2_a_forged_code_opens_nothing(beijing: RunningCity) -> None:
    _, member, _, code = book_with_member(beijing)
    for place in (0, len(code) // 2, len(code) - 1):
        other = "A" if code[place] != "A" else "B"
        forged = code[:place] + other + code[place + 1 :]
        assert beijing.api.get(f"/v1/invitations/{forged}").status == 404
        assert member.post(f"/v1/invitations/{forged}/join", {"scopes": []}).status == 404
        assert beijing.api.get(f"/c/{forged}").status == 404


def test_r1_4_a_member_withdraws_at_any_time_and_nothing_is_left_to_see(beijing: RunningCity) -> None:
    owner, member, org_id, _ = book_with_member(beijing, "nucleic_acid", "health_code")

    assert member.put(f"/v1/me/memberships/{org_id}/consent", {"scopes": []}).status == 200
    (listed,) = members(owner, org_id)
    assert listed["scopes"] == []
    assert member.delete(f"/v1/me/memberships/{org_id}").status == 204
    assert members(owner, org_id) == []
    assert member.get("/v1/me/memberships").json["items"] == []
    actions = [receipt["action"] for receipt in member.get("/v1/me/consents").json["items"]]
    assert actions == ["left", "changed", "given"]


def test_r1_4_the_owner_deletes_the_book_at_any_time(beijing: RunningCity) -> None:
    owner, member, org_id, code = book_with_member(beijing, "vaccination")

    assert owner.delete(f"/v1/organizations/{org_id}").status == 204

    assert owner.get(f"/v1/organizations/{org_id}/members").status == 404
    assert member.get("/v1/me/memberships").json["items"] == []
    assert beijing.api.get(f"/v1/invitations/{code}").status == 404
    assert eventually(lambda: member.get("/v1/me/consents").json["items"][0]["action"] == "book_deleted")


@pytest.mark.parametrize("kind", ["company", "fair", "meeting"])
def test_r1_4_it_serves_companies_fairs_and_small_meetings_alike(beijing: RunningCity, kind: str) -> None:
    owner = beijing.verified(beijing.people(1)[0])
    opened = open_book(owner, name="春季招聘会", kind=kind)
    assert (opened.status, opened.json["kind"]) == (201, kind)


def test_whoever_was_listed_reads_who_looked(beijing: RunningCity) -> None:
    owner, member, org_id, _ = book_with_member(beijing, "nucleic_acid")
    members(owner, org_id)
    assert eventually(lambda: len(member.get("/v1/me/access-log").json["items"]) == 1)
    (entry,) = member.get("/v1/me/access-log").json["items"]
    assert entry["organization"] == "东城区第三小学"
    assert entry["what"] == ["name", "document", "nucleic_acid"]


def eventually(holds: Callable[[], bool], seconds: float = 5) -> bool:
    """Whether something that a stream causes is there within a few seconds."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if holds():
            return True
        time.sleep(0.1)
    return False


def test_r1_3_what_the_owner_sees_refreshes_every_day_by_itself(beijing: RunningCity) -> None:
    owner, _, org_id, _ = book_with_member(beijing, "health_code", "nucleic_acid")

    def as_of() -> str:
        (status,) = [one["status"] for one in members(owner, org_id)]
        assert isinstance(status, dict)
        return str(status["as_of"])

    before = as_of()
    time.sleep(1.1)  # moments are told to the second
    scheduled = {one["job"]: one["schedule"] for one in json.loads(beijing.operate("--json", "jobs", "list").stdout)}
    assert scheduled["sync"] == "cron(0/15 2-11 * * ? *)", "two in the morning, and looked after until noon"

    done = beijing.operate("--json", "jobs", "catch-up")

    assert done.returncode == 0, done.stderr
    assert beijing.eventually(lambda: beijing.operate("sync", "list").returncode == 0, seconds=90)
    (night, *_) = json.loads(beijing.operate("--json", "sync", "list").stdout)
    assert (night["phase"], night["pieces"], night["written"], night["garbage"]) == ("done", 256, 256, 0)
    assert beijing.eventually(lambda: as_of() > before, seconds=90), (
        "a process holds for a minute how fresh the city is"
    )
