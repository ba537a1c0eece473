"""Transactions: all or nothing, once per token, and a failed condition says whose it was."""

from typing import Any

import pytest
from botocore.exceptions import ClientError

from chalicelib.core import ids, store
from chalicelib.core.errors import Conflict, NotFound, Unavailable
from chalicelib.core.store import Transaction
from chalicelib.groups.tables import InvitationRow, OrganizationRow
from tests.engines.rows import invitation, organization, stored_invitations
from tests.support.seam import Seam, aws_error

pytestmark = pytest.mark.usefixtures("engine")


def uses_of(key: store.Key[InvitationRow]) -> int:
    row = store.read_together([key]).get(key)
    assert row is not None
    return int(row.uses)


def test_the_same_transaction_again_is_applied_once() -> None:
    """R-02: whoever lost the answer may ask again; the token says that it is the same."""
    key = InvitationRow.of(stored_invitations(1), "000000")
    transaction = Transaction().update(key, [InvitationRow.uses.add(1)])

    transaction.commit()
    transaction.commit()

    assert uses_of(key) == 1


def test_an_answer_that_is_lost_on_the_way_is_no_second_use(faults: Seam) -> None:
    key = InvitationRow.of(stored_invitations(1), "000000")
    faults.fail_after("TransactWriteItems", aws_error("TransactionInProgressException"), times=2)

    Transaction().update(key, [InvitationRow.uses.add(1)]).commit()

    assert faults.counts["TransactWriteItems"] == 3
    assert uses_of(key) == 1


def test_a_token_with_another_body_is_refused(faults: Seam) -> None:
    """R-05: it is a mistake of ours, never a user's, so it is no domain error."""
    key = InvitationRow.of(stored_invitations(1), "000000")
    transaction = Transaction().update(key, [InvitationRow.uses.add(1)])
    transaction.commit()
    transaction.update(OrganizationRow.of(ids.new_id()), [OrganizationRow.name.set("Third School")])

    with pytest.raises(ClientError) as refused:
        transaction.commit()

    assert refused.value.response["Error"]["Code"] == "IdempotentParameterMismatchException"
    assert uses_of(key) == 1
    assert faults.counts["TransactWriteItems"] == 2


def test_a_failed_condition_undoes_all_and_names_its_error() -> None:
    class Full(Conflict):
        """The second part's own error."""

    org_id = stored_invitations(2)
    first, second = InvitationRow.of(org_id, "000000"), InvitationRow.of(org_id, "000001")
    transaction = Transaction()
    transaction.update(first, [InvitationRow.uses.add(1)], InvitationRow.uses < 1, NotFound())
    transaction.update(second, [InvitationRow.uses.add(1)], InvitationRow.uses < 0, Full())
    transaction.delete(InvitationRow.of(org_id, "000009"), InvitationRow.uses.exists(), NotFound())

    with pytest.raises(Full):
        transaction.commit()

    assert (uses_of(first), uses_of(second)) == (0, 0)


def test_a_condition_is_demanded_of_a_row_that_is_not_changed() -> None:
    org_id = stored_invitations(1)
    alive = OrganizationRow.org_id.exists() & OrganizationRow.deleted_at.does_not_exist()
    transaction = Transaction().check(OrganizationRow.of(org_id), alive, NotFound())

    with pytest.raises(NotFound):
        transaction.put(invitation(org_id, 1)).commit()

    store.write_all([organization(org_id)])
    Transaction().check(OrganizationRow.of(org_id), alive, NotFound()).put(invitation(org_id, 1)).commit()
    assert len(list(store.query_all(InvitationRow, org_id, InvitationRow.sk.startswith("INVITATION#")))) == 2


@pytest.mark.parametrize("conflicts", [1, 3])
def test_a_conflict_is_tried_again_with_the_same_token(faults: Seam, conflicts: int) -> None:
    """R-04. Neither engine answers with conflicts of its own: both let transactions wait for each other."""
    key = InvitationRow.of(stored_invitations(1), "000000")
    faults.fail("TransactWriteItems", aws_error("TransactionConflictException"), times=conflicts)

    Transaction().update(key, [InvitationRow.uses.add(1)]).commit()

    tokens = {kwargs["ClientRequestToken"] for name, kwargs in faults.calls if name == "TransactWriteItems"}
    assert len(tokens) == 1
    assert uses_of(key) == 1


def test_a_row_that_stays_contested_is_unavailable_and_unchanged(faults: Seam) -> None:
    key = InvitationRow.of(stored_invitations(1), "000000")
    faults.fail("TransactWriteItems", aws_error("TransactionConflictException"), times=store.ROUNDS)

    with pytest.raises(Unavailable):
        Transaction().update(key, [InvitationRow.uses.add(1)]).commit()

    assert uses_of(key) == 0


def test_a_put_once_hands_back_what_it_met(faults: Seam) -> None:
    """One call, also where it was too late: the stored row comes with the refusal."""
    first, second = organization(), organization(name="Fourth School")
    second.org_id = first.org_id
    absent = OrganizationRow.org_id.does_not_exist()

    assert store.put_once(first, absent) is None
    met = store.put_once(second, absent)

    assert met is not None
    assert met.name == "Third School"
    assert faults.operations == ["PutItem", "PutItem"]


def test_an_update_answers_with_the_row_as_it_is_now_or_with_none() -> None:
    key = InvitationRow.of(stored_invitations(1), "000000")

    changed = store.update(key, [InvitationRow.uses.add(1)], InvitationRow.uses < 1)
    refused = store.update(key, [InvitationRow.uses.add(1)], InvitationRow.uses < 1)

    assert changed is not None
    assert changed.uses == 1
    assert refused is None


def test_a_deletion_says_whether_its_condition_held() -> None:
    key = InvitationRow.of(stored_invitations(1), "000000")

    answers: list[Any] = [store.delete(key, InvitationRow.uses == 1), store.delete(key, InvitationRow.uses == 0)]

    assert answers == [False, True]
    assert store.delete(key)
