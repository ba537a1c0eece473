"""Registration codes are listed, shown again, revoked and printed; an old, full, revoked or forged one says which (R0.1)."""

from collections.abc import Callable
from datetime import timedelta

import pytest

from chalicelib.core import clock, store
from chalicelib.groups.codes import new_invitation_id, read_code
from chalicelib.groups.service import invitations
from chalicelib.groups.tables import AdminRow, DepartmentRow, InvitationRow, OrganizationRow
from tests.api.groups.steps import join
from tests.support.books import Book, Member, at_once, invitation_key, organization_key, statuses
from tests.support.city import TestCity
from tests.support.client import Answer, Client
from tests.support.enrolled import anybody
from tests.support.rows import spoil, stored
from tests.support.seam import Seam

pytestmark = pytest.mark.api


def path(book: Book, code: str) -> str:
    return f"{book.path}/invitations/{read_code(code)[1]}"


def pages(client: Client, book: Book, limit: int) -> list[list[str]]:
    """The codes that a manager is shown, page by page."""
    listed, cursor = [], ""
    while True:
        page = client.get(f"{book.path}/invitations?limit={limit}{cursor}").json
        listed.append([one["code"] for one in page["items"]])
        if not page["cursor"]:
            return listed
        cursor = f"&cursor={page['cursor']}"


def test_a_code_carries_what_it_promises_and_is_shown_again(city: TestCity, book: Book) -> None:
    department_id = book.department()
    end = (clock.now() + timedelta(days=3)).isoformat()
    wanted = {
        "department_id": department_id, "expires_at": end, "max_uses": 3, "type": "教师", "label_pattern": "T-##",
    }  # fmt: skip
    made = book.owner.post(f"{book.path}/invitations", wanted)

    assert made.status == 201
    shown = book.owner.get(path(book, made.json["code"]))
    (_, listed) = sorted(book.owner.get(f"{book.path}/invitations").json["items"], key=lambda one: one["created_at"])

    assert shown.json == made.json
    assert listed == {name: value for name, value in made.json.items() if name not in {"qr", "print_url"}}
    assert {name: made.json[name] for name in wanted if name != "expires_at"} == {
        name: value for name, value in wanted.items() if name != "expires_at"
    }
    assert (made.json["state"], made.json["uses"]) == ("open", 0)
    answer = anybody(city).post(f"/v1/invitations/{made.json['code']}/join", {"scopes": [], "label": "T-01"})
    assert (answer.json["department_id"], answer.json["type"]) == (department_id, "教师")
    assert book.owner.get(path(book, made.json["code"])).json["uses"] == 1


def test_codes_are_listed_in_pages_and_by_subtree(city: TestCity, book: Book) -> None:
    mine = book.department("Mine")
    own = {city.invite(book.owner, book.org_id, department_id=mine) for _ in range(3)}
    head = book.admin(mine)
    made = head.client.post(f"{book.path}/invitations", {})

    assert made.json["department_id"] == mine
    listed = pages(head.client, book, 2)
    assert sorted(code for page in listed for code in page) == sorted({*own, made.json["code"]})
    assert [len(page) for page in listed] == [2, 2]
    for answer in (head.client.get(path(book, book.code)), head.client.delete(path(book, book.code))):
        assert (answer.status, answer.code) == (404, "invitation_not_found")


@pytest.mark.parametrize("read_at_once", [1, 3, 250])
def test_pages_tell_an_administrator_nothing_of_what_lies_beside(
    city: TestCity, book: Book, monkeypatch: pytest.MonkeyPatch, read_at_once: int
) -> None:
    monkeypatch.setattr(invitations, "READ_AT_ONCE", read_at_once)
    mine, empty = book.department("Mine"), book.department("Empty")
    own = {city.invite(book.owner, book.org_id, department_id=mine) for _ in range(3)}
    for _ in range(6):
        city.invite(book.owner, book.org_id)

    for limit, sizes in ((1, [1, 1, 1]), (2, [2, 1]), (3, [3]), (4, [3])):
        listed = pages(book.admin(mine).client, book, limit)
        assert [len(page) for page in listed] == sizes
        assert {code for page in listed for code in page} == own
    assert pages(book.admin(empty).client, book, 1) == [[]]
    assert [len(page) for page in pages(book.owner, book, 5)] == [5, 5]


def test_a_page_is_short_where_too_much_lies_beside(
    city: TestCity, book: Book, monkeypatch: pytest.MonkeyPatch, faults: Seam
) -> None:
    monkeypatch.setattr(invitations, "READ_AT_ONCE", 1)
    monkeypatch.setattr(invitations, "QUERIES", 2)
    mine = book.department("Mine")
    own = {city.invite(book.owner, book.org_id, department_id=mine) for _ in range(2)}
    for _ in range(4):
        city.invite(book.owner, book.org_id)
    head, start = book.admin(mine), faults.counts["Query"]

    listed = pages(head.client, book, 2)

    assert faults.counts["Query"] - start <= 2 * len(listed)
    assert len(listed) > 1
    assert {code for page in listed for code in page} == own


def test_a_broken_code_is_counted_on_one_page(city: TestCity, book: Book) -> None:
    codes = sorted(
        (book.code, *(city.invite(book.owner, book.org_id) for _ in range(3))), key=lambda one: read_code(one)[1]
    )
    spoil(invitation_key(codes[1]), "uses")

    first = book.owner.get(f"{book.path}/invitations?limit=1").json
    second = book.owner.get(f"{book.path}/invitations?limit=2&cursor={first['cursor']}").json

    assert [[one["code"] for one in page["items"]] for page in (first, second)] == [codes[:1], codes[2:]]
    assert [page["unreadable"] for page in (first, second)] == [0, 1]
    assert second["cursor"] is None


@pytest.mark.parametrize("limited", [True, False])
def test_a_revoked_code_lets_nobody_in_and_says_so_in_both_languages(city: TestCity, book: Book, limited: bool) -> None:
    code = city.invite(book.owner, book.org_id, max_uses=5 if limited else None)
    inside = anybody(city)
    assert join(inside, code).status == 201

    assert statuses(at_once(3, lambda _: book.owner.delete(path(book, code)))) == [204] * 3

    for language, words in (("zh-CN", "管理员已撤销这个邀请"), ("en", "has withdrawn this invitation")):
        answer = anybody(city).post(f"/v1/invitations/{code}/join", {"scopes": []}, accept_language=language)
        assert (answer.status, answer.code) == (410, "invitation_revoked")
        assert words in answer.json["detail"]
        assert city.api.get(f"/c/{code}/print", accept_language=language).status == 410
    assert join(inside, code).status == 200
    assert book.owner.get(path(book, code)).json["state"] == "revoked"
    raw = stored(organization_key(book.org_id))
    assert raw is not None
    assert raw["invitations"]["N"] == "1"


@pytest.mark.parametrize("limited", [True, False])
def test_who_is_joining_while_the_code_is_revoked_stays_outside(
    city: TestCity, book: Book, monkeypatch: pytest.MonkeyPatch, limited: bool
) -> None:
    code = city.invite(book.owner, book.org_id, max_uses=5 if limited else None)
    client, refuse = anybody(city), invitations.Invited.refuse_unless_open

    def look(invited: invitations.Invited) -> None:
        refuse(invited)
        assert book.owner.delete(path(book, code)).status == 204

    with monkeypatch.context() as patched:
        patched.setattr(invitations.Invited, "refuse_unless_open", look)
        answer = join(client, code)

    assert answer.status in {409, 410}
    assert book.members() == []


def test_the_codes_of_a_former_owners_time_end_and_an_administrators_go_on(city: TestCity, book: Book) -> None:
    head = book.admin(None)
    by_admin = head.client.post(f"{book.path}/invitations", {}).json["code"]
    store.update(organization_key(book.org_id), [OrganizationRow.owner_term.set(1)])

    assert join(anybody(city), book.code).code == "invitation_revoked"
    assert join(anybody(city), by_admin).status == 201


End = Callable[[Book, Member], Answer]
ENDS: dict[str, End] = {
    "removed": lambda book, head: book.owner.delete(f"{book.path}/admins/{head.member_id}"),
    "resigned": lambda book, head: head.client.delete(f"{book.path}/admins/{head.member_id}"),
    "left": lambda book, head: head.client.delete(book.own_path),
    "expelled": lambda book, head: book.owner.delete(f"{book.path}/members/{head.member_id}"),
    "erased": lambda _, head: head.client.delete("/v1/me"),
}
"""How a role may end."""


@pytest.mark.parametrize("end", ENDS)
def test_the_codes_of_an_administrator_end_with_the_role(city: TestCity, book: Book, end: str) -> None:
    mine = book.department("Mine")
    head, other = book.admin(mine), book.admin(mine)
    code, others = (one.client.post(f"{book.path}/invitations", {}).json["code"] for one in (head, other))
    inside = anybody(city)
    assert join(inside, code).status == 201

    assert ENDS[end](book, head).status == 204

    assert city.api.get(f"/v1/invitations/{code}").code == "invitation_revoked"
    answer = join(anybody(city), code)
    assert (answer.status, answer.code) == (410, "invitation_revoked")
    assert book.owner.get(path(book, code)).json["state"] == "revoked"
    states = {one["code"]: one["state"] for one in other.client.get(f"{book.path}/invitations").json["items"]}
    assert states == {code: "revoked", others: "open"}
    assert join(inside, code).status == 200
    assert [join(anybody(city), one).status for one in (others, book.code)] == [201, 201]


@pytest.mark.parametrize(
    ("to", "state"), [("above", "open"), ("top", "open"), ("beside", "revoked"), ("below", "revoked")]
)
def test_the_codes_of_an_administrator_end_where_the_role_is_moved_away(
    city: TestCity, book: Book, to: str, state: str
) -> None:
    above = book.department("Above")
    mine = book.department("Mine", above)
    places = {"top": None, "above": above, "beside": book.department("Beside"), "below": book.department("Below", mine)}
    head = book.admin(mine)
    code = head.client.post(f"{book.path}/invitations", {}).json["code"]

    role = {"member_id": head.member_id, "department_id": places[to]}
    assert book.owner.post(f"{book.path}/admins", role).status == 201

    assert book.owner.get(path(book, code)).json["state"] == state
    answer = join(anybody(city), code)
    assert (answer.status, answer.json.get("code")) == ((201, None) if state == "open" else (410, "invitation_revoked"))


@pytest.mark.parametrize("end", [end for end in ENDS if end != "erased"])
def test_the_codes_of_a_role_that_ended_stay_ended_when_it_is_given_again(city: TestCity, book: Book, end: str) -> None:
    mine = book.department("Mine")
    head = book.admin(mine)
    code = head.client.post(f"{book.path}/invitations", {}).json["code"]
    role = {"member_id": head.member_id, "department_id": mine}
    assert ENDS[end](book, head).status == 204

    join(head.client, book.code)
    assert book.owner.post(f"{book.path}/admins", role).status == 201

    assert book.owner.get(path(book, code)).json["state"] == "revoked"
    assert join(anybody(city), code).code == "invitation_revoked"
    assert join(anybody(city), head.client.post(f"{book.path}/invitations", {}).json["code"]).status == 201


def test_the_codes_of_a_role_that_was_moved_away_stay_ended_when_it_comes_back(city: TestCity, book: Book) -> None:
    mine, beside = book.department("Mine"), book.department("Beside")
    head = book.admin(mine)
    code = head.client.post(f"{book.path}/invitations", {}).json["code"]

    for department_id in (beside, mine):
        role = {"member_id": head.member_id, "department_id": department_id}
        assert book.owner.post(f"{book.path}/admins", role).status == 201

    assert join(anybody(city), code).code == "invitation_revoked"


def test_who_is_joining_while_the_makers_role_is_given_anew_stays_outside(
    city: TestCity, book: Book, monkeypatch: pytest.MonkeyPatch
) -> None:
    head = book.admin(None)
    code, client = head.client.post(f"{book.path}/invitations", {}).json["code"], anybody(city)
    refuse = invitations.Invited.refuse_unless_open

    def look(invited: invitations.Invited) -> None:
        refuse(invited)
        assert book.owner.delete(f"{book.path}/admins/{head.member_id}").status == 204
        assert book.owner.post(f"{book.path}/admins", {"member_id": head.member_id}).status == 201

    with monkeypatch.context() as patched:
        patched.setattr(invitations.Invited, "refuse_unless_open", look)
        assert join(client, code).code == "invitation_revoked"


def test_the_codes_of_a_broken_department_let_nobody_in_and_hide_no_other(city: TestCity, book: Book) -> None:
    """They can be taken back all the same; the operators are told."""
    department_id = book.department()
    code = city.invite(book.owner, book.org_id, department_id=department_id)
    spoil(DepartmentRow.of(book.org_id, department_id), "path")

    states = {one["code"]: one["state"] for one in book.owner.get(f"{book.path}/invitations").json["items"]}

    assert states == {code: "revoked", book.code: "open"}
    assert book.owner.get(path(book, code)).json["state"] == "revoked"
    assert join(anybody(city), code).code == "invitation_revoked"
    assert city.api.get(f"/c/{code}").status == 410
    assert book.owner.delete(path(book, code)).status == 204


def test_the_codes_of_a_broken_role_let_nobody_in_and_hide_no_other(city: TestCity, book: Book) -> None:
    """A broken role manages nothing; the operators are told."""
    head = book.admin(None)
    code = head.client.post(f"{book.path}/invitations", {}).json["code"]
    spoil(AdminRow.of(book.org_id, head.member_id), "path")

    states = {one["code"]: one["state"] for one in book.owner.get(f"{book.path}/invitations").json["items"]}

    assert states == {code: "revoked", book.code: "open"}
    assert join(anybody(city), code).code == "invitation_revoked"


def test_who_is_joining_while_the_makers_role_ends_stays_outside(
    city: TestCity, book: Book, monkeypatch: pytest.MonkeyPatch
) -> None:
    head = book.admin(None)
    code, client = head.client.post(f"{book.path}/invitations", {}).json["code"], anybody(city)
    refuse, count = invitations.Invited.refuse_unless_open, len(book.members())

    def look(invited: invitations.Invited) -> None:
        refuse(invited)
        assert book.owner.delete(f"{book.path}/admins/{head.member_id}").status == 204

    with monkeypatch.context() as patched:
        patched.setattr(invitations.Invited, "refuse_unless_open", look)
        assert join(client, code).code == "invitation_revoked"

    assert len(book.members()) == count


def test_codes_are_as_many_as_they_may(book: Book, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(invitations, "MOST", 2)

    answers = at_once(4, lambda _: book.owner.post(f"{book.path}/invitations", {}))

    assert statuses(answers) == [201, 409, 409, 409]
    assert {answer.code for answer in answers if answer.status == 409} == {"too_many_invitations"}
    assert book.owner.delete(path(book, book.code)).status == 204
    assert book.owner.post(f"{book.path}/invitations", {}).status == 201


def test_a_code_for_a_book_that_is_deleted_at_this_moment_is_not_said_to_be_one_too_many(
    book: Book, monkeypatch: pytest.MonkeyPatch
) -> None:
    def late() -> str:
        assert book.delete().status == 204
        return new_invitation_id()

    monkeypatch.setattr(invitations, "new_invitation_id", late)

    assert book.owner.post(f"{book.path}/invitations", {}).code == "organization_not_found"


def test_a_broken_code_is_counted_and_hides_no_other(city: TestCity, book: Book) -> None:
    other = city.invite(book.owner, book.org_id)
    spoil(invitation_key(book.code), "uses")

    page = book.owner.get(f"{book.path}/invitations").json

    assert [one["code"] for one in page["items"]] == [other]
    assert page["unreadable"] == 1
    assert book.owner.get(path(book, book.code)).code == "broken_record"


def test_the_page_to_print_names_who_asks_and_until_when(city: TestCity, book: Book) -> None:
    department_id = book.department("<b>一年级</b>")
    code = city.invite(book.owner, book.org_id, department_id=department_id, expires_at="2099-04-06T12:00:00+08:00")

    page = city.api.get(f"/c/{code}/print")

    assert page.status == 200
    assert "Third School" in page.text
    assert "&lt;b&gt;一年级&lt;/b&gt;" in page.text
    assert "有效期至 2099-04-06 12:00" in page.text
    assert page.text.count("<svg") == 1
    assert f"/c/{code}</code>" in page.text
    assert "style=" not in page.text
    assert 'data-limited="yes" data-labelled=""' in page.text
    labelled = city.invite(book.owner, book.org_id, label_pattern="S-##")
    assert 'data-limited="" data-labelled="yes"' in city.api.get(f"/c/{labelled}/print").text
    forged = city.api.get(f"/c/{code[:-1]}/print")
    assert forged.status == 404
    assert "../../static/style.css" in forged.text


def test_a_preview_names_the_department_and_the_label(city: TestCity, book: Book) -> None:
    department_id = book.department("Class 1")
    code = city.invite(book.owner, book.org_id, department_id=department_id, label_pattern="##")

    preview = city.api.get(f"/v1/invitations/{code}").json

    assert (preview["department"], preview["label_pattern"]) == ("Class 1", "##")
    assert 'data-pattern="##"' in city.api.get(f"/c/{code}").text
    assert invitation_key(code) != InvitationRow.of(book.org_id, "x")
