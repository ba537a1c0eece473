import re
from pathlib import Path

import pytest
from pydantic import ValidationError

from chalicelib.core import city
from chalicelib.core.city import City, CityFileError, all_cities, load_city, parse_city

FOLDER = Path(city.__file__).parent.parent / "cities"
REAL = sorted({path.stem for path in FOLDER.glob("*.toml")} - {"demo"})
LINYI = (FOLDER / "linyi.toml").read_text(encoding="utf-8")


def problems(changed: str) -> dict[str, str]:
    with pytest.raises(CityFileError) as caught:
        parse_city("linyi", changed)
    assert all(field in str(caught.value) for field in caught.value.problems)
    return caught.value.problems


def replaced(pattern: str, replacement: str) -> str:
    changed, times = re.subn(pattern, replacement, LINYI, count=1, flags=re.MULTILINE)
    assert times == 1
    return changed


@pytest.mark.parametrize("name", ["demo", *REAL])
def test_every_city_file_loads(name: str) -> None:
    loaded = load_city(name)

    assert loaded.name == name
    assert loaded.time_zone == "Asia/Shanghai"
    assert loaded is load_city(name)


def test_the_cities_of_the_five_services_are_there() -> None:
    assert {one.name for one in all_cities()} >= {"demo", "linyi", "beijing", "maoming", "huian"}


@pytest.mark.parametrize(("encoding", "problem"), [("utf-8-sig", None), ("gbk", {"file": "must be UTF-8"})])
def test_a_file_of_another_editor_is_read_or_refused_in_words(
    encoding: str, problem: dict[str, str] | None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "linyi.toml").write_bytes(LINYI.encode(encoding))
    monkeypatch.setattr(city, "_FOLDER", tmp_path)
    if problem is None:
        assert load_city.__wrapped__("linyi").name == "linyi"
        return
    with pytest.raises(CityFileError) as caught:
        load_city.__wrapped__("linyi")
    assert caught.value.problems == problem


@pytest.mark.parametrize("name", REAL)
def test_a_real_city_lies_in_china_and_sends_through_a_gateway(name: str) -> None:
    real = load_city(name)

    assert not real.demo
    assert real.region.startswith("cn-")
    assert real.public_url is not None
    assert real.sms.sender == "http"


@pytest.mark.parametrize("name", REAL)
def test_the_demo_is_as_strict_as_a_real_city_except_to_a_crowd_behind_one_address(name: str) -> None:
    crowd = {"per_address_hour", "per_address_day"}
    demo, real = load_city("demo"), load_city(name)

    assert demo.sms.limits.model_dump(exclude=crowd) == real.sms.limits.model_dump(exclude=crowd)
    assert (demo.identity, demo.sessions, demo.retention) == (real.identity, real.sessions, real.retention)
    assert demo.sms.limits.per_address_hour >= 100_000
    assert demo.books.max_per_person >= 100


@pytest.mark.parametrize("name", REAL)
def test_counties_are_those_of_the_standard_and_of_the_city(name: str) -> None:
    from stdnum import numdb

    prefix = {"linyi": "3713", "beijing": "1101", "maoming": "4409", "huian": "350521"}[name]
    for code in load_city(name).counties:
        assert code.startswith(prefix)
        found = {key: value for _, info in numdb.get("cn/loc").info(code) for key, value in info.items()}
        assert not re.search(r"-\d{4}\][^,]*$", found["county"]), code


def test_a_county_belongs_to_its_city_alone_and_to_the_demo() -> None:
    assert load_city("linyi").holds_county("371302")
    assert not load_city("beijing").holds_county("371302")
    assert load_city("demo").holds_county("371302")


@pytest.mark.parametrize("wrong", ["", "37130", "3713020", "37130x", "\uff13\uff17\uff11\uff13\uff10\uff12", "071302"])
def test_no_city_holds_what_is_no_county_code(wrong: str) -> None:
    assert not load_city("demo").holds_county(wrong)
    assert not load_city("linyi").holds_county(wrong)


@pytest.mark.parametrize(
    ("pattern", "replacement", "field"),
    [
        (r'^name = "linyi"', 'name = "other"', "name"),
        (r"^demo = false", "demo = 0", "demo"),
        (r'^region = ".*"', 'region = "ap-southeast-1"', "region"),
        (r'^region = ".*"', 'region = "China"', "region"),
        (r'^time_zone = ".*"', 'time_zone = "Asia/Nowhere"', "time_zone"),
        (r'^time_zone = ".*"', 'time_zone = "../passwd"', "time_zone"),
        (r"^languages = .*", "languages = []", "languages"),
        (r"^languages = .*", 'languages = ["en", "en"]', "languages"),
        (r"^languages = .*", 'languages = ["zh-CN", "fr"]', "languages.1"),
        (r"^public_url = .*", "", "public_url"),
        (r'^public_url = ".*"', 'public_url = "http://linyi.example"', "public_url"),
        (r'^public_url = ".*"', 'public_url = "https://linyi.example/"', "public_url"),
        (r'^public_url = ".*"', 'public_url = "https://linyi.example?x=1"', "public_url"),
        (r'^public_url = ".*"', 'public_url = "https://"', "public_url"),
        (r'"371302"', '"3713"', "counties"),
        (r'"371302"', "371302", "counties"),
        (r'"371302"', '"371311"', "counties"),
        (r"^counties = \[", 'nothing = "here"\ncounties = [', "nothing"),
        (r'^zh = ".*"', 'zh = ""', "title.zh"),
        (r'^sender = "http"', 'sender = "sns"', "sms.gateway_url"),
        (r'^sender = "http"', 'sender = "pigeon"', "sms.sender"),
        (r"^gateway_url = .*", "", "sms.gateway_url"),
        (r"^hourly_budget = .*", "hourly_budget = 0", "sms.hourly_budget"),
        (r"^hourly_budget = .*", 'hourly_budget = "60000"', "sms.hourly_budget"),
        (r"^hourly_budget = .*", "hourly_budget = 60000.0", "sms.hourly_budget"),
        (r"^alarm_share = .*", "alarm_share = 1.5", "sms.alarm_share"),
        (r"^per_phone_minute = .*", "per_phone_minute = 0", "sms.limits.per_phone_minute"),
        (r"^code_seconds = .*", "code_seconds = 601", "sms.limits.code_seconds"),
        (r"^tries = .*", "tries = 6", "sms.limits.tries"),
        (r"^tries = .*", "", "sms.limits.tries"),
        (r"^failed_challenges_day = .*", "failed_challenges_day = 4", "sms.limits.failed_challenges_day"),
        (r"^tries_per_caller_day = .*", "tries_per_caller_day = 21", "identity.tries_per_caller_day"),
        (r"^days = .*", "days = 31", "sessions.days"),
        (r"^step_up_minutes = .*", "step_up_minutes = 16", "sessions.step_up_minutes"),
        (r"^max_per_person = .*", "max_per_person = -1", "books.max_per_person"),
        (r"^kinds = .*", 'kinds = ["school", "cult"]', "books.kinds.1"),
        (r"^limit_hours = .*", "limit_hours = true", "freshness.limit_hours"),
        (r"^max_per_manager = .*", "max_per_manager = 0", "places.max_per_manager"),
        (r"^only_may_run_register = .*", "", "places.only_may_run_register"),
        (r"^typed_per_day = .*", "typed_per_day = 51", "places.typed_per_day"),
        (r"^stay_minutes = .*", "stay_minutes = 4", "places.stay_minutes"),
        (r'group = "key"', 'group = "dull"', "places.types.2.group"),
        (r'name = "shop", words = { zh = "商店"', 'name = "restaurant", words = { zh = "商店"', "places"),
        (r'words = { zh = "商店"', 'words = { zh = "餐饮店"', "places"),
        (r"^checkins = .*", "checkins = 29", "retention.checkins"),
        (r"^access_log = .*", "access_log = 1095", "retention.access_log"),
        (r"^event_log = .*", "event_log = 179", "retention.event_log"),
        (r"^ledger = .*", "ledgers = 1096", "retention.ledgers"),
        (r"^burst = .*", "burst = 0", "capacity.burst"),
        (r"^address_requests = .*", "address_requests = 99", "capacity.address_requests"),
        (r"^api_handler = .*", "", "capacity.concurrency.api_handler"),
        (r"^api_handler = .*", "api_handlers = 1", "capacity.concurrency.api_handlers"),
    ],
)
def test_a_wrong_value_is_named_with_its_reason(pattern: str, replacement: str, field: str) -> None:
    found = problems(replaced(pattern, replacement))

    assert found[field]


def test_aws_sends_no_text_messages_from_its_regions_in_china() -> None:
    """Not from a demo's either. Elsewhere it does."""
    demo = (FOLDER / "demo.toml").read_text(encoding="utf-8")
    at_home = re.sub(r'(?m)^region = ".*"', 'region = "cn-north-1"', demo)

    with pytest.raises(CityFileError) as caught:
        parse_city("demo", at_home)
    assert "sender must be http" in caught.value.problems["sms"]
    assert parse_city("demo", demo).sms.sender == "sns"


def test_a_file_that_is_not_toml_says_where() -> None:
    assert "line 1" in problems("name = \n")["file"]


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("account", "must not be account"),
        *((wrong, "must be 2 to 20") for wrong in ("linyi-data", "l", "1st", "l" * 21)),
    ],
)
def test_a_city_is_not_called_as_another_stack_is(name: str, said: str) -> None:
    text = (FOLDER / "linyi.toml").read_text(encoding="utf-8")

    with pytest.raises(CityFileError) as caught:
        parse_city(name, text.replace('name = "linyi"', f'name = "{name}"'))
    assert set(caught.value.problems) == {"name"}
    assert caught.value.problems["name"].startswith(said)


@pytest.mark.parametrize("name", ["atlantis", "../cities/demo", "", "demo.toml", "DEMO", "a" * 1000])
def test_a_city_without_a_file_is_not_loaded(name: str) -> None:
    with pytest.raises(CityFileError) as caught:
        load_city(name)
    assert set(caught.value.problems) == {"name"}


def test_a_policy_does_not_change_after_loading() -> None:
    with pytest.raises(ValidationError):
        load_city("demo").sms.limits.tries = 50  # type: ignore[misc]


def test_a_demo_may_do_without_address_and_lie_abroad() -> None:
    abroad = replaced(r'^region = ".*"', 'region = "ap-southeast-1"').replace("demo = false", "demo = true")

    assert isinstance(parse_city("linyi", re.sub(r"(?m)^public_url.*", "", abroad)), City)


def test_a_title_is_spoken_in_the_caller_s_language() -> None:
    title = load_city("demo").title

    assert (title.spoken("zh-CN"), title.spoken("en")) == ("演示城市", "Demo City")
