"""Two cities share nothing but their account, and differ by what their files say."""

import re
from typing import Any

import pytest

from tests.infra.templates import Synthesised, names, said

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]


def test_two_cities_share_no_name(linyi: Synthesised, beijing: Synthesised) -> None:
    for stack in ("City", "Data"):
        assert not names(linyi.template(stack)) & names(beijing.template(stack))
    assert "linyi" not in beijing.text
    assert "beijing" not in linyi.text


def test_every_name_says_its_city(city: Synthesised) -> None:
    for stack in ("City", "Data"):
        allowed = {"api", "RestAPI"}
        assert not {name for name in names(city.template(stack)) - allowed if city.name not in name}


def test_they_differ_by_what_their_files_say_alone(linyi: Synthesised, beijing: Synthesised) -> None:
    def plain(value: Any) -> Any:
        return re.sub(r"\b\d[\d_]*\b", "0", value.text.replace(value.name, "CITY"))

    assert plain(linyi) == plain(beijing)


def test_partitions_are_never_written_out(city: Synthesised) -> None:
    assert not re.search(r"arn:aws(-cn)?:", city.text)


def test_sms_leave_by_the_way_that_the_region_has(linyi: Synthesised, demo: Synthesised) -> None:
    assert "sns:Publish" not in said(linyi.of_role("ApiHandler"))
    assert "sns:Publish" in said(demo.of_role("ApiHandler"))


def test_what_cities_share_is_the_same_for_each(linyi: Synthesised, beijing: Synthesised) -> None:
    assert linyi.template("Account") == beijing.template("Account")


def test_no_phone_number_document_or_address_of_this_machine_is_in_a_template(city: Synthesised) -> None:
    assert not re.search(r"(?<!\d)1[3-9]\d{9}(?!\d)|(?<!\d)\d{17}[\dX](?!\d)|@\w+\.\w+|/home/|/root/|/tmp/", city.text)
