"""What places a city file allows (R2.6)."""

from collections import Counter
from typing import Any

import pytest
from pydantic import ValidationError

from chalicelib.core.city import load_city
from chalicelib.core.places_policy import Places

CITIES = ("beijing", "demo", "huian", "linyi", "maoming")


def test_maoming_has_the_special_and_the_key_types_beside_ordinary_ones() -> None:
    types = load_city("maoming").places.types

    groups = Counter(one.group for one in types)
    assert (groups["special"], groups["key"]) == (8, 87)
    assert groups["ordinary"] >= 1
    for spelled in ([one.name for one in types], [one.words.zh for one in types], [one.words.en for one in types]):
        assert len(set(spelled)) == len(spelled)


def test_one_manager_has_one_place_in_maoming_and_a_state_is_asked_for_in_beijing() -> None:
    maoming, beijing = load_city("maoming").places, load_city("beijing").places

    assert (maoming.max_per_manager, maoming.only_may_run_register) == (1, False)
    assert (beijing.only_may_run_register, beijing.abnormal_suspends) == (True, True)


@pytest.mark.parametrize("name", CITIES)
def test_every_city_knows_the_usual_types_in_both_languages(name: str) -> None:
    places = load_city(name).places

    assert {"restaurant", "shop", "other"} <= {one.name for one in places.types}
    assert all(one.words.zh.strip() and one.words.en.strip() for one in places.types)
    restaurant = places.type("restaurant")
    assert restaurant is not None
    assert restaurant.words.en == "Restaurant"
    assert places.type("castle") is None


@pytest.mark.parametrize("field", ["name", "words"])
def test_kinds_that_could_be_taken_for_each_other_are_refused(field: str) -> None:
    policy: dict[str, Any] = load_city("demo").places.model_dump()
    first, second = policy["types"][0], policy["types"][1]
    policy["types"] = [first, {**second, field: first[field]}]

    with pytest.raises(ValidationError, match="names and words of their own"):
        Places.model_validate(policy)
