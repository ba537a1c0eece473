"""The main flow through every layer."""

import pytest

from tests.support.city import TestCity

pytestmark = [pytest.mark.api, pytest.mark.slow]


def test_a_person_joins_by_code_is_listed_and_leaves(city: TestCity) -> None:
    owner, member_person = city.verified(), city.person()
    member = city.verified(member_person)
    org_id = city.book(owner)
    code = city.invite(owner, org_id)
    city.fact(member_person, "nucleic_acid", "negative", "2026-11-01T08:00:00")

    member_id = city.join(member, code, "nucleic_acid")

    listed = owner.get(f"/v1/organizations/{org_id}/members").json["items"]
    assert [item["member_id"] for item in listed] == [member_id]
    assert listed[0]["nucleic_acid"] == {"result": "negative", "occurred_at": "2026-11-01T00:00:00Z"}
    assert member.delete(f"/v1/me/memberships/{org_id}").status == 204
    assert owner.get(f"/v1/organizations/{org_id}/members").json["items"] == []
    city.deliver()
    log = member.get("/v1/me/access-log").json["items"]
    assert [entry["what"] for entry in log] == [["name", "document", "nucleic_acid"]]
