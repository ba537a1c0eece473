"""Ports of this machine's own loopback address; nothing local listens anywhere else."""

import socket

HOST = "127.0.0.1"


class PortTaken(Exception):
    """Somebody else listens on a port that was asked for."""

    def __init__(self, port: int, variable: str) -> None:
        super().__init__(f"port {port} is taken already; name another in {variable}, or 0 for any free one")
        self.port = port


def free_port() -> int:
    """A port on which nobody listens now."""
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        return int(probe.getsockname()[1])


def is_free(port: int) -> bool:
    """Whether nobody listens on the port. A connection that a former owner left to time out does not count."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError:
            return False
        return True
