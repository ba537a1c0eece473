import contextlib
from collections.abc import Callable
from datetime import UTC, date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.core import canonical, clock
from chalicelib.core.canonical import DocumentType, InvalidDocument, InvalidName, InvalidPhone
from chalicelib.core.errors import Invalid

ID, PASSPORT = DocumentType.RESIDENT_ID, DocumentType.PASSPORT
HK_MACAU, TAIWAN = DocumentType.HK_MACAU_PERMIT, DocumentType.TAIWAN_PERMIT

DIGITS = st.text("0123456789", min_size=1)
BODIES = st.builds(
    lambda county, born, order: f"{county:06d}{born:%Y%m%d}{order:03d}",
    st.integers(110000, 999999),
    st.dates(date(1900, 1, 1), date(2020, 12, 31)),
    st.integers(0, 999),
)
PHONES = st.from_regex(r"1[3-9][0-9]{9}", fullmatch=True).filter(str.isascii)
CHINESE = st.text(st.characters(min_codepoint=0x4E00, max_codepoint=0x9FFF), min_size=1, max_size=8)
LATIN = st.from_regex(r"[A-Za-z]{1,12}([ '-][A-Za-z]{1,12}){0,3}", fullmatch=True)


def full_width(text: str) -> str:
    wide = {code: code + 0xFEE0 for code in range(0x21, 0x7F)} | {0x20: 0x3000}
    return text.translate(wide)


def with_check_digit(body: str) -> str:
    """GB 11643 written out: weights 2^(17-i) mod 11 from the left, the rest from a table."""
    weights = [2 ** (17 - i) % 11 for i in range(17)]
    return body + "10X98765432"[sum(w * int(d) for w, d in zip(weights, body, strict=True)) % 11]


RESIDENT_IDS = BODIES.map(with_check_digit)


# Phones


@pytest.mark.parametrize(
    "text",
    [
        "13800000000",
        "+8613800000000",
        "+86 138 0000 0000",
        "008613800000000",
        "8613800000000",
        "138-0000-0000",
        "138\u20110000\u20130000",
        " 13800000000\n",
        "１３８００００００００",
        "＋８６　１３８－００００－００００",
        "\u202d13800000000\u202c",
    ],
)
def test_a_phone_has_one_spelling(text: str) -> None:
    assert canonical.phone(text) == "13800000000"


@pytest.mark.parametrize(
    "text",
    [
        "",
        "1380000000",
        "138000000000",
        "12800000000",
        "+8513800000000",
        "+18005550100",
        "008513800000000",
        "+008613800000000",
        "13800000000;13900000000",
        "٠١٣٨٠٠٠٠٠٠٠",
        "1٣800000000",
        "1380000000a",
        "1" * 10_000,
    ],
)
def test_any_other_number_is_no_phone(text: str) -> None:
    with pytest.raises(InvalidPhone) as caught:
        canonical.phone(text)
    assert (caught.value.code, caught.value.field) == ("invalid_phone", "phone")


@given(PHONES)
def test_a_phone_stays_as_it_is_and_full_width_is_the_same(phone: str) -> None:
    assert canonical.phone(phone) == phone
    assert canonical.phone(full_width(f"+86 {phone}")) == phone


# Names


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("王小明", "王小明"),
        ("  王小明\t", "王小明"),
        ("王　明", "王明"),
        ("王 小 明", "王小明"),
        ("𠮷野", "𠮷野"),
        ("\uf9e1明", "李明"),
        ("John  smith", "JOHN SMITH"),
        ("Ｊｏｈｎ　Ｓｍｉｔｈ", "JOHN SMITH"),
        ("O’Brien", "O'BRIEN"),
        ("O´Brien", "O'BRIEN"),
        ("’t Hooft", "'T HOOFT"),
        ("anna\u2010lena", "ANNA-LENA"),
        ("José", "JOSÉ"),
        ("Jose\u0301", "JOSÉ"),
        ("Straße", "STRASSE"),
        ("Nguyễn Thị Minh Khai", "NGUYỄN THỊ MINH KHAI"),
        ("王\u200b小\ufe0f明", "王小明"),
        ("नेहा", "नेहा"),
        ("X", "X"),
        ("王", "王"),
    ],
)
def test_a_name_has_one_spelling(text: str, name: str) -> None:
    assert canonical.person_name(text) == name


@pytest.mark.parametrize("dot", ["·", "•", "・", "･", "‧", "∙", "⋅", ".", "．", " · ", " . "])
def test_every_middle_dot_is_one(dot: str) -> None:
    assert canonical.person_name(f"阿依古丽{dot}买买提{dot}艾力") == "阿依古丽·买买提·艾力"


@pytest.mark.parametrize(
    "text",
    [
        "",
        " ",
        "·",
        "'",
        "-",
        "- 王",
        "·王",
        "1",
        "王1",
        "J. Smith",
        "A.B",
        "王小明。",
        "=1+1",
        "+王",
        "-王小明",
        "@王",
        "|王",
        "王\u0000",
        "王\x07明",
        "王|明",
        "<b>",
        "{name}",
        "😀",
        "王😀",
        "\ud800",
        "\u3164",
        "\u0301王",
        "A \u0301",
        "王" * 65,
        "王" * 10_000,
        "\ufdfa" * 20,
    ],
)
def test_anything_else_is_no_name(text: str) -> None:
    with pytest.raises(InvalidName) as caught:
        canonical.person_name(text)
    assert (caught.value.code, caught.value.field) == ("invalid_name", "name")


def test_a_name_of_64_characters_is_the_longest() -> None:
    assert len(canonical.person_name("王" * 64)) == 64


@given(CHINESE | LATIN)
def test_a_usual_name_is_taken_and_full_width_is_the_same(name: str) -> None:
    assert canonical.person_name(full_width(name)) == canonical.person_name(name)


@given(st.text(st.characters(categories=["L", "M", "Zs", "Pd", "Po"]), max_size=12) | st.text(max_size=12))
def test_a_name_that_was_taken_stays_as_it_is(text: str) -> None:
    try:
        name = canonical.person_name(text)
    except InvalidName:
        return
    assert canonical.person_name(name) == name
    assert name == name.strip()
    assert not set(name) & set('=+@|<>{}"\r\n\t.,;')


# Resident IDs


@given(BODIES)
def test_the_right_check_digit_is_taken_and_every_other_refused(body: str) -> None:
    right = with_check_digit(body)
    assert canonical.document(ID, right) == right
    for digit in set("0123456789X") - {right[-1]}:
        with pytest.raises(InvalidDocument):
            canonical.document(ID, body + digit)


@given(RESIDENT_IDS)
def test_a_resident_id_has_one_spelling(number: str) -> None:
    spaced = f" {number[:6]} {number[6:14]} {number[14:].lower()} "

    assert canonical.document(ID, spaced) == number
    assert canonical.document(ID, full_width(spaced)) == number
    assert canonical.birth_date(ID, spaced) == date.fromisoformat(f"{number[6:10]}-{number[10:12]}-{number[12:14]}")


@given(BODIES.filter(lambda body: body[6:8] == "19"))
def test_fifteen_digits_are_the_same_person_as_eighteen(body: str) -> None:
    assert canonical.document(ID, body[:6] + body[8:]) == with_check_digit(body)


@pytest.mark.parametrize("county", ["110110", "371399", "999999", "830000"])
def test_a_county_is_never_a_reason_to_refuse(county: str) -> None:
    # 110110 was dissolved in 1986; 371399 and 999999 never were.
    number = with_check_digit(f"{county}19870101001")

    assert canonical.document(ID, number) == number


def test_somebody_older_than_the_county_is_a_person() -> None:
    # Tongzhou became 110112 in 1997; an id renewed there still states the birth date of 1930.
    number = with_check_digit("11011219300501002")

    assert canonical.birth_date(ID, number) == date(1930, 5, 1)


def test_nobody_is_born_tomorrow_and_somebody_is_today() -> None:
    today = with_check_digit("11010120220407001")
    with clock.frozen(datetime(2022, 4, 6, 15, 59, 59, tzinfo=UTC)) as frozen:
        with pytest.raises(InvalidDocument):
            canonical.document(ID, today)
        frozen.tick(1)
        assert canonical.document(ID, today) == today


@pytest.mark.parametrize("day", ["19870230", "19871301", "19870100", "00000101", "20230229"])
def test_a_day_that_no_calendar_has_is_refused(day: str) -> None:
    with pytest.raises(InvalidDocument):
        canonical.document(ID, with_check_digit(f"110101{day}001"))


@pytest.mark.parametrize(
    "number",
    [
        "",
        "X",
        "11010119870101",
        "1101011987010100123",
        "X1010119870101001X",
        "1101011987010100X1",
        "110101-19870101-001X",
        "一一〇一〇一一九八七〇一〇一〇〇一五",
        "٣٦٠٤٢٦١٩٩١٠١٠١٠٠٧١",
        "110101870101ABC",
        "1" * 10_000,
    ],
)
def test_any_other_spelling_is_no_resident_id(number: str) -> None:
    with pytest.raises(InvalidDocument) as caught:
        canonical.document(ID, number)
    assert (caught.value.code, caught.value.field) == ("invalid_document", "document.number")
    assert (str(caught.value), caught.value.args, caught.value.fields) == ("invalid_document", (), {})


# Other documents


@pytest.mark.parametrize(
    ("type_", "number", "expected"),
    [
        (PASSPORT, "e12345678", "E12345678"),
        (PASSPORT, " EA 1234567 ", "EA1234567"),
        (PASSPORT, "Ｇ１２３４５６７８", "G12345678"),
        (PASSPORT, "12345", "12345"),
        (HK_MACAU, "H12345678", "H12345678"),
        (HK_MACAU, "m12345678", "M12345678"),
        (HK_MACAU, "H1234567800", "H12345678"),
        (HK_MACAU, "h 1234 5678 03", "H12345678"),
        (HK_MACAU, with_check_digit("81000019870101001"), with_check_digit("81000019870101001")),
        (HK_MACAU, with_check_digit("82000019870101001"), with_check_digit("82000019870101001")),
        (TAIWAN, "01234567", "01234567"),
        (TAIWAN, "0123456701", "01234567"),
        (TAIWAN, "0123456701(B)", "01234567"),
        (TAIWAN, "0123456701（ｂ）", "01234567"),
        (TAIWAN, "0123456701B", "01234567"),
        (TAIWAN, "83000012", "83000012"),
        (TAIWAN, with_check_digit("83000019870101001"), with_check_digit("83000019870101001")),
    ],
)
def test_the_other_documents_have_one_spelling(type_: DocumentType, number: str, expected: str) -> None:
    assert canonical.document(type_, number) == expected


@pytest.mark.parametrize(
    ("type_", "number"),
    [
        (PASSPORT, "E123"),
        (PASSPORT, "E" * 21),
        (PASSPORT, "E-1234567"),
        (PASSPORT, "Ж1234567"),
        (HK_MACAU, "12345678"),
        (HK_MACAU, "K12345678"),
        (HK_MACAU, "H1234567"),
        (HK_MACAU, "H123456789"),
        (HK_MACAU, with_check_digit("83000019870101001")),
        (HK_MACAU, "810000198701010010"),
        (TAIWAN, "1234567"),
        (TAIWAN, "123456789"),
        (TAIWAN, "0123456701(B"),
        (TAIWAN, "0123456701()"),
        (TAIWAN, with_check_digit("81000019870101001")),
        (TAIWAN, with_check_digit("83000019870230001")),
    ],
)
def test_what_such_a_document_never_has_is_refused(type_: DocumentType, number: str) -> None:
    with pytest.raises(InvalidDocument):
        canonical.document(type_, number)


@given(st.sampled_from(DocumentType), st.from_regex(r"[HM]?[0-9]{5,18}[0-9A-Zx]?", fullmatch=True) | RESIDENT_IDS)
def test_a_number_that_was_taken_stays_as_it_is_and_full_width_is_the_same(type_: DocumentType, number: str) -> None:
    try:
        taken = canonical.document(type_, number)
    except InvalidDocument:
        with pytest.raises(InvalidDocument):
            canonical.document(type_, full_width(number))
        return
    assert canonical.document(type_, taken) == taken
    assert canonical.document(type_, full_width(number)) == taken


def test_only_numbers_with_a_date_state_one() -> None:
    assert canonical.birth_date(HK_MACAU, with_check_digit("81000019870203001")) == date(1987, 2, 3)
    assert canonical.birth_date(TAIWAN, with_check_digit("83000019870203001")) == date(1987, 2, 3)
    assert canonical.birth_date(HK_MACAU, "H12345678") is None
    assert canonical.birth_date(TAIWAN, "83000012") is None
    assert canonical.birth_date(PASSPORT, with_check_digit("11010119870203001")) is None


@pytest.mark.parametrize(
    "spelling",
    [canonical.phone, canonical.person_name, *(lambda n, t=t: canonical.document(t, n) for t in DocumentType)],
)
@given(st.text())
def test_any_text_is_taken_or_refused(spelling: Callable[[str], str], text: str) -> None:
    with contextlib.suppress(Invalid):
        spelling(text)


@pytest.mark.parametrize("number", ["a1234ß", "AıBCD1", "AB１２\u0660\u0661\u0662"])
def test_a_letter_that_no_document_has_is_not_made_one(number: str) -> None:
    with pytest.raises(canonical.InvalidDocument):
        canonical.document(PASSPORT, number)


def test_the_types_are_those_of_the_contract() -> None:
    assert [*DocumentType] == ["resident_id", "passport", "hk_macau_permit", "taiwan_permit"]
