"""A city's scheme: what a file may say, and what it never may (R3.2, R4.7, R-30)."""

import copy
import tomllib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from chalicelib.core import city
from chalicelib.core.city import CityFileError, all_cities, load_city, parse_city
from chalicelib.core.scheme import NOWHERE, Scheme, State
from chalicelib.core.shown_states import state_shown

CITIES = all_cities()
FILE = Path(city.__file__).parent.parent / "cities/huian.toml"
HUIAN = tomllib.loads(FILE.read_text(encoding="utf-8"))["scheme"]
Json = dict[str, Any]


def said(change: Callable[[Json], object]) -> str:
    """What is said of Hui'an's scheme after a change."""
    changed = copy.deepcopy(HUIAN)
    change(changed)
    with pytest.raises(ValidationError) as caught:
        Scheme.model_validate(changed)
    return "\n".join(f"{'.'.join(map(str, one['loc']))}: {one['msg']}" for one in caught.value.errors())


def states(scheme: Scheme) -> list[State]:
    return [*scheme.states, scheme.unknown]


@pytest.mark.parametrize("one", CITIES, ids=lambda one: one.name)
def test_unknown_allows_nothing_and_the_normal_state_everything(one: city.City) -> None:
    unknown, normal = one.scheme.unknown, one.scheme.normal
    assert (unknown.allows_entry, unknown.may_run_register, unknown.alarm) == (False, False, False)
    assert normal is one.scheme.states[0]
    assert (normal.allows_entry, normal.may_run_register, normal.alarm, normal.action) == (True, True, False, "none")


@pytest.mark.parametrize("one", CITIES, ids=lambda one: one.name)
def test_nobody_enters_in_another_than_the_normal_state(one: city.City) -> None:
    """True of all five services; the model would let a city decide otherwise."""
    assert [state.name for state in states(one.scheme) if state.allows_entry] == [one.scheme.normal.name]


@pytest.mark.parametrize("one", CITIES, ids=lambda one: one.name)
def test_states_are_told_apart_without_colour_in_each_language(one: city.City) -> None:
    for shown in ([state_shown(state, language) for state in states(one.scheme)] for language in one.languages):
        assert len({state.icon for state in shown}) == len({state.word for state in shown}) == len(shown)
        assert all(state.instruction and state.contact.phone and state.contact.hours for state in shown)


def test_words_are_in_both_languages() -> None:
    for one in CITIES:
        words = [word for state in states(one.scheme) for word in
                 (state.word, state.instruction, state.contact.name, state.contact.hours)]  # fmt: skip
        for word in (*words, *(rule.says for rule in one.scheme.rules)):
            assert not word.zh.isascii()
            assert word.en.replace("–", "-").replace("“", "").replace("”", "").isascii()


def test_the_services_have_the_states_that_they_had() -> None:
    assert {one.name: [state.name for state in one.scheme.states] for one in CITIES} == {
        "beijing": ["normal", "travel_check", "travel_report", "home_observation", "central_observation"],
        "demo": ["green", "travel_check", "travel_report", "orange", "red"],
        "huian": ["green", "orange"],
        "linyi": ["green", "yellow", "red"],
        "maoming": ["green", "yellow", "red"],
    }


def test_the_demo_shows_all_that_a_scheme_can_say() -> None:
    scheme = load_city("demo").scheme
    assert {state.action for state in scheme.states} == {"none", "travel_check", "report"}
    assert {state.alarm for state in scheme.states[1:]} == {True, False}
    assert {(rule.days is None, bool(rule.cleared_by)) for rule in scheme.rules} == {
        (True, True),
        (False, True),
        (False, False),
    }


def test_a_state_that_the_scheme_does_not_hold_is_unknown() -> None:
    scheme = load_city("huian").scheme
    for name in ("blue", "unknown", "", None):
        assert scheme.state(name) is scheme.unknown
        assert scheme.rank(name) == NOWHERE
        assert scheme.rule(name) is None
    assert [scheme.rank(state.name) for state in scheme.states] == [0, 1]
    assert scheme.state("orange").name == "orange"


def _state(at: int, **changes: Any) -> Callable[[Json], object]:
    return lambda scheme: scheme["states"][at].update(changes)


def _rule(**changes: Any) -> Callable[[Json], object]:
    return lambda scheme: scheme["rules"][0].update(changes)


def _unknown(**changes: Any) -> Callable[[Json], object]:
    return lambda scheme: scheme["unknown"].update(changes)


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (_unknown(allows_entry=True), "unknown must not allow anything"),
        (_unknown(may_run_register=True), "unknown must not allow anything"),
        (_unknown(name="green"), "states must have names of their own"),
        (_state(1, name="green"), "states must have names of their own"),
        (_state(1, icon="check"), "states must have icons of their own"),
        (_unknown(icon="check"), "states must have icons of their own"),
        (_state(0, allows_entry=False), "must allow everything"),
        (_state(0, may_run_register=False), "must allow everything"),
        (_state(0, alarm=True), "ask for nothing"),
        (_state(0, action="report"), "ask for nothing"),
        (lambda scheme: scheme["states"].reverse(), "must allow everything"),
        (lambda scheme: scheme["states"].pop(), "states: "),
        (lambda scheme: scheme["rules"].clear(), "rules: "),
        (lambda scheme: scheme.pop("unknown"), "unknown: Field required"),
        (lambda scheme: scheme["rules"].append(scheme["rules"][0]), "rules must have names of their own"),
        (_rule(state="green"), "to no other"),
        (_rule(state="blue"), "to no other"),
        (_state(1, action="report"), "must say what clears it"),
        (_rule(days=0), "rules.0.days: "),
        (_rule(days=366), "rules.0.days: "),
        (_rule(days="14"), "rules.0.days: "),
        (_rule(days=None), "must end: after days, or by what clears it"),
        (_rule(cleared_by=[{"fact": "fever_clinic", "results": [""]}]), "must not be cleared by what causes it"),
        (_rule(cleared_by=[{"fact": "case", "results": []}]), "rules.0.cleared_by.0.results: "),
        (_rule(results=[]), "rules.0.results: "),
        (_rule(area="Fujian"), "rules.0.area: "),
        (_rule(area="3505211"), "rules.0.area: "),
        (_rule(says={"zh": "原因"}), "rules.0.says.en: Field required"),
        (_state(1, word={"zh": "", "en": "Orange"}), "states.1.word.zh: "),
        (_state(1, colour="orange"), "states.1.colour: "),
        (_state(1, icon="skull"), "states.1.icon: "),
        (_state(1, action="siren"), "states.1.action: "),
        (_state(1, allows_entry=1), "states.1.allows_entry: "),
        (_state(1, contact={"name": {"zh": "热线", "en": "Line"}, "phone": "12320"}), "states.1.contact.hours: "),
        (_state(1, mood="bad"), "states.1.mood: "),
    ],
)  # fmt: skip
def test_a_scheme_that_contradicts_itself_or_fails_open_is_refused(
    change: Callable[[Json], object], reason: str
) -> None:
    assert reason in said(change)


@pytest.mark.parametrize("flags", [{"allows_entry": True}, {"may_run_register": True}, {"alarm": False}])
def test_no_worse_state_allows_what_a_milder_one_refuses(flags: Json) -> None:
    def change(scheme: Json) -> None:
        worse = {**copy.deepcopy(scheme["states"][1]), "name": "red", "icon": "hospital", **flags}
        scheme["states"].append(worse)
        scheme["rules"][0]["state"] = "red"

    assert "states must stand mild to worst" in said(change)


def test_the_problem_of_a_file_names_the_scheme() -> None:
    text = FILE.read_text(encoding="utf-8").replace('icon = "question"', 'icon = "check"')
    with pytest.raises(CityFileError) as caught:
        parse_city("huian", text)
    assert set(caught.value.problems) == {"scheme"}
