"""The page behind a printed code, driven on a phone: joined, misused, switched to the other language, left again."""

from datetime import timedelta
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, expect

from chalicelib.core import clock
from tests.browser.conftest import OpenPhone
from tests.support.browser import CONTRASTS, SMALL_PHONE, SMALL_TARGETS, Phone
from tests.support.people import TestPerson
from tests.support.site import Site

pytestmark = [pytest.mark.browser, pytest.mark.slow]

WORDS = {
    "zh-CN": {
        "code": "验证码有误、已过期、已使用或输错次数过多。请核对最近一条短信，或重新获取验证码。",
        "mismatch": "信息不一致",
        "joined": "您已加入",
        "shared": ["姓氏和证件号码首尾两位", "最近一次核酸检测结果"],
        "left": "您已退出团体簿",
    },
    "en": {
        "code": "This code is wrong, expired, already used, or was tried too often. Check the last message, or ask for a new code.",
        "mismatch": "Details do not match",
        "joined": "You are a member",
        "shared": [
            "Surname, and the first and last two characters of your document number",
            "My latest nucleic-acid test",
        ],
        "left": "You have left",
    },
}


def log_in(phone: Phone, site: Site, person: TestPerson) -> None:
    phone.at("phone")
    phone.type(phone=person.phone)
    phone.submit()
    phone.at("code")
    phone.type(code=site.code(person.phone))
    phone.submit()


def prove(phone: Phone, person: TestPerson) -> None:
    phone.at("identity")
    phone.type(name=person.name, number=person.number)
    phone.submit()


def join(phone: Phone, site: Site, person: TestPerson, *scopes: str) -> None:
    log_in(phone, site, person)
    prove(phone, person)
    phone.at("scopes")
    for scope in scopes:
        phone.page.check(f"input[value={scope}]")
    phone.submit()
    phone.at("joined")


@pytest.mark.parametrize("language", ["zh-CN", "en"])
def test_somebody_joins_and_leaves(site: Site, phone: OpenPhone, language: str) -> None:
    words, mine = WORDS[language], phone(language)
    org_id, url = site.invitation()
    mine.open(url)
    assert mine.page.evaluate("document.documentElement.lang") == language
    join(mine, site, site.person(), "nucleic_acid")
    assert mine.page.inner_text("#joined h2") == words["joined"]
    assert mine.page.locator("#joined li").all_inner_texts() == words["shared"]
    assert [member["scopes"] for member in site.members(org_id)] == [["nucleic_acid"]]
    mine.press("ask")
    mine.at("leave")
    mine.submit()
    mine.at("left")
    assert mine.page.inner_text("#left h2") == words["left"]
    assert site.members(org_id) == []


@pytest.mark.parametrize("language", ["zh-CN", "en"])
def test_a_wrong_code_is_said_beside_it(site: Site, phone: OpenPhone, language: str) -> None:
    person, mine = site.person(), phone(language)
    mine.open(site.invitation()[1])
    mine.at("phone")
    mine.type(phone=person.phone)
    mine.submit()
    mine.at("code")
    right = site.code(person.phone)
    mine.type(code=f"{(int(right) + 1) % 1_000_000:06d}")
    mine.submit()
    assert mine.error("code") == WORDS[language]["code"]
    assert mine.page.get_attribute("input[name=code]", "aria-invalid") == "true"
    mine.type(code=f" {right[:3]} {right[3:]}")
    mine.page.press("input[name=code]", "Enter")
    mine.at("identity")


@pytest.mark.parametrize("language", ["zh-CN", "en"])
def test_a_claim_that_does_not_match_is_corrected_where_it_stands(site: Site, phone: OpenPhone, language: str) -> None:
    person, mine = site.person(), phone(language)
    mine.open(site.invitation()[1])
    log_in(mine, site, person)
    mine.at("identity")
    mine.type(name="李四", number=person.number)
    mine.submit()
    assert mine.error().startswith(str(WORDS[language]["mismatch"]))
    assert (mine.typed("name"), mine.typed("number")) == ("李四", person.number)
    mine.type(name=person.name)
    mine.submit()
    mine.at("scopes")
    assert mine.page.locator("input[name=scopes]:checked").count() == 0


def test_a_member_changes_what_is_shared(site: Site, phone: OpenPhone) -> None:
    person, mine = site.person(), phone()
    org_id, url = site.invitation()
    mine.open(url)
    join(mine, site, person, "travel")
    mine.press("change")
    mine.at("scopes")
    mine.page.uncheck("input[value=travel]")
    mine.press("keep")
    mine.at("joined")
    assert mine.page.locator("#joined li").count() == 2
    mine.press("change")
    assert mine.page.is_checked("input[value=travel]")
    mine.page.uncheck("input[value=travel]")
    mine.page.check("input[value=vaccination]")
    mine.submit()
    mine.at("joined")
    assert [member["scopes"] for member in site.members(org_id)] == [["vaccination"]]


def test_a_member_sees_from_which_day_something_is_overdue(site: Site, phone: OpenPhone) -> None:
    mine = phone()
    org_id, url = site.invitation()
    assert site.owner.put(f"/v1/organizations/{org_id}/policies", {"nucleic_acid_days": 3}).status == 200
    mine.open(url)
    join(mine, site, site.person(), "nucleic_acid", "travel")
    due = clock.local_day("Asia/Shanghai", clock.now()) + timedelta(days=4)

    _, test, travel = mine.page.locator("#joined li").all_inner_texts()
    assert test.endswith(f"overdue from {due}")
    assert "overdue" not in travel


def test_a_name_that_is_markup_is_only_text(site: Site, phone: OpenPhone) -> None:
    name = "<img src=x onerror=alert(1)>"
    mine = phone()
    _, url = site.invitation(name)
    mine.open(url)
    assert mine.page.title() == name
    assert mine.page.inner_text("h1") == name
    join(mine, site, site.person(), "travel")
    assert mine.page.locator("img").count() == 0
    assert all(one.startswith(site.url) for one in mine.requested if not one.startswith("data:"))


def test_the_language_is_switched_and_kept(site: Site, phone: OpenPhone) -> None:
    mine = phone("zh-CN")
    _, url = site.invitation()
    mine.open(url)
    mine.at("phone")
    mine.type(phone="123")
    mine.submit()
    assert mine.error("phone") == "请输入 11 位中国大陆手机号码。"
    mine.page.click("button[value=en]")
    assert mine.page.inner_text("#phone h2") == "Log in"
    assert mine.page.evaluate("document.documentElement.lang") == "en"
    assert mine.page.get_attribute("#phone-error", "lang") == "zh-CN"  # it still is what the service said
    assert mine.typed("phone") == "123"
    mine.submit()
    expect(mine.page.locator("#phone-error")).to_have_text("Enter a mainland China mobile number with 11 digits.")
    mine.page.reload()
    mine.at("phone")
    assert mine.page.inner_text("#phone h2") == "Log in"
    assert mine.page.get_attribute("button[value=en]", "aria-pressed") == "true"


def test_an_ended_session_starts_over_and_keeps_what_was_typed(site: Site, phone: OpenPhone) -> None:
    person, mine = site.person(), phone()
    _, url = site.invitation()
    mine.open(url)
    log_in(mine, site, person)
    mine.at("identity")
    mine.type(name=person.name, number=person.number)
    token = mine.page.evaluate("sessionStorage.getItem('token')")
    assert site.api.as_(token).delete("/v1/auth/sessions").status == 204
    mine.submit()
    mine.at("phone")
    assert mine.error().startswith("You have been signed out")
    assert [mine.typed(name) for name in ("phone", "name", "number")] == [person.phone, person.name, person.number]
    assert not mine.page.evaluate("sessionStorage.getItem('token')")


def test_a_limit_counts_down_on_its_button(site: Site, phone: OpenPhone) -> None:
    person, mine = site.person(), phone()
    _, url = site.invitation()
    mine.open(url)
    mine.type(phone=person.phone)
    mine.submit()
    mine.at("code")
    resend = mine.page.locator("[data-do=resend]")
    expect(resend).to_be_disabled()
    expect(resend.locator(".wait")).to_have_text("0:58", timeout=10_000)
    mine.press("back")
    mine.submit()
    assert mine.error().startswith("Too many codes requested")
    button = mine.page.locator("#phone [type=submit]")
    expect(button).to_be_disabled()
    mine.type(phone=site.person().phone)  # the limit is one of the other number
    expect(button).to_be_enabled()
    mine.type(phone=person.phone)
    mine.press("have")
    mine.at("code")
    mine.type(code=site.code(person.phone))
    mine.submit()
    mine.at("identity")


def test_without_script_it_still_says_who_asks_for_what(site: Site, browser: Browser) -> None:
    context = browser.new_context(java_script_enabled=False, locale="en")
    page = context.new_page()
    page.goto(site.invitation()[1])
    assert page.inner_text("h1") == "Third School"
    assert "Please allow JavaScript" in page.inner_text("main")
    assert "let its administrators see" in page.inner_text("main")
    assert page.locator("section:visible").count() == 0
    context.close()


def test_without_a_connection_nothing_is_lost(site: Site, phone: OpenPhone) -> None:
    person, mine = site.person(), phone()
    _, url = site.invitation()
    mine.open(url)
    mine.type(phone=person.phone)
    mine.context.set_offline(True)
    mine.submit()
    assert mine.error() == "No answer. Check your connection and try again."
    mine.context.set_offline(False)
    mine.submit()
    mine.at("code")


def test_a_member_comes_back_to_an_invitation_that_is_full(site: Site, phone: OpenPhone) -> None:
    person, mine, other = site.person(), phone(), phone()
    org_id, url = site.invitation(max_uses=1)
    mine.open(url)
    join(mine, site, person)
    mine.page.reload()
    mine.at("joined")
    expect(mine.page.locator(".notice")).to_contain_text("used as often as it allows")
    mine.press("ask")
    mine.submit()
    mine.at("left")
    assert site.members(org_id) == []
    other.open(url)
    someone = site.person()
    log_in(other, site, someone)
    prove(other, someone)
    other.at("closed")


def test_signing_out_forgets_the_phone_and_what_was_typed(site: Site, phone: OpenPhone) -> None:
    person, mine = site.person(), phone()
    _, url = site.invitation()
    mine.open(url)
    join(mine, site, person)
    token = mine.page.evaluate("sessionStorage.getItem('token')")
    mine.press("sign-out")
    mine.at("phone")
    assert [mine.typed(name) for name in ("phone", "name", "number")] == ["", "", ""]
    assert not mine.page.evaluate("sessionStorage.getItem('token')")
    assert site.api.as_(token).get("/v1/me").status == 401


def test_it_works_under_the_path_of_a_stage(site: Site, phone: OpenPhone) -> None:
    mine = phone()
    _, url = site.invitation()
    mine.through("/prod", site.url)
    mine.open(f"{site.url}/prod{urlsplit(url).path}")
    join(mine, site, site.person(), "travel")
    assert all(urlsplit(one).path.startswith("/prod/") for one in mine.requested if not one.startswith("data:"))


@pytest.mark.parametrize(("language", "dark"), [("zh-CN", False), ("en", True)])
def test_every_step_can_be_read_and_touched_on_a_small_phone(
    site: Site, phone: OpenPhone, language: str, dark: bool
) -> None:
    person, mine = site.person(), phone(language, SMALL_PHONE, dark=dark)
    _, url = site.invitation("临沂市第三实验中学 Third Experimental School of the City of Linyi")

    def seen() -> None:
        mine.fits()
        assert mine.page.evaluate(SMALL_TARGETS) == []
        assert [text for text, contrast in mine.page.evaluate(CONTRASTS) if contrast < 4.5] == []

    mine.open(url)
    mine.submit()
    mine.error("phone")
    seen()
    log_in(mine, site, person)
    mine.at("identity")
    seen()
    prove(mine, person)
    mine.at("scopes")
    seen()
    mine.submit()
    mine.at("joined")
    seen()
    mine.press("ask")
    seen()


def test_every_input_has_its_label_and_helps_with_typing(site: Site, phone: OpenPhone) -> None:
    mine = phone()
    _, url = site.invitation()
    mine.open(url)
    helps = {
        "phone": ("tel", "tel"),
        "code": ("one-time-code", "numeric"),
        "name": ("name", None),
        "number": ("off", None),
    }
    for name, (autocomplete, keyboard) in helps.items():
        box = mine.page.locator(f"input[name={name}]")
        assert (box.get_attribute("autocomplete"), box.get_attribute("inputmode")) == (autocomplete, keyboard)
        assert mine.page.locator(f"label[for={name}-input]").count() == 1
        assert mine.page.locator(f"#{box.get_attribute('aria-describedby')}").get_attribute("aria-live") == "polite"


def test_a_code_that_opens_nothing_says_so_in_both_languages(site: Site, phone: OpenPhone) -> None:
    mine = phone("en", SMALL_PHONE)
    _, url = site.invitation()
    mine.open(f"{url[:-3]}{'AAA' if url[-3:] != 'AAA' else 'BBB'}")
    assert mine.page.inner_text("h1") == "Not a code of this city"
    assert mine.page.inner_text("[lang=zh-CN] h2") == "二维码无效"
    mine.fits()


def test_the_description_of_the_api_can_be_read(site: Site, phone: OpenPhone) -> None:
    mine = phone("en", SMALL_PHONE)
    mine.open(f"{site.url}/docs#invalid_phone")
    expect(mine.page.locator("#invalid_phone")).to_be_in_viewport()
    assert mine.page.evaluate(CONTRASTS)
    assert [text for text, contrast in mine.page.evaluate(CONTRASTS) if contrast < 4.5] == []
    mine.fits()


def test_a_code_that_asks_for_a_label_says_how_it_looks_and_takes_it(site: Site, phone: OpenPhone) -> None:
    person, mine = site.person(), phone()
    org_id, url = site.invitation(label_pattern="S-##")
    mine.open(url)
    log_in(mine, site, person)
    prove(mine, person)
    mine.at("scopes")
    expect(mine.page.locator("#scopes label[for=label-input]")).to_contain_text("S-##")

    for wrong in ("", "x"):
        mine.type(label=wrong)
        mine.submit()
        expect(mine.page.locator("#label-error")).to_contain_text("S-##")
    mine.type(label="s-07")
    mine.submit()
    mine.at("joined")

    assert [member["label"] for member in site.members(org_id)] == ["s-07"]


def test_a_code_that_asks_for_no_label_shows_no_field_for_one(site: Site, phone: OpenPhone) -> None:
    person, mine = site.person(), phone()
    mine.open(site.invitation()[1])
    log_in(mine, site, person)
    prove(mine, person)
    mine.at("scopes")

    expect(mine.page.locator("#label-input")).to_be_hidden()
