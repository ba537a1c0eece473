import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.core import canonical, errors, texts
from chalicelib.core.texts import LANGUAGES, Language, language_of, text

CODES = sorted(texts.contents("errors").keys() - {"field_reasons"})
HAN = re.compile(r"[\u4e00-\u9fff]")


def subclasses(base: type[errors.GatebookError]) -> set[type[errors.GatebookError]]:
    return {base, *(below for child in base.__subclasses__() for below in subclasses(child))}


def told(key: str, language: Language) -> str:
    """A text of an error with something in each of its placeholders."""
    code, part = key.split(".")
    return str(texts.contents("errors")[code][part][language]).format_map(Filled())


class Filled(dict[str, str]):
    """Has a value for every placeholder."""

    def __missing__(self, name: str) -> str:
        return "7"


@pytest.mark.parametrize("code", CODES)
def test_every_error_is_told_in_both_languages(code: str) -> None:
    assert set(texts.contents("errors")[code]) == {"title", "detail"}
    for part in ("title", "detail"):
        assert set(texts.contents("errors")[code][part]) == set(LANGUAGES)
        assert HAN.search(told(f"{code}.{part}", "zh-CN"))
        assert not HAN.search(told(f"{code}.{part}", "en"))


@pytest.mark.parametrize("code", CODES)
def test_a_detail_is_sentences_and_a_title_is_not(code: str) -> None:
    assert told(f"{code}.detail", "zh-CN").endswith("。")
    assert told(f"{code}.detail", "en").endswith(".")
    assert not told(f"{code}.title", "zh-CN").endswith("。")
    assert not told(f"{code}.title", "en").endswith(".")
    assert len(told(f"{code}.title", "en")) <= 40


def test_the_errors_of_core_have_texts() -> None:
    modules = {errors.__name__, canonical.__name__}
    codes = {error.code for error in subclasses(errors.GatebookError) if error.__module__ in modules}

    assert codes <= set(texts.contents("errors"))


def test_placeholders_are_filled_and_never_left_open(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(texts, "contents", lambda _: {"code": {"en": "{code} for {minutes} minutes"}})

    assert text("sms", "code", "en", code="012345", minutes=5) == "012345 for 5 minutes"
    with pytest.raises(KeyError, match="minutes"):
        text("sms", "code", "en", code="012345")


@pytest.mark.parametrize(
    ("file", "key"),
    [
        ("errors", "no_such_code.title"),
        ("errors", "not_found.subtitle"),
        ("errors", "not_found"),
        ("errors", "not_found.title.en.more"),
        ("no_such_file", "not_found.title"),
    ],
)
def test_a_missing_text_is_a_fault(file: str, key: str) -> None:
    with pytest.raises(KeyError):
        text(file, key, "en")


@pytest.mark.parametrize(
    ("header", "language"),
    [
        (None, "zh-CN"),
        ("", "zh-CN"),
        ("zh-CN,zh;q=0.9,en;q=0.8", "zh-CN"),
        ("en", "en"),
        ("en-GB", "en"),
        ("EN-us,EN;q=0.5", "en"),
        ("zh-TW", "zh-CN"),
        ("zh-Hans-CN", "zh-CN"),
        ("zh;q=0.3, en;q=0.7", "en"),
        ("fr-FR, fr;q=0.9, en;q=0.2", "en"),
        ("fr", "zh-CN"),
        ("*", "zh-CN"),
        ("en;q=0", "zh-CN"),
        ("en ; q=0.5 , zh;q=0.1", "en"),
        ("en;q=2, zh;q=0.1", "zh-CN"),
        ("en;q=abc", "zh-CN"),
        ("en;q=nan", "zh-CN"),
        ("en;level=1", "zh-CN"),
        ("english", "zh-CN"),
        ("en, zh", "en"),
    ],
)
def test_the_language_that_the_caller_prefers(header: str | None, language: Language) -> None:
    assert language_of(header) == language


@given(st.text())
def test_any_header_gives_a_language(header: str) -> None:
    assert language_of(header) in LANGUAGES
