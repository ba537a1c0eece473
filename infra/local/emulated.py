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


if __name__ == "__main__":
    threading.Thread(target=_end_with_parent, daemon=True).start()
    from ministack.app import main

    main()
