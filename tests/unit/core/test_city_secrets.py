"""Secrets of a city: held for a while, opened under the version before, made anew without anybody noticing."""

from collections.abc import Iterator
from datetime import timedelta

import pytest
from botocore.exceptions import ClientError

from chalicelib.core import aws, city_secrets, clock, tokens
from chalicelib.core.city_secrets import CURRENT, PREVIOUS, SESSION_KEY, generated_secret, key_of, opening_keys, secret
from chalicelib.core.crypto import encode
from chalicelib.core.names import secret_name
from chalicelib.core.rotation import Rotation, discard, go_over, prepare, prepared_version, renew_now, version_of
from tests.support.seam import Seam, aws_error

pytestmark = pytest.mark.usefixtures("whole_run")

BEARER = tokens.new_bearer(encode(b"s" * 16), None)


@pytest.fixture(autouse=True)
def _fresh(faults: Seam) -> Iterator[None]:
    discard(SESSION_KEY)
    city_secrets.forget_secrets()
    faults.calls.clear()
    yield
    city_secrets.forget_secrets()


def renew() -> None:
    """Give the session key another version, as another process does."""
    aws.secrets().put_secret_value(SecretId=secret_name("demo", SESSION_KEY), SecretString=generated_secret())


@pytest.mark.parametrize(
    ("generated", "key"),
    [  # the first two are NIST's examples of SHA-256
        ("abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"),
        ("", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"),
        ("A" * 64, "d53eda7a637c99cc7fb566d96e9fa109bf15c478410a3f5eb4d4c4e26cd081f6"),
    ],
)
def test_the_key_of_a_generated_secret_is_its_sha_256(generated: str, key: str) -> None:
    """An SMS gateway makes the same key of the same text, by what docs/operations.md says."""
    assert key_of(generated).hex() == key


def test_a_secret_of_the_city_is_the_key_of_its_text() -> None:
    text = aws.secrets().get_secret_value(SecretId=secret_name("demo", SESSION_KEY))["SecretString"]
    assert secret(SESSION_KEY) == key_of(text)


def test_a_generated_secret_is_letters_and_digits_and_never_the_same() -> None:
    made = {generated_secret() for _ in range(50)}

    assert len(made) == 50
    assert all(len(one) == 64 and one.isalnum() and one.isascii() for one in made)


def test_a_secret_is_read_once_and_has_32_bytes(faults: Seam) -> None:
    assert len({secret(SESSION_KEY) for _ in range(3)}) == 1
    assert len(secret(SESSION_KEY)) == 32
    assert faults.counts["GetSecretValue"] == 1


def test_a_secret_that_the_city_has_not_is_an_error_each_time() -> None:
    for _ in range(2):
        with pytest.raises(ClientError):
            secret("nothing")


def test_a_token_opens_under_the_key_before_and_not_under_the_one_before_that() -> None:
    token = tokens.seal_bearer(BEARER)
    renew()
    city_secrets.forget_secrets()
    assert tokens.open_bearer(token) == BEARER

    renew()
    city_secrets.forget_secrets()
    assert tokens.open_bearer(token) is None


def test_a_process_that_holds_the_old_key_opens_what_was_sealed_under_a_newer_one(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with clock.frozen(clock.now()) as time:
        secret(SESSION_KEY)
        renew()
        with monkeypatch.context() as another_process:
            another_process.setattr(city_secrets, "_held", {})
            token = tokens.seal_bearer(BEARER)
        assert tokens.open_bearer(token) is None
        time.tick(city_secrets.REREAD_SECONDS)

        assert tokens.open_bearer(token) == BEARER


def test_rubbish_makes_a_process_read_again_once_a_minute_at_most(faults: Seam) -> None:
    with clock.frozen(clock.now()) as time:
        for _ in range(20):
            assert tokens.open_bearer(encode(b"x" * 96)) is None
        assert faults.counts["GetSecretValue"] == 3

        time.tick(city_secrets.REREAD_SECONDS)
        for _ in range(20):
            assert tokens.open_bearer(encode(b"x" * 96)) is None
        assert faults.counts["GetSecretValue"] == 6


def test_a_token_under_the_present_key_costs_no_look_at_the_one_before(faults: Seam) -> None:
    token = tokens.seal_bearer(BEARER)
    for _ in range(3):
        assert tokens.open_bearer(token) == BEARER
    assert faults.counts["GetSecretValue"] == 1


def test_a_leaked_key_that_was_replaced_twice_opens_nothing_after_a_quarter_of_an_hour() -> None:
    with clock.frozen(clock.now()) as time:
        token = tokens.seal_bearer(BEARER)
        renew()
        renew()
        assert tokens.open_bearer(token) == BEARER, "this process holds the key still"
        time.tick(city_secrets.HELD_SECONDS)
        assert tokens.open_bearer(token) is None


def test_a_process_goes_on_by_what_it_holds_while_secrets_manager_does_not_answer(faults: Seam) -> None:
    with clock.frozen(clock.now()) as time:
        before = secret(SESSION_KEY)
        time.tick(city_secrets.HELD_SECONDS)
        faults.fail("GetSecretValue", aws_error("InternalServiceError"))
        assert secret(SESSION_KEY) == before


def test_a_process_that_holds_nothing_says_that_secrets_manager_does_not_answer(faults: Seam) -> None:
    faults.fail("GetSecretValue", aws_error("InternalServiceError"))
    with pytest.raises(ClientError):
        next(opening_keys(SESSION_KEY))


def night(days: float) -> bool:
    """A run of the nightly job when the present session key is so many days old."""
    present = version_of(SESSION_KEY, CURRENT)
    assert present is not None
    with clock.frozen(present.made_at + timedelta(days=days)):
        return Rotation().renew_session_key()


def test_the_session_key_is_prepared_when_it_is_as_old_as_the_longest_session_and_renewed_a_day_later() -> None:
    renew()
    before = version_of(SESSION_KEY, CURRENT)

    assert (night(29.9), prepared_version(SESSION_KEY)) == (False, None)
    assert (night(30), night(30.9)) == (False, False)
    prepared = prepared_version(SESSION_KEY)
    assert version_of(SESSION_KEY, CURRENT) == before != prepared
    assert night(31)
    assert version_of(SESSION_KEY, CURRENT) == prepared
    assert version_of(SESSION_KEY, PREVIOUS) == before
    assert (night(0.1), night(29.9)) == (False, False)
    assert (night(30), night(31)) == (False, True), "and so on"


def test_a_process_that_read_just_before_the_renewal_opens_what_is_sealed_right_after(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    renew()
    present = version_of(SESSION_KEY, CURRENT)
    assert present is not None
    assert not night(30)
    with clock.frozen(present.made_at + timedelta(days=31)):
        assert tokens.open_bearer(encode(b"x" * 96)) is None, "now this process holds all there is"
        assert Rotation().renew_session_key()
        with monkeypatch.context() as another_process:
            another_process.setattr(city_secrets, "_held", {})
            token = tokens.seal_bearer(BEARER)

        assert tokens.open_bearer(token) == BEARER


def test_two_nights_at_once_renew_once(faults: Seam) -> None:
    renew()
    assert not night(30)
    faults.fail("UpdateSecretVersionStage", aws_error("InvalidParameterException"))
    assert not night(31)


def test_two_renewals_at_once_make_one_version(faults: Seam) -> None:
    """AWS refuses another text under the id of a version that is there; the emulator does not, so that is said for it."""
    before = version_of(SESSION_KEY, CURRENT)
    faults.fail("PutSecretValue", aws_error("ResourceExistsException"))
    assert not renew_now(SESSION_KEY)
    assert version_of(SESSION_KEY, CURRENT) == before
    assert renew_now(SESSION_KEY)
    assert version_of(SESSION_KEY, PREVIOUS) == before


def test_what_aws_refuses_otherwise_is_said(faults: Seam) -> None:
    for operation, act in (("PutSecretValue", renew_now), ("UpdateSecretVersionStage", go_over)):
        discard(SESSION_KEY)
        prepare(SESSION_KEY)
        faults.fail(operation, aws_error("AccessDeniedException"))
        with pytest.raises(ClientError):
            act(SESSION_KEY)


def test_what_was_prepared_can_be_forgotten_and_prepared_anew() -> None:
    discard(SESSION_KEY)
    prepare(SESSION_KEY)
    first = prepared_version(SESSION_KEY)
    prepare(SESSION_KEY)
    assert prepared_version(SESSION_KEY) == first
    discard(SESSION_KEY)
    assert prepared_version(SESSION_KEY) is None
    assert not go_over(SESSION_KEY)
