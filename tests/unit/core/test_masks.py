import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.core.canonical import DocumentType
from chalicelib.core.masks import mask_document, mask_email, mask_name, mask_phone

NAMES = st.text(st.characters(min_codepoint=0x4E00, max_codepoint=0x9FFF), min_size=1, max_size=20) | st.from_regex(
    r"[A-Z]{2,12}([ '-][A-Z]{1,12}){0,3}", fullmatch=True
)
NUMBERS = st.text("ABCDEFGHJKLMNPQRSTUVWXYZ0123456789", min_size=5, max_size=20)


@pytest.mark.parametrize(
    ("name", "mask"),
    [
        ("王小明", "王**"),
        ("王明", "王**"),
        ("欧阳修", "欧阳**"),
        ("歐陽修文", "歐陽**"),
        ("司马光", "司马**"),
        ("欧阳", "欧**"),
        ("王", "*"),
        ("X", "*"),
        ("'T", "*"),
        ("阿依古丽·买买提", "阿**"),
        ("欧阳·买买提", "欧**"),
        ("JOHN SMITH", "J**"),
        ("'T HOOFT", "T**"),
        ("𠮷野太郎", "𠮷**"),
    ],
)
def test_of_a_name_the_surname_shows(name: str, mask: str) -> None:
    assert mask_name(name) == mask


@pytest.mark.parametrize(
    ("type_", "number", "mask"),
    [
        (DocumentType.RESIDENT_ID, "11010119870101001X", "11**************1X"),
        (DocumentType.PASSPORT, "E12345678", "E1*****78"),
        (DocumentType.PASSPORT, "12345", "12*****45"),
        (DocumentType.HK_MACAU_PERMIT, "H12345678", "H1*****78"),
        (DocumentType.HK_MACAU_PERMIT, "810000198701010019", "81*****19"),
        (DocumentType.TAIWAN_PERMIT, "01234567", "01*****67"),
    ],
)
def test_of_a_document_two_and_two_show(type_: DocumentType, number: str, mask: str) -> None:
    assert mask_document(type_, number) == mask


def test_of_a_phone_three_and_two_show() -> None:
    assert mask_phone("13800000078") == "138******78"


@given(NAMES, st.text(st.characters(min_codepoint=0x4E00, max_codepoint=0x9FFF), min_size=1, max_size=10))
def test_a_mask_of_a_name_tells_nothing_of_what_follows(name: str, more: str) -> None:
    shown = mask_name(name).rstrip("*")

    assert len(shown) <= 2
    assert name.replace("'", "").startswith(shown)
    assert mask_name(name) in {"*", f"{shown}**"}
    if len(name) > 2:
        assert mask_name(name + more) == mask_name(name)


@given(st.sampled_from(DocumentType), NUMBERS, NUMBERS)
def test_a_mask_of_a_document_tells_neither_middle_nor_length(type_: DocumentType, one: str, other: str) -> None:
    changed = one[:2] + other + one[-2:]

    assert mask_document(type_, changed) == mask_document(type_, one)
    assert mask_document(type_, one).replace("*", "") == one[:2] + one[-2:]


@given(st.from_regex(r"1[3-9][0-9]{9}", fullmatch=True), st.from_regex(r"[0-9]{6}", fullmatch=True))
def test_a_mask_of_a_phone_tells_nothing_of_the_middle(phone: str, middle: str) -> None:
    assert mask_phone(phone[:3] + middle + phone[-2:]) == mask_phone(phone)


def test_of_an_address_the_first_character_and_the_domain_show() -> None:
    assert mask_email("wang.fang@example.com") == "w***@example.com"
