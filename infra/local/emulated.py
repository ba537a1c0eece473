"""Runs ministack in this process until its parent is gone. Started by `infra.local.emulator`, never by hand.

Standard input is a pipe from the parent that nobody writes to. It ends when the parent does, however that dies, so no
emulator is ever left behind, and even then it saves its state before it ends.
"""

import os
import signal
import threading


def _end_with_parent() -> None:
    os.read(0, 1)
    os.kill(os.getpid(), signal.SIGTERM)


def _end_functions() -> None:
    """End the processes in which Lambda functions ran, and this one with them: they are of its group."""
    if os.getpgrp() == os.getpid():
        os.killpg(0, signal.SIGKILL)


if __name__ == "__main__":
    threading.Thread(target=_end_with_parent, daemon=True).start()
    import uvicorn  # ministack's own start takes hypercorn, which spends on each request what ministack itself does
    from ministack.app import app

    host, port = os.environ["BIND_HOST"], int(os.environ["GATEWAY_PORT"])
    uvicorn.run(
        app,
        host=host,
        port=port,
        log_level="warning",
        access_log=False,
        timeout_keep_alive=75,
        server_header=False,  # its answers have the headers that AWS's have
        date_header=False,
    )
    _end_functions()
