"""Every row whose time ends is of a kind that is swept, and docs/retention.md says so of each (B13)."""

import re

import pytest

from chalicelib.core.retention import KINDS, Kind, kind_of
from chalicelib.core.store import Row
from infra.grants import REMOVE, RIGHTS, SWEPT
from tests.architecture.sources import ROOT
from tests.architecture.test_tables import kinds

pytestmark = pytest.mark.architecture

PAGE = ROOT / "docs/retention.md"
LINE = re.compile(r"^\| `(?P<name>[a-z_]+)` \| `(?P<table>[a-z_]+)` \|(?P<rest>.*)\|$", re.MULTILINE)

ENDLESS = {
    ("alerts", "BreakerRow"), ("alerts", "MorningRow"), ("alerts", "TopicRow"), ("alerts", "TopicsRow"),
    ("decisions", "SourceKeyRow"), ("decisions", "SourceRow"),
    ("people", "BindingRow"), ("people", "ChannelsRow"), ("people", "DependantRow"), ("people", "GuardianRow"),
    ("people", "ManagesPointer"), ("people", "MembershipPointer"), ("people", "OwnershipPointer"), ("people", "PersonRow"),
    ("people", "StaffPointer"), ("people", "SubscriptionRow"), ("runs", "FreshnessRow"),
}  # fmt: skip
"""Rows of tables whose rows end, which are kept as long as what they say is so."""

PARTLY = {
    ("access_log", "AccessTime"), ("alerts", "AlertsTable"), ("checkins", "KeptCheckin"), ("consents", "ReceiptTime"),
    ("decisions", "DecisionsTable"), ("ledger", "LedgerTime"), ("logins", "LoginsTable"), ("people", "CertificateTrace"),
    ("people", "LifeTrace"), ("people", "OfSegment"), ("people", "PeopleTable"), ("people", "PersonTime"),
    ("people", "ReviewedPerson"), ("people", "SyncedPerson"), ("requests", "RequestsTime"), ("runs", "RunsTime"),
}  # fmt: skip
"""What reads a part of rows that are listed elsewhere."""


def ending() -> set[tuple[str, str]]:
    """Every class of rows that may end."""
    return {(row.Meta.table, row.__name__) for row in kinds(Row) if "expires_at" in row.get_attributes()}


def written() -> dict[str, re.Match[str]]:
    """The rows of the page's table."""
    return {row["name"]: row for row in LINE.finditer(PAGE.read_text(encoding="utf-8"))}


def test_every_row_that_ends_is_of_a_kind() -> None:
    of_kinds = {(kind.table, row) for kind in KINDS for row in kind.rows}
    assert ending() == of_kinds | ENDLESS | PARTLY
    assert not of_kinds & (ENDLESS | PARTLY)


def test_names_of_kinds_are_unique() -> None:
    assert len({kind.name for kind in KINDS}) == len(KINDS)


def test_every_kind_stands_on_the_page_and_no_other() -> None:
    assert {name: row["table"] for name, row in written().items()} == {kind.name: kind.table for kind in KINDS}
    assert all(cell.strip() for row in written().values() for cell in row["rest"].split("|"))


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: str(kind.name))
def test_a_kind_is_found_by_its_keys(kind: Kind) -> None:
    (table,) = [row for row in Row.__subclasses__() if row.Meta.table == kind.table and hasattr(row, "_hash_keyname")]
    for partition in kind.partitions:
        for sort in kind.sorts:
            assert kind_of(table.key(f"{partition}1", f"{sort}1")) == kind.name


def test_what_is_swept_of_decisions_is_what_the_sweep_may_remove() -> None:
    found = {one for part in RIGHTS["retention"].parts if REMOVE in part.actions for one in part.kinds}
    assert found == set(SWEPT)
    own = [kind for kind in KINDS if kind.table == "decisions" and kind.name != "proposals"]
    assert all(any(kind.holds("decisions", one, "1") for kind in own) for one in SWEPT)
