"""Members are found by exact name, number, phone or label, or by surname; nothing typed is kept; each finds the look (R0.2, B1)."""

from typing import Any

import pytest

from chalicelib.core import store
from chalicelib.groups.service import search
from chalicelib.groups.tables import LabelRow
from chalicelib.people.service import limits
from tests.api.groups.steps import damaged
from tests.support.books import Book, Member, person_id_of
from tests.support.city import TestCity
from tests.support.client import Answer, Client
from tests.support.people import TestPerson
from tests.support.rows import spoil
from tests.support.seam import Seam

pytestmark = pytest.mark.api


def find(client: Client, book: Book, **sought: Any) -> Answer:
    return client.post(f"{book.path}/members/search", sought)


def found(client: Client, book: Book, **sought: Any) -> list[str]:
    answer = find(client, book, **sought)
    assert answer.status == 200, answer.text
    return [item["member_id"] for item in answer.json["items"]]


def document_of(person: TestPerson) -> dict[str, str]:
    return {"type": person.type, "number": person.number}


@pytest.fixture
def named(city: TestCity, book: Book) -> dict[str, Member]:
    """Members of whom some share a surname or a name."""
    names = ["王小明", "王小明", "王大力", "欧阳小明", "欧小明", "ANNA SMITH"]
    return {
        f"{number} {name}": book.member("travel", person=city.stranger(name=name)) for number, name in enumerate(names)
    }


def label(book: Book, member: Member, text: str) -> None:
    answer = book.owner.patch(f"{book.path}/members/{member.member_id}", {"label": text})
    assert answer.status == 200, answer.text


def ids(named: dict[str, Member], *names: str) -> set[str]:
    return {member.member_id for key, member in named.items() if key.partition(" ")[2] in names}


def test_by_name_and_surname(book: Book, named: dict[str, Member]) -> None:
    for name, names in [
        ("王小明", ["王小明"]),
        ("欧阳小明", ["欧阳小明"]),
        ("Anna  Smith", ["ANNA SMITH"]),
        ("王", []),
    ]:
        assert set(found(book.owner, book, name=name)) == ids(named, *names)
    for surname, names in [
        ("王", ["王小明", "王大力"]),
        ("欧阳", ["欧阳小明"]),
        ("欧", ["欧小明"]),
        ("a", ["ANNA SMITH"]),
        ("李", []),
    ]:
        assert set(found(book.owner, book, surname=surname)) == ids(named, *names)


def test_by_document_and_phone(book: Book, named: dict[str, Member]) -> None:
    for member in named.values():
        assert found(book.owner, book, document=document_of(member.person)) == [member.member_id]
        assert found(book.owner, book, phone=f"+86 {member.person.phone}") == [member.member_id]


def test_by_label_as_it_is_at_this_moment(book: Book) -> None:
    member, other = book.member(), book.member()
    label(book, member, "S-0042")
    for typed in ("S-0042", "s-0042", " ｓ－００４２ "):
        assert found(book.owner, book, label=typed) == [member.member_id]
    for typed in ("S-004", "S-00421", "S_0042"):
        assert found(book.owner, book, label=typed) == []

    label(book, member, "S-1")
    label(book, other, "S-0042")

    assert found(book.owner, book, label="S-0042") == [other.member_id]
    assert other.client.delete(book.own_path).status == 204
    assert found(book.owner, book, label="S-0042") == []


def test_a_label_is_of_one_organization(city: TestCity, book: Book) -> None:
    elsewhere = Book.opened(city)
    label(elsewhere, elsewhere.member(), "S-1")

    assert found(book.owner, book, label="S-1") == []


def test_a_damaged_claim_of_a_label_is_an_answer(book: Book) -> None:
    label(book, book.member(), "S-1")
    spoil(LabelRow.of(book.org_id, "s-1"), "member_id")

    answer = find(book.owner, book, label="S-1")

    assert (answer.status, answer.code) == (500, "broken_record")


def test_who_is_no_member_is_not_found_though_the_city_knows_them(city: TestCity, book: Book) -> None:
    elsewhere = Book.opened(city).member()
    person = elsewhere.person

    sought: dict[str, Any]
    for sought in ({"name": person.name}, {"document": document_of(person)}, {"phone": person.phone}):
        assert found(book.owner, book, **sought) == []


def test_an_administrator_finds_nobody_above_or_beside(city: TestCity, book: Book) -> None:
    mine, beside = book.department("Mine"), book.department("Beside")
    head = book.admin(mine)
    code = {one: city.invite(book.owner, book.org_id, department_id=one) for one in (mine, beside)}
    inside, outside = (
        Book(city, book.owner, book.org_id, code[one]).member(person=city.stranger(name="赵小红"))
        for one in (mine, beside)
    )

    label(book, inside, "S-1")
    label(book, outside, "S-2")

    for sought in ({"name": "赵小红"}, {"surname": "赵"}):
        assert found(head.client, book, **sought) == [inside.member_id]
        assert set(found(book.owner, book, **sought)) == {inside.member_id, outside.member_id}
    other: dict[str, Any]
    for other in ({"document": document_of(outside.person)}, {"phone": outside.person.phone}, {"label": "S-2"}):
        assert found(head.client, book, **other) == []
    assert found(head.client, book, label="S-1") == [inside.member_id]


def test_pages_hold_everybody_once(book: Book, named: dict[str, Member]) -> None:
    pages: list[str] = []
    cursor = None
    while not pages or cursor:
        answer = find(book.owner, book, surname="王", limit=1, **({"cursor": cursor} if cursor else {}))
        pages += [item["member_id"] for item in answer.json["items"]]
        cursor = answer.json["cursor"]

    assert sorted(pages) == sorted(ids(named, "王小明", "王大力"))
    assert find(book.owner, book, surname="欧", cursor="x").code == "invalid_cursor"


def test_being_found_is_in_the_access_log(city: TestCity, book: Book) -> None:
    member = book.member("travel")
    label(book, member, "S-1")
    assert found(book.owner, book, phone=member.person.phone)
    assert found(book.owner, book, label="S-1")
    city.deliver()

    entries = [one for one in member.client.get("/v1/me/access-log").json["items"] if one["why"] == "search"]
    assert [entry["what"] for entry in entries] == [["name", "document", "travel"]] * 2


@pytest.mark.parametrize(
    ("sought", "code"),
    [
        ({}, "search_by_one"),
        ({"name": "王小明", "surname": "王"}, "search_by_one"),
        ({"name": "王小明", "label": "S-1"}, "search_by_one"),
        ({"label": ""}, "validation_failed"),
        ({"label": "x" * 33}, "validation_failed"),
        ({"label": "--"}, "invalid_label"),
        ({"name": ""}, "validation_failed"),
        ({"name": "=1"}, "invalid_name"),
        ({"surname": "王小明"}, "invalid_surname"),
        ({"surname": "欧阳雨萱"}, "invalid_surname"),
        ({"surname": "Smith"}, "invalid_surname"),
        ({"surname": "=1"}, "invalid_surname"),
        ({"document": {"type": "resident_id", "number": "1"}}, "invalid_document"),
        ({"phone": "12345"}, "invalid_phone"),
        ({"surname": "王", "limit": 101}, "validation_failed"),
    ],
)
def test_wrong_searches_are_named(book: Book, sought: dict[str, Any], code: str) -> None:
    answer = find(book.owner, book, **sought)
    assert (answer.status, answer.code) == (422, code)


def test_a_broken_member_is_counted_and_hides_no_other(city: TestCity, book: Book) -> None:
    broken, whole = (book.member(person=city.stranger(name="钱多多")) for _ in range(2))
    damaged(book.org_id, person_id_of(broken.person), "scopes")

    answer = find(book.owner, book, name="钱多多")

    assert [item["member_id"] for item in answer.json["items"]] == [whole.member_id]
    assert answer.json["unreadable"] == 1


def test_a_name_given_anew_is_found_after_proving_it(city: TestCity) -> None:
    """The keyed forms that a search compares come from proving identity, not from a test's short cut."""
    person = city.person(name="孙行者")
    client, book = city.verified(person), Book.opened(city)
    member_id = city.join(client, book.code)

    assert found(book.owner, book, name="孙行者") == [member_id]
    assert found(book.owner, book, surname="孙") == [member_id]


def test_searches_by_document_are_few_a_day_whether_they_find_or_not(
    city: TestCity, book: Book, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Who knows all but four digits of a number would try them one by one."""
    monkeypatch.setattr(search, "BY_DOCUMENT_A_DAY", 2)
    member, chief = book.member(), book.admin(None)
    document = document_of(member.person)
    assert find(book.owner, book, document={"type": "resident_id", "number": "1"}).code == "invalid_document"
    assert found(book.owner, book, document=document_of(city.stranger())) == []
    assert found(book.owner, book, document=document) == [member.member_id]

    refused = find(book.owner, book, document=document)

    assert (refused.status, refused.code) == (429, "too_many_searches")
    assert int(refused.headers["retry-after"]) > 0
    assert found(book.owner, book, phone=member.person.phone) == [member.member_id], "by phone is another kind"
    assert found(chief.client, book, document=document) == [member.member_id], "each manager has their own"
    other = Book.opened(city, book.owner)
    assert found(book.owner, other, document=document) == [], "in each book"
    monkeypatch.setattr(limits, "day_window", lambda _: "day#2099-01-01")
    assert found(book.owner, book, document=document) == [member.member_id], "and each day"


@pytest.mark.parametrize("kind", ["name", "surname", "phone", "document"])
def test_searches_of_all_kinds_are_limited_a_day_together(
    book: Book, monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    monkeypatch.setattr(search, "A_DAY", 3)
    member = book.member()
    kinds = {
        "name": member.person.name, "surname": member.person.name[0], "phone": member.person.phone,
        "document": document_of(member.person),
    }  # fmt: skip
    for other in sorted(kinds.keys() - {kind}):
        assert found(book.owner, book, **{other: kinds[other]}) == [member.member_id]

    refused = find(book.owner, book, **{kind: kinds[kind]})

    assert (refused.status, refused.code) == (429, "too_many_searches")
    assert " 3 times a day" in refused.json["detail"]


def test_the_next_page_of_a_search_is_the_same_search(
    book: Book, named: dict[str, Member], monkeypatch: pytest.MonkeyPatch
) -> None:
    first = find(book.owner, book, surname="王", limit=1)
    monkeypatch.setattr(search, "A_DAY", 1)

    following = find(book.owner, book, surname="王", limit=1, cursor=first.json["cursor"])

    assert (following.status, len(following.json["items"])) == (200, 1)
    assert find(book.owner, book, surname="王").code == "too_many_searches"
    cursor = first.json["cursor"]
    assert find(book.owner, book, phone=named["0 王小明"].person.phone, cursor=cursor).code == "too_many_searches"


class TestWhoStandsBeside:
    """What an administrator is shown of a name tells nothing of who bears it beside or above them."""

    @pytest.fixture
    def parts(self, city: TestCity, book: Book) -> tuple[Member, Book, Book]:
        """An administrator, and the books of their own department and of the one beside."""
        mine, beside = book.department("Mine"), book.department("Beside")
        own, other = (
            Book(city, book.owner, book.org_id, city.invite(book.owner, book.org_id, department_id=one))
            for one in (mine, beside)
        )
        return book.admin(mine), own, other

    @pytest.mark.parametrize("size", [1, 2, 100])
    def test_a_page_is_the_same_with_and_without_them(
        self, city: TestCity, book: Book, parts: tuple[Member, Book, Book], monkeypatch: pytest.MonkeyPatch, size: int
    ) -> None:
        head, own, other = parts
        monkeypatch.setattr(store, "BATCH_READ_LIMIT", size)
        for _ in range(3):
            other.member(person=city.stranger(name="赵小红"))

        for sought in ({"name": "赵小红"}, {"surname": "赵"}):
            assert find(head.client, book, **sought, limit=1).json == {"items": [], "cursor": None, "unreadable": 0}

        inside = [own.member(person=city.stranger(name="赵小红")).member_id for _ in range(2)]
        first = find(head.client, book, name="赵小红", limit=1).json
        last = find(head.client, book, name="赵小红", limit=1, cursor=first["cursor"]).json
        assert {item["member_id"] for page in (first, last) for item in page["items"]} == set(inside)
        assert last["cursor"] is None, "nobody follows whom they reach"
        assert find(head.client, book, name="赵小红", limit=2).json["cursor"] is None

    def test_after_so_many_queries_a_page_ends_short_and_goes_on(
        self, city: TestCity, book: Book, parts: tuple[Member, Book, Book], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        head, own, other = parts
        monkeypatch.setattr(store, "BATCH_READ_LIMIT", 1)
        monkeypatch.setattr(search, "QUERIES", 2)
        for one in (other, other, other, own):
            one.member(person=city.stranger(name="赵小红"))

        shown: list[str] = []
        answer = find(head.client, book, name="赵小红").json
        pages = 1
        while answer["cursor"]:
            shown += [item["member_id"] for item in answer["items"]]
            answer = find(head.client, book, name="赵小红", cursor=answer["cursor"]).json
            pages += 1
        shown += [item["member_id"] for item in answer["items"]]

        assert len(shown) == 1
        assert pages >= 2


def test_who_follows_a_page_is_not_yet_shown(city: TestCity, book: Book) -> None:
    members = [book.member(person=city.stranger(name="赵小红")) for _ in range(2)]
    (item,) = find(book.owner, book, name="赵小红", limit=1).json["items"]
    city.deliver()

    for member in members:
        looks = member.client.get("/v1/me/access-log").json["items"]
        assert len(looks) == (member.member_id == item["member_id"])


def test_a_phone_of_nobody_costs_what_that_of_somebody_elsewhere_does(city: TestCity, book: Book, faults: Seam) -> None:
    """Else the time of the answer would tell whose phone the city knows."""
    elsewhere, unproved, nobody = Book.opened(city).member().person, city.stranger(), city.stranger()
    city.log_in(unproved)
    calls: list[list[str]] = []
    for person in (elsewhere, unproved, nobody):
        start = len(faults.calls)
        assert found(book.owner, book, phone=person.phone) == []
        calls.append(faults.operations[start:])

    assert calls == [["BatchGetItem", "TransactWriteItems", "GenerateMac", "BatchGetItem", "BatchGetItem"]] * 3
