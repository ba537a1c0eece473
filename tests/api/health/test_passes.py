"""Passes: drawn, verified, signed, logged, and refused in all the ways in which signed codes are not right (B6, T-05)."""

import base64
import hashlib
import hmac
import json
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import jwt
import pytest
from botocore.exceptions import ReadTimeoutError
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from chalicelib.core import clock, jws, pass_keys, store
from chalicelib.core.qr import qr_svg
from chalicelib.core.settings import settings
from chalicelib.health.service import passes
from chalicelib.health.service.passes import A_DAY, A_MINUTE, ANSWER, AUDIENCE, PASS, SECONDS, Passes
from chalicelib.people.tables.people import PersonRow
from tests.support.books import person_id_of, person_key
from tests.support.city import TestCity
from tests.support.client import Answer, Client
from tests.support.enrolled import anybody, enrolled
from tests.support.passes import pass_of
from tests.support.people import TestPerson
from tests.support.qr import pixels
from tests.support.rows import spoil
from tests.support.seam import Seam, aws_error

pytestmark = pytest.mark.api

VERIFY, QR, KEYS = "/v1/passes/verify", "/v1/me/health-code/qr", "/.well-known/jwks.json"
LOG = "/v1/me/access-log"


@pytest.fixture
def person(city: TestCity) -> TestPerson:
    """Somebody who is enrolled and shows a pass."""
    person = city.person()
    city.verified(person)
    return person


@pytest.fixture
def scanner(city: TestCity) -> Client:
    """Somebody else who scans it."""
    return anybody(city)


def scan(scanner: Client, text: str) -> Answer:
    return scanner.post(VERIFY, {"pass": text})


def part(of: dict[str, Any] | bytes) -> str:
    """A part of a token."""
    raw = of if isinstance(of, bytes) else json.dumps(of).encode()
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def opened(text: str) -> tuple[dict[str, Any], dict[str, Any], str]:
    """Header, claims and signature of a token, unverified."""
    header, claims, signature = text.split(".")
    return *(json.loads(base64.urlsafe_b64decode(one + "==")) for one in (header, claims)), signature


def signed(claims: dict[str, Any], key: Any = None, **header: Any) -> str:
    """A token signed by the city's own key, or another, that says anything."""
    own = pass_keys.signing_key()
    stated = {"typ": PASS, "kid": own.kid, **header}
    return jwt.encode(claims, key or own.private, algorithm="ES256", headers=stated)


def code_of(answer: Answer) -> tuple[int, str | None]:
    return answer.status, answer.code


# What is right


def test_a_pass_shows_who_and_how_masked_and_signed(person: TestPerson, scanner: Client) -> None:
    with clock.frozen(clock.now()):
        answer = scan(scanner.speaking("en"), pass_of(person))

        seen = answer.json
        assert (answer.status, seen["name"], seen["allows_entry"]) == (200, "王**", True)
        assert (seen["state"]["state"], seen["state"]["word"], seen["state"]["icon"]) == ("green", "Green", "check")
        assert seen["state"]["colour"].startswith("#")
        assert seen["at"] == clock.iso(clock.now())
        assert seen.keys() == {"name", "state", "allows_entry", "as_of", "at", "signed"}
    assert person_id_of(person) not in answer.text


def test_the_signed_answer_says_the_same_and_is_verified_without_the_city(
    city: TestCity, person: TestPerson, scanner: Client
) -> None:
    shown = pass_of(person)
    seen = scan(scanner, shown).json

    claims = verified_offline(city, seen["signed"], ANSWER)

    assert claims["pass"] == part(hashlib.sha256(shown.encode()).digest())
    assert (claims["name"], claims["state"], claims["allows_entry"]) == ("王**", "green", True)
    assert claims["as_of"][:19] == seen["as_of"][:19]
    assert claims["exp"] - claims["iat"] == SECONDS
    assert claims.keys() == {"iss", "aud", "iat", "exp", "pass", "name", "state", "allows_entry", "as_of"}


def test_a_pass_is_verified_without_the_city_and_says_nothing_of_its_person(city: TestCity, person: TestPerson) -> None:
    one, another = pass_of(person), pass_of(person)

    claims = verified_offline(city, one, PASS)

    assert claims.keys() == {"iss", "aud", "iat", "exp", "sub"}
    assert (claims["iss"], claims["exp"] - claims["iat"]) == ("demo", 60)
    assert claims["sub"] != opened(another)[1]["sub"], "or it would be known again"
    assert person_id_of(person) not in claims["sub"]


def verified_offline(city: TestCity, text: str, kind: str) -> dict[str, Any]:
    """The claims of a statement by the published keys alone."""
    keys = jwt.PyJWKSet.from_dict(city.api.get(KEYS).json)
    header = jwt.get_unverified_header(text)
    assert header == {"alg": "ES256", "typ": kind, "kid": header["kid"]}
    claims: dict[str, Any] = jwt.decode(
        text, keys[header["kid"]].key, algorithms=["ES256"], audience=AUDIENCE, issuer="demo"
    )
    return claims


@pytest.mark.parametrize(("fact", "state"), [(("case", "confirmed"), "red"), (("contact", "secondary"), "orange")])
def test_who_is_not_well_is_not_let_in(
    city: TestCity, person: TestPerson, scanner: Client, fact: tuple[str, str], state: str
) -> None:
    city.fact(person, *fact, clock.iso(clock.now()))
    city.deliver()

    seen = scan(scanner, pass_of(person)).json

    assert (seen["state"]["state"], seen["allows_entry"]) == (state, False)
    assert opened(seen["signed"])[1]["allows_entry"] is False


def test_what_is_too_old_to_go_by_lets_nobody_in(city: TestCity) -> None:
    limit = timedelta(hours=settings().city.freshness.limit_hours)
    person = city.stranger()
    enrolled(city, person)
    with clock.frozen(clock.now() + limit + timedelta(minutes=5)):
        seen = scan(anybody(city), pass_of(person)).json

    assert (seen["state"]["state"], seen["allows_entry"]) == ("unknown", False)
    claims = opened(seen["signed"])[1]
    assert (claims["state"], claims["allows_entry"]) == ("unknown", False)


FAULTS = {
    "throttled": aws_error("ProvisionedThroughputExceededException"),
    "denied": aws_error("AccessDeniedException"),
    "broken": aws_error("InternalServerError"),
    "timed out": ReadTimeoutError(endpoint_url="https://dynamodb.example"),
    "anything": RuntimeError("anything"),
}


@pytest.mark.parametrize("fault", FAULTS.values(), ids=FAULTS)
@pytest.mark.parametrize("operation", ["BatchGetItem", "Query", "UpdateItem", "TransactWriteItems"])
@pytest.mark.parametrize("lost", [False, True], ids=["not done", "answer lost"])
def test_no_failure_lets_somebody_in_who_may_not(
    city: TestCity, faults: Seam, operation: str, fault: Exception, *, lost: bool
) -> None:
    """R-20, of a case whose status nobody computed yet."""
    person, scanner = city.stranger(), anybody(city)
    enrolled(city, person)
    city.fact(person, "case", "confirmed", clock.iso(clock.now()))
    text = pass_of(person)
    (faults.fail_after if lost else faults.fail)(operation, fault, times=20)

    answer = scan(scanner, text)

    faults.before.clear()
    faults.after.clear()
    assert answer.status in {200, 500, 503}
    assert answer.status != 200 or answer.json["allows_entry"] is False
    assert scan(scanner, text).json["state"]["state"] == "red"


def test_the_look_is_in_the_persons_access_log_and_in_nobody_elses(city: TestCity) -> None:
    shown, looking = city.person(), city.person()
    client, scanner = city.verified(shown), city.verified(looking)

    assert scan(scanner, pass_of(shown)).status == 200
    city.deliver()

    (entry,) = client.get(LOG).json["items"]
    assert (entry["actor"], entry["what"], entry["why"]) == ("王**", ["name", "health_code"], "pass")
    assert entry["organization"] is None
    assert scanner.get(LOG).json["items"] == []


def test_a_look_that_cannot_be_written_down_is_not_answered(person: TestPerson, scanner: Client, faults: Seam) -> None:
    faults.fail("TransactWriteItems", aws_error("InternalServerError"))

    answer = scan(scanner, pass_of(person))

    assert answer.status == 503
    assert "王" not in answer.text


def test_verifying_takes_two_reads_and_one_write(person: TestPerson, scanner: Client, faults: Seam) -> None:
    shown = pass_of(person)
    assert scan(scanner, shown).status == 200
    faults.calls.clear()

    assert scan(scanner, shown).status == 200

    assert [one for one in faults.operations if one != "Query"] == [
        "BatchGetItem",
        "BatchGetItem",
        "TransactWriteItems",
    ]


def test_the_picture_is_a_fresh_pass(
    city: TestCity, person: TestPerson, scanner: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What a camera reads of such a picture is tested where codes are printed."""
    (client,) = enrolled(city, person)
    issue, issued = Passes.issue, list[str]()

    def recorded(own: Passes, row: PersonRow) -> str:
        issued.append(issue(own, row))
        return issued[-1]

    monkeypatch.setattr(Passes, "issue", recorded)

    drawn = [client.get(QR) for _ in range(2)]

    assert [one.text for one in drawn] == [qr_svg(text) for text in issued]
    assert len(set(issued)) == 2
    assert [scan(scanner, text).json["name"] for text in issued] == ["王**"] * 2
    for one in drawn:
        assert (one.status, one.headers["content-type"]) == (200, "image/svg+xml")
        assert one.headers["cache-control"] == "no-store"
        assert "style" not in one.text, "the policy of the answer would take it out"


def test_a_pass_fits_in_a_code_that_phones_read_at_once(person: TestPerson) -> None:
    """Sixty-nine modules at error level M, as measured for such signatures (notes on cryptography, 3.5), and not many more."""
    assert len(pixels(qr_svg(pass_of(person)))) - 8 <= 77


def test_drawing_a_pass_asks_for_nothing_but_who_asks(city: TestCity, person: TestPerson, faults: Seam) -> None:
    (client,) = enrolled(city, person)
    assert client.get(QR).status == 200
    faults.calls.clear()

    assert client.get(QR).status == 200

    assert faults.operations == ["BatchGetItem"]


# What is over


def test_a_pass_holds_for_a_minute_to_the_second(person: TestPerson, scanner: Client) -> None:
    with clock.frozen(clock.now()) as time:
        text = pass_of(person)
        time.tick(SECONDS - 1)
        assert scan(scanner, text).status == 200
        time.tick(1)
        assert code_of(scan(scanner, text)) == (410, "pass_expired")


def test_a_pass_ends_with_the_life_that_it_was_made_for(city: TestCity, scanner: Client) -> None:
    person = city.person()
    client, text = city.verified(person), pass_of(person)
    assert client.delete("/v1/me").status == 204
    assert code_of(scan(scanner, text)) == (410, "pass_revoked")

    with clock.frozen(clock.now() + timedelta(minutes=2)):
        city.verified(person)
        assert code_of(scan(scanner, pass_of(person, enrolment=1))) == (410, "pass_revoked"), "it was another life's"
        assert scan(scanner, pass_of(person)).status == 200


def test_a_pass_of_somebody_who_never_enrolled_is_none(city: TestCity, scanner: Client) -> None:
    assert code_of(scan(scanner, pass_of(city.stranger()))) == (410, "pass_revoked")


# What is wrong: the thirteen classes of signed codes (threats and faults), and the forgeries of T-05


def changed(text: str, place: int, new: str) -> str:
    """A token with another part."""
    parts = text.split(".")
    parts[place] = new
    return ".".join(parts)


def flipped(text: str) -> str:
    return ("A" if text[0] != "A" else "B") + text[1:]


def other_claims(text: str) -> str:
    return changed(text, 1, part({**opened(text)[1], "exp": clock.epoch() + 86_400}))


def respelled(text: str) -> str:
    """The same signature with other bits in its last character, which decoders pass over."""
    alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
    return text[:-1] + alphabet[alphabet.index(text[-1]) ^ 1]


def with_own_key(text: str) -> str:
    """Signed by a key that the header brings along."""
    private = ec.generate_private_key(ec.SECP256R1())
    public = json.loads(jwt.algorithms.ECAlgorithm.to_jwk(private.public_key()))
    return jwt.encode(opened(text)[1], private, "ES256", {"typ": PASS, "kid": opened(text)[0]["kid"], "jwk": public})


def hs256(text: str) -> str:
    """Signed by HMAC under the public key, which everybody has."""
    header, claims, _ = opened(text)
    public = pass_keys.signing_key().private.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    body = f"{part({**header, 'alg': 'HS256'})}.{part(claims)}"
    return f"{body}.{part(hmac.digest(public, body.encode(), hashlib.sha256))}"


CLASSES: dict[str, tuple[Callable[[str], str], str]] = {
    "redundant segments": (lambda text: f"{text}.{text.split('.')[2]}", "pass_malformed"),
    "wrong prefix": (lambda text: f"https://city.example/c/{text}", "pass_malformed"),
    "wrong type": (lambda text: changed(text, 0, part({**opened(text)[0], "typ": "JWT"})), "pass_malformed"),
    "no prefix": (lambda text: changed(text, 0, part({"alg": "ES256", "kid": opened(text)[0]["kid"]})), "pass_malformed"),
    "version zero": (lambda text: changed(text, 0, part({**opened(text)[0], "typ": "pass-v0+jwt"})), "pass_malformed"),
    "empty": (lambda _: "", "pass_malformed"),
    "empty parts": (lambda _: "..", "pass_malformed"),
    "wrong payload": (other_claims, "pass_forged"),
    "payload that is no object": (lambda text: changed(text, 1, part(b"[1]")), "pass_malformed"),
    "payload that is no json": (lambda text: changed(text, 1, part(b"\xff\x00")), "pass_malformed"),
    "payload that is deep": (lambda text: changed(text, 1, part(b"[" * 700)), "pass_malformed"),
    "missing payload": (lambda text: changed(text, 1, ""), "pass_malformed"),
    "wrong key": (lambda text: signed(opened(text)[1], ec.generate_private_key(ec.SECP256R1())), "pass_forged"),
    "unknown key": (lambda text: signed(opened(text)[1], kid="AAAAAAAAAAA"), "pass_forged"),
    "no key named": (lambda text: changed(text, 0, part({"alg": "ES256", "typ": PASS})), "pass_forged"),
    "a key that is no name": (lambda text: changed(text, 0, part({**opened(text)[0], "kid": {"a": 1}})), "pass_forged"),
    "wrong signature": (lambda text: changed(text, 2, flipped(text.split(".")[2])), "pass_forged"),
    "another pass's signature": (lambda text: changed(text, 2, opened(signed({"sub": "x"}))[2]), "pass_forged"),
    "short signature": (lambda text: changed(text, 2, part(b"\x00" * 63)), "pass_forged"),
    "signature of zeros": (lambda text: changed(text, 2, part(b"\x00" * 64)), "pass_forged"),
    "missing signature": (lambda text: text.rsplit(".", 1)[0], "pass_malformed"),
    "empty signature": (lambda text: changed(text, 2, ""), "pass_malformed"),
    "not base64": (lambda text: changed(text, 1, "§$%&"), "pass_malformed"),
    "base64 of another spelling": (lambda text: f"{text}=", "pass_malformed"),
    "too many bits": (respelled, "pass_malformed"),
    "space around it": (lambda text: f" {text}\n", "pass_malformed"),
    "alg none with a signature": (lambda text: changed(text, 0, part({**opened(text)[0], "alg": "none"})), "pass_forged"),
    "alg none without one": (
        lambda text: changed(changed(text, 0, part({**opened(text)[0], "alg": "none"})), 2, ""), "pass_malformed",
    ),
    "a key of its own": (with_own_key, "pass_forged"),
    "hs256 with the public key": (hs256, "pass_forged"),
    "too long": (lambda text: text + "A" * jws.MAX_LENGTH, "pass_malformed"),
}  # fmt: skip


@pytest.mark.parametrize("name", CLASSES)
def test_a_code_that_is_not_right_is_refused_clearly_and_tells_nothing(
    person: TestPerson, scanner: Client, faults: Seam, name: str
) -> None:
    change, code = CLASSES[name]
    text = change(pass_of(person))
    faults.calls.clear()

    answer = scan(scanner, text)

    assert code_of(answer) == (422, code)
    assert answer.json["errors"][0]["field"] == "pass"
    assert "TransactWriteItems" not in faults.operations
    assert "王" not in answer.text


CLAIMS: dict[str, tuple[dict[str, Any], int, str]] = {
    "another city's": ({"iss": "huian"}, 422, "pass_of_another_city"),
    "nobody's": ({"iss": None}, 422, "pass_malformed"),
    "for somebody else": ({"aud": "gatebook-doors"}, 422, "pass_forged"),
    "for nobody": ({"aud": None}, 422, "pass_forged"),
    "without an end": ({"exp": None}, 422, "pass_malformed"),
    "with an end in words": ({"exp": "tomorrow"}, 422, "pass_malformed"),
    "without a beginning": ({"iat": None}, 422, "pass_malformed"),
    "over": ({"exp": 1}, 410, "pass_expired"),
    "about nobody": ({"sub": None}, 422, "pass_forged"),
    "about somebody in clear": ({"sub": "A" * 22}, 422, "pass_forged"),
    "about what is no text": ({"sub": 7}, 422, "pass_forged"),
}


@pytest.mark.parametrize("name", CLAIMS)
def test_what_the_citys_own_key_signed_is_no_pass_unless_it_says_all_that_one_says(
    person: TestPerson, scanner: Client, name: str
) -> None:
    changes, status, code = CLAIMS[name]
    stated = {**opened(pass_of(person))[1], **changes}

    answer = scan(scanner, signed({name: value for name, value in stated.items() if value is not None}))

    assert code_of(answer) == (status, code)


def test_the_citys_own_answer_is_no_pass(person: TestPerson, scanner: Client) -> None:
    seen = scan(scanner, pass_of(person)).json

    assert code_of(scan(scanner, seen["signed"])) == (422, "pass_malformed")


def test_a_pass_of_another_city_is_refused_by_name_whoever_signed_it(person: TestPerson, scanner: Client) -> None:
    theirs = ec.generate_private_key(ec.SECP256R1())
    foreign = signed({**opened(pass_of(person))[1], "iss": "huian"}, theirs, kid="BBBBBBBBBBB")

    answer = scan(scanner.speaking("en"), foreign)

    assert code_of(answer) == (422, "pass_of_another_city")
    assert "city" in answer.json["detail"]


def test_whose_a_pass_is_cannot_be_moved_to_another_key_or_city(person: TestPerson) -> None:
    key = pass_keys.signing_key()
    sealed = opened(pass_of(person))[1]["sub"]

    assert key.unseal("demo|pass|v1", sealed) is not None
    assert key.unseal("huian|pass|v1", sealed) is None
    assert pass_keys._made(bytes(32), "demo").unseal("demo|pass|v1", sealed) is None  # noqa: SLF001  a key that no city has


# Limits


def test_one_person_verifies_so_many_a_minute(city: TestCity, person: TestPerson) -> None:
    scanner, other = anybody(city), anybody(city)
    minute = clock.now().replace(second=5, microsecond=0)
    with clock.frozen(minute) as time:
        text = pass_of(person)
        assert {scan(scanner, text).status for _ in range(A_MINUTE)} == {200}

        answer = scan(scanner, text)

        assert code_of(answer) == (429, "too_many_passes")
        assert answer.headers["retry-after"] == "55"
        assert str(A_MINUTE) in answer.json["detail"]
        assert scan(other, text).status == 200, "the limit is each person's own"
        time.tick(55)
        assert scan(scanner, pass_of(person)).status == 200
    city.deliver()
    assert len(enrolled(city, person)[0].get(LOG).json["items"]) == A_MINUTE + 2, "a refused look is none"


def test_one_person_verifies_so_many_a_day(
    person: TestPerson, scanner: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(passes, "A_DAY", 1)
    assert A_DAY == 500
    text = pass_of(person)
    assert scan(scanner, text).status == 200

    answer = scan(scanner, text)

    assert code_of(answer) == (429, "too_many_passes")
    assert 0 < int(answer.headers["retry-after"]) <= 86_400


# Broken rows, keys that don't come


def test_a_broken_person_is_said_to_be_broken(person: TestPerson, scanner: Client) -> None:
    text = pass_of(person)
    spoil(person_key(person), "enrolment")

    assert code_of(scan(scanner, text)) == (500, "broken_record")


def test_whoever_lost_their_identity_has_no_pass_that_counts(person: TestPerson, scanner: Client) -> None:
    text = pass_of(person)
    store.update(person_key(person), [PersonRow.verified_at.remove()])

    assert code_of(scan(scanner, text)) == (410, "pass_revoked")


@pytest.fixture
def forgotten_keys() -> Iterator[None]:
    """A process that holds no key."""
    from chalicelib.core.city_secrets import forget_secrets

    forget_secrets()
    yield
    forget_secrets()


@pytest.mark.usefixtures("forgotten_keys")
def test_while_the_keys_cannot_be_had_nothing_is_said_of_anybody(city: TestCity, faults: Seam) -> None:
    faults.fail("GetSecretValue", aws_error("InternalServiceError"), times=10)

    answer = city.api.get(KEYS)

    assert answer.status == 503
    assert "retry-after" in answer.headers


def test_the_published_keys_are_public(city: TestCity) -> None:
    answer = city.api.get(KEYS)

    assert answer.headers["cache-control"] == "public, max-age=900"
    assert answer.json["keys"]
    for key in answer.json["keys"]:
        assert key.keys() == {"kty", "crv", "x", "y", "kid", "use", "alg"}, "and no private number"
        assert (key["kty"], key["crv"], key["use"], key["alg"]) == ("EC", "P-256", "sig", "ES256")
    assert settings().city_name == "demo"
    assert timedelta(seconds=900) < pass_keys.USED_AFTER
