"""The roster of a book: who is expected by label, and who has not joined."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from chalicelib.core import clock, store
from chalicelib.groups.labels import label_key
from chalicelib.groups.schemas.rosters import MOST_BYTES
from chalicelib.groups.service import roster_plans, rosters
from chalicelib.groups.tables import DepartmentRow, LabelRow, OrganizationsTable, RosterRow
from tests.api.groups.steps import certified
from tests.support.books import Book, at_once, membership_key, organization_key, statuses
from tests.support.city import TestCity
from tests.support.client import Answer, Client
from tests.support.enrolled import anybody
from tests.support.events import Events
from tests.support.rows import items_of, put_raw, spoil, stored
from tests.support.seam import Killed, Seam, aws_error

pytestmark = pytest.mark.api

HEADER = "label,type,department_id\n"


def path(book: Book) -> str:
    return f"{book.path}/roster"


def take(book: Book, *lines: str, by: Client | None = None) -> Any:
    answer = (by or book.owner).put(path(book), {"csv": HEADER + "".join(f"{line}\n" for line in lines)})
    assert answer.status == 200, answer.text
    return answer.json


def counted(report: Any) -> tuple[int, int, int, list[tuple[int, str]]]:
    refused = [(one["line"], one["reason"]) for one in report["refused"]]
    return report["added"], report["changed"], report["unchanged"], refused


def listed(book: Book, query: str = "", by: Client | None = None) -> list[dict[str, Any]]:
    """Every page of the roster."""
    items: list[dict[str, Any]] = []
    cursor = ""
    while True:
        answer = (by or book.owner).get(f"{path(book)}?limit=100{query}{cursor}")
        assert answer.status == 200, answer.text
        items += answer.json["items"]
        if answer.json["cursor"] is None:
            return items
        cursor = f"&cursor={answer.json['cursor']}"


def labels(items: list[dict[str, Any]]) -> list[str]:
    return [one["label"] for one in items]


def claim(book: Book, label: str) -> None:
    """As a member who joins under a label leaves it."""
    key = LabelRow.of(book.org_id, label_key(label))
    store.put(LabelRow(key.hash_value, key.range_value, label=label, member_id="somebody"))


def roster_count(book: Book) -> int:
    """The organization's count, once it is seen that it is right."""
    prefix = RosterRow.PREFIX
    rows = [one for one in items_of(OrganizationsTable, book.org_id) if one["sk"]["S"].startswith(prefix)]
    count = int((stored(organization_key(book.org_id)) or {})["roster"]["N"])
    assert count == len(rows)
    return count


def test_a_roster_is_taken_changed_and_taken_again(book: Book) -> None:
    department = book.department()

    assert counted(take(book, "S-1,student,", f"S-2,student,{department}", "T-1,,")) == (3, 0, 0, [])
    assert counted(take(book, "S-1,student,", f"s-2,student,{department}", "T-1,teacher,", "T-2,,")) == (1, 2, 1, [])

    assert listed(book) == [
        {"label": "S-1", "type": "student", "department_id": None, "joined": False, "member_id": None},
        {"label": "s-2", "type": "student", "department_id": department, "joined": False, "member_id": None},
        {"label": "T-1", "type": "teacher", "department_id": None, "joined": False, "member_id": None},
        {"label": "T-2", "type": None, "department_id": None, "joined": False, "member_id": None},
    ]
    assert roster_count(book) == 4


@pytest.mark.parametrize(
    ("text", "type_", "moved"),
    [
        ("label\ns-1\n", "student", False),
        ("label,type\ns-1,pupil\n", "pupil", False),
        ("label,type\ns-1,\n", None, False),
        ("label,department_id\ns-1,\n", "student", True),
        ("label,type,department_id\ns-1,,\n", None, True),
    ],
)
def test_a_column_that_is_left_out_says_nothing_and_an_empty_cell_clears(
    book: Book, text: str, type_: str | None, moved: bool
) -> None:
    department = book.department()
    take(book, f"S-1,student,{department}")

    first, again = (book.owner.put(path(book), {"csv": text}).json for _ in range(2))

    assert counted(first) == (0, 1, 0, [])
    assert counted(again) == (0, 0, 1, [])
    (one,) = listed(book)
    assert (one["label"], one["type"], one["department_id"]) == ("s-1", type_, None if moved else department)


def test_what_a_file_leaves_is_what_another_just_wrote(book: Book, monkeypatch: pytest.MonkeyPatch) -> None:
    take(book, "S-1,student,")
    commit, late = roster_plans.Plan.commit, ["S-1,teacher,"]

    def committing(self: roster_plans.Plan) -> None:
        if late:
            take(book, late.pop())
        commit(self)

    monkeypatch.setattr(roster_plans.Plan, "commit", committing)

    assert counted(book.owner.put(path(book), {"csv": "label\ns-1\n"}).json) == (0, 1, 0, [])
    assert [(one["label"], one["type"]) for one in listed(book)] == [("s-1", "teacher")]


def test_who_has_not_joined_is_seen(book: Book) -> None:
    take(book, "S-1,,", "S-2,,", "S-3,,")
    claim(book, "s-2")

    assert labels(listed(book, "&joined=false")) == ["S-1", "S-3"]
    assert labels(listed(book, "&joined=true")) == ["S-2"]
    assert [one["joined"] for one in listed(book)] == [False, True, False]


def test_who_joins_under_a_label_is_not_missed_any_more(city: TestCity, book: Book) -> None:
    take(book, "S-1,,", "S-2,,")

    joined = anybody(city).post(f"/v1/invitations/{book.code}/join", {"scopes": [], "label": "s-2"})

    assert joined.status == 201, joined.text
    assert labels(listed(book, "&joined=false")) == ["S-1"]
    assert [one["member_id"] for one in listed(book)] == [None, joined.json["member_id"]]
    assert book.owner.delete(f"{book.path}/members/{joined.json['member_id']}").status == 204
    assert labels(listed(book, "&joined=false")) == ["S-1", "S-2"]
    assert [one["member_id"] for one in listed(book)] == [None, None]


def test_an_administrator_gets_from_a_label_to_their_own_members_only(book: Book) -> None:
    mine, beside = book.department("Mine"), book.department("Beside")
    head = book.admin(mine).client
    members = [book.member_in(one) for one in (mine, beside, mine)]
    for number, member in enumerate(members):
        changed = book.owner.patch(f"{book.path}/members/{member.member_id}", {"label": f"S-{number}"})
        assert changed.status == 200, changed.text
    take(book, f"S-0,,{mine}", f"S-1,,{mine}", f"S-2,,{mine}", f"S-3,,{mine}")
    spoil(membership_key(book.org_id, members[2].person), "path")

    seen = [(one["joined"], one["member_id"]) for one in listed(book, by=head)]

    assert seen == [(True, members[0].member_id), (True, None), (True, None), (False, None)]
    assert book.owner.get(path(book)).json["items"][1]["member_id"] == members[1].member_id
    assert head.get(f"{path(book)}?limit=1").json["items"][0]["member_id"] == members[0].member_id


def test_a_bearer_who_cannot_be_read_has_joined(book: Book) -> None:
    take(book, "S-1,,")
    put_raw(LabelRow.of(book.org_id, "s-1"), {"label": {"N": "1"}})

    assert (listed(book)[0]["joined"], listed(book)[0]["member_id"]) == (True, None)


def test_a_refused_line_is_told_in_the_callers_language(book: Book) -> None:
    body = {"csv": f"{HEADER}S-1,,\n13800000000,,\nS-2,,nowhere\n--,,\nS-1,,\n"}

    english, chinese = book.owner.put(path(book), body).json, book.owner.speaking("zh-CN").put(path(book), body).json

    expected = [(3, "personal_number"), (4, "unknown_department"), (5, "invalid_label"), (6, "label_twice")]
    assert counted(english) == (1, 0, 0, expected)
    assert counted(chinese) == (0, 0, 1, expected)
    assert english["refused"][1]["detail"].startswith("There is no such department")
    assert chinese["refused"][1]["detail"].startswith("没有这个部门")
    assert "13800000000" not in str(english)


@pytest.mark.parametrize(
    ("body", "code", "field"),
    [
        ({}, "validation_failed", "csv"),
        ({"csv": ""}, "validation_failed", "csv"),
        ({"csv": 7}, "validation_failed", "csv"),
        ({"csv": "S-1\n"}, "invalid_roster", "csv"),
        ({"csv": "name\nx\n"}, "invalid_roster", "csv"),
        ({"csv": 'label\n"x'}, "invalid_roster", "csv"),
        ({"csv": "label\n" + "x\n" * 5_001}, "roster_too_long", "csv"),
        ({"csv": "label\n", "other": 1}, "validation_failed", "other"),
    ],
)
def test_what_is_no_roster_is_refused_whole(book: Book, body: Any, code: str, field: str) -> None:
    answer = book.owner.put(path(book), body)

    assert (answer.status, answer.code) == (422, code)
    assert [one["field"] for one in answer.json["errors"]] == [field]
    assert listed(book) == []


def test_a_request_is_as_large_as_it_may_be_and_no_larger(book: Book) -> None:
    room = MOST_BYTES - len('{"csv": "label\\n"}')
    line = "S-1\\n"
    fits = '{"csv": "label\\n' + line + " " * (room % 102 - len(line)) + (" " * 100 + "\\n") * (room // 102) + '"}'

    assert len(fits) == MOST_BYTES
    assert book.owner("PUT", path(book), raw=fits.encode()).status == 200
    refused = book.owner("PUT", path(book), raw=fits.encode() + b" ")
    assert (refused.code, "256 KB" in refused.json["detail"]) == ("body_too_large", True)


def test_five_thousand_lines_are_one_call(book: Book, faults: Seam) -> None:
    start = len(faults.calls)

    report = take(book, *(f"S-{number:05},student," for number in range(5_000)))

    assert counted(report) == (5_000, 0, 0, [])
    assert len(faults.calls) - start < 120
    assert roster_count(book) == 5_000
    assert len(book.owner.get(f"{path(book)}?limit=100").json["items"]) == 100


def test_managers_see_and_change_their_part_only(book: Book) -> None:
    mine, beside = book.department("Class 1"), book.department("Class 2")
    below = book.department("Group 1", mine)
    head = book.admin(mine).client
    take(book, "A-1,,", f"B-1,,{mine}", f"C-1,,{beside}", f"D-1,,{below}")

    report = take(
        book, "A-1,x,", "B-1,x,", "C-1,x,", f"D-1,x,{below}", f"E-1,,{beside}", "F-1,,", f"G-1,,{mine}", by=head
    )

    assert counted(report) == (2, 2, 0, [(2, "elsewhere"), (4, "elsewhere"), (6, "unknown_department")])
    by_label = {one["label"]: (one["type"], one["department_id"]) for one in listed(book)}
    assert by_label == {
        "A-1": (None, None),
        "B-1": ("x", mine),
        "C-1": (None, beside),
        "D-1": ("x", below),
        "F-1": (None, mine),
        "G-1": (None, mine),
    }
    assert labels(listed(book, by=head)) == ["B-1", "D-1", "F-1", "G-1"]
    assert labels(listed(book, f"&department_id={below}", by=head)) == ["D-1"]
    assert head.get(f"{path(book)}?department_id={beside}").code == "unknown_department"
    removal = {"labels": ["A-1", "c-1", "b-1", "D-1"]}
    answer = head.post(f"{path(book)}/removal", removal)
    assert answer.json == {"removed": 2, "unknown": ["A-1", "c-1"], "unreadable": []}
    assert labels(listed(book)) == ["A-1", "C-1", "F-1", "G-1"]


def test_who_manages_nothing_sees_no_roster(city: TestCity, book: Book) -> None:
    callers = city.api, city.log_in(city.stranger()), anybody(city), book.member().client
    codes = ["session_required", "identity_required", "not_a_manager", "not_a_manager"]

    assert [one.get(path(book)).code for one in callers] == codes
    assert [one.put(path(book), {"csv": "label\n"}).code for one in callers] == codes
    assert [one.post(f"{path(book)}/removal", {"labels": ["x"]}).code for one in callers] == codes


def test_a_book_that_is_not_there_has_no_roster(book: Book) -> None:
    nowhere = "/v1/organizations/01aaaaaaaaaaaaaaaaaaaaaaaa/roster"

    assert book.owner.get(nowhere).code == "organization_not_found"
    assert book.owner.put(nowhere, {"csv": "label\n"}).code == "organization_not_found"
    assert book.owner.post(f"{nowhere}/removal", {"labels": ["x"]}).code == "organization_not_found"


def test_labels_are_taken_off(book: Book) -> None:
    take(book, "S-1,,", "S-2,,", "S-3,,")

    answer = book.owner.post(f"{path(book)}/removal", {"labels": ["s-1", "S-1", "Ｓ－３", "nobody", "--"]})

    assert answer.status == 200
    assert answer.json == {"removed": 2, "unknown": ["nobody", "--"], "unreadable": []}
    assert labels(listed(book)) == ["S-2"]
    assert roster_count(book) == 1


@pytest.mark.parametrize("wrong", [[], ["x"] * 501, ["x" * 65], [7], "x", None])
def test_what_names_no_labels_is_refused(book: Book, wrong: Any) -> None:
    assert book.owner.post(f"{path(book)}/removal", {"labels": wrong}).code == "validation_failed"


def test_pages_go_on_where_they_ended(book: Book, monkeypatch: pytest.MonkeyPatch) -> None:
    """Also over pages on which nobody is, and where a look ends between two of them."""
    monkeypatch.setattr(rosters, "A_LOOK", 7)
    monkeypatch.setattr(rosters, "LOOKS", 2)
    names = [f"S-{number:03}" for number in range(60)]
    take(book, *(f"{name},," for name in names))
    for name in names[5:50]:
        claim(book, name)
    for limit in (1, 4, 7, 8, 100):
        found: list[str] = []
        cursor, pages, goes_on = "", 0, True
        while goes_on:
            answer = book.owner.get(f"{path(book)}?limit={limit}&joined=false{cursor}").json
            assert len(answer["items"]) <= limit
            found += labels(answer["items"])
            pages += 1
            cursor, goes_on = f"&cursor={answer['cursor']}", answer["cursor"] is not None
        assert found == names[:5] + names[50:]
        assert pages <= 20


def test_a_cursor_is_of_one_list(book: Book) -> None:
    take(book, "S-1,,", "S-2,,")
    cursor = book.owner.get(f"{path(book)}?limit=1").json["cursor"]

    assert book.owner.get(f"{path(book)}?limit=1&cursor={cursor}").status == 200
    assert book.owner.get(f"{path(book)}?limit=1&joined=true&cursor={cursor}").code == "invalid_cursor"
    assert book.owner.get(f"{path(book)}?cursor=x").code == "invalid_cursor"
    assert book.owner.get(f"{path(book)}?joined=maybe").code == "validation_failed"
    assert book.owner.get(f"{path(book)}?limit=101").code == "validation_failed"


def test_a_damaged_label_is_passed_over_and_told(book: Book, events: Events) -> None:
    take(book, "S-1,,", "S-2,,")
    spoil(RosterRow.of(book.org_id, "s-1"), "path")

    answer = book.owner.get(path(book)).json

    assert (labels(answer["items"]), answer["unreadable"]) == (["S-2"], 1)
    assert counted(take(book, "S-1,x,", "S-2,x,")) == (0, 1, 0, [(2, "unreadable")])
    answer = book.owner.post(f"{path(book)}/removal", {"labels": ["s-1", "S-2", "S-3"]})
    assert answer.json == {"removed": 1, "unknown": ["S-3"], "unreadable": ["s-1"]}
    assert {line.get("table") for line in events.of("row.broken")} >= {"organizations"}


def test_a_damaged_department_is_an_answer(book: Book) -> None:
    department = book.department()
    spoil(DepartmentRow.of(book.org_id, department), "path")

    answer = book.owner.put(path(book), {"csv": f"{HEADER}S-1,,{department}\n"})

    assert (answer.status, answer.code) == (500, "broken_record")


def test_a_roster_is_full_at_its_limit(book: Book, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(roster_plans, "MOST", 3)
    take(book, "S-1,,", "S-2,,")

    report = take(book, "S-1,x,", "S-3,,", "S-4,,", "S-5,,")

    assert counted(report) == (1, 1, 0, [(4, "roster_full"), (5, "roster_full")])
    assert roster_count(book) == 3
    assert book.owner.post(f"{path(book)}/removal", {"labels": ["S-1"]}).status == 200
    assert counted(take(book, "S-4,,")) == (1, 0, 0, [])


def test_labels_for_many_departments_are_one_call(book: Book) -> None:
    departments = [book.department(f"Class {number}") for number in range(20)]

    report = take(book, *(f"S-{number:03},,{departments[number % 20]}" for number in range(200)))

    assert counted(report) == (200, 0, 0, [])
    assert {one["department_id"] for one in listed(book)} == set(departments)


# --- at the same moment, and cut -------------------------------------------------------------------------------------------


@pytest.mark.slow
def test_the_same_file_at_once_is_taken_once(book: Book) -> None:
    lines = [f"S-{number:03},student," for number in range(200)]
    body = {"csv": HEADER + "\n".join(lines)}

    answers = at_once(4, lambda _: book.owner.put(path(book), body))

    assert set(statuses(answers)) <= {200, 409, 503}
    assert sum(one.json["added"] for one in answers if one.status == 200) <= 200
    assert book.owner.put(path(book), body).json["added"] <= 200
    assert roster_count(book) == 200


@pytest.mark.parametrize("known", [False, True])
def test_no_label_is_put_into_a_department_that_is_removed_meanwhile(
    book: Book, monkeypatch: pytest.MonkeyPatch, known: bool
) -> None:
    department, commit = book.department(), roster_plans.Plan.commit
    if known:
        take(book, "S-1,,")

    def late(self: roster_plans.Plan) -> None:
        book.owner.delete(f"{book.path}/departments/{department}")
        commit(self)

    monkeypatch.setattr(roster_plans.Plan, "commit", late)

    assert counted(take(book, f"S-1,,{department}", "S-2,,")) == (1, 0, 0, [(2, "unknown_department")])
    assert {one["department_id"] for one in listed(book)} == {None}


def test_a_department_that_is_being_removed_takes_no_label(book: Book) -> None:
    department = book.department()
    closing = [DepartmentRow.closing_until.set(clock.now() + timedelta(minutes=1))]
    store.update(DepartmentRow.of(book.org_id, department), closing)

    answer = book.owner.put(path(book), {"csv": f"{HEADER}S-1,,{department}\n"})

    assert (answer.status, answer.code) == (409, "department_closing")
    assert listed(book) == []


@pytest.mark.slow
def test_taking_and_removing_at_once_keep_the_count(book: Book, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rosters, "A_TRANSACTION", 5)
    monkeypatch.setattr(roster_plans, "A_TRANSACTION", 5)
    names = [f"S-{number:02}" for number in range(20)]
    calls: list[Callable[[], Answer]] = [
        lambda: book.owner.put(path(book), {"csv": "label\n" + "\n".join(names)}),
        lambda: book.owner.put(path(book), {"csv": "label,type\n" + "\n".join(f"{name},x" for name in names)}),
        lambda: book.owner.post(f"{path(book)}/removal", {"labels": names[::2]}),
        lambda: book.owner.post(f"{path(book)}/removal", {"labels": names[::3]}),
    ]
    for _ in range(3):
        answers = at_once(len(calls), lambda number: calls[number]())
        assert set(statuses(answers)) <= {200, 409, 503}
        roster_count(book)


@pytest.mark.slow
def test_wherever_it_is_cut_the_file_may_be_sent_again(
    city: TestCity, owner: Client, monkeypatch: pytest.MonkeyPatch, faults: Seam
) -> None:
    from contextlib import suppress

    monkeypatch.setattr(rosters, "A_TRANSACTION", 2)
    monkeypatch.setattr(roster_plans, "A_TRANSACTION", 2)
    body = {"csv": "label\nS-1\nS-2\nS-3\n"}
    for act, removal in (("PUT", ""), ("POST", "/removal")):
        for number in range(1, 5):
            for place, error in (
                ("before", Killed()),
                ("after", Killed()),
                ("after", aws_error("InternalServerError")),
            ):
                book = Book(city, owner, city.book(owner), "")
                sent = body
                if removal:
                    take(book, "S-1,,", "S-2,,", "S-3,,")
                    sent = {"labels": ["S-1", "S-2", "S-3"]}  # type: ignore[dict-item]  # another body than the first
                faults.at = {len(faults.calls) + number: (place, error)}
                with suppress(Killed):
                    book.owner(act, f"{path(book)}{removal}", sent)
                faults.at = {}
                assert book.owner(act, f"{path(book)}{removal}", sent).status == 200
                assert roster_count(book) == (0 if removal else 3)


def test_a_deleted_books_roster_is_swept_and_counted(city: TestCity, owner: Client) -> None:
    book = Book(city, owner, city.book(owner), "")
    take(book, *(f"S-{number},," for number in range(120)))
    claim(book, "S-1")

    assert book.delete().status == 204
    assert owner.get(path(book)).code == "organization_not_found"
    city.deliver()

    assert items_of(OrganizationsTable, book.org_id) == []
    assert certified(owner, book.org_id) == {"labels": 1, "roster": 120}


def test_a_file_that_comes_behind_the_deletion_leaves_nothing(book: Book, monkeypatch: pytest.MonkeyPatch) -> None:
    real = rosters.Rosters.take

    def late(self: rosters.Rosters, manager: Any, text: str) -> roster_plans.Report:
        assert book.delete().status == 204
        return real(self, manager, text)

    monkeypatch.setattr(rosters.Rosters, "take", late)

    assert book.owner.put(path(book), {"csv": "label\nS-1\n"}).status == 409
    assert stored(RosterRow.of(book.org_id, "s-1")) is None
