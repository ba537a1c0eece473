"""The nightly look at the session key, as the schedule calls it."""

from collections.abc import Iterator
from datetime import timedelta

import pytest

import app
from chalicelib.core import clock, store
from chalicelib.core.city_secrets import CURRENT, SESSION_KEY, forget_secrets
from chalicelib.core.jobs import JobRow, last_run, run_key
from chalicelib.core.rotation import Version, discard, version_of
from tests.support.city import TestCity
from tests.support.events import Events
from tests.support.seam import Seam, aws_error

pytestmark = pytest.mark.jobs

JOB = "rotate_keys"


@pytest.fixture(autouse=True)
def _never_ran(city: TestCity) -> Iterator[None]:  # noqa: ARG001  its tables must be there
    discard(SESSION_KEY)
    for row in store.query_all(JobRow, run_key(JOB)):
        store.delete(row.own_key)
    yield
    forget_secrets()


def present() -> Version:
    """The session key's present version."""
    found = version_of(SESSION_KEY, CURRENT)
    assert found is not None
    return found


def run() -> None:
    """One call of the function."""
    app.rotate_keys({}, None)


def test_a_young_key_stays_and_the_run_is_recorded(city: TestCity, monkeypatch: pytest.MonkeyPatch) -> None:  # noqa: ARG001
    events = Events(monkeypatch)
    before = present()

    run()

    assert present() == before
    row = last_run(JOB)
    assert row is not None
    assert (row.done, row.done_at is not None) == (0, True)
    assert events.of("job.done")[-1]["job"] == JOB


def test_whoever_is_logged_in_stays_so_when_the_key_changes(city: TestCity) -> None:
    client = city.verified(city.person())
    before = present()

    for days in (30, 31):
        with clock.frozen(before.made_at + timedelta(days=days)):
            run()

    assert present() != before
    assert client.get("/v1/me").status == 200
    assert city.verified(city.person()).get("/v1/me").status == 200, "and new ones log in under the new key"


def test_a_run_that_died_is_seen_and_the_next_one_ends_it(city: TestCity, faults: Seam) -> None:  # noqa: ARG001
    with clock.frozen(present().made_at + timedelta(days=30)):
        faults.fail_after("PutSecretValue", aws_error("InternalServiceError"))
        with pytest.raises(Exception, match="InternalServiceError"):
            run()
        died = last_run(JOB)
        assert died is not None
        assert died.done_at is None
        run()
        done = last_run(JOB)
    assert done is not None
    assert done.done_at is not None


def test_a_job_that_never_ran_has_no_run() -> None:
    assert last_run("nothing") is None
