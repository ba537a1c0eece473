"""Declaration codes are drawn, spelled and checked (R2.2)."""

import pytest

from chalicelib.places.declaration import ALPHABET, LENGTH, drawn_code, spelled
from chalicelib.places.errors.places import DeclarationCodeMisspelt


def is_code(text: str) -> bool:
    try:
        return bool(spelled(text))
    except DeclarationCodeMisspelt:
        return False


def test_drawn_codes_are_codes_in_their_one_spelling() -> None:
    codes = {drawn_code() for _ in range(500)}

    assert len(codes) == 500
    assert all(spelled(code) == code and len(code) == LENGTH and set(code) <= set(ALPHABET) for code in codes)


def test_every_wrong_character_is_found() -> None:
    code = drawn_code()
    wrong = [
        code[:place] + other + code[place + 1 :]
        for place in range(LENGTH)
        for other in ALPHABET
        if other != code[place]
    ]

    assert len(wrong) == 31 * LENGTH
    assert not any(map(is_code, wrong))


def test_neighbours_that_changed_places_are_found() -> None:
    for _ in range(50):
        code = drawn_code()
        for place in range(LENGTH - 1):
            swapped = code[:place] + code[place + 1] + code[place] + code[place + 2 :]
            assert swapped == code or not is_code(swapped)


def test_what_people_write_for_a_code_is_taken_for_it() -> None:
    code = next(code for code in iter(drawn_code, "") if "1" in code and "0" in code)
    typed = f" {code[:4].lower()}-{code[4:]} ".replace("1", "l", 1).replace("0", "O")

    assert spelled(typed) == code
    assert spelled(typed.replace("l", "I")) == code


@pytest.mark.parametrize("typed", ["", "0", "0" * 7, "0" * 9, "UUUUUUUU", "０" * 8, "0000000\x00", "<script>"])
def test_anything_else_is_misspelt(typed: str) -> None:
    assert not is_code(typed)
