"""Labels: an organization's own numbers for its members, asked for by a pattern and unique in it (settled readings; R0.1)."""

from typing import Any

import pytest

from chalicelib.core import store
from chalicelib.groups.labels import LabelDoesNotFit, fitting, label_key, label_of
from chalicelib.groups.service import endings
from chalicelib.groups.tables import LabelRow
from tests.api.groups.steps import damaged
from tests.support.books import Book, at_once, membership_row, person_id_of, statuses
from tests.support.city import TestCity
from tests.support.client import Answer, Client
from tests.support.enrolled import anybody, enrolled

pytestmark = pytest.mark.api

PATTERN = "S-####"


def join(client: Client, code: str, label: Any = None) -> Answer:
    return client.post(f"/v1/invitations/{code}/join", {"scopes": [], "label": label})


def labelled(city: TestCity, book: Book, pattern: str | None = PATTERN) -> str:
    return city.invite(book.owner, book.org_id, label_pattern=pattern)


def bearers(book: Book) -> dict[str, str]:
    """Who bears which label, by what is stored for uniqueness."""
    rows = store.query_all(LabelRow, book.org_id, LabelRow.sk.startswith(LabelRow.PREFIX))
    return {row.label: row.member_id for row in rows}


def change(book: Book, member_id: str, **changes: Any) -> Answer:
    return book.owner.patch(f"{book.path}/members/{member_id}", changes)


@pytest.mark.parametrize(
    ("label", "pattern", "fits"),
    [
        ("S-0042", "S-####", True),
        ("s-0042", "S-####", True),
        ("S-004", "S-####", False),
        ("S-00421", "S-####", False),
        ("S-004a", "S-####", False),
        ("A7", "@*", True),
        ("7A", "@*", False),
        ("é7", "@*", False),
        ("三1", "三#", True),
        ("a+b", "a+b", True),
        ("aab", "a+b", False),
        ("x", ".", False),
    ],
)
def test_a_pattern_means_what_it_says(label: str, pattern: str, fits: bool) -> None:
    if fits:
        assert fitting(label, pattern) == label
    else:
        with pytest.raises(LabelDoesNotFit):
            fitting(label, pattern)


@pytest.mark.parametrize("text", [" ｓ－００４２ ", "S-0042\ufe0f", "\u3164S-0042"])
def test_labels_that_look_alike_are_one(text: str) -> None:
    assert label_key(label_of(text)) == label_key(label_of("S-0042"))


def test_a_code_with_a_pattern_asks_for_a_label(city: TestCity, book: Book) -> None:
    code, client = labelled(city, book), anybody(city)

    missing, blank, wrong = join(client, code), join(client, code, " "), join(client, code, "0042")
    right = join(client, code, "s-0042")

    assert [(one.status, one.code) for one in (missing, blank, wrong)] == [
        (422, "label_required"),
        (422, "label_required"),
        (422, "label_does_not_fit"),
    ]
    assert {one.json["errors"][0]["field"] for one in (missing, blank, wrong)} == {"label"}
    assert PATTERN in missing.json["detail"]
    assert (right.status, right.json["label"]) == (201, "s-0042")
    assert book.members()[0]["label"] == "s-0042"


@pytest.mark.parametrize(("pattern", "code"), [("S-0001", "pattern_of_one_label"), ("--", "invalid_label")])
def test_a_pattern_that_fits_one_label_or_none_is_refused(book: Book, pattern: str, code: str) -> None:
    answer = book.owner.post(f"{book.path}/invitations", {"label_pattern": pattern})

    assert (answer.status, answer.code) == (422, code)
    assert answer.json["errors"][0]["field"] == "label_pattern"


@pytest.mark.parametrize(
    ("field", "value"),
    [("type", "13800000000"), ("label_pattern", "13800000000#"), ("label_pattern", "138.0000-0000@")],
)
def test_a_code_makes_no_personal_number_a_type_or_a_label(book: Book, field: str, value: str) -> None:
    answer = book.owner.post(f"{book.path}/invitations", {field: value})

    assert (answer.status, answer.code) == (422, "label_is_personal")
    assert [one["field"] for one in answer.json["errors"]] == [field]


@pytest.mark.parametrize("pattern", ["#", "S-@", "３班＊"])
def test_a_pattern_with_a_sign_for_others_is_taken(book: Book, pattern: str) -> None:
    assert book.owner.post(f"{book.path}/invitations", {"label_pattern": pattern}).status == 201


def test_a_code_without_a_pattern_takes_a_label_or_none(city: TestCity, book: Book) -> None:
    assert join(anybody(city), book.code, "Stand 7").json["label"] == "Stand 7"
    assert join(anybody(city), book.code).json["label"] is None


@pytest.mark.parametrize("label", ["\u202e7", "a\nb", "\u200b", "--", "x" * 33])
def test_a_label_must_be_visible(city: TestCity, book: Book, label: str) -> None:
    answer = join(anybody(city), book.code, label)
    assert answer.status == 422
    assert book.members() == []


@pytest.mark.parametrize("label", ["13800000000", "１３８００００００００", "+86 138-0000-0000", "11010519491231002x"])
@pytest.mark.parametrize("pattern", [None, "1##########"])
def test_a_label_is_nobodys_id_or_phone_number(city: TestCity, book: Book, label: str, pattern: str | None) -> None:
    code = labelled(city, book, pattern)

    answer = join(anybody(city), code, label)

    assert (answer.status, answer.code) == (422, "label_is_personal")
    assert answer.json["errors"][0]["field"] == "label"
    assert label not in answer.text
    assert book.members() == []


def test_who_bears_a_phone_number_from_before_is_moved_all_the_same(book: Book) -> None:
    member = book.member()
    row = membership_row(book.org_id, member.person)
    assert row is not None
    row.label = "13800000000"
    store.put(row)

    assert change(book, member.member_id, type="teacher").json["label"] == "13800000000"
    assert change(book, member.member_id, label=None).json["label"] is None


def test_a_label_is_one_members_in_an_organization_and_free_in_another(city: TestCity, book: Book) -> None:
    code, other = labelled(city, book), Book.opened(city)
    assert join(anybody(city), code, "S-0042").status == 201

    taken = join(anybody(city), code, "ｓ-0042")

    assert (taken.status, taken.code) == (409, "label_taken")
    assert len(book.members()) == 1
    assert join(anybody(city), other.code, "S-0042").status == 201


def test_of_many_who_want_a_label_at_once_one_gets_it(city: TestCity, book: Book) -> None:
    code = labelled(city, book)
    clients = [anybody(city) for _ in range(5)]

    answers = at_once(5, lambda number: join(clients[number], code, "S-0001"))

    assert statuses(answers) == [201, 409, 409, 409, 409]
    assert len(book.members()) == 1


def test_joining_twice_at_once_under_one_label_is_joining_once(city: TestCity, book: Book) -> None:
    code, client = labelled(city, book), anybody(city)

    answers = at_once(4, lambda _: join(client, code, "S-0001"))

    assert statuses(answers) == [200, 200, 200, 201]


@pytest.mark.parametrize("end", ["leave", "remove", "erase", "erase, broken"])
def test_a_label_is_free_again_when_its_bearer_goes(city: TestCity, book: Book, end: str) -> None:
    code, person = labelled(city, book), city.stranger()
    (client,) = enrolled(city, person)
    member_id = join(client, code, "S-0042").json["member_id"]
    if end == "leave":
        assert client.delete(book.own_path).status == 204
    elif end == "remove":
        assert book.owner.delete(f"{book.path}/members/{member_id}").status == 204
    else:
        if end == "erase, broken":
            damaged(book.org_id, person_id_of(person), "scopes")
        assert client.delete("/v1/me").status == 204

    assert bearers(book) == {}
    assert join(anybody(city), code, "S-0042").status == 201


def test_a_label_is_changed_and_taken_away(city: TestCity, book: Book) -> None:
    member, other = book.member(), book.member()
    assert change(book, member.member_id, label="A 1").json["label"] == "A 1"
    assert change(book, member.member_id, label="a 1").json["label"] == "a 1"
    assert bearers(book) == {"a 1": member.member_id}

    taken = change(book, other.member_id, label="A 1")
    assert (taken.status, taken.code) == (409, "label_taken")

    assert change(book, member.member_id, label="B 2").status == 200
    assert bearers(book) == {"B 2": member.member_id}
    assert change(book, member.member_id, label=None).json["label"] is None
    assert bearers(book) == {}
    assert change(book, other.member_id, label="A 1").status == 200
    assert city.pump.parked == []


def test_who_leaves_while_given_another_label_frees_both(book: Book, monkeypatch: pytest.MonkeyPatch) -> None:
    member = book.member()
    assert change(book, member.member_id, label="A 1").status == 200
    commit = endings.commit_as_it_is

    def late(*arguments: Any) -> None:
        assert change(book, member.member_id, label="B 2").status == 200
        commit(*arguments)

    monkeypatch.setattr("chalicelib.groups.service.memberships.commit_as_it_is", late)

    assert member.client.delete(book.own_path).status == 204
    assert bearers(book) == {}
    assert membership_row(book.org_id, member.person) is None
