"""What says that a rehearsal leaves nothing behind must see what is there."""

import subprocess
import sys
from ipaddress import ip_address

import pytest

from tests.support import processes

pytestmark = pytest.mark.skipif(not processes.can_be_asked(), reason="only Linux says which process listens where")

LISTEN = "import socket, sys; s = socket.create_server((sys.argv[1], 0)); print(1, flush=True); sys.stdin.read()"


@pytest.mark.parametrize("address", ["127.0.0.1", "0.0.0.0"])  # noqa: S104  that is what must be seen
def test_a_process_of_a_group_and_its_socket_are_seen_until_it_ends(address: str) -> None:
    command = [sys.executable, "-c", LISTEN, address]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, start_new_session=True) as child:
        assert child.stdout is not None
        child.stdout.readline()
        assert processes.group(child.pid) == {child.pid}
        assert not processes.is_gone(child.pid, 0)
        assert processes.listening({child.pid}) == {ip_address(address)}
        child.communicate()
    assert processes.group(child.pid) == set()
