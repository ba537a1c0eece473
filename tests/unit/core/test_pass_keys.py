"""Keys of passes: made of a secret, published before they are used and after, changed without anybody noticing (decision 0022)."""

import hashlib
import json
from collections.abc import Iterator
from datetime import datetime, timedelta

import pytest

from chalicelib.core import city_secrets, clock, jws, pass_keys
from chalicelib.core.city_secrets import CURRENT, PASS_KEY, PREVIOUS
from chalicelib.core.crypto import encode
from chalicelib.core.jws import Flaw, FlawedStatementError
from chalicelib.core.pass_keys import PUBLISHED_AFTER_USE, USED_AFTER, key_by_id, published_keys, signing_key
from chalicelib.core.rotation import PASS_KEY_LIVES, Rotation, renew_now, version_of
from tests.support.seam import Seam, aws_error

pytestmark = pytest.mark.usefixtures("whole_run")

KIND, AUDIENCE, SECOND = "test-v1+jwt", "tests", timedelta(seconds=1)


@pytest.fixture(autouse=True)
def _fresh(faults: Seam) -> Iterator[None]:
    city_secrets.forget_secrets()
    faults.calls.clear()
    yield
    city_secrets.forget_secrets()


def renewed_at() -> datetime:
    """When the version was made that is there after a renewal, rounded to what a clock of seconds tells."""
    assert renew_now(PASS_KEY)
    city_secrets.forget_secrets()
    present = version_of(PASS_KEY, CURRENT)
    assert present is not None
    return present.made_at


def kids(at: datetime) -> tuple[str, list[str]]:
    """The key that is signed by at a moment, and those that are published."""
    city_secrets.forget_secrets()
    with clock.frozen(at):
        return signing_key().kid, [key.kid for key in published_keys()]


def test_a_version_is_signed_by_a_day_after_it_was_made_and_the_one_before_is_published_three_days_more() -> None:
    renewed_at()
    before = kids(clock.now())[1][0]
    made = renewed_at()
    new = kids(made)[1][0]
    assert new != before

    assert kids(made) == (before, [new, before])
    assert kids(made + USED_AFTER - SECOND) == (before, [new, before])
    assert kids(made + USED_AFTER) == (new, [new, before])
    assert timedelta(hours=72, seconds=60) == PUBLISHED_AFTER_USE
    assert kids(made + USED_AFTER + PUBLISHED_AFTER_USE - SECOND) == (new, [new, before])
    assert kids(made + USED_AFTER + PUBLISHED_AFTER_USE) == (new, [new])
    assert kids(made + timedelta(days=300)) == (new, [new])


def test_a_new_city_signs_by_the_one_version_that_it_has() -> None:
    with clock.frozen(clock.now()):
        present = city_secrets._present(PASS_KEY, 0)  # noqa: SLF001  as a process holds them
        city_secrets._held[PASS_KEY, PREVIOUS] = city_secrets._Held(None, clock.epoch())  # noqa: SLF001  as a process holds them
        city_secrets._held[PASS_KEY, CURRENT] = city_secrets._Held(present, clock.epoch())  # noqa: SLF001  as a process holds them

        assert [key.kid for key in published_keys()] == [signing_key().kid]


def test_what_was_signed_before_the_change_is_verified_after_it_and_by_a_process_that_read_long_before() -> None:
    made = renewed_at()
    with clock.frozen(made + USED_AFTER - SECOND) as time:
        early = jws.sign(signing_key(), KIND, AUDIENCE, {"n": 1}, 60)
        time.tick(2)
        late = jws.sign(signing_key(), KIND, AUDIENCE, {"n": 2}, 60)

        assert [jws.verify(text, KIND, AUDIENCE).claims["n"] for text in (early, late)] == [1, 2]
        assert jws.verify(early, KIND, AUDIENCE).key != jws.verify(late, KIND, AUDIENCE).key


def test_every_process_goes_over_at_the_same_moment_whenever_it_read() -> None:
    """The last look of any of them is a quarter of an hour old at most, and the version lies there for a day."""
    assert timedelta(seconds=2 * city_secrets.HELD_SECONDS) < USED_AFTER


def test_a_key_that_nobody_has_makes_a_process_read_again_once_a_minute_at_most(faults: Seam) -> None:
    with clock.frozen(clock.now()) as time:
        for _ in range(5):
            assert key_by_id("AAAAAAAAAAA") is None
        assert faults.counts["GetSecretValue"] == 2
        time.tick(city_secrets.REREAD_SECONDS)
        for _ in range(5):
            assert key_by_id("AAAAAAAAAAA") is None
        assert faults.counts["GetSecretValue"] == 4


def test_a_process_that_holds_an_old_key_finds_a_newer_one() -> None:
    with clock.frozen(clock.now()) as time:
        published_keys()
        held = dict(city_secrets._held)  # noqa: SLF001  as a process holds them
        renewed_at()
        new = published_keys()[0].kid
        city_secrets._held.update(held)  # noqa: SLF001  as a process holds them
        assert key_by_id(new) is None
        time.tick(city_secrets.REREAD_SECONDS)

        assert key_by_id(new) is not None


def test_a_key_that_leaked_and_was_replaced_twice_verifies_nothing() -> None:
    with clock.frozen(clock.now()):
        text = jws.sign(signing_key(), KIND, AUDIENCE, {}, 60)
        renewed_at()
        renewed_at()

        with pytest.raises(FlawedStatementError) as refused:
            jws.verify(text, KIND, AUDIENCE)
        assert refused.value.flaw is Flaw.FORGED


def test_signing_goes_on_while_secrets_manager_does_not_answer(faults: Seam) -> None:
    with clock.frozen(clock.now()) as time:
        before = signing_key().kid
        time.tick(city_secrets.HELD_SECONDS)
        faults.fail("GetSecretValue", aws_error("InternalServiceError"), times=2)

        assert signing_key().kid == before


# Rotation


def night(days: float) -> bool:
    """A night's run when the present version is so many days old."""
    present = version_of(PASS_KEY, CURRENT)
    assert present is not None
    with clock.frozen(present.made_at + timedelta(days=days)):
        return Rotation().renew_pass_key()


def test_the_key_is_made_anew_when_it_is_thirty_days_old() -> None:
    before = version_of(PASS_KEY, CURRENT)

    assert timedelta(days=30) == PASS_KEY_LIVES
    assert not night(29.99)
    assert version_of(PASS_KEY, CURRENT) == before
    assert night(30)
    assert version_of(PASS_KEY, PREVIOUS) == before
    assert not night(0)


def test_two_nights_at_once_make_one_version(faults: Seam) -> None:
    faults.fail("PutSecretValue", aws_error("ResourceExistsException"))
    assert not night(30)


# The pair


def test_a_pair_is_made_of_its_version_and_its_city_alone() -> None:
    made = [pass_keys._made(bytes([number]) * 32, city) for number in (0, 1) for city in ("demo", "huian")]  # noqa: SLF001  as a process holds them

    assert len({key.kid for key in made}) == len({key.sealing for key in made}) == 4
    assert pass_keys._made.__wrapped__(bytes(32), "demo").coordinates == made[0].coordinates  # noqa: SLF001  as a process holds them
    assert all(1 <= key.private.private_numbers().private_value < pass_keys.ORDER for key in made)


def test_a_pair_stays_what_it_was_released_as() -> None:
    """Or every verifier of every city would refuse what the other half signs."""
    released = pass_keys._made(bytes(range(32)), "demo")  # noqa: SLF001  as a process holds them

    assert released.kid == "GLy5Fbnru1o"


def test_a_key_is_named_by_its_thumbprint() -> None:
    """RFC 7638, 3: the members that it needs, in order, without spaces."""
    key = signing_key()
    x, y = key.coordinates
    members = json.dumps({"crv": "P-256", "kty": "EC", "x": x, "y": y}, separators=(",", ":"), sort_keys=True)

    assert encode(hashlib.sha256(members.encode()).digest())[:10] == key.kid[:10]
    assert len(key.kid) == 11


def test_what_is_sealed_opens_under_its_key_and_context_alone() -> None:
    key, other = (pass_keys._made(bytes([number]) * 32, "demo") for number in (0, 1))  # noqa: SLF001  as a process holds them
    sealed = key.seal("here", b"somebody")

    assert key.unseal("here", sealed) == b"somebody"
    assert key.seal("here", b"somebody") != sealed
    assert [other.unseal("here", sealed), key.unseal("there", sealed)] == [None, None]
    for wrong in ("", "A", sealed[:-4], sealed + "AAAA", "§", sealed + "="):
        assert key.unseal("here", wrong) is None


def test_a_key_shows_nothing_of_itself() -> None:
    key = signing_key()
    assert key.sealing.hex() not in repr(key)
    assert repr(key.sealing) not in repr(key)
    assert str(key.private.private_numbers().private_value) not in repr(key)
