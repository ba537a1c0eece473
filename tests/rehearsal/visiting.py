"""Visits where the cities are deployed: each opens a place and checks somebody in; none takes another's passes."""

import pytest

from tests.acceptance.conftest import RunningCity
from tests.rehearsal.alerting import SUBDISTRICTS
from tests.rehearsal.conftest import CITIES, DeployedCity
from tests.support.client import Answer, Client
from tests.support.places import OpenedPlace, poster_code

OTHER = dict(zip(CITIES, reversed(CITIES), strict=True))


@pytest.mark.parametrize("name", CITIES)
def test_a_visit_is_kept_and_counted_and_a_pass_of_the_other_city_refused(
    stage: dict[str, DeployedCity], name: str
) -> None:
    manager, scanning, shown = map(stage[name].verified, stage[name].people(3))
    place = OpenedPlace.by(manager, subdistrict=SUBDISTRICTS[name])

    by_code = scanning.post("/v1/checkins", {"code": poster_code(manager, place.place_id, place.gate_id)})
    by_staff = inspected(place, pass_of(shown))
    foreign = inspected(place, pass_of(somebody(stage[OTHER[name]])))

    assert [(one.status, one.json["allowed"]) for one in (by_code, by_staff)] == [(201, True)] * 2, by_staff.text
    assert (foreign.status, foreign.code) == (422, "pass_of_another_city")
    assert "Another city signed" in foreign.json["detail"]
    day = f"{place.path}/statistics"
    assert stage[name].eventually(lambda: manager.get(day).json["visits"] == 2, seconds=60), manager.get(day).text


def somebody(city: RunningCity) -> Client:
    """Somebody new of a city."""
    return city.verified(city.people(1)[0])


def pass_of(client: Client) -> str:
    """What a phone shows now."""
    return str(client.get("/v1/me/health-code").json["pass"])


def inspected(place: OpenedPlace, text: str) -> Answer:
    """The manager, who is an inspector too, scans a pass."""
    return place.manager.post(f"{place.path}/checkins", {"pass": text, "temperature": "normal"})
