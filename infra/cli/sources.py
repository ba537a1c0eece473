"""The commands `sources key add|rotate|revoke|list`: with which keys a registered source signs what it delivers."""

import json
import sys
from pathlib import Path
from typing import Annotated

import typer

from chalicelib.core import clock
from chalicelib.core.signatures import key_id, new_key_pair, public_key_of
from chalicelib.health.sources import source_name
from chalicelib.health.tables.deliveries import SourceKeyRow
from chalicelib.tracing.keys import OVERLAP, end_key, valid_keys
from chalicelib.tracing.service import Namings, Proposal
from infra.cli.naming import EXIT_CODES, NOT_STARTED, As, Name, asked, say_proposed
from infra.cli.operating import fail
from infra.cli.principals import principal

PublicKey = Annotated[
    Path | None,
    typer.Option(
        "--public-key",
        help="A public key of Ed25519 in PEM that the source made itself, `-` for standard input. Without it a pair is made "
        "here, and the private key is printed once.",
    ),
]
KeyName = Annotated[str, typer.Argument(metavar="KEY", help="The key's name, as `sources key list` shows it.")]

sources = typer.Typer(help="Registered sources of facts (docs/sources.md).", no_args_is_help=True)
keys = typer.Typer(help="With which keys a source signs.", epilog=EXIT_CODES, no_args_is_help=True)
sources.add_typer(keys, name="key")


@keys.command(epilog=EXIT_CODES)
def add(context: typer.Context, name: Name, public_key: PublicKey = None, acts_as: As = None) -> None:
    """Propose a key beside those that a source has. It is taken once another operator confirmed it."""
    _propose(context, name, public_key, acts_as, replaces=False)


@keys.command(epilog=EXIT_CODES)
def rotate(context: typer.Context, name: Name, public_key: PublicKey = None, acts_as: As = None) -> None:
    """Propose a key in place of all that a source has. Those end three days after another operator confirmed it."""
    _propose(context, name, public_key, acts_as, replaces=True)


# One name in 64 begins with a hyphen (core/signatures.py), and must be taken as it is shown.
@keys.command(epilog=EXIT_CODES, context_settings={"ignore_unknown_options": True})
def revoke(context: typer.Context, name: Name, key: KeyName, acts_as: As = None) -> None:
    """End a key at once. This needs no second operator: a key that was lost must not wait for one."""
    ended = asked(context, lambda _: end_key(source_name(name), key, principal(acts_as)))
    words = f"{name} {ended.key_id} is not taken any more."
    typer.echo(json.dumps({"source": name, "key": ended.key_id}) if context.obj[2] else words)


@keys.command("list", epilog=EXIT_CODES)
def list_keys(context: typer.Context, name: Name) -> None:
    """List the keys of a source that are taken now, oldest first."""
    found = asked(context, lambda _: valid_keys(source_name(name)))
    if context.obj[2]:
        typer.echo(json.dumps({"keys": [_fields(row) for row in found]}))
        return
    for row in found:
        until = f"  until {clock.iso(row.ends_at)}" if row.ends_at is not None else ""
        typer.echo(f"{row.key_id}  since {clock.iso(row.at)}{until}")
    if not found:
        typer.echo("No key.")


def _propose(context: typer.Context, name: str, path: Path | None, acts_as: str | None, *, replaces: bool) -> None:
    text = None if path is None else _read(path)

    def propose(namings: Namings) -> tuple[str | None, bytes, Proposal]:
        private, public = new_key_pair() if text is None else (None, public_key_of(text))
        return private, public, namings.propose_key(name, public, principal(acts_as), replaces=replaces)

    private, public, proposal = asked(context, propose)
    more = {"key": key_id(public)} | ({"private_key": private} if private is not None else {})
    say_proposed(context, proposal, **more)
    if private is not None:
        _show_once(context, private)
    if replaces:
        typer.echo(f"The source's other keys end {OVERLAP.days} days after that.", err=True)


def _show_once(context: typer.Context, private: str) -> None:
    if not context.obj[2]:
        typer.echo(private, nl=False)
    typer.echo("This private key is shown once and kept nowhere. Hand it to the source over a safe way.", err=True)


def _read(path: Path) -> str:
    try:
        return sys.stdin.read() if str(path) == "-" else path.read_text(encoding="ascii")
    except (OSError, UnicodeDecodeError):
        fail(f"{path} cannot be read as text.", NOT_STARTED)


def _fields(row: SourceKeyRow) -> dict[str, str | None]:
    return {
        "key": row.key_id,
        "since": clock.iso(row.at),
        "until": clock.iso(row.ends_at) if row.ends_at is not None else None,
    }
