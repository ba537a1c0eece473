"""A state of the city's scheme as people and their clients read it, wherever one is shown."""

from chalicelib.core.schemas import Output
from chalicelib.core.scheme import Action, Contact, Icon, State
from chalicelib.core.texts import Language


class ContactShown(Output):
    """Whom somebody in a state may ask."""

    name: str
    phone: str
    hours: str


class StateShown(Output):
    """A state that a person can be in, in the caller's language. Never show it by its colour alone (B11)."""

    state: str
    word: str
    instruction: str
    colour: str
    """Red, green and blue in hexadecimal, such as `#15803d`."""
    icon: Icon
    """A picture by name, each of another shape."""
    contact: ContactShown
    allows_entry: bool
    action: Action
    """What it asks for: to verify travel, or to report it."""


def state_shown(state: State, language: Language) -> StateShown:
    """A state as a person reads it."""
    return StateShown(
        state=state.name,
        word=state.word.spoken(language),
        instruction=state.instruction.spoken(language),
        colour=state.colour,
        icon=state.icon,
        contact=_contact(state.contact, language),
        allows_entry=state.allows_entry,
        action=state.action,
    )


def _contact(contact: Contact, language: Language) -> ContactShown:
    return ContactShown(name=contact.name.spoken(language), phone=contact.phone, hours=contact.hours.spoken(language))
