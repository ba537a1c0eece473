"""Members as a file: who may have one, what stands in it, and that whoever it shows can see it (R1.3, B1, T-30, T-31)."""

import io
import json
import zipfile
from datetime import timedelta
from typing import Any
from urllib.error import HTTPError

import pytest

from chalicelib.core import clock, files, store
from chalicelib.groups.service import export_limits, exports
from chalicelib.groups.tables import ExportRow
from chalicelib.groups.withdrawals import WithdrawalRow
from tests.api.groups.steps import damaged
from tests.support.books import SEEN, Book, fill, known, membership_key, organization_key, person_id_of
from tests.support.city import TestCity
from tests.support.exporting import begin, export_row, fetched, fetched_table, finished, inline, ledger, shown, table
from tests.support.people import TestPerson
from tests.support.policies import set_policy
from tests.support.rows import put_raw, spoil, stored

pytestmark = pytest.mark.api

DAMAGED = [
    ("joined_at", None),
    ("joined_at", {"S": "yesterday"}),
    ("joined_at", {"S": "9999-12-31T23:59:59.000000+0000"}),
    ("scopes", None),
    ("scopes", {"S": "travel"}),
    ("scopes", {"L": [{"NULL": True}]}),
    ("enrolment", {"S": "1"}),
    ("travel", {"S": "{}"}),
    ("travel", {"S": "[" * 20_000}),
    ("travel", {"S": '{"a":' + "[" * 20_000 + "]" * 20_000 + "}"}),
    ("status", {"S": '"green"'}),
    ("overdue", {"L": [{"N": "1"}]}),
]
"""Attributes of a membership, and values that nothing in the service would store. The last hours of 9999 are none further east."""


def put_damaged(book: Book, person: TestPerson, attribute: str, value: dict[str, Any] | None) -> None:
    key = membership_key(book.org_id, person)
    rest = {name: old for name, old in (stored(key) or {}).items() if name != attribute}
    put_raw(key, rest if value is None else {**rest, attribute: value})


class TestInline:
    def test_it_shows_what_the_list_shows_masked_and_in_the_city_s_time(self, city: TestCity, book: Book) -> None:
        person = known(city)
        member = book.member("nucleic_acid", "vaccination", "travel", person=person)

        answer = inline(book)

        assert answer.status == 200
        assert answer.headers["content-type"] == "text/csv; charset=utf-8"
        assert answer.headers["content-disposition"] == 'attachment; filename="members.csv"'
        found = table(answer.text)
        (item,) = book.members()
        (row,) = found.members
        assert found.head[0] == ["Organization", "Third School"]
        assert found.head[1][1].endswith("(Asia/Shanghai)")
        assert row["name"] == item["name"]
        assert row["document"] == item["document"]
        assert row["member_id"] == member.member_id
        assert row["scopes"] == "nucleic_acid, vaccination, travel"
        assert (row["nucleic_acid"], row["nucleic_acid_at"]) == ("negative", "2022-04-05 10:00")
        assert (row["vaccination"], row["vaccination_at"]) == ("2", "2021-09-01 10:00")
        assert (row["travel"], row["travel_result"], row["travel_at"]) == ("travel_check", "clear", "2022-04-06 10:00")
        assert (row["status"], row["label"], row["department"]) == ("", "", "")
        assert not {"null", "None"} & {cell for cells in found.members for cell in cells.values()}

    def test_what_is_not_shared_is_empty(self, city: TestCity, book: Book) -> None:
        book.member("travel", person=known(city))

        (row,) = table(inline(book).text).members

        assert row["travel"] == "travel_check"
        assert {row["nucleic_acid"], row["nucleic_acid_at"], row["vaccination"], row["vaccination_at"]} == {""}

    def test_it_says_who_is_overdue_as_the_list_does(self, book: Book) -> None:
        """Also before the work behind the policy has reached them."""
        fill(book.org_id, 1, list(SEEN), **SEEN)
        assert set_policy(book, nucleic_acid_days=7, vaccination_days=30).status == 200

        (row,) = table(inline(book).text).members

        assert (row["attention"], row["overdue"]) == ("overdue", "nucleic_acid, vaccination")

    def test_an_empty_book_is_a_file_without_rows(self, book: Book) -> None:
        assert table(inline(book).text).members == []

    def test_it_speaks_the_caller_s_language(self, book: Book) -> None:
        found = table(inline(book, book.owner.speaking("zh-CN")).text)

        assert found.head[0] == ["单位", "Third School"]
        assert "姓名" in found.head[3]

    def test_what_is_known_stands_there_in_chinese_words_for_who_reads_chinese(
        self, city: TestCity, book: Book
    ) -> None:
        book.member("health_code", "nucleic_acid", "vaccination", "travel", person=known(city))
        city.deliver()
        assert set_policy(book, nucleic_acid_days=7, travel_days=7).status == 200
        chinese = book.owner.speaking("zh-CN")

        found = table(inline(book, chinese).text)

        (row,) = found.members
        assert row["scopes"] == "健康码、核酸检测、疫苗接种、行程"
        assert (row["nucleic_acid"], row["vaccination"]) == ("阴性", "2")
        assert (row["travel"], row["travel_result"]) == ("行程核验", "无异常")
        assert (row["status"], row["attention"]) == ("红码", "红码")
        assert row["overdue"] == "核酸检测、行程核验"
        assert fetched_table(finished(book, chinese)).members == [row]
        assert found.tail[4] == "SHA-256"

    def test_a_word_that_nobody_knows_stands_there_as_it_is_stored(self, book: Book) -> None:
        seen = {"kind": "balloon", "result": "up.zh-CN", "occurred_at": "2022-04-06T02:00:00Z"}
        fill(book.org_id, 1, ["travel"], travel=seen)

        (row,) = table(inline(book, book.owner.speaking("zh-CN")).text).members

        assert (row["travel"], row["travel_result"]) == ("balloon", "up.zh-CN")

    def test_names_that_look_like_formulas_are_neutral(self, city: TestCity) -> None:
        book = Book.opened(city, name="=1+1")
        fill(book.org_id, 1, label="@SUM(A1)")

        found = table(inline(book).text)

        assert found.head[0][1] == "'=1+1"
        assert found.members[0]["label"] == "'@SUM(A1)"

    def test_more_than_an_answer_takes_is_named_and_disclosed_to_nobody(
        self, book: Book, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(exports, "INLINE_ROWS", 3)
        fill(book.org_id, 3)
        assert len(table(inline(book).text).members) == 3
        before = len(ledger(book.org_id, "DISCLOSURE"))
        fill(book.org_id, 4)

        answer = inline(book)

        assert (answer.status, answer.code) == (409, "export_needs_work")
        assert "/exports" in answer.json["detail"]
        assert len(ledger(book.org_id, "DISCLOSURE")) == before
        monkeypatch.setattr(exports, "INLINE_ROWS", 4)
        monkeypatch.setattr(exports, "INLINE_BYTES", 500)
        assert inline(book).code == "export_needs_work", "nor is one that is too long"

    def test_everybody_in_it_sees_it_and_the_ledger_says_who_asked(
        self, city: TestCity, book: Book, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(exports, "SLICE", 2)
        members = [book.member("nucleic_acid") for _ in range(3)]
        inline(book)
        city.deliver()

        for member in members:
            (entry,) = member.client.get("/v1/me/access-log").json["items"]
            assert (entry["why"], entry["what"]) == ("export", ["name", "document", "nucleic_acid"])
        (asked,) = ledger(book.org_id, "EXPORT")
        assert (asked.what, asked.run) == (["csv"], None)
        assert len(ledger(book.org_id, "DISCLOSURE")) == 2

    def test_an_administrator_exports_their_subtree_and_nothing_above_is_named(self, book: Book) -> None:
        grade = book.department("Grade 1")
        school_class, other = book.department("Class 2", grade), book.department("Grade 2")
        head = book.admin(school_class)
        inside, beside = book.member_in(school_class), book.member_in(other)

        whole = {row["member_id"]: row["department"] for row in table(inline(book).text).members}
        own = {row["member_id"]: row["department"] for row in table(inline(book, head.client).text).members}
        below = table(inline(book, query=f"?department_id={grade}").text).members

        assert whole[inside.member_id] == "Grade 1 / Class 2"
        assert whole[beside.member_id] == "Grade 2"
        assert own[inside.member_id] == "Class 2"
        assert beside.member_id not in own
        assert {row["member_id"] for row in below} == own.keys()

    @pytest.mark.parametrize("query", ["?format=xlsx", "?format=", "?department_id=never", "?limit=1"])
    def test_what_cannot_be_meant_is_refused(self, book: Book, query: str) -> None:
        answer = inline(book, query=query)
        assert (answer.status, answer.code in {"validation_failed", "unknown_department"}) == (422, True)

    def test_a_row_that_cannot_be_read_is_counted(self, city: TestCity, book: Book) -> None:
        person = city.stranger()
        book.member(person=person)
        fill(book.org_id, 2)
        damaged(book.org_id, person_id_of(person), "name_mask")

        found = table(inline(book).text)

        assert (len(found.members), found.tail[2:4]) == (2, ["Rows that could not be read", "1"])

    @pytest.mark.parametrize(("attribute", "value"), DAMAGED)
    def test_a_damaged_member_holds_up_nobody_else(
        self, city: TestCity, book: Book, attribute: str, value: dict[str, Any] | None
    ) -> None:
        person = city.stranger()
        member = book.member("travel", person=person)
        fill(book.org_id, 2)
        put_damaged(book, person, attribute, value)

        answer = inline(book)
        city.deliver()

        assert answer.status == 200, answer.text
        found = table(answer.text)
        assert (len(found.members), found.tail[2:4]) == (2, ["Rows that could not be read", "1"])
        assert member.client.get("/v1/me/access-log").json["items"] == [], "who is in no file was not disclosed"

    @pytest.mark.parametrize("moment", ["9999-12-31T23:59:59+00:00", "0001-01-01T00:00:00+14:00"])
    def test_a_moment_beyond_all_clocks_is_shown_as_it_is_stored(self, book: Book, moment: str) -> None:
        fill(book.org_id, 1, ["travel"], travel={"kind": "travel_check", "result": "clear", "occurred_at": moment})

        (row,) = table(inline(book).text).members

        assert row["travel_at"] == moment

    def test_a_broken_book_is_a_fault_of_the_service(self, book: Book) -> None:
        spoil(organization_key(book.org_id), "owner_id")
        assert inline(book).code == "broken_record"


class TestByWork:
    def test_it_is_begun_done_and_fetched_by_a_link_without_a_token(self, city: TestCity, book: Book) -> None:
        book.member("nucleic_acid", person=known(city))
        city.deliver()

        begun = begin(book)
        assert (begun.status, begun.json["state"], begun.json["rows"], begun.json["link"]) == (201, "waiting", 0, None)
        city.deliver()
        done = shown(book, begun.json["export_id"]).json

        assert (done["state"], done["rows"], done["of"], done["format"]) == ("done", 1, 1, "csv")
        found = fetched_table(done)
        assert found.members == table(inline(book).text).members
        assert shown(book, begun.json["export_id"]).json["link"].partition("?")[0] == done["link"].partition("?")[0]

    @pytest.mark.parametrize(("attribute", "value"), DAMAGED)
    def test_a_damaged_member_ends_no_export(
        self, city: TestCity, book: Book, attribute: str, value: dict[str, Any] | None
    ) -> None:
        person = city.stranger()
        member = book.member("travel", person=person)
        fill(book.org_id, 2)
        put_damaged(book, person, attribute, value)
        city.deliver()  # a row that can't be read any more ends exports that are begun before that is seen

        done = finished(book, format="csv")

        assert (done["state"], done["rows"], done["unreadable"]) == ("done", 2, 1)
        found = fetched_table(done)
        assert (len(found.members), found.tail[2:4]) == (2, ["Rows that could not be read", "1"])
        assert member.client.get("/v1/me/access-log").json["items"] == [], "who is in no file was not disclosed"

    def test_a_spreadsheet_holds_the_same_cells_as_texts_alone(self, book: Book) -> None:
        fill(book.org_id, 3, list(SEEN), label="=1+1", **SEEN)
        with clock.frozen(clock.now()):
            as_csv, as_xlsx = (finished(book, format=kind) for kind in ("csv", "xlsx"))

        found = fetched_table(as_csv)
        with zipfile.ZipFile(io.BytesIO(fetched(as_xlsx))) as file:
            sheet = file.read("xl/worksheets/sheet1.xml").decode()
        assert "<f>" not in sheet
        assert "'=1+1" in sheet
        assert found.tail[5] in sheet, "the hash is that of the same file as CSV"
        assert sheet.count("<row ") == 4 + 3 + 1

    def test_whoever_it_shows_sees_it_before_it_can_be_read(self, city: TestCity, book: Book) -> None:
        member = book.member("travel")

        finished(book)

        (entry,) = member.client.get("/v1/me/access-log").json["items"]
        assert (entry["why"], entry["what"]) == ("export", ["name", "document", "travel"])
        (asked,) = ledger(book.org_id, "EXPORT")
        assert asked.run is not None
        city.deliver()
        assert len(ledger(book.org_id, "DISCLOSURE")) == 1

    def test_only_who_asked_sees_it(self, book: Book) -> None:
        chief = book.admin(None)
        export = finished(book)

        assert shown(book, export["export_id"], chief.client).code == "export_not_found"
        assert shown(Book.opened(book.city, book.owner), export["export_id"]).code == "export_not_found"

    def test_who_manages_less_since_then_sees_it_no_more(self, book: Book) -> None:
        grade = book.department("Grade 1")
        head = book.admin(grade)
        export = finished(book, head.client, format="xlsx")
        assert shown(book, export["export_id"], head.client).status == 200
        role = f"{book.path}/admins/{head.member_id}"

        assert book.owner.delete(role).status == 204
        assert shown(book, export["export_id"], head.client).code == "not_a_manager"
        body = {"member_id": head.member_id, "department_id": book.department("Class 1", grade)}
        assert book.owner.post(f"{book.path}/admins", body).status == 201
        assert shown(book, export["export_id"], head.client).code == "export_not_found"

    def test_it_is_over_after_a_day(self, book: Book) -> None:
        export = finished(book)
        stored = export_row(book, export["export_id"])
        stored.expires_at = clock.now() - timedelta(seconds=1)
        store.put(stored)

        assert shown(book, export["export_id"]).code == "export_not_found"

    @pytest.mark.parametrize("how", ["leaves", "is removed", "shares less", "is erased"])
    def test_what_a_member_takes_back_ends_it(self, book: Book, how: str) -> None:
        member = book.member("travel", "nucleic_acid")
        export = finished(book)
        assert fetched(export)

        match how:
            case "leaves":
                assert member.client.delete(book.own_path).status == 204
            case "is removed":
                assert book.owner.delete(f"{book.path}/members/{member.member_id}").status == 204
            case "shares less":
                answer = member.client.put(f"{book.own_path}/consent", {"scopes": ["travel"]})
                assert answer.status == 200
            case _:
                assert member.client.delete("/v1/me").status == 204
        book.city.deliver()

        for _ in range(2):
            answer = shown(book, export["export_id"])
            assert (answer.status, answer.code) == (410, "export_withdrawn")
            assert "make a new one" in answer.json["detail"].lower()
        assert files.remove_all(f"{book.org_id}/") == 0
        assert fetched(finished(book)), "a new one holds what is shared now"

    def test_who_joins_or_shares_more_ends_none(self, book: Book) -> None:
        member = book.member("travel")
        export = finished(book)
        book.member("travel")
        answer = member.client.put(f"{book.own_path}/consent", {"scopes": ["travel", "vaccination"]})
        assert answer.status == 200
        assert Book.opened(book.city).member().client.delete("/v1/me").status == 204, "nor does another book's"
        book.city.deliver()

        assert shown(book, export["export_id"]).json["state"] == "done"

    def test_one_that_is_waiting_ends_the_same_way(self, book: Book) -> None:
        member = book.member("travel")
        book.city.deliver()
        export_id = begin(book).json["export_id"]
        store.update(WithdrawalRow.of(book.org_id), [WithdrawalRow.withdrawn_at.set(clock.now())], None)

        assert shown(book, export_id).code == "export_withdrawn"
        book.city.deliver()
        assert shown(book, export_id).code == "export_withdrawn"
        assert files.remove_all(f"{book.org_id}/") == 0
        assert member.client.get("/v1/me/access-log").json["items"] == []

    def test_nobody_else_learns_that_it_is_withdrawn(self, book: Book) -> None:
        chief, member = book.admin(None), book.member()
        export = finished(book)
        assert member.client.delete(book.own_path).status == 204
        book.city.deliver()

        assert shown(book, export["export_id"], chief.client).code == "export_not_found"

    def test_a_broken_time_of_withdrawal_is_a_fault_of_the_service(self, book: Book) -> None:
        member = book.member()
        export = finished(book)
        assert member.client.delete(book.own_path).status == 204
        book.city.deliver()
        spoil(WithdrawalRow.of(book.org_id), "withdrawn_at", {"S": "yesterday"})

        assert shown(book, export["export_id"]).code == "broken_record"

    def test_after_the_book_is_deleted_nothing_of_it_can_be_fetched(self, book: Book) -> None:
        fill(book.org_id, 2)
        export = finished(book)
        assert fetched(export)

        assert book.delete().status == 204

        with pytest.raises(HTTPError) as refused:
            fetched(export)
        refused.value.close()
        assert refused.value.code == 404
        assert shown(book, export["export_id"]).code == "organization_not_found"

    def test_an_export_of_a_book_that_is_deleted_meanwhile_makes_nothing(self, book: Book) -> None:
        fill(book.org_id, 2)
        export_id = begin(book).json["export_id"]
        assert book.delete().status == 204
        book.city.deliver()

        assert files.remove_all(f"{book.org_id}/") == 0
        row = export_row(book, export_id)
        assert (row.done_at is not None, row.done) == (True, 0)

    def test_a_key_that_was_used_finds_the_first_one(self, book: Book) -> None:
        body = {"format": "csv"}
        first, again = (book.owner.post(f"{book.path}/exports", body, idempotency_key="1") for _ in range(2))

        assert first.json["export_id"] == again.json["export_id"]
        assert len(ledger(book.org_id, "EXPORT")) == 1
        other = book.owner.post(f"{book.path}/exports", {"format": "xlsx"}, idempotency_key="1")
        assert other.code == "idempotency_mismatch"

    @pytest.mark.parametrize("body", [{"format": "xls"}, {"format": None}, {"department_id": "never"}, {"rows": 1}])
    def test_what_cannot_be_meant_is_refused(self, book: Book, body: dict[str, Any]) -> None:
        answer = begin(book, **body)
        assert (answer.status, answer.code in {"validation_failed", "unknown_department"}) == (422, True)

    def test_one_that_never_was_is_not_found(self, book: Book) -> None:
        assert shown(book, "never").code == "export_not_found"

    def test_a_broken_export_is_a_fault_of_the_service(self, book: Book) -> None:
        export_id = begin(book).json["export_id"]
        spoil(ExportRow.of(book.org_id, export_id), "format")
        assert shown(book, export_id).code == "broken_record"
        store.delete(ExportRow.of(book.org_id, export_id))

    def test_one_whose_last_try_failed_says_so_and_may_still_be_done(self, book: Book) -> None:
        fill(book.org_id, 1)
        export_id = begin(book).json["export_id"]
        row = export_row(book, export_id)
        store.update(row.own_key, [ExportRow.failed_at.set(clock.now())])
        assert shown(book, export_id).json["state"] == "failed"

        book.city.deliver()
        assert shown(book, export_id).json["state"] == "done"

    def test_while_it_is_made_it_says_how_far_it_is(self, book: Book) -> None:
        export_id = begin(book).json["export_id"]
        row = export_row(book, export_id)
        store.update(row.own_key, [ExportRow.cursor.set(json.dumps({"whole": True, "part": 0}))])

        assert shown(book, export_id).json["state"] == "running"
        book.city.deliver()


def test_an_export_needs_a_fresh_proof_of_the_phone(book: Book) -> None:
    export_id = finished(book)["export_id"]
    with clock.frozen(clock.now() + timedelta(minutes=16)):
        answers: list[str] = [inline(book).code, begin(book).code, shown(book, export_id).code]
    assert set(answers) == {"step_up_required"}


def test_nobody_but_managers(book: Book) -> None:
    member = book.member().client
    assert {inline(book, member).code, begin(book, member).code, shown(book, "x", member).code} == {"not_a_manager"}


def test_files_that_ended_before_they_could_be_fetched_use_up_no_day(
    book: Book, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(export_limits, "A_DAY", 1)
    member = book.member("travel")
    for _ in range(2):
        export_id = begin(book).json["export_id"]
        for scopes in ([], ["travel"]):
            assert member.client.put(f"{book.own_path}/consent", {"scopes": scopes}).status == 200
        book.city.deliver()
        assert {shown(book, export_id).code for _ in range(3)} == {"export_withdrawn"}

    assert begin(book).status == 201, "the first two were counted out, once"
    assert begin(book).code == "too_many_exports"


def test_a_file_that_could_be_fetched_counts_also_when_it_ends(book: Book, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(export_limits, "A_DAY", 1)
    member, export = book.member("travel"), finished(book)
    assert member.client.delete(book.own_path).status == 204
    book.city.deliver()

    assert shown(book, export["export_id"]).code == "export_withdrawn"

    assert begin(book).code == "too_many_exports"


def test_no_link_is_given_out_for_a_file_that_was_just_counted_out(book: Book) -> None:
    export_id = begin(book).json["export_id"]
    book.city.deliver()
    row = export_row(book, export_id)
    store.update(row.own_key, [ExportRow.given_back_at.set(clock.now())], None)

    assert shown(book, export_id).code == "export_withdrawn"


def test_files_of_a_book_are_limited_a_day(book: Book, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(export_limits, "A_DAY", 2)
    chief = book.admin(None)
    assert inline(book).status == 200
    assert begin(book).status == 201

    for refused in (inline(book), begin(book)):
        assert (refused.status, refused.code) == (429, "too_many_exports")
        assert int(refused.headers["retry-after"]) > 0
    assert chief.client.get(f"{book.path}/export?format=csv").status == 200
    with clock.frozen(clock.now() + timedelta(minutes=10)), monkeypatch.context() as patched:
        patched.setattr(export_limits, "day_window", lambda _: "day#2099-01-01")
        assert inline(book).status == 200
