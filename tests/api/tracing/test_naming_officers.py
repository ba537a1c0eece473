"""Officers are named, and named no longer, by two operators (B3)."""

from datetime import timedelta

import pytest

from chalicelib.core import clock, store
from chalicelib.people.tables.people import PersonRow
from chalicelib.tracing.service import WAITS
from chalicelib.tracing.tables import ProposalRow
from infra.cli import naming
from tests.api.people.steps import person_key
from tests.api.tracing.steps import (
    ANNA,
    BORIS,
    decide,
    entries,
    mask,
    next_minutes,
    officer,
    propose,
    refused,
    roles,
    run,
    told,
    typed,
    waiting,
)
from tests.support.city import TestCity
from tests.support.rows import spoil, spoiled, stored

pytestmark = pytest.mark.api


def test_two_operators_name_an_officer_and_take_it_back(city: TestCity) -> None:
    person = city.person()
    client = city.verified(person)

    granting = propose("grant", person)
    assert roles(client) == []
    assert run("confirm", granting, *BORIS).exit_code == 0
    assert roles(client) == ["officer"]

    revoking = propose("revoke", person, BORIS)
    assert roles(client) == ["officer"]
    assert run("confirm", revoking, *ANNA).exit_code == 0
    assert roles(client) == []
    with next_minutes():
        assert roles(city.log_in(person)) == []


def test_both_acts_stand_in_the_ledger_with_who_and_whom(city: TestCity) -> None:
    person = city.person()
    city.verified(person)
    proposal_id = propose("grant", person)
    run("confirm", proposal_id, *BORIS)

    proposed, granted = entries(proposal_id)

    assert (proposed.kind, proposed.principal, proposed.what) == ("NAMING_PROPOSED", "anna", ["grant", "officer"])
    assert (granted.kind, granted.principal) == ("OFFICER_GRANTED", "boris")
    assert proposed.people == granted.people == [f"{person_key(person).hash_value}.1"]


def test_what_waits_is_listed_without_anything_that_identifies(city: TestCity) -> None:
    person = city.person()
    city.verified(person)
    with clock.frozen(clock.now()):
        proposal_id = propose("grant", person)
        until, now = clock.iso(clock.now() + WAITS), clock.iso(clock.now())

    assert waiting()[proposal_id] == {
        "proposal": proposal_id,
        "kind": "grant officer",
        "subject": mask(person),
        "proposed_by": "anna",
        "proposed_at": now,
        "expires_at": until,
    }
    in_words = run("proposals").stdout
    assert f"{proposal_id}  grant officer {mask(person)}  until {until}  proposed {now} by anna\n" in in_words
    assert person_key(person).hash_value not in in_words
    run("confirm", proposal_id, *BORIS)
    assert proposal_id not in waiting()


def test_what_is_stored_names_nobody(city: TestCity) -> None:
    person = city.person()
    city.verified(person)

    item = stored(ProposalRow.of(propose("grant", person)))

    assert item is not None
    assert mask(person) not in str(item)
    assert person.number not in str(item)


def test_whoever_proposes_does_not_confirm(city: TestCity) -> None:
    person = city.person()
    client = city.verified(person)
    proposal_id = propose("grant", person)

    refused(run("confirm", proposal_id, *ANNA), "Whoever proposed this cannot confirm it.")

    assert roles(client) == []
    assert [entry.kind for entry in entries(proposal_id)] == ["NAMING_PROPOSED"]
    assert proposal_id in waiting()


def test_a_proposal_is_carried_out_once(city: TestCity) -> None:
    person = city.person()
    client = city.verified(person)
    proposal_id = propose("grant", person)
    run("confirm", proposal_id, *BORIS)
    decide("revoke", person)

    refused(run("confirm", proposal_id, *BORIS), "carried out already")

    assert roles(client) == []


def test_a_proposal_that_nobody_confirmed_in_time_has_ended(city: TestCity) -> None:
    person = city.person()
    client = city.verified(person)
    proposal_id = propose("grant", person)

    with clock.frozen(clock.now() + WAITS - timedelta(minutes=1)) as later:
        assert proposal_id in waiting()
        later.tick(61)
        assert proposal_id not in waiting()
        refused(run("confirm", proposal_id, *BORIS), "Nobody confirmed this proposal within 7 days.")

    assert roles(client) == []


@pytest.mark.parametrize("proposal_id", ["01m80rx4gwcwrhc33nvcddv4ez", "probe", "", "x" * 2000])
def test_an_unknown_proposal_is_called_so(city: TestCity, proposal_id: str) -> None:  # noqa: ARG001
    before = waiting()
    refused(run("confirm", proposal_id, *BORIS), "There is no proposal with this id")
    assert waiting() == before


def test_only_who_proved_their_identity_here_can_be_named(city: TestCity) -> None:
    never_seen, left = city.person(), city.person()
    assert city.verified(left).delete("/v1/me").status == 204

    for person in (never_seen, left):
        result = run("grant", "officer", *ANNA, typed=typed(person))
        refused(result, "Nobody with this document has proved their identity in this city.")


@pytest.mark.parametrize(("number", "words"), [("371302199001011239", "does not fit"), ("", "does not fit")])
def test_a_number_that_no_document_has_is_refused(city: TestCity, number: str, words: str) -> None:  # noqa: ARG001
    result = run("grant", "officer", *ANNA, typed=f"resident_id\n{number}\n")

    refused(result, words, code=2)
    assert not number or number not in result.output


@pytest.mark.parametrize("lines", ["", "371302199001011239\nresident_id\n", "library_card\n1\n"])
def test_a_type_that_is_none_is_told_from_the_others(city: TestCity, lines: str) -> None:  # noqa: ARG001
    result = run("grant", "officer", *ANNA, typed=lines)

    assert result.exit_code == 2
    assert "one of: resident_id, passport, hk_macau_permit, taiwan_permit." in result.stderr
    assert "371302199001011239" not in result.output


def test_the_number_is_read_as_the_api_reads_it(city: TestCity) -> None:
    person = city.person()
    client = city.verified(person)
    wide = person.number.lower().translate({ord(digit): ord(digit) + 0xFEE0 for digit in "0123456789"})

    result = run("grant", "officer", *ANNA, "--json", typed=f"resident_id\n {wide[:6]} {wide[6:]} \n")

    assert run("confirm", told(result)["proposal"], *BORIS).exit_code == 0
    assert roles(client) == ["officer"]


def test_at_a_terminal_the_number_is_asked_for_and_not_shown(city: TestCity, monkeypatch: pytest.MonkeyPatch) -> None:
    person = city.person()
    city.verified(person)
    monkeypatch.setattr(naming, "_at_terminal", lambda: True)

    result = run("grant", "officer", *ANNA, typed=f"\n{person.number}\n")

    assert result.exit_code == 0
    assert mask(person) in result.stdout
    assert "Number of the document (not shown)" in result.stderr
    assert person.number not in result.output


def test_who_is_an_officer_is_not_made_one_again(city: TestCity) -> None:
    person, client = officer(city)
    refused(run("grant", "officer", *ANNA, typed=typed(person)), "granted already")
    assert roles(client) == ["officer"]


def test_who_is_no_officer_is_not_made_none(city: TestCity) -> None:
    person = city.person()
    client = city.verified(person)
    refused(run("revoke", "officer", *ANNA, typed=typed(person)), "not granted")
    assert roles(client) == []


def test_of_two_proposals_for_one_person_the_second_has_nothing_left_to_do(city: TestCity) -> None:
    person = city.person()
    client = city.verified(person)
    first, second = propose("grant", person), propose("grant", person, BORIS)
    assert run("confirm", first, *BORIS).exit_code == 0

    refused(run("confirm", second, *ANNA), "granted already")

    assert roles(client) == ["officer"]


def test_erasing_oneself_ends_role_and_proposals_for_good(city: TestCity) -> None:
    """The new life begins without a role, and nothing that was proposed of the old one reaches it."""
    person, client = officer(city)
    revoking = propose("revoke", person)
    other = city.person()
    other_client = city.verified(other)
    granting = propose("grant", other)
    assert client.delete("/v1/me").status == other_client.delete("/v1/me").status == 204

    assert waiting()[granting]["subject"] is None
    assert f"{granting}  grant officer (erased or changed since" in run("proposals").stdout
    refused(run("confirm", granting, *BORIS), "erased themself since")
    assert stored(person_key(person)).keys().isdisjoint({"roles", "roles_at"})  # type: ignore[union-attr]

    with next_minutes():
        again, other_again = city.verified(person), city.verified(other)
        refused(run("confirm", revoking, *BORIS), "erased themself since")
        refused(run("confirm", granting, *BORIS), "erased themself since")
        assert roles(again) == roles(other_again) == []


def test_a_role_goes_with_its_person_to_another_phone(city: TestCity) -> None:
    person, old = officer(city)
    moved = city.stranger(name=person.name, number=person.number)
    city.know(moved)

    assert roles(city.verified(moved)) == ["officer"]
    assert old.get("/v1/me").status == 401


def test_a_clock_that_is_behind_changes_no_order_in_the_ledger(city: TestCity) -> None:
    person = city.person()
    city.verified(person)
    granting = propose("grant", person)
    with clock.frozen(clock.now() + timedelta(minutes=10)):
        run("confirm", granting, *BORIS)
    revoking = propose("revoke", person)
    run("confirm", revoking, *BORIS)

    granted, revoked = entries(granting)[-1], entries(revoking)[-1]

    assert (granted.kind, revoked.kind) == ("OFFICER_GRANTED", "OFFICER_REVOKED")
    assert granted.at < revoked.at


@pytest.mark.parametrize("value", [{"S": "officer"}, {"N": "1"}])
def test_roles_that_can_not_be_read_are_no_answer(city: TestCity, value: dict[str, object]) -> None:
    person, client = officer(city)
    spoil(person_key(person), "roles", value)

    answer = client.get("/v1/me")

    assert (answer.status, answer.code) == (500, "broken_record")


def test_a_role_of_a_later_release_is_shown_and_kept(city: TestCity) -> None:
    person, client = officer(city)
    store.update(person_key(person), [PersonRow.roles.set(["auditor", "officer"])])
    assert roles(client) == ["auditor", "officer"]

    decide("revoke", person)

    assert roles(client) == ["auditor"]


@pytest.mark.parametrize(
    ("attribute", "value"),
    [("act", {"S": "bless"}), ("naming", {"S": "king"}), ("person_id", None), ("proposed_by", None)],
)
def test_a_proposal_that_can_not_be_read_hides_no_other(
    city: TestCity, attribute: str, value: dict[str, object] | None
) -> None:
    person = city.person()
    client = city.verified(person)
    whole, broken = propose("grant", person), propose("grant", person)
    with spoiled(ProposalRow.of(broken), attribute, value):
        listed = waiting()
        refused(run("confirm", broken, *BORIS), "record")

    assert whole in listed
    assert broken not in listed
    assert roles(client) == []
