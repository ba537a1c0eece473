"""`python -m infra.local.book [ADDRESS]`: two of the demo's people open a book and join it, sharing the health code.

Something to look at after `make run`: whatever turns the member's state now is told to the owner (README, "See an alert
leave"). It goes through the API as phones do. ADDRESS is what `make run` prints, http://127.0.0.1:8000 if not given.
"""

import argparse
import re
import sys
from collections.abc import Sequence

from infra.local.demo import RESIDENTS, DemoPerson, demo_people
from infra.local.phones import Refused, verified

ADDRESS = "http://127.0.0.1:8000"


def book_people() -> tuple[DemoPerson, DemoPerson]:
    """Owner and member: the last residents, whom no page of the documentation plays."""
    residents = demo_people()[:RESIDENTS]
    return residents[-2], residents[-1]


def open_book(address: str) -> tuple[DemoPerson, DemoPerson]:
    """Open a book with a member. Returns owner and member. Raises Refused, or OSError if no city is there."""
    owner, member = book_people()
    owning, joining = (verified(address, person) for person in (owner, member))
    opened = owning.post("/v1/organizations", {"name": "Demo School", "kind": "school", "subdistrict": "371302001"})
    code = owning.post(f"/v1/organizations/{opened['org_id']}/invitations", {})["code"]
    joining.post(f"/v1/invitations/{code}/join", {"scopes": ["health_code"]})
    return owner, member


def _address(text: str) -> str:
    """An address as typed, without a slash at its end. Raises ArgumentTypeError for what is none."""
    if not re.match(r"https?://[^/\s]+", text):
        raise argparse.ArgumentTypeError(f"{text!r} is not like {ADDRESS}")
    return text.rstrip("/")


def main(typed: Sequence[str] | None = None) -> int:
    """Open the book and say who is in it; 1 if the city refused, or none answered, 2 for what is no address."""
    parser = argparse.ArgumentParser("python -m infra.local.book", description="Open a book in the city of `make run`.")
    parser.add_argument(
        "address", nargs="?", type=_address, default=ADDRESS, help="what `make run` prints; %(default)s"
    )
    address = parser.parse_args(typed).address
    try:
        owner, member = open_book(address)
    except Refused as refused:
        print(refused, file=sys.stderr)
        return 1
    except OSError as problem:
        print(f"No city answers at {address} ({problem}). Start one with `make run`.", file=sys.stderr)
        return 1
    print(
        f"{owner.name} ({owner.phone}) owns Demo School; {member.name} ({member.document_number}) shares the health code."
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())
