"""What a city asks about people's health: each question once, in both languages, with an answer that is a concern (R2.3)."""

import copy
import tomllib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from chalicelib.core import city
from chalicelib.core.city import City, CityFileError, all_cities, parse_city
from chalicelib.core.declarations import Declaration

FILE = Path(city.__file__).parent.parent / "cities/demo.toml"
DEMO = tomllib.loads(FILE.read_text(encoding="utf-8"))["declaration"]


@pytest.mark.parametrize("asking", all_cities(), ids=lambda one: one.name)
def test_every_city_asks_of_symptoms_contact_and_travel(asking: City) -> None:
    names = [question.name for question in asking.declaration.questions]

    assert {"symptoms", "contact", "travel"} <= set(names)
    assert 2 <= len(names) <= 5
    assert asking.retention.declarations == 14


def test_answers_are_to_all_questions_and_to_nothing_else() -> None:
    asked = Declaration.model_validate(DEMO)

    assert asked.is_answered_by({"symptoms": "no", "contact": "no", "travel": "yes"})
    assert not asked.is_answered_by({"symptoms": "no", "contact": "no"})
    assert not asked.is_answered_by({"symptoms": "no", "contact": "no", "travel": "no", "more": "no"})
    assert not asked.is_answered_by({})
    assert list(asked.concerns({"symptoms": "yes", "contact": "no", "travel": "yes"})) == ["symptoms", "travel"]
    assert asked.question("travel") is asked.questions[2]
    assert asked.question("weather") is None


WRONG: dict[str, Callable[[dict[str, Any]], object]] = {
    "one twice": lambda asked: asked["questions"].append(asked["questions"][0]),
    "none": lambda asked: asked.update(questions=[]),
    "too many": lambda asked: asked.update(
        questions=[{**asked["questions"][0], "name": f"q{number}"} for number in range(11)]
    ),
    "in one language": lambda asked: asked["questions"][0]["text"].pop("zh"),
    "an answer that nobody can give": lambda asked: asked["questions"][0].update(concern="maybe"),
    "a name that is none": lambda asked: asked["questions"][0].update(name="Any Symptoms?"),
    "something else": lambda asked: asked.update(days=14),
}


@pytest.mark.parametrize("name", WRONG)
def test_a_file_that_asks_wrongly_serves_nobody(name: str) -> None:
    whole = tomllib.loads(FILE.read_text(encoding="utf-8"))
    changed = copy.deepcopy(whole["declaration"])
    WRONG[name](changed)

    with pytest.raises(ValueError, match="declaration"):
        City.model_validate({**whole, "declaration": changed})


@pytest.mark.parametrize("days", [0, 29])
def test_declarations_are_kept_for_four_weeks_at_most(days: int) -> None:
    toml = FILE.read_text(encoding="utf-8").replace("\ndeclarations = 14", f"\ndeclarations = {days}")

    with pytest.raises(CityFileError) as caught:
        parse_city("demo", toml)
    assert list(caught.value.problems) == ["retention.declarations"]
