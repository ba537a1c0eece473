"""Reading a roster: what a spreadsheet makes of a CSV is taken, and nothing about a person."""

import pytest

from chalicelib.groups import roster
from chalicelib.groups.labels import holds_personal_number
from chalicelib.groups.roster import InvalidRoster, Reason, RosterTooLong, read_roster


def read(text: str) -> list[tuple[int, str, str | None, str | None]]:
    expected, refused = read_roster(text)
    assert refused == []
    return [(one.line, one.label, one.type, one.department_id) for one in expected]


def reasons(text: str) -> list[tuple[int, str]]:
    return [(one.line, one.reason) for one in read_roster(text)[1]]


@pytest.mark.parametrize(
    "text",
    [
        "label,type,department_id\nS-1,student,d1\nS-2,,\n",
        "label,type,department_id\r\nS-1,student,d1\r\nS-2,,\r\n",
        "\ufefflabel,type,department_id\r\nS-1,student,d1\r\n\r\nS-2,,",
        '"Label"," TYPE ",department_id\n"S-1","student","d1"\n,,\n S-2 ,,\n',
        "department_id,label,type\nd1,S-1,student\n,S-2,\n",
        "label,type,department_id\nＳ－１,student,d1\nS-2,,\n",
    ],
)
def test_what_spreadsheets_write_is_read(text: str) -> None:
    found = [one[1:] for one in read(text)]
    assert found == [("S-1", "student", "d1"), ("S-2", None, None)]


def test_the_label_alone_will_do() -> None:
    assert read("label\n3班12号\nS-2\n") == [(2, "3班12号", None, None), (3, "S-2", None, None)]
    assert read("label\n") == []


@pytest.mark.parametrize(
    "text",
    [
        "",
        "\n",
        "S-1\nS-2\n",
        "label,label\n",
        "label,name\nS-1,x\n",
        "type\nx\n",
        'label\n"S-1',
        'label\n"S"1\n',
        "label\tname\n",
    ],
)
def test_what_is_no_roster_is_refused_whole(text: str) -> None:
    with pytest.raises(InvalidRoster):
        read_roster(text)


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("", None),
        (",student,", Reason.INVALID_LABEL),
        ("--,,", Reason.INVALID_LABEL),
        (f"{'x' * 33},,", Reason.INVALID_LABEL),
        ("S\u200b1,,", Reason.INVALID_LABEL),
        ('"S\n1",,', Reason.INVALID_LABEL),
        (f"S-1,{'x' * 33},", Reason.INVALID_TYPE),
        (f"S-1,,{'x' * 65}", Reason.UNKNOWN_DEPARTMENT),
        ("S-1,student", Reason.COLUMNS),
        ("S-1,student,,x", Reason.COLUMNS),
        ("s-0,,", Reason.LABEL_TWICE),
        ("Ｓ－０,,", Reason.LABEL_TWICE),
    ],
)
def test_a_bad_line_is_told_and_loses_nothing_of_the_rest(line: str, reason: Reason | None) -> None:
    expected, refused = read_roster(f"label,type,department_id\nS-0,,\n{line}\nS-9,,\n")

    assert [one.label for one in expected] == ["S-0", "S-9"]
    assert [(one.line, one.reason) for one in refused] == ([(3, reason)] if reason else [])


def test_lines_are_counted_as_an_editor_does() -> None:
    assert reasons('label,type\n"S\n1",\n\n--,\n') == [(2, Reason.INVALID_LABEL), (5, Reason.INVALID_LABEL)]


@pytest.mark.parametrize(
    "cell",
    [
        "110101199003070011",
        "11010119900307001１",
        "1101 0119 9003 0700 11",
        "11010519491231002X",
        "11010519491231002x",
        "ID110105-19491231-002X",
        "13800000000",
        "+86 138-0000-0000",
        "008613800000000",
        "王13800000000",
        "138.0000.0000",
        "138–0000–0000",
        "138_0000_0000",
        "138/0000·0000",
        "110105_19491231_002X",
        "3-13800000000",
        "１３８００００００００",
    ],
)
def test_a_persons_number_is_no_label(cell: str) -> None:
    assert holds_personal_number(cell)
    text = f"label,type,department_id\n{cell},,\nS-1,{cell},\nS-2,,{cell}\n"
    assert reasons(text) == [(line, Reason.PERSONAL_NUMBER) for line in (2, 3, 4)]


@pytest.mark.parametrize(
    "cell", ["20220001", "110101199003070000", "12345678901", "23800000000", "138000000001", "2022010112345678"]
)
def test_a_staff_number_is_one(cell: str) -> None:
    assert not holds_personal_number(cell)


def test_a_file_has_an_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(roster, "MOST_LINES", 3)
    assert len(read("label\n1\n2\n\n3\n")) == 3
    with pytest.raises(RosterTooLong) as refused:
        read_roster("label\n1\n2\n3\n4\n")
    assert refused.value.fields == {"limit": 3}
