"""Nothing is decided on a global secondary index, for it may lag behind its table by minutes (R-07, H2).

Jobs may find their work by one, and read each row again before they act.
"""

from collections.abc import Iterator

import pytest
from pynamodb.exceptions import QueryError

from chalicelib.core import store
from chalicelib.people.tables.people import PersonRow
from chalicelib.people.tables.privacy import AccessLogTable
from tests.engines.conftest import Engine
from tests.support.lagging import LaggingIndexes, lagging_indexes

pytestmark = pytest.mark.usefixtures("engine")


@pytest.fixture
def lagging() -> Iterator[LaggingIndexes]:
    with lagging_indexes() as seam:
        yield seam


def in_segment(segment: str) -> list[str]:
    rows = store.query(PersonRow, segment, index="by_segment", consistent=False).rows
    return [row.person_id for row in rows]


def test_the_seam_shows_an_index_as_it_was(lagging: LaggingIndexes) -> None:
    person = PersonRow("lagging-person", "PERSON", enrolment=1, segment="lagging")
    store.write_all([person])

    assert in_segment("lagging") == []
    assert store.read_together([person.own_key]).get(person.own_key) is not None
    lagging.catch_up()
    store.delete(person.own_key)
    assert in_segment("lagging") == []  # keys only, so the row itself can't be read from it: it is Broken
    page = store.query(AccessLogTable, "nobody", index="by_actor", consistent=False)
    assert page.rows == []
    assert lagging.asked == ["by_segment", "by_segment", "by_actor"]


def test_the_main_flow_asks_no_global_index(engine: Engine, lagging: LaggingIndexes) -> None:
    """Join, list, change, leave, remove, erase and the consumers behind them: right with indexes that never move.

    An erasure looks for visits by one, and what that does not know yet is shown to nobody and goes when its time is over.
    """
    city = engine.city
    owner, leaver, erased = city.verified(), city.verified(), city.verified()
    org_id = city.book(owner)
    code = city.invite(owner, org_id)
    city.join(leaver, code, "nucleic_acid")
    city.join(erased, code, "vaccination")
    assert len(owner.get(f"/v1/organizations/{org_id}/members").json["items"]) == 2
    assert leaver.put(f"/v1/me/memberships/{org_id}/consent", {"scopes": []}).status == 200
    assert leaver.delete(f"/v1/me/memberships/{org_id}").status == 204
    assert erased.delete("/v1/me").status == 204
    city.deliver()
    assert owner.get(f"/v1/organizations/{org_id}/members").json["items"] == []
    assert len(leaver.get("/v1/me/access-log").json["items"]) == 1
    assert owner.delete(f"/v1/organizations/{org_id}").status == 204
    city.deliver()
    assert owner.get(f"/v1/organizations/{org_id}").status == 404

    assert set(lagging.asked) == {"by_visitor"}


def test_a_global_index_can_not_be_read_as_if_it_were_consistent() -> None:
    """Asked without saying `consistent=False`, an index is refused: nobody trusts one by oversight."""
    with pytest.raises(QueryError, match=r"[Cc]onsistent read.* (secondary index|GSI)"):
        store.query(PersonRow, "1", index="by_segment")
