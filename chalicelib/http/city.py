"""What the city publishes of its own policy: its name, its states, the rules that lead to them, and what it asks (R3.2, B2)."""

from typing import Literal

from chalice.app import Blueprint

from chalicelib.core.city import City
from chalicelib.core.places_policy import PlaceType
from chalicelib.core.schemas import Output
from chalicelib.core.scheme import Rule
from chalicelib.core.settings import settings
from chalicelib.core.shown_states import StateShown, state_shown
from chalicelib.core.texts import Language
from chalicelib.http.call import Call
from chalicelib.http.endpoint import endpoint

routes = Blueprint(__name__)


class RuleShown(Output):
    """A rule that leads to a state."""

    rule: str
    says: str
    """The cause in plain words."""
    state: str
    days: int | None
    """How many days after that of the cause it holds, to the city's midnight; null until something else ends it."""


class QuestionShown(Output):
    """A question of a health declaration, to be answered with yes or no."""

    question: str
    text: str


class PlaceTypeShown(Output):
    """A kind of place (R2.6)."""

    type: str
    word: str
    group: Literal["special", "key", "ordinary"]
    """How closely the city watches places of this kind."""


class CityShown(Output):
    """The city's published policy, in the caller's language."""

    city: str
    title: str
    time_zone: str
    languages: list[Language]
    states: list[StateShown]
    """Mild to worst; the first is the normal one."""
    unknown: StateShown
    """What is shown where a status is not known, or too old to go by."""
    rules: list[RuleShown]
    questions: list[QuestionShown]
    """What a health declaration asks (`POST /v1/me/declarations`)."""
    place_types: list[PlaceTypeShown]
    """What a place can be, the most usual first."""


@routes.route("/v1/city", methods=["GET"])
@endpoint()
def show_city(call: Call) -> CityShown:
    """Show the city's states, the rules that lead to them, and what a health declaration asks."""
    return city_shown(settings().city, call.language)


def city_shown(city: City, language: Language) -> CityShown:
    """A city's policy as anybody may read it."""
    return CityShown(
        city=city.name,
        title=city.title.spoken(language),
        time_zone=city.time_zone,
        languages=list(city.languages),
        states=[state_shown(state, language) for state in city.scheme.states],
        unknown=state_shown(city.scheme.unknown, language),
        rules=[_rule(rule, language) for rule in city.scheme.rules],
        questions=[
            QuestionShown(question=one.name, text=one.text.spoken(language)) for one in city.declaration.questions
        ],
        place_types=[_place_type(one, language) for one in city.places.types],
    )


def _rule(rule: Rule, language: Language) -> RuleShown:
    return RuleShown(rule=rule.name, says=rule.says.spoken(language), state=rule.state, days=rule.days)


def _place_type(one: PlaceType, language: Language) -> PlaceTypeShown:
    return PlaceTypeShown(type=one.name, word=one.words.spoken(language), group=one.group)
