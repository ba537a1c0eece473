"""How an organization finds a member by name: keyed forms of its own, so that two organizations can't join their lists."""

from chalicelib.core.crypto import keyed_id


def name_mac(org_id: str, name_keys: str) -> str:
    """The sort key of the index by name: `<surname>#<name>`, so that a surname is a prefix. Takes `IdentityMacs.name_keys`."""
    surname, _, name = name_keys.partition("#")
    return f"{surname_prefix(org_id, surname)}{keyed_id('member-name', org_id, name)}"


def surname_prefix(org_id: str, surname_key: str) -> str:
    """What the keys of all members begin with who bear a surname. Takes the first part of `IdentityMacs.name_keys`."""
    return f"{keyed_id('member-name', org_id, 'surname', surname_key)}#"
