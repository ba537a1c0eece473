"""Codes of gates that are not right are accepted by nobody and break nothing (T-05, T-11, B7)."""

import random
from collections.abc import Callable

import pytest

from chalicelib.core import clock, ids, tokens
from chalicelib.core.crypto import decode, encode
from chalicelib.core.errors import GatebookError
from chalicelib.groups.codes import code_of, new_invitation_id
from chalicelib.places.codes import POSTER, new_gate_id, poster_code, read_gate_code, screen_code
from chalicelib.places.errors.places import GateCodeInvalid
from tests.support.city import TestCity
from tests.support.client import Client
from tests.support.enrolled import anybody
from tests.support.passes import pass_of
from tests.support.people import TestPerson
from tests.support.visits import Site, scan, site

pytestmark = pytest.mark.api

MUTATIONS = 1_000
LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_ .=+/%\n中\x00"


@pytest.fixture
def place(city: TestCity) -> Site:
    return site(city)


def mutated(code: str, chance: random.Random) -> str:
    """The code with something in it changed, cut, doubled or put in."""
    place, letter = chance.randrange(len(code)), chance.choice(LETTERS)
    return chance.choice(
        (
            code[:place] + letter + code[place + 1 :],
            code[:place] + letter + code[place:],
            code[:place] + code[place + 1 :],
            code[:place],
            code[place:],
            code + letter,
            code[place:] + code[:place],
            code[::-1],
        )
    )


@pytest.mark.usefixtures("city")
@pytest.mark.parametrize("make", [poster_code, screen_code])
def test_no_mutated_code_is_accepted(make: Callable[[str, str, int], str]) -> None:
    code, chance = make(ids.new_id(), new_gate_id(), 1), random.Random(7)
    read_gate_code(code)
    accepted, wrong = [], set()
    for _ in range(MUTATIONS):
        other = mutated(code, chance)
        if other == code:
            continue
        try:
            accepted.append(read_gate_code(other))
        except GatebookError as error:
            wrong.add(type(error))
    assert accepted == []
    assert wrong == {GateCodeInvalid}


def signed(*parts: bytes) -> str:
    return tokens.sign_code(POSTER, b"".join(parts))


@pytest.mark.usefixtures("city")
@pytest.mark.parametrize(
    "code",
    [
        signed,
        lambda: signed(bytes(16)),
        lambda: signed(bytes(23)),
        lambda: signed(bytes(64)),
        lambda: tokens.sign_code("invitation", bytes(22)),
        lambda: code_of(ids.new_id(), new_invitation_id()),
        lambda: encode(decode(signed(bytes(22)))[:-16] + bytes(16)),
        lambda: encode(decode(signed(bytes(22)))[:-16]),
    ],
    ids=["empty", "no gate", "long", "very long", "other kind", "invitation", "zero signature", "no signature"],
)
def test_what_is_no_code_of_a_gate_is_none(code: Callable[[], str]) -> None:
    with pytest.raises(GateCodeInvalid):
        read_gate_code(code())


def test_through_the_api_none_is_accepted_and_none_breaks_anything(city: TestCity, place: Site) -> None:
    """The classes of T-05: changed, cut, extended, another kind's, another city's, empty, huge, binary, another place's."""
    client, chance = anybody(city), random.Random(11)
    other = site(city)
    crossed = decode(place.code)[:-16] + decode(other.code)[-16:]
    wrong = [
        *(mutated(place.code, chance) for _ in range(8)),
        encode(crossed),
        place.code.swapcase(),
        place.code + "=",
        pass_like(city),
        code_of(ids.new_id(), new_invitation_id()),
        "0" * 512,
        "\x00",
        "场所码",
        "https://demo.example/c/",
        "https://demo.example/c/../../v1/me",
        f"https://demo.example/c/{place.code}/print",
        poster_code(ids.new_id(), place.gate_id, 1),
    ]
    answers = {text: scan(client, text) for text in wrong if text != place.code}

    found = {text: answer.code for text, answer in answers.items()}
    assert set(found.values()) == {"gate_code_invalid", "place_not_found"}
    assert [text for text, code in found.items() if code == "place_not_found"] == [wrong[-1]]
    assert place.rows() == other.rows() == []


def test_the_codes_of_another_city_are_none_here(city: TestCity, place: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    from chalicelib.core import crypto

    with monkeypatch.context() as patch:
        patch.setattr(tokens, "held_key", lambda _: bytes(32))
        foreign = place.code
    assert crypto.held_key("code/poster") != bytes(32)

    assert scan(anybody(city), foreign).code == "gate_code_invalid"


def test_a_forwarded_picture_of_a_screen_is_worth_nothing_soon(city: TestCity, place: Site) -> None:
    place.change_gate(presence="rotating")
    seen = place.screen
    with clock.frozen(clock.now()) as time:
        time.tick(60)
        assert scan(anybody(city), seen).code == "screen_code_over"


def pass_like(city: TestCity) -> str:
    person: TestPerson = city.stranger()
    client: Client = city.api
    assert client.token is None
    return pass_of(person, 1)
