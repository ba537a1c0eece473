"""Keyed ids: stable in a city, unlike in two, and never a bare hash (threats, fact 8)."""

import hashlib
import hmac

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.core import crypto
from chalicelib.core.crypto import (
    IdentityMacs,
    decode,
    derive_key,
    encode,
    held_key,
    keyed_id,
    mac,
    pairwise_id,
    seal,
    unseal,
)
from chalicelib.core.settings import Settings
from tests.support.city import TestCity
from tests.support.seam import Seam

pytestmark = pytest.mark.usefixtures("whole_run")

PARTS = st.lists(st.text(max_size=12), max_size=4)


@pytest.fixture
def elsewhere(monkeypatch: pytest.MonkeyPatch) -> None:
    """Another city on the same machine, for labels and contexts; it has no keys of its own."""
    other = Settings(city_name="linyi", endpoint_url=None, in_lambda=False)
    monkeypatch.setattr(crypto, "settings", lambda: other)
    monkeypatch.setattr(crypto, "hmac_key_alias", lambda _: "alias/gatebook-demo-hmac")
    crypto.forget_keys()


@given(st.binary(max_size=80))
def test_bytes_have_one_text_form_which_leads_back(data: bytes) -> None:
    text = encode(data)

    assert decode(text) == data
    assert set(text) <= set("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_")


@pytest.mark.parametrize(
    "text", ["A", "AB", "AA==", "AA=", "A A", "AA\n", "+/+/", "AAAA.AAAA", "é", "AAA*", "AAAAA", "a" * 5]
)
def test_no_other_text_is_one_of_bytes(text: str) -> None:
    with pytest.raises(ValueError, match=r"base64|decoded|ASCII|padding|character"):
        decode(text)


@given(PARTS, PARTS)
def test_two_lists_of_parts_have_one_mac_only_if_they_are_one(left: list[str], right: list[str]) -> None:
    assert (mac(b"key", *left) == mac(b"key", *right)) == (left == right)


def test_a_mac_is_hmac_sha_256_over_parts_with_their_lengths() -> None:
    message = b"\x00\x00\x00\x03abc\x00\x00\x00\x03\xe7\x8e\x8b"

    assert mac(b"key", "abc", "王") == hmac.new(b"key", message, hashlib.sha256).digest()


def test_a_derived_key_has_32_bytes_and_is_the_same_each_time() -> None:
    assert derive_key("pair") == derive_key("pair")
    assert len(derive_key("pair")) == 32


def test_each_purpose_has_its_own_key() -> None:
    labels = ["pair", "identity", "sms-code", "cursor", "code/invitation"]

    assert len({derive_key(label) for label in labels}) == len(labels)


@pytest.mark.usefixtures("elsewhere")
def test_two_cities_have_no_key_in_common_even_under_one_root(request: pytest.FixtureRequest) -> None:
    theirs = derive_key("pair")
    request.getfixturevalue("monkeypatch").undo()
    crypto.forget_keys()

    assert derive_key("pair") != theirs


def test_a_held_key_is_asked_for_once_until_it_is_forgotten(faults: Seam) -> None:
    crypto.forget_keys()
    assert [held_key("pair") for _ in range(3)] == [derive_key("pair")] * 3
    assert faults.counts["GenerateMac"] == 2

    crypto.forget_keys()
    held_key("pair")

    assert faults.counts["GenerateMac"] == 3


def test_a_keyed_id_has_22_characters_and_depends_on_every_part() -> None:
    ids = {
        keyed_id("pair", "a", "b"),
        keyed_id("pair", "ab"),
        keyed_id("pair", "b", "a"),
        keyed_id("other", "a", "b"),
    }

    assert len(ids) == 4
    assert {len(one) for one in ids} == {22}
    assert keyed_id("pair", "a", "b") == keyed_id("pair", "a", "b")


def test_two_organizations_know_a_person_by_ids_that_have_nothing_in_common() -> None:
    assert pairwise_id("org-a", "person") != pairwise_id("org-b", "person")
    assert pairwise_id("org-a", "person") != pairwise_id("org-a", "somebody")
    assert pairwise_id("org-a", "person") == pairwise_id("org-a", "person")


def test_ids_of_identities_ask_for_their_key_at_each_call_and_drop_it(faults: Seam) -> None:
    macs = IdentityMacs()

    ids = [macs.person_id("passport", "EA1234567") for _ in range(3)]

    assert len(set(ids)) == 1
    assert faults.counts["GenerateMac"] == 3
    assert not any(isinstance(value, bytes) for value in vars(macs).values())


def test_an_importer_holds_the_key_and_makes_the_same_ids(faults: Seam) -> None:
    crypto.forget_keys()
    holding, asking = IdentityMacs(held_key), IdentityMacs()

    for _ in range(3):
        assert holding.phone_mac("13800000000") == asking.phone_mac("13800000000")

    assert faults.counts["GenerateMac"] == 4


def test_ids_of_a_kind_are_worth_nothing_as_another_kind() -> None:
    macs = IdentityMacs()

    ids = {macs.person_id("passport", "x"), macs.name_mac("passport", "x"), macs.phone_mac("x")}

    assert len(ids) == 3


def test_one_number_of_two_documents_is_two_people() -> None:
    macs = IdentityMacs()

    assert macs.person_id("passport", "12345678") != macs.person_id("taiwan_permit", "12345678")


def test_two_people_of_one_name_do_not_look_alike() -> None:
    macs = IdentityMacs()

    assert macs.name_mac("person-a", "王芳") != macs.name_mac("person-b", "王芳")


def test_no_id_is_the_bare_hash_of_what_it_stands_for(whole_run: TestCity) -> None:
    phone = whole_run.stranger().phone
    bare = {encode(hashlib.new(name, phone.encode()).digest()[:16]) for name in ("sha256", "sha1", "md5")}

    assert IdentityMacs().phone_mac(phone) not in bare


@given(key=st.binary(min_size=32, max_size=32), plain=st.binary(max_size=99), context=st.binary(max_size=20))
def test_what_is_sealed_opens_under_its_key_in_its_context_alone(key: bytes, plain: bytes, context: bytes) -> None:
    sealed = seal(key, plain, context)

    assert unseal(key, sealed, context) == plain
    assert seal(key, plain, context) != sealed
    other_key, changed = bytes([key[0] ^ 1]) + key[1:], bytes([sealed[0] ^ 1]) + sealed[1:]
    others = [(other_key, sealed, context), (key, sealed, context + b"x"), (key, changed, context)]
    for other in (*others, (key, sealed[:-1], context), (key, b"", context)):
        with pytest.raises(ValueError, match=r"not sealed|[Nn]once"):
            unseal(*other)
