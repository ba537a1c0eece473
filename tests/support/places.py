"""Places in tests: opened, staffed and asked about in words of HTTP."""

from dataclasses import dataclass, field
from typing import Any

from tests.support.client import Answer, Client

PLACE: dict[str, Any] = {
    "name": "Lotus Restaurant",
    "type": "restaurant",
    "subdistrict": "371302001",
    "address": "12 Riverside Road",
}
"""A place as somebody opens it."""

PLACES = "/v1/places"
OWN_PLACES = "/v1/me/places"


def open_place(manager: Client, **fields: Any) -> str:
    """The id of a new place of this manager."""
    return str(_made(manager.post(PLACES, {**PLACE, **fields}), 201)["place_id"])


def gates_of(member: Client, place_id: str) -> list[dict[str, Any]]:
    """The gates of a place, the oldest first."""
    items: list[dict[str, Any]] = _made(member.get(f"{PLACES}/{place_id}/gates"), 200)["items"]
    return items


def first_gate(manager: Client, place_id: str) -> str:
    """The id of the gate with which a place began."""
    return str(gates_of(manager, place_id)[0]["gate_id"])


def open_gate(manager: Client, place_id: str, **fields: Any) -> str:
    """The id of a new gate."""
    return str(_made(manager.post(f"{PLACES}/{place_id}/gates", {"name": "North gate", **fields}), 201)["gate_id"])


def poster_code(member: Client, place_id: str, gate_id: str) -> str:
    """The code that hangs at a gate."""
    url = str(_made(member.get(f"{PLACES}/{place_id}/gates/{gate_id}/poster"), 200)["url"])
    return url.rpartition("/c/")[2]


def screen_code(member: Client, place_id: str, gate_id: str) -> str:
    """The code that a gate's screen shows now."""
    url = str(_made(member.get(f"{PLACES}/{place_id}/gates/{gate_id}/screen"), 200)["url"])
    return url.rpartition("/c/")[2]


def declaration_code(manager: Client, place_id: str) -> str:
    """The code with which somebody joins the staff."""
    return str(_made(manager.get(f"{PLACES}/{place_id}/declaration-code"), 200)["declaration_code"])


def bind_staff(manager: Client, place_id: str, member: Client) -> str:
    """The member id of a new inspector."""
    code = declaration_code(manager, place_id)
    return str(_made(member.post(OWN_PLACES, {"declaration_code": code}), 201)["member_id"])


def make_registrar(manager: Client, place_id: str, member_id: str, *gate_ids: str) -> None:
    """Give a member of the staff gates of their own."""
    body = {"role": "registrar", "gates": list(gate_ids)}
    _made(manager.patch(f"{PLACES}/{place_id}/staff/{member_id}", body), 200)


def shown_place(member: Client, place_id: str) -> dict[str, Any]:
    """A place as a member of its staff sees it."""
    return _made(member.get(f"{PLACES}/{place_id}"), 200)


@dataclass(frozen=True)
class OpenedPlace:
    """A new place with its manager and its first gate."""

    manager: Client
    place_id: str
    gate_id: str
    path: str = field(init=False)

    def __post_init__(self) -> None:
        """Know its address."""
        object.__setattr__(self, "path", f"{PLACES}/{self.place_id}")

    @classmethod
    def by(cls, manager: Client, **fields: Any) -> "OpenedPlace":
        """A new place of somebody."""
        place_id = open_place(manager, **fields)
        return cls(manager, place_id, first_gate(manager, place_id))


def _made(answer: Answer, status: int) -> dict[str, Any]:
    assert answer.status == status, answer.text
    body: dict[str, Any] = answer.json
    return body
