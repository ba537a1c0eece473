"""The page behind the code of an entrance, driven on a phone: checked in, heard, kept without network, checked out."""

import json
import re
from typing import Any

import pytest
from playwright.sync_api import Browser, Route, expect

from tests.browser.conftest import OpenPhone
from tests.support.browser import CONTRASTS, SMALL_PHONE, SMALL_TARGETS, Phone
from tests.support.client import Client
from tests.support.people import TestPerson
from tests.support.site import Site

pytestmark = [pytest.mark.browser, pytest.mark.slow]


@pytest.fixture(scope="module")
def url(site: Site) -> str:
    """What hangs at an entrance."""
    return site.entrance()[2]


FAMILY = [
    {"dependant_id": "one", "name": "王**", "acts": True},
    {"dependant_id": "two", "name": "李**", "acts": True},
    {"dependant_id": "three", "name": "张**", "acts": False},
]


def bring_along(route: Route) -> None:
    """The service's own answer, as if the first of the family had come too and the second could not be let in."""
    asked = json.loads(route.request.post_data or "")
    brought = asked.pop("dependants")
    assert brought == ["one", "two"]
    answer = route.fetch(post_data=asked)
    own = answer.json()
    results = [{"name": "王**", "checkin": own}, {"name": "李**", "refused": "place_full", "checkin": None}]
    route.fulfill(response=answer, json={**own, "dependants": results})


def log_in(phone: Phone, site: Site, person: TestPerson) -> None:
    phone.at("phone")
    phone.type(phone=person.phone)
    phone.submit()
    phone.at("code")
    phone.type(code=site.code(person.phone))
    phone.submit()
    phone.at("identity")
    phone.type(name=person.name, number=person.number)
    phone.submit()


def visits(site: Site, phone: Phone) -> list[dict[str, Any]]:
    """What the person on this phone reads of their visits."""
    client: Client = site.api.as_(phone.page.evaluate("localStorage.getItem('token')"))
    items: list[dict[str, Any]] = client.get("/v1/me/checkins").json["items"]
    return items


def test_somebody_checks_in_sees_a_living_verdict_and_checks_out(site: Site, phone: OpenPhone, url: str) -> None:
    person, mine = site.person(), phone("en", SMALL_PHONE)
    mine.open(url)
    assert mine.page.inner_text("h1") == "Lotus Restaurant"
    log_in(mine, site, person)
    mine.at("entry")
    assert mine.page.locator("#family").is_hidden()
    mine.submit()
    mine.at("verdict")
    assert mine.page.inner_text("#verdict h2") == "You may enter"
    assert mine.page.inner_text("#verdict .word") == "Green"
    assert mine.page.locator("#verdict svg.icon").count() == 1
    assert mine.page.evaluate("document.body.dataset.siren") != "yes"
    before = mine.page.inner_text(".clock")
    expect(mine.page.locator(".clock")).not_to_have_text(before, timeout=3_000)
    assert [pair for pair in mine.page.evaluate(CONTRASTS) if pair[1] < 4.5] == []
    assert mine.page.evaluate(SMALL_TARGETS) == []
    mine.press("stay")
    mine.at("inside")
    mine.page.reload()
    mine.at("inside")
    mine.submit()
    mine.at("out")
    (visit,) = visits(site, mine)
    assert (visit["mode"], visit["temperature"], visit["open"]) == ("poster", "normal", False)


def test_an_abnormal_visitor_sounds_the_siren(site: Site, phone: OpenPhone, url: str) -> None:
    person, mine = site.person(), phone("zh-CN")
    site.report_case(person)
    mine.open(url)
    log_in(mine, site, person)
    mine.at("entry")
    mine.submit()
    mine.at("verdict")
    assert mine.page.inner_text("#verdict h2") == "请勿进入"
    assert mine.page.evaluate("document.body.dataset.siren") == "yes"
    assert mine.page.inner_text("#verdict .contact")
    mine.press("silence")
    assert mine.page.evaluate("document.body.dataset.siren") == "no"
    mine.fits()


def test_a_scan_without_network_waits_and_arrives_once_with_its_own_time(
    site: Site, phone: OpenPhone, url: str
) -> None:
    person, mine = site.person(), phone()
    mine.open(url)
    log_in(mine, site, person)
    mine.at("entry")
    mine.context.set_offline(True)
    mine.submit()
    mine.at("waiting")
    kept = mine.page.evaluate("JSON.parse(localStorage.getItem('waiting'))[0].body")
    mine.submit()
    mine.at("waiting")
    assert mine.page.evaluate("JSON.parse(localStorage.getItem('waiting'))[0].body") == kept
    assert person.number not in mine.page.evaluate("JSON.stringify(localStorage)")
    mine.context.set_offline(False)
    mine.at("verdict")
    assert mine.page.evaluate("localStorage.getItem('waiting')") is None
    (visit,) = visits(site, mine)
    assert str(visit["at"])[:19] == kept["scanned_at"][:19]


def test_a_scan_that_waited_lets_nobody_in_elsewhere(site: Site, phone: OpenPhone, url: str) -> None:
    (place_id, _, other), mine = site.entrance(), phone()
    mine.open(url)
    log_in(mine, site, site.person())
    mine.at("entry")
    mine.context.set_offline(True)
    mine.submit()
    mine.at("waiting")
    mine.page.goto("about:blank")
    mine.context.set_offline(False)
    with mine.page.expect_response("**/v1/checkins"):
        mine.open(other)
    mine.at("entry")
    mine.submit()
    mine.at("verdict")
    newest, before = [visit["place"] for visit in visits(site, mine)]
    assert newest["place_id"] == place_id != before["place_id"]
    assert mine.page.evaluate("localStorage.getItem('waiting')") is None


def test_family_is_chosen_and_each_gets_a_verdict(site: Site, phone: OpenPhone, url: str) -> None:
    """Answers stand in for the family's: what the page makes of them is tried here."""
    mine = phone()
    mine.page.route("**/v1/me/dependants", lambda route: route.fulfill(json={"items": FAMILY}))
    mine.page.route("**/v1/checkins", bring_along)
    mine.open(url)
    log_in(mine, site, site.person())
    mine.at("entry")
    assert mine.page.locator("#family label").all_inner_texts() == ["王**", "李**"]
    mine.page.check("input[value=one]")
    mine.page.check("input[value=two]")
    mine.submit()
    mine.at("verdict")
    assert mine.page.inner_text("#verdict h2") == "Do not enter"
    assert mine.page.locator("#verdict .name").all_inner_texts()[1:] == ["王**"]
    assert mine.page.locator(".if-left").is_visible()


def test_a_poster_that_was_replaced_lets_nobody_check_in(site: Site, phone: OpenPhone) -> None:
    place_id, gate_id, url = site.entrance()
    assert site.owner.post(f"/v1/places/{place_id}/gates/{gate_id}/poster").status == 201
    mine = phone()
    mine.open(url)
    assert "was replaced" in mine.page.inner_text(".notice")
    log_in(mine, site, site.person())
    mine.at("closed")


def test_signing_out_leaves_nothing_on_the_phone(site: Site, phone: OpenPhone, url: str) -> None:
    mine = phone()
    mine.open(url)
    log_in(mine, site, site.person())
    mine.at("entry")
    mine.submit()
    mine.at("verdict")
    mine.press("stay")
    mine.at("inside")
    mine.press("sign-out")
    mine.at("phone")
    assert mine.page.evaluate("Object.values(localStorage).join('')") == ""


def test_a_screen_shows_its_code_to_who_works_there_alone(site: Site, phone: OpenPhone) -> None:
    place_id, gate_id, _ = site.entrance(presence="rotating")
    mine = phone()
    mine.open(f"{site.url}/screen#place={place_id}&gate={gate_id}")
    log_in(mine, site, site.person())
    mine.at("trouble")
    assert mine.error().startswith("Not on the staff")
    mine.page.evaluate("token => sessionStorage.setItem('token', token)", site.owner.token)
    mine.page.reload()
    mine.at("screen")
    expect(mine.page.locator("img.code")).to_have_attribute("src", re.compile("^data:image/svg"))
    assert mine.page.evaluate("document.querySelector('img.code').decode().then(() => true)")


def test_the_sheet_fits_one_page_of_a4(browser: Browser, url: str) -> None:
    page = browser.new_page()
    page.goto(f"{url}/print")
    pdf = page.pdf(prefer_css_page_size=True)
    page.close()
    assert len(re.findall(rb"/Type\s*/Page\b", pdf)) == 1
    (box,) = set(re.findall(rb"/MediaBox\s*\[([^\]]*)\]", pdf))
    assert [round(float(one)) for one in box.split()] == [0, 0, 595, 842]
