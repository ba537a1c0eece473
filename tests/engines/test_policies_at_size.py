"""What a changed policy costs in books of several sizes: what it touches, and a look at the rest. `bench --sizes` goes further."""

from collections import Counter

import pytest

from bench.effects import policy_reaches
from bench.recorder import recorded
from chalicelib.groups.service.standings import SLICE
from tests.support.books import Book, fill
from tests.support.city import TestCity
from tests.support.policies import assert_right, overdue, set_policy
from tests.support.tracing import untraced

pytestmark = [pytest.mark.engines, pytest.mark.slow, pytest.mark.timeout(300)]

CONCERNED = 20
OLD = {"result": "negative", "occurred_at": "2022-04-01T02:00:00Z"}


@pytest.mark.parametrize("members", [1_000, 2_500])
def test_members_whom_it_does_not_concern_are_read_by_the_page_and_never_written(city: TestCity, members: int) -> None:
    with untraced():
        send = policy_reaches(city, members, CONCERNED)

    with recorded() as record:
        assert send() == {"batchItemFailures": []}

    pages = members // SLICE + 1  # the last one is empty
    calls = Counter(call.operation for call in record.of())
    assert calls["UpdateItem"] == CONCERNED + pages, "each member once, and the cursor behind each page"
    assert calls["Query"] == pages
    assert calls["BatchGetItem"] <= 2 * pages + 1
    assert record.units.write <= 5 * CONCERNED + pages
    assert record.units.read <= members * 0.2 + 5 * pages


def test_a_department_costs_the_same_in_a_book_of_any_size(city: TestCity) -> None:
    costs = []
    for others in (100, 1_000):
        book = Book.opened(city)
        department_id = city.department(book.owner, book.org_id, "Class 1")
        fill(book.org_id, CONCERNED, ["nucleic_acid"], nucleic_acid=OLD, path=f"/{department_id}/")
        fill(book.org_id, others, ["nucleic_acid"], nucleic_acid=OLD, first=CONCERNED)
        city.deliver()
        assert set_policy(book, department_id=department_id, nucleic_acid_days=7).status == 200
        with recorded() as record:
            city.deliver()
        costs.append(Counter(call.operation for call in record.of() if call.operation in {"Query", "UpdateItem"}))
        assert len(overdue(book)) == CONCERNED
        assert_right(book)

    assert costs[0] == costs[1]
