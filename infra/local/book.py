"""`python -m infra.local.book [ADDRESS]`: two of the demo's people open a book and join it, sharing the health code.

Something to look at after `make run`: whatever turns the member's state now is told to the owner (README, "See an alert
leave"). It goes through the API as phones do. ADDRESS is what `make run` prints, http://127.0.0.1:8000 if not given.
"""

import argparse
import json
import re
import sys
import urllib.error
import urllib.request
from collections.abc import Sequence
from typing import Any

from infra.local.demo import RESIDENTS, DemoPerson, demo_people
from infra.local.server import OUTBOX_PATH

ADDRESS = "http://127.0.0.1:8000"
SECONDS = 10


class Refused(Exception):
    """The city said no; the text is its own."""


def book_people() -> tuple[DemoPerson, DemoPerson]:
    """Owner and member: the last residents, whom no page of the documentation plays."""
    residents = demo_people()[:RESIDENTS]
    return residents[-2], residents[-1]


def open_book(address: str) -> tuple[DemoPerson, DemoPerson]:
    """Open a book with a member. Returns owner and member. Raises Refused, or OSError if no city is there."""
    owner, member = book_people()
    owner_token, member_token = (_verified(address, person) for person in (owner, member))
    opened = _sent(
        address,
        "/v1/organizations",
        {"name": "Demo School", "kind": "school", "subdistrict": "371302001"},
        owner_token,
    )
    code = _sent(address, f"/v1/organizations/{opened['org_id']}/invitations", {}, owner_token)["code"]
    _sent(address, f"/v1/invitations/{code}/join", {"scopes": ["health_code"]}, member_token)
    return owner, member


def _verified(address: str, person: DemoPerson) -> str:
    """The token of a person who logged in and proved identity."""
    _sent(address, "/v1/auth/codes", {"phone": person.phone})
    log_in = {"phone": person.phone, "code": _code(address, person.phone)}
    token = str(_sent(address, "/v1/auth/sessions", log_in)["token"])
    claim = {"name": person.name, "document": {"type": person.document_type, "number": person.document_number}}
    return str(_sent(address, "/v1/me/identity", claim, token, method="PUT")["token"])


def _code(address: str, phone: str) -> str:
    """The code in the last message to a phone."""
    sent = _sent(address, OUTBOX_PATH, None, method="GET")
    found = re.search(r"\d{6}", [one["text"] for one in sent if one["to"] == phone][-1])
    return found.group() if found else ""


def _sent(address: str, path: str, body: Any, token: str = "", method: str = "POST") -> Any:
    headers = {"Content-Type": "application/json", "Accept-Language": "en"}
    data = None if body is None else json.dumps(body).encode()
    with_token = {**headers, "Authorization": f"Bearer {token}"} if token else headers
    request = urllib.request.Request(address + path, data, with_token, method=method)  # noqa: S310  the operator's own
    try:
        with urllib.request.urlopen(request, timeout=SECONDS) as answer:  # noqa: S310  as above
            return json.load(answer)
    except urllib.error.HTTPError as refused:
        raise Refused(json.load(refused)["detail"]) from refused


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
