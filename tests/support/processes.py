"""Processes of a group and where they listen, by what Linux says of them."""

import time
from collections.abc import Iterable
from contextlib import suppress
from ipaddress import IPv4Address, IPv6Address
from pathlib import Path

LISTENING = "0A"
"""The state of a listening socket in /proc/net/tcp."""


def can_be_asked() -> bool:
    """Whether this system says it."""
    return Path("/proc/net/tcp").exists()


def group(leader: int) -> set[int]:
    """The living processes of the group that a process leads."""
    found = set()
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                state, _, pgrp = (entry / "stat").read_text().rpartition(")")[2].split()[:3]
            except OSError:
                continue  # it ended in between
            if int(pgrp) == leader and state != "Z":
                found.add(int(entry.name))
    return found


def is_gone(leader: int, seconds: float = 5) -> bool:
    """Whether nothing of a group lives any more, within a moment: who is killed takes one to die."""
    deadline = time.monotonic() + seconds
    while (living := group(leader)) and time.monotonic() < deadline:
        time.sleep(0.05)
    return not living


def listening(processes: Iterable[int]) -> set[IPv4Address | IPv6Address]:
    """The addresses on which these processes listen."""
    own = {inode for process in processes for inode in _sockets(process)}
    lines = [line.split() for name in ("tcp", "tcp6") for line in Path("/proc/net", name).read_text().splitlines()[1:]]
    return {_address(line[1].partition(":")[0]) for line in lines if line[3] == LISTENING and line[9] in own}


def _sockets(process: int) -> set[str]:
    links: list[str] = []
    with suppress(OSError):  # the process is gone
        for link in Path(f"/proc/{process}/fd").iterdir():
            with suppress(OSError):  # closed since it was listed
                links.append(str(link.readlink()))
    return {link.removeprefix("socket:[").removesuffix("]") for link in links if link.startswith("socket:[")}


def _address(text: str) -> IPv4Address | IPv6Address:
    """An address as /proc writes it: words of 32 bits, each in the machine's own order, which is little-endian here."""
    words = [bytes.fromhex(text[start : start + 8])[::-1] for start in range(0, len(text), 8)]
    packed = b"".join(words)
    return IPv4Address(packed) if len(packed) == 4 else IPv6Address(packed)
