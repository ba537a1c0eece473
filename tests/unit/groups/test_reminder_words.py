"""Reminders fit into one text message, in both languages, of whatever and whomever they are (R0.5)."""

from collections.abc import Iterator
from itertools import combinations

import pytest

from chalicelib.alerts.messages import segments
from chalicelib.core import settings
from chalicelib.core.city import all_cities
from chalicelib.core.texts import LANGUAGES, Language
from chalicelib.groups.policies import KINDS
from chalicelib.groups.reminder_words import morning_words, reminder

NAMES = ["A", "三中", "Third School", "第" * 64, "Long name " * 6, "🏫" * 30]
OVERDUE = [list(some) for number in (1, 2, 3) for some in combinations(KINDS, number)]


@pytest.fixture(params=[city.name for city in all_cities()])
def signature(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("CITY", request.param)
    settings.settings.cache_clear()
    yield
    settings.settings.cache_clear()


@pytest.mark.parametrize("kinds", OVERDUE, ids="+".join)
@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.usefixtures("signature")
def test_a_reminder_is_one_message_and_says_who_waits(kinds: list[str], language: Language) -> None:
    for of in (None, "王**"):
        said = [reminder(name, kinds, language, of) for name in NAMES]
        assert {segments(one) for one in said} == {1}
        assert all(one.startswith(("【", "[")) and (of or "") in one for one in said)
        assert NAMES[1] in said[1]


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.usefixtures("signature")
def test_the_numbers_of_a_morning_are_one_message(language: Language) -> None:
    said = morning_words(20, 123_456, 12_345, language)

    assert segments(said) == 1
    assert all(number in said for number in ("20", "123456", "12345"))
