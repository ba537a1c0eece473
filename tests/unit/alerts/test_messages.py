"""Text messages of alerts fit into one, in both languages, whatever the organization is called."""

from collections.abc import Iterator
from datetime import UTC, datetime

import pytest

from chalicelib.alerts.messages import NAME_LEAST, ONE_MESSAGE, email_subject, email_text, segments, sms_text
from chalicelib.alerts.ports import Audience
from chalicelib.core import settings
from chalicelib.core.city import all_cities
from chalicelib.core.policy import Words
from chalicelib.core.texts import LANGUAGES, Language
from tests.support.alerting import a_state

NAMES = ["A", "三中", "Third School", "第" * 64, "Long name " * 6, "🏫" * 30]


@pytest.fixture(params=[city.name for city in all_cities()])
def city_name(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    monkeypatch.setenv("CITY", request.param)
    settings.settings.cache_clear()
    yield request.param
    settings.settings.cache_clear()


def audience(name: str, word: Words | None = None) -> Audience:
    since = datetime(2022, 4, 5, 16, 30, tzinfo=UTC)
    return Audience(
        "p.1", name, "王**", a_state(word=word or Words(zh="居家观察", en="home observation")), since, None, []
    )


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.usefixtures("city_name")
def test_a_text_message_is_one_message_and_names_state_person_and_organization(name: str, language: Language) -> None:
    message = sms_text(audience(name), language)

    assert segments(message) == 1
    assert "王**" in message
    assert a_state(word=Words(zh="居家观察", en="home observation")).word.spoken(language) in message
    assert name[: NAME_LEAST // 2 - 1] in message
    assert settings.settings().city.sms.signature.spoken(language) in message


@pytest.mark.usefixtures("city_name")
def test_a_name_is_cut_only_where_it_must_be() -> None:
    assert "：" in sms_text(audience("三中"), "zh-CN")
    whole = sms_text(audience("第三中学"), "zh-CN")
    assert "第三中学" in whole
    assert "…" not in whole
    cut = sms_text(audience("第" * 64), "zh-CN")
    assert "…" in cut
    assert len(cut) == ONE_MESSAGE


@pytest.mark.usefixtures("city_name")
def test_a_state_of_many_words_takes_two_messages_and_no_more() -> None:
    long = Words(zh="从中高风险地区来本市需要向街道报告并等待社区工作人员联系后方可进入公共场所和交通工具", en="x")
    message = sms_text(audience("第" * 64, long), "zh-CN")
    assert long.zh in message
    assert segments(message) == 2


@pytest.mark.parametrize(
    ("message", "count"), [("", 1), ("字" * 70, 1), ("字" * 71, 2), ("字" * 134, 2), ("字" * 135, 3), ("🏫" * 35, 1)]
)
def test_segments_are_counted_as_carriers_do(message: str, count: int) -> None:
    assert segments(message) == count


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.usefixtures("city_name")
def test_an_email_says_the_same_and_its_subject_names_nobody(language: Language) -> None:
    words = email_text(audience("第三中学"), language)

    assert "王**" in words
    assert "第三中学" in words
    assert "2022-04-06 00:30" in words
    subject = email_subject(language)
    assert subject.isascii()
    assert len(subject) < 100
