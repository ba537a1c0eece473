"""The services of a process: made once, by type, and replaceable as a whole."""

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from chalicelib.core.services import Services


class Clock:
    """A service."""


class Bell:
    """Another one."""


def test_a_service_is_found_by_its_type() -> None:
    clock, bell = Clock(), Bell()
    services = Services(clock, bell)

    assert services.get(Clock) is clock
    assert services.get(Bell) is bell


def test_a_service_that_nobody_made_is_a_fault() -> None:
    with pytest.raises(KeyError):
        Services(Clock()).get(Bell)


def test_services_are_made_when_the_first_is_asked_for_and_only_once() -> None:
    made = threading.Barrier(8)
    count = []

    def compose() -> Services:
        count.append(1)
        return Services(Clock())

    services = Services.lazily(compose)
    assert count == []

    def get(_: int) -> Clock:
        made.wait()
        return services.get(Clock)

    with ThreadPoolExecutor(8) as threads:
        found = set(threads.map(get, range(8)))

    assert count == [1]
    assert len(found) == 1


def test_services_that_could_not_be_made_are_tried_again() -> None:
    answers: list[Services | Exception] = [KeyError("CITY"), Services(Clock())]

    def compose() -> Services:
        answer = answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer

    services = Services.lazily(compose)
    with pytest.raises(KeyError, match="CITY"):
        services.get(Clock)

    assert isinstance(services.get(Clock), Clock)


def test_replaced_services_are_not_made_any_more() -> None:
    services = Services.lazily(lambda: pytest.fail("nobody asked"))
    bell = Bell()

    services.replace(Services(bell))

    assert services.get(Bell) is bell
