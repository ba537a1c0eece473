"""Keys of sources: two operators add them, one alone may end them, and no private key is kept (B3)."""

from datetime import timedelta
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, generate_private_key
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_pem_private_key

from chalicelib.core import clock, store
from chalicelib.core.crypto import encode
from chalicelib.core.decisions import DecisionsTable
from chalicelib.health.tables.deliveries import SourceKeyRow, keys_of
from chalicelib.people.tables.privacy import LedgerRow
from chalicelib.tracing.keys import OVERLAP
from chalicelib.tracing.tables import ProposalRow
from infra.restore import Ledger, ledger_since, replay
from tests.api.tracing.steps import ANNA, BORIS, entries, new_source, propose_source, refused, run, told, waiting
from tests.support.city import TestCity
from tests.support.rows import items_of, spoiled
from tests.support.sources import SourceClient, report

pytestmark = pytest.mark.api


@pytest.fixture
def name(city: TestCity) -> str:  # noqa: ARG001  the tables must be there
    source = new_source()
    assert run("confirm", propose_source("grant", source), *BORIS).exit_code == 0
    return source


def client_of(city: TestCity, name: str, pem: str) -> SourceClient:
    private = load_pem_private_key(pem.encode(), None)
    assert isinstance(private, Ed25519PrivateKey)
    return SourceClient(city.api.transport, None, "en", city.api.answers, source=name, private=private)


def added(name: str, act: str = "add") -> tuple[str, str, str]:
    """A confirmed key: its proposal, its name, its private key."""
    proposed = told(run("sources", "key", act, name, *ANNA, "--json"))
    assert run("confirm", proposed["proposal"], *BORIS).exit_code == 0
    return proposed["proposal"], proposed["key"], proposed["private_key"]


def keys(name: str) -> list[str]:
    return [key["key"] for key in told(run("sources", "key", "list", name, "--json"))["keys"]]


def of_key(key: str) -> list[LedgerRow]:
    return sorted((one for one in ledger_since(clock.now()).entries if one.run == key), key=lambda one: one.at)


def test_a_key_is_taken_once_another_operator_confirmed_it(city: TestCity, name: str) -> None:
    proposed = told(run("sources", "key", "add", name, *ANNA, "--json"))
    lab = client_of(city, name, proposed["private_key"])
    assert proposed["key"] == lab.key_id
    assert waiting()[proposed["proposal"]]["subject"] == f"{name} {lab.key_id}"
    assert lab.facts(report(city.stranger())).code == "signature_refused"
    refused(run("confirm", proposed["proposal"], *ANNA), "Whoever proposed this cannot confirm it.")

    assert told(run("confirm", proposed["proposal"], *BORIS, "--json"))["kind"] == "grant source_key"

    assert lab.facts(report(city.stranger())).status == 200
    assert keys(name) == [lab.key_id]
    assert [(one.kind, one.principal, one.source, one.run) for one in entries(proposed["proposal"])] == [
        ("NAMING_PROPOSED", "anna", name, lab.key_id),
        ("SOURCE_KEY_ADDED", "boris", name, lab.key_id),
    ]


def test_the_private_key_is_printed_once_and_kept_nowhere(name: str) -> None:
    result = run("sources", "key", "add", name, *ANNA)
    assert result.stdout.count("-----BEGIN PRIVATE KEY-----") == 1
    assert "shown once" in result.stderr
    proposal, _, pem = added(name)
    secret = "".join(pem.splitlines()[1:-1])
    kept = str([items_of(DecisionsTable, kind) for kind in (SourceKeyRow.KIND, ProposalRow.KIND)]) + str(
        entries(proposal)
    )
    assert secret not in kept
    assert secret not in run("proposals").output + run("sources", "key", "list", name).output


def test_a_source_may_make_its_pair_itself(city: TestCity, name: str, tmp_path: Path) -> None:
    lab = SourceClient(city.api.transport, None, "en", city.api.answers, source=name)
    public = lab.private.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    (tmp_path / "public.pem").write_bytes(public)
    by_file = told(run("sources", "key", "add", name, "--public-key", str(tmp_path / "public.pem"), *ANNA, "--json"))
    by_input = told(run("sources", "key", "add", name, "--public-key", "-", *ANNA, "--json", typed=public.decode()))
    assert "private_key" not in by_file
    assert run("confirm", by_file["proposal"], *BORIS).exit_code == 0
    assert lab.facts(report(city.stranger())).status == 200
    refused(run("confirm", by_input["proposal"], *BORIS), "This is granted already")


def test_what_is_no_public_key_is_refused(name: str, tmp_path: Path) -> None:
    other = generate_private_key(SECP256R1()).public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    for text in ("", "nonsense", other.decode()):
        result = run("sources", "key", "add", name, "--public-key", "-", *ANNA, typed=text)
        refused(result, "This is no public key of Ed25519", code=2)
    refused(run("sources", "key", "add", name, "--public-key", str(tmp_path / "none"), *ANNA), "cannot be read", code=2)
    refused(run("sources", "key", "add", name), "Who are you?", code=2)
    assert keys(name) == []


def test_a_key_is_for_a_registered_source(city: TestCity) -> None:  # noqa: ARG001  the tables must be there
    refused(run("sources", "key", "add", new_source(), *ANNA), "There is no such source")
    refused(run("sources", "key", "add", "Lab_3", *ANNA), "A source's name is", code=2)
    refused(run("sources", "key", "list", "Lab_3"), "A source's name is", code=2)
    name = new_source()
    run("confirm", propose_source("grant", name), *BORIS)
    proposed = told(run("sources", "key", "add", name, *ANNA, "--json"))["proposal"]
    run("confirm", propose_source("revoke", name), *BORIS)
    refused(run("confirm", proposed, *BORIS), "There is no such source")
    assert keys(name) == []


def test_a_rotated_key_is_taken_for_three_days_more(city: TestCity, name: str) -> None:
    _, old_key, old_pem = added(name)
    _, new_key, new_pem = added(name, "rotate")
    old, new = client_of(city, name, old_pem), client_of(city, name, new_pem)
    assert keys(name) == [old_key, new_key]
    assert [one.facts(report(city.stranger())).status for one in (old, new)] == [200, 200]
    with clock.frozen(clock.now() + OVERLAP + timedelta(seconds=1)):
        assert [one.facts(report(city.stranger())).status for one in (old, new)] == [401, 200]
        assert keys(name) == [new_key]
    (ended,) = (one for one in of_key(old_key) if one.kind == "SOURCE_KEY_ENDED")
    assert (ended.principal, ended.source) == ("boris", name)


def test_one_operator_ends_a_key_at_once(city: TestCity, name: str) -> None:
    _, key, pem = added(name)
    assert told(run("sources", "key", "revoke", name, key, *ANNA, "--json")) == {"source": name, "key": key}
    assert client_of(city, name, pem).facts(report(city.stranger())).code == "signature_refused"
    assert run("sources", "key", "list", name).stdout == "No key.\n"
    refused(run("sources", "key", "revoke", name, key, *ANNA), "no valid key of this name")
    refused(run("sources", "key", "revoke", name, "never", *ANNA), "no valid key of this name")


@pytest.mark.parametrize("beginning", ["-M", "-h", "--", "_"])
def test_a_key_whose_name_begins_like_an_option_is_ended_as_it_is_shown(
    name: str, beginning: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("chalicelib.core.signatures.encode", lambda digest: beginning + encode(digest))
    _, key, _ = added(name)
    assert key.startswith(beginning)
    assert told(run("sources", "key", "revoke", name, key, *ANNA, "--json")) == {"source": name, "key": key}
    assert keys(name) == []


def test_an_option_that_there_is_not_ends_no_key(name: str) -> None:
    _, key, _ = added(name)
    assert run("sources", "key", "revoke", name, key, "--by", "anna").exit_code == 2
    assert keys(name) == [key]


def test_a_source_that_is_named_anew_has_none_of_its_old_keys(city: TestCity, name: str) -> None:
    _, key, pem = added(name)
    for act in ("revoke", "grant"):
        assert run("confirm", propose_source(act, name), *BORIS).exit_code == 0
    assert keys(name) == []
    assert client_of(city, name, pem).facts(report(city.stranger())).code == "signature_refused"
    assert [(one.kind, one.principal) for one in of_key(key)][-1] == ("SOURCE_KEY_ENDED", "boris")


def test_after_a_restore_an_ended_key_ends_again_and_an_added_one_is_not_added_twice(city: TestCity, name: str) -> None:
    proposal, key, pem = added(name)
    since = clock.now()
    run("sources", "key", "revoke", name, key, *ANNA)
    place = SourceKeyRow.of(name, key)
    store.update(place, [SourceKeyRow.ends_at.remove()])
    store.update(ProposalRow.of(proposal), [ProposalRow.confirmed_at.remove()])
    ledger = Ledger([one for one in ledger_since(since).entries if one.run == key])

    assert replay(ledger, write=False).behind == {"SOURCE_KEY_ENDED": 1, "SOURCE_KEY_ADDED": 1}
    assert replay(ledger).failed == []

    assert replay(ledger).is_settled
    assert client_of(city, name, pem).facts(report(city.stranger())).code == "signature_refused"
    refused(run("confirm", proposal, *BORIS), "carried out already")
    assert len(keys_of(name)) == 1


def test_a_broken_row_is_told_and_ends_nothing(name: str) -> None:
    proposed = told(run("sources", "key", "add", name, *ANNA, "--json"))["proposal"]
    with spoiled(ProposalRow.of(proposed), "public_key", {"S": "x"}):
        assert run("confirm", proposed, *BORIS).exit_code == 1
        assert proposed not in waiting()
    assert run("confirm", proposed, *BORIS).exit_code == 0
