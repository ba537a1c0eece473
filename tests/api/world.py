"""Everybody and everything that the matrix names. Each is made when it is first asked for, so a world of few costs little."""

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from datetime import timedelta
from functools import cached_property
from typing import Any

from chalicelib.core import clock, ids, store
from chalicelib.core.crypto import encode
from chalicelib.core.settings import settings
from chalicelib.groups.codes import code_of, new_invitation_id, read_code
from chalicelib.people.service.roles import Role
from chalicelib.people.tables.people import PersonRow
from chalicelib.places.codes import new_gate_id
from chalicelib.places.declaration import drawn_code
from tests.support.alerting import put_alert
from tests.support.books import person_key
from tests.support.city import TestCity
from tests.support.client import Answer, Client
from tests.support.dependants import child_of, put_binding
from tests.support.enrolled import enrolled, name_officer
from tests.support.kiosks import KioskClient, put_kiosk
from tests.support.nights import parked
from tests.support.passes import pass_of
from tests.support.people import TestPerson
from tests.support.places import (
    PLACE,
    PLACES,
    bind_staff,
    declaration_code,
    first_gate,
    make_registrar,
    open_gate,
    open_place,
    poster_code,
)
from tests.support.routes import Route
from tests.support.sources import SourceClient, identity, registered, report
from tests.support.visits import never_visited, scan, site

SCOPES = ("health_code", "nucleic_acid")
NO_CODE = "000000"
STALE_MINUTES = 16
AFTER_COOLDOWN_MINUTES = 2
OWNED = {"owner": "book", "stale": "book", "other": "foreign_book"}
MANAGING = {*OWNED, "chief", "head"}
"""Roles that change what others see of a book: what uses it up needs one of its own."""

STEP_UP = "POST /v1/auth/sessions/current/step-up"


def later(minutes: int) -> AbstractContextManager[object]:
    """The world some minutes from now."""
    return clock.frozen(clock.now() + timedelta(minutes=minutes))


class World:
    """People in their roles, and books, codes and memberships between them."""

    def __init__(self, city: TestCity, things: "World | None" = None) -> None:
        """Take the city that they live in, and another world if its books and codes will do: then only people are new."""
        self.city = city
        self._things = things or self
        self._people: dict[str, TestPerson] = {}
        self._at_places = False

    def ask(self, route: Route, role: str, thing: str) -> Answer:
        """The answer to a request that is as it should be, but for who sends it and what it is about."""
        path = self.path(route, thing, role)
        client = self.client(role)
        minutes = STALE_MINUTES if role == "stale" else AFTER_COOLDOWN_MINUTES if route.name == STEP_UP else 0
        with later(minutes):
            if route.name in BEFOREHAND:
                client(BEFOREHAND[route.name][0], path, BEFOREHAND[route.name][1])
            return client(route.method, path, self.body(route, role, thing))

    def path(self, route: Route, thing: str, role: str = "stranger") -> str:
        """The route's path for a thing; of what is a caller's own, for that caller. A caller's dependant is in the own book."""
        self._at_places = self._at_places or "/places" in route.path
        if {"dependant_id", "org_id"} <= set(route.parameters) and thing == "own":
            body = {"scopes": [], "dependant_id": self.dependant(role, thing)}
            self.client(role).post(f"/v1/invitations/{self.code}/join", body)
        return route.path.format_map({name: self._parameter(route, name, thing, role) for name in route.parameters})

    def body(self, route: Route, role: str, thing: str) -> Any:
        """The body that the route asks for."""
        make = BODIES.get(route.name)
        return make(self, role, thing) if make else None

    def client(self, role: str) -> Client:
        """Somebody in a role, with the book that makes an owner one."""
        if role in OWNED:
            getattr(self, OWNED[role])
        client: Client = getattr(self, "owner" if role == "stale" else role)
        if self._at_places and role in {"member", "chief"}:
            getattr(self, "inspector_id" if role == "member" else "registrar_id")
        return client

    def person(self, role: str) -> TestPerson:
        """Who is in a role; the health source knows all of them."""
        name = "owner" if role == "stale" else role
        if name not in self._people:
            self._people[name] = self.city.person()
        return self._people[name]

    # Roles

    @cached_property
    def nobody(self) -> Client:
        return self.city.api.as_(None)

    @cached_property
    def account(self) -> Client:
        return self.city.log_in(self.person("account"))

    @cached_property
    def stranger(self) -> Client:
        return self._verified("stranger")

    @cached_property
    def owner(self) -> Client:
        return self._verified("owner")

    @cached_property
    def other(self) -> Client:
        return self._verified("other")

    @cached_property
    def _somebody_else(self) -> Client:
        return self._verified("somebody else")

    @cached_property
    def joined(self) -> tuple[Client, str]:
        """The member and their id in the own book."""
        client = self._verified("member")
        return client, self.city.join(client, self.code, *SCOPES)

    @property
    def member(self) -> Client:
        return self.joined[0]

    @cached_property
    def chiefs(self) -> tuple[Client, str]:
        """Who administers the whole own book, and their id in it."""
        client = self._verified("chief")
        member_id = self.city.join(client, self.code, *SCOPES)
        self._name(member_id, None)
        return client, member_id

    @property
    def chief(self) -> Client:
        return self.chiefs[0]

    @cached_property
    def heads(self) -> tuple[Client, str]:
        """Who administers a department of the own book, and their id in it."""
        client = self._verified("head")
        member_id = self.city.join(client, self.code, *SCOPES)
        self._name(member_id, self.department)
        return client, member_id

    @property
    def head(self) -> Client:
        return self.heads[0]

    def _name(self, member_id: str, department_id: str | None) -> None:
        body = {"member_id": member_id, "department_id": department_id}
        assert self.owner_of_book.post(f"/v1/organizations/{self.book}/admins", body).status == 201

    @property
    def owner_of_book(self) -> Client:
        """Who opened the book that this world uses, which may be another world's."""
        return self.owner if self._things is self else self._things.owner

    @cached_property
    def left(self) -> tuple[Client, str]:
        """Who left, and the id that they had in the own book."""
        client = self._verified("former")
        member_id = self.city.join(client, self.code, *SCOPES)
        assert client.delete(f"/v1/me/memberships/{self.book}").status == 204
        return client, member_id

    @property
    def former(self) -> Client:
        return self.left[0]

    @cached_property
    def erased(self) -> Client:
        client = self._verified("erased")
        assert client.delete("/v1/me").status == 204
        return client

    @cached_property
    def officer(self) -> Client:
        client = self._verified("officer")
        named = [PersonRow.roles.set([Role.OFFICER.value])]
        store.update(person_key(self.person("officer")), named)
        return client

    @cached_property
    def source(self) -> SourceClient:
        return registered(self.city)

    @cached_property
    def kiosk(self) -> KioskClient:
        return put_kiosk(self.city, self.place)

    def _verified(self, role: str) -> Client:
        return self.city.verified(self.person(role))

    # Things

    @cached_property
    def book(self) -> str:
        return self.city.book(self.owner) if self._things is self else self._things.book

    @cached_property
    def code(self) -> str:
        return self.city.invite(self.owner, self.book) if self._things is self else self._things.code

    @cached_property
    def department(self) -> str:
        """The head's department."""
        if self._things is not self:
            return self._things.department
        return self._department("Grade 1", None)

    @property
    def inhabited(self) -> str:
        """The head's department, after somebody joined below it."""
        self.inner  # noqa: B018  made by being asked for
        return self.department

    @cached_property
    def below(self) -> str:
        """An empty department below the head's."""
        return self._department("Class 1", self.department)

    @cached_property
    def beside(self) -> str:
        """An empty department beside the head's."""
        return self._department("Grade 2", None)

    def _department(self, name: str, parent_id: str | None, *, foreign: bool = False) -> str:
        owner, book = (self.other, self.foreign_book) if foreign else (self.owner_of_book, self.book)
        return self.city.department(owner, book, f"{name} {ids.new_id()}", parent_id)

    @cached_property
    def foreign_department(self) -> str:
        return self._department("Stand 1", None, foreign=True)

    @cached_property
    def inner(self) -> tuple[str, str, str]:
        """A department below the head's with a code of its own, and the id of the member who joined with it."""
        department_id = self._department("Class 2", self.department)
        code = self.city.invite(self.owner_of_book, self.book, department_id=department_id)
        return department_id, code, self.city.join(self._verified("inner"), code, *SCOPES)

    @cached_property
    def foreign_book(self) -> str:
        return self.city.book(self.other, "Spring Fair") if self._things is self else self._things.foreign_book

    @cached_property
    def foreign_code(self) -> str:
        return self.city.invite(self.other, self.foreign_book) if self._things is self else self._things.foreign_code

    @cached_property
    def foreign_member_id(self) -> str:
        return self.city.join(self._somebody_else, self.foreign_code, *SCOPES)

    @cached_property
    def export(self) -> str:
        """The owner's export of their book."""
        return self._things.export if self._things is not self else self._export(self.owner, self.book)

    @cached_property
    def message(self) -> str:
        """A message that waits, of somebody else than any caller."""
        answer = self._somebody_else.post("/v1/messages", {"category": "travel_report", "text": "Back from a journey."})
        assert answer.status == 201, answer.text
        return str(answer.json["message_id"])

    @cached_property
    def foreign_export(self) -> str:
        return self._things.foreign_export if self._things is not self else self._export(self.other, self.foreign_book)

    @staticmethod
    def _export(owner: Client, book: str) -> str:
        answer = owner.post(f"/v1/organizations/{book}/exports", {"format": "csv"})
        assert answer.status == 201, answer.text
        return str(answer.json["export_id"])

    @cached_property
    def held(self) -> str:
        """A batch that waits for an officer; each world has its own, for one that was decided serves no other."""
        people = [self.city.stranger() for _ in range(settings().city.sources.hold_above + 1)]
        enrolled(self.city, *people)
        answer = registered(self.city).facts(*(report(one, kind="case", result="confirmed") for one in people))
        assert answer.json["state"] == "held", answer.text
        return str(answer.json["batch_id"])

    @cached_property
    def alert(self) -> str:
        """An alert about somebody below the head's department."""
        return self._things.alert if self._things is not self else put_alert(self.book, self.inner[2])

    @cached_property
    def foreign_alert(self) -> str:
        if self._things is not self:
            return self._things.foreign_alert
        return put_alert(self.foreign_book, self.foreign_member_id)

    @cached_property
    def deleted(self) -> tuple[str, str, str, str, str]:
        """A deleted book, its code, and the ids of the member, the department and the export that it had."""
        book = self.city.book(self.owner, "Closed Shop")
        code = self.city.invite(self.owner, book)
        member_id = self.city.join(self.member, code, *SCOPES)
        department_id = self.city.department(self.owner, book, "Counter", None)
        export_id = self._export(self.owner, book)
        assert self.owner.delete(f"/v1/organizations/{book}").status == 204
        return book, code, member_id, department_id, export_id

    # Places

    @cached_property
    def gated_place(self) -> tuple[str, str]:
        """The own place, which the owner manages, and its second gate; the own book is asked to make it an access point."""
        if self._things is not self:
            return self._things.gated_place
        place_id = open_place(self.owner)
        assert self.owner.put(f"{PLACES}/{place_id}/binding", {"org_id": self.book}).status == 200
        return place_id, open_gate(self.owner, place_id, presence="rotating")

    @property
    def place(self) -> str:
        return self.gated_place[0]

    @property
    def gate(self) -> str:
        """A gate of the own place, which its registrar runs."""
        if self._things is self:
            self.registrar_id  # noqa: B018  made by being asked for
        else:
            self._things.gate  # noqa: B018
        return self.gated_place[1]

    @cached_property
    def inspector_id(self) -> str:
        """The member as inspector of the own place."""
        return bind_staff(self.owner_of_book, self.place, self.member)

    @cached_property
    def registrar_id(self) -> str:
        """The chief as registrar of the own place; the first one of a world's own things has the gate."""
        member_id = bind_staff(self.owner_of_book, self.place, self.chief)
        own = [self.gated_place[1]] if self._things is self else []
        make_registrar(self.owner_of_book, self.place, member_id, *own)
        return member_id

    @cached_property
    def foreign_place(self) -> tuple[str, str, str]:
        """The other owner's place, a gate of it, and somebody on its staff; it asks the foreign book."""
        if self._things is not self:
            return self._things.foreign_place
        place_id = open_place(self.other)
        assert self.other.put(f"{PLACES}/{place_id}/binding", {"org_id": self.foreign_book}).status == 200
        gate_id = open_gate(self.other, place_id, presence="rotating")
        return place_id, gate_id, bind_staff(self.other, place_id, self._somebody_else)

    @cached_property
    def closed_place(self) -> tuple[str, str, str]:
        """A place that the owner closed, its gate, and the inspector that it had."""
        owner, place_id = self.owner, open_place(self.owner)
        gate_id, member_id = first_gate(owner, place_id), bind_staff(owner, place_id, self._somebody_else)
        assert owner.delete(f"{PLACES}/{place_id}").status == 204
        return place_id, gate_id, member_id

    @cached_property
    def watched_place(self) -> str:
        """A place of somebody else, each world's own: what an officer decides of it concerns nobody here."""
        return open_place(self._somebody_else)

    @cached_property
    def suspended_place(self) -> str:
        """One more, which another officer suspended."""
        place_id, colleague = open_place(self._somebody_else), self.city.stranger()
        (client,) = enrolled(self.city, colleague)
        name_officer(colleague)
        assert client.put(f"{PLACES}/{place_id}/suspension", {"reason": "No codes at the door."}).status == 200
        return place_id

    @cached_property
    def visit(self) -> str:
        """The member's visit of the own place."""
        return self._visit(self.member, self.owner, self.gated_place[0])

    @cached_property
    def foreign_visit(self) -> str:
        """Somebody's visit of the foreign place."""
        return self._visit(self._somebody_else, self.other, self.foreign_place[0])

    def _visit(self, visitor: Client, manager: Client, place_id: str) -> str:
        code = poster_code(manager, place_id, first_gate(manager, place_id))
        return str(scan(visitor, code).json["checkin_id"])

    def _parameter(self, route: Route, name: str, thing: str, role: str) -> str:
        if name in OWN_PARAMETERS:
            return OWN_PARAMETERS[name](self, role, thing)
        things = PARAMETERS[name]
        if "place_id" in route.parameters:
            things = {**things, **AT_PLACES.get(name, {}), **AT_ROUTES.get(f"{route.name} {name}", {})}
        value: str = things[thing](self)
        return value

    def dependant(self, role: str, thing: str) -> str:
        """The one dependant whom each of the caller and somebody else has, bound again if they were unbound."""
        return self._bound("child", role, thing)[0]

    def guardian(self, role: str, thing: str) -> str:
        """The one guardian of each of them."""
        return self._bound("guardian", role, thing)[1]

    def _bound(self, which: str, role: str, thing: str) -> tuple[str, str]:
        """The ids under which guardian and dependant know each other, of whom `which` is another than the caller."""
        if thing == "never" or role in {"nobody", "account", "erased", "source", "kiosk"}:
            return encode(bytes(range(16))), encode(bytes(range(16)))
        whose = "somebody else" if thing == "foreign" else role
        self._somebody_else  # noqa: B018  verified by being asked for
        self.client(role)
        pair = self.person(whose), self.person(f"{which} of {whose}")
        return put_binding(self.city, *(pair if which == "child" else pair[::-1]))

    def paper(self, role: str, thing: str) -> str:
        """A printed pass of the caller's, printed now, if they can have one; or of somebody else."""
        client = self.client(role) if thing == "own" else self._somebody_else
        answer = client.post("/v1/me/paper-passes") if thing != "never" else None
        return str(answer.json["paper_id"]) if answer is not None and answer.status == 201 else ids.new_id()


def _forged(code: str) -> str:
    """The code with its last character but three changed, which stands for whole bits of its signature."""
    return code[:-4] + ("A" if code[-4] != "A" else "B") + code[-3:]


PARAMETERS: Mapping[str, Mapping[str, Callable[[World], str]]] = {
    "org_id": {
        "own": lambda world: world.book,
        "foreign": lambda world: world.foreign_book,
        "deleted": lambda world: world.deleted[0],
        "never": lambda _: ids.new_id(),
        "left": lambda world: world.book,
        "mixed": lambda world: world.book,
        "below": lambda world: world.book,
        "beside": lambda world: world.book,
        "chief": lambda world: world.book,
        "head": lambda world: world.book,
    },
    "department_id": {
        "own": lambda world: world.inhabited,
        "below": lambda world: world.below,
        "beside": lambda world: world.beside,
        "foreign": lambda world: world.foreign_department,
        "deleted": lambda world: world.deleted[3],
        "never": lambda _: encode(bytes(range(8))),
        "mixed": lambda world: world.foreign_department,
    },
    "invitation_id": {
        "own": lambda world: read_code(world.code)[1],
        "below": lambda world: read_code(world.inner[1])[1],
        "foreign": lambda world: read_code(world.foreign_code)[1],
        "deleted": lambda world: read_code(world.deleted[1])[1],
        "never": lambda _: new_invitation_id(),
        "mixed": lambda world: read_code(world.foreign_code)[1],
    },
    "export_id": {
        "own": lambda world: world.export,
        "foreign": lambda world: world.foreign_export,
        "deleted": lambda world: world.deleted[4],
        "never": lambda _: ids.new_id(),
        "mixed": lambda world: world.foreign_export,
    },
    "alert_id": {
        "own": lambda world: world.alert,
        "foreign": lambda world: world.foreign_alert,
        "deleted": lambda world: put_alert(world.deleted[0], world.deleted[2]),
        "never": lambda _: ids.new_id(),
        "mixed": lambda world: world.foreign_alert,
    },
    "place_id": {
        "own": lambda world: world.place,
        "foreign": lambda world: world.foreign_place[0],
        "deleted": lambda world: world.closed_place[0],
        "never": lambda _: ids.new_id(),
        "mixed": lambda world: world.place,
    },
    "kiosk_id": {
        "own": lambda world: put_kiosk(world.city, world.place).kiosk_id,
        "foreign": lambda world: put_kiosk(world.city, world.foreign_place[0]).kiosk_id,
        "deleted": lambda world: put_kiosk(world.city, world.closed_place[0]).kiosk_id,
        "never": lambda _: ids.new_id(),
        "mixed": lambda world: put_kiosk(world.city, world.foreign_place[0]).kiosk_id,
    },
    "gate_id": {
        "own": lambda world: world.gate,
        "foreign": lambda world: world.foreign_place[1],
        "deleted": lambda world: world.closed_place[1],
        "never": lambda _: new_gate_id(),
        "mixed": lambda world: world.foreign_place[1],
    },
    "message_id": {"own": lambda world: world.message, "never": lambda _: ids.new_id()},
    "member_id": {
        "own": lambda world: world.joined[1],
        "foreign": lambda world: world.foreign_member_id,
        "deleted": lambda world: world.deleted[2],
        "never": lambda _: encode(bytes(range(16))),
        "left": lambda world: world.left[1],
        "mixed": lambda world: world.foreign_member_id,
        "below": lambda world: world.inner[2],
        "chief": lambda world: world.chiefs[1],
        "head": lambda world: world.heads[1],
    },
    "code": {
        "own": lambda world: world.code,
        "foreign": lambda world: world.foreign_code,
        "deleted": lambda world: world.deleted[1],
        "never": lambda _: code_of(ids.new_id(), new_invitation_id()),
        "forged": lambda world: _forged(world.code),
    },
    "batch_id": {"own": lambda world: world.held, "never": lambda _: ids.new_id()},
    "run_id": {"own": lambda _: parked(), "never": lambda _: ids.new_id()},
    "checkin_id": {
        "own": lambda world: world.visit,
        "foreign": lambda world: world.foreign_visit,
        "deleted": lambda world: never_visited(world.closed_place[0]),
        "never": lambda _: never_visited(ids.new_id()),
        "mixed": lambda world: world.foreign_visit,
    },
    "name": {"own": lambda _: "style.css", "never": lambda _: "nothing.css"},
}

OWN_PARAMETERS: Mapping[str, Callable[[World, str, str], str]] = {
    "paper_id": World.paper,
    "dependant_id": World.dependant,
    "guardian_id": World.guardian,
}
"""Parameters that name something of the caller's."""


AT_PLACES: Mapping[str, Mapping[str, Callable[[World], str]]] = {
    "member_id": {
        "own": lambda world: world.inspector_id if world._things is world else world._things.inspector_id,  # noqa: SLF001
        "foreign": lambda world: world.foreign_place[2],
        "deleted": lambda world: world.closed_place[2],
        "mixed": lambda world: world.foreign_place[2],
    },
}
"""What a parameter names where the route is about a place."""

AT_ROUTES: Mapping[str, Mapping[str, Callable[[World], str]]] = {
    "PUT /v1/organizations/{org_id}/places/{place_id} place_id": {"mixed": lambda world: world.foreign_place[0]},
    "DELETE /v1/organizations/{org_id}/places/{place_id} place_id": {"mixed": lambda world: world.foreign_place[0]},
    "PUT /v1/places/{place_id}/suspension place_id": {
        "own": lambda world: world.watched_place,
        "foreign": lambda world: world.watched_place,
    },
    "DELETE /v1/places/{place_id}/suspension place_id": {"own": lambda world: world.suspended_place},
}
"""What a parameter names for one route alone."""


def _asked(city: TestCity, phone: str, purpose: str = "log_in") -> str:
    """The code that was sent to a phone just now."""
    assert city.api.post("/v1/auth/codes", {"phone": phone, "purpose": purpose}).status == 202
    return city.sms.last_code(phone)


def _log_in(world: World, _role: str, thing: str) -> dict[str, Any]:
    phone = world.city.stranger().phone
    if thing == "never":
        return {"phone": phone, "code": NO_CODE}
    code = _asked(world.city, phone)
    return {"phone": phone if thing == "own" else world.city.stranger().phone, "code": code}


def _step_up(world: World, role: str, thing: str) -> dict[str, Any]:
    if thing == "never" or role == "nobody":
        return {"code": NO_CODE}
    person = world.person(role) if thing == "own" else world.city.stranger()
    return {"code": _asked(world.city, person.phone, "step_up")}


def _claim(world: World, role: str, thing: str) -> dict[str, Any]:
    people = {"own": lambda: world.person(role), "foreign": world.city.person, "never": world.city.stranger}
    return dict(people[thing]().claim())


def _open_book(*_: object) -> dict[str, Any]:
    return {"name": "Third School", "kind": "school", "subdistrict": "371302001"}


def _scopes(*_: object) -> dict[str, Any]:
    return {"scopes": ["vaccination"]}


def _admin(world: World, _role: str, thing: str) -> dict[str, Any]:
    return {"member_id": world.foreign_member_id if thing == "foreign" else world.joined[1]}


def _offer(world: World, _role: str, thing: str) -> dict[str, Any]:
    return {"successor": PARAMETERS["member_id"][thing](world)}


def _declared(world: World, _role: str, thing: str) -> dict[str, Any]:
    """The declaration code of the own or the foreign place, or one that no place has."""
    things = world._things  # noqa: SLF001
    if thing == "own":
        return {"declaration_code": declaration_code(things.owner, things.place)}
    if thing == "foreign":
        return {"declaration_code": declaration_code(things.other, things.foreign_place[0])}
    return {"declaration_code": drawn_code()}


def _place_offer(world: World, _role: str, thing: str) -> dict[str, Any]:
    """Somebody on the staff of the place."""
    return {"successor": {**PARAMETERS["member_id"], **AT_PLACES["member_id"]}[thing](world)}


def _scanned(world: World, role: str, thing: str) -> dict[str, Any]:
    """A pass of the caller's own, or of somebody else; or what looks like one."""
    whose = world.person(role if thing == "own" else "somebody else")
    if thing != "own":
        world._somebody_else  # noqa: B018, SLF001  verified by being asked for
    drawn = pass_of(whose)
    return {"pass": _forged(drawn) if thing == "never" else drawn}


def _dependant(world: World, role: str, _thing: str) -> dict[str, Any]:
    """A child of whom the source says that they are the caller's."""
    return {**child_of(world.city, world.person(role)).claim_of_a_guardian(), "relation": "child"}


def _dependant_code(world: World, _role: str, _thing: str) -> dict[str, Any]:
    person = world.city.person()
    return {"name": person.name, "document_number": person.number, "phone": person.phone}


def _declaration(*_: object) -> dict[str, Any]:
    questions = settings().city.declaration.questions
    return {"answers": [{"question": question.name, "answer": "no"} for question in questions]}


def _scanned_place(world: World, *_: object) -> dict[str, Any]:
    """A place that nobody visited yet."""
    return {"code": site(world.city, world.person("owner"), world.owner).code}


def _scanned_visitor(world: World, *_: object) -> dict[str, Any]:
    """The pass of somebody who was not there yet."""
    visitor = world.city.stranger()
    enrolled(world.city, visitor)
    return {"pass": pass_of(visitor), "temperature": "normal"}


def _card(world: World, *_: object) -> dict[str, Any]:
    """The ID card of somebody who is enrolled."""
    person = world.city.stranger()
    enrolled(world.city, person)
    return person.claim()


def _delivery(row: Callable[[TestPerson], dict[str, Any]]) -> Callable[[World, str, str], dict[str, Any]]:
    return lambda world, _role, _thing: {"reporter": "Laboratory 3", "rows": [row(world.city.stranger())]}


BODIES: Mapping[str, Callable[[World, str, str], dict[str, Any]]] = {
    "POST /v1/auth/codes": lambda world, _role, _thing: {"phone": world.city.stranger().phone},
    "POST /v1/auth/sessions": _log_in,
    STEP_UP: _step_up,
    "PUT /v1/me/identity": _claim,
    "POST /v1/passes/verify": _scanned,
    "POST /v1/me/declarations": _declaration,
    "POST /v1/places/{place_id}/kiosks": lambda *_: {"name": "Hall"},
    "POST /v1/kiosk/paper-passes": _card,
    "POST /v1/checkins": _scanned_place,
    "POST /v1/places/{place_id}/checkins": _scanned_visitor,
    "POST /v1/me/paper-passes": lambda *_: {},
    "POST /v1/me/dependants": _dependant,
    "POST /v1/me/dependants/codes": _dependant_code,
    "PUT /v1/me/channels": lambda *_: {"sms": True, "email": False, "language": "en"},
    "PUT /v1/me/channels/email": lambda *_: {"address": "somebody@example.com"},
    "POST /v1/organizations": _open_book,
    "PATCH /v1/organizations/{org_id}": lambda *_: {"name": "Fourth School", "subdistrict": "371302002"},
    "POST /v1/organizations/{org_id}/owner": _offer,
    "PUT /v1/organizations/{org_id}/roster": lambda *_: {"csv": "label,type\nS-0001,student\n"},
    "POST /v1/organizations/{org_id}/roster/removal": lambda *_: {"labels": ["S-0001"]},
    "POST /v1/organizations/{org_id}/invitations": lambda *_: {"max_uses": 3},
    "POST /v1/organizations/{org_id}/departments": lambda *_: {"name": f"Class {ids.new_id()}"},
    "PATCH /v1/organizations/{org_id}/departments/{department_id}": lambda *_: {"name": f"Class {ids.new_id()}"},
    "POST /v1/organizations/{org_id}/admins": _admin,
    "PATCH /v1/organizations/{org_id}/members/{member_id}": lambda *_: {"type": "teacher"},
    "POST /v1/organizations/{org_id}/members/search": lambda *_: {"surname": "王"},
    "POST /v1/organizations/{org_id}/members/removal": lambda *_: {"member_ids": ["nobody"]},
    "POST /v1/organizations/{org_id}/exports": lambda *_: {"format": "csv"},
    "POST /v1/invitations/{code}/join": _scopes,
    "PUT /v1/me/memberships/{org_id}/consent": _scopes,
    "PUT /v1/me/dependants/{dependant_id}/memberships/{org_id}/consent": _scopes,
    "POST /v1/messages": lambda *_: {"category": "question", "text": "Where may I be tested?"},
    "POST /v1/messages/{message_id}/answer": lambda *_: {"text": "Thank you; nothing more is asked of you."},
    "PUT /v1/organizations/{org_id}/policies": lambda *_: {"nucleic_acid_days": 7},
    "POST /v1/places": lambda *_: dict(PLACE),
    "PATCH /v1/places/{place_id}": lambda *_: {"name": "Rose Restaurant"},
    "POST /v1/me/places": _declared,
    "POST /v1/places/{place_id}/gates": lambda *_: {"name": "South gate"},
    "PATCH /v1/places/{place_id}/gates/{gate_id}": lambda *_: {"name": "West gate"},
    "PATCH /v1/places/{place_id}/staff/{member_id}": lambda *_: {"role": "inspector"},
    "PUT /v1/places/{place_id}/manager": _place_offer,
    "PUT /v1/places/{place_id}/suspension": lambda *_: {"reason": "No codes are scanned at the door."},
    "PUT /v1/places/{place_id}/binding": lambda world, _role, thing: {
        "org_id": world.foreign_book if thing == "foreign" else world.book
    },
    "POST /v1/facts/batch": _delivery(report),
    "POST /v1/identities/batch": _delivery(identity),
}
"""A right body for each route that takes one."""

BEFOREHAND: Mapping[str, tuple[str, dict[str, Any]]] = {
    "DELETE /v1/organizations/{org_id}/policies": ("PUT", {"travel_days": 3}),
}
"""What whoever asks for a route does first at the same address, if they may, so that there is something to be found."""
