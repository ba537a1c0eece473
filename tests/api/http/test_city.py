"""What the city publishes of its own rules."""

import pytest

from chalicelib.core import settings
from chalicelib.core.city import load_city
from tests.support.city import TestCity
from tests.support.seam import Seam

pytestmark = pytest.mark.api


def test_anybody_reads_states_and_rules_and_nothing_is_asked(city: TestCity, faults: Seam) -> None:
    answer = city.api.speaking("en").get("/v1/city")

    scheme = load_city("demo").scheme
    assert (answer.status, answer.json["city"], answer.json["title"]) == (200, "demo", "Demo City")
    assert [state["state"] for state in answer.json["states"]] == [state.name for state in scheme.states]
    assert answer.json["states"][0] == {
        "state": "green",
        "word": "Green",
        "instruction": "You may go about as usual. Keep protecting yourself and others.",
        "colour": "#15803d",
        "icon": "check",
        "contact": {"name": "Demo City service line", "phone": "12345", "hours": "at any time"},
        "allows_entry": True,
        "action": "none",
    }
    assert (answer.json["unknown"]["state"], answer.json["unknown"]["allows_entry"]) == ("unknown", False)
    assert {rule["rule"]: (rule["state"], rule["days"]) for rule in answer.json["rules"]} == {
        rule.name: (rule.state, rule.days) for rule in scheme.rules
    }
    assert answer.json["questions"] == [
        {"question": one.name, "text": one.text.en} for one in load_city("demo").declaration.questions
    ]
    assert faults.operations == []


@pytest.mark.parametrize(("language", "word", "says"), [("zh-CN", "橙码", "确诊"), ("en", "Orange", "confirmed")])
def test_it_speaks_the_callers_language(
    city: TestCity, monkeypatch: pytest.MonkeyPatch, language: str, word: str, says: str
) -> None:
    monkeypatch.setattr(settings, "load_city", lambda _: load_city("huian"))

    answer = city.api.speaking(language).get("/v1/city").json

    assert answer["states"][1]["word"] == word
    assert any(says in rule["says"] for rule in answer["rules"])
    assert answer["questions"][0]["text"].startswith("您" if language == "zh-CN" else "Have you")
    assert set(answer["languages"]) == {"zh-CN", "en"}
