"""Fictional people. Each is a canary: name, number and phone occur nowhere else, so that a leak can be found (H4)."""

import itertools
import os
from collections.abc import Iterator
from dataclasses import dataclass
from random import Random

WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
CHECKS = "10X98765432"
RARE = [chr(code) for code in range(0x9F00, 0x9F80)]
"""Characters that no text of Gatebook uses."""


def resident_id(county: str, birth: str, serial: int) -> str:
    """A resident ID with a right check digit (GB 11643)."""
    body = f"{county}{birth}{serial:03d}"
    return body + CHECKS[sum(int(digit) * weight for digit, weight in zip(body, WEIGHTS, strict=True)) % 11]


@dataclass(frozen=True)
class TestPerson:
    """A fictional person as the health source knows them."""

    __test__ = False

    name: str
    number: str
    phone: str
    type: str = "resident_id"

    def row(self) -> dict[str, str]:
        """The person as a row of people.csv."""
        return {
            "document_type": self.type,
            "document_number": self.number,
            "name": self.name,
            "phone": self.phone,
        }

    def claim_of_a_guardian(self) -> dict[str, object]:
        """The person as whoever would act for them states it."""
        return {"name": self.name, "document_type": self.type, "document_number": self.number}

    def claim(self) -> dict[str, object]:
        """The person as they prove their identity."""
        return {"name": self.name, "document": {"type": self.type, "number": self.number}}


def crowd() -> Iterator[TestPerson]:
    """People without end, none twice in one process and none shared between parallel workers."""
    worker = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0")[2:])
    random = Random(worker)
    for number in itertools.count(1):
        birth = f"19{random.randrange(50, 99)}{random.randrange(1, 13):02d}{random.randrange(1, 29):02d}"
        yield TestPerson(
            name="王" + "".join(random.choices(RARE, k=3)),
            number=resident_id(f"3713{worker + 1:02d}", birth, number % 1000),
            phone=f"13{worker}{random.randrange(10):01d}{number:07d}",
        )
