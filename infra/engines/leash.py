"""Runs a program until this process's parent is gone: `python leash.py PROGRAM ARGUMENT…`.

Standard input is a pipe from the parent that nobody writes to. It ends when the parent does, however that dies, and the
program with it. For programs that don't watch their parent themselves; nothing they hold needs saving.
"""

import os
import subprocess
import sys
import threading


def main(command: list[str]) -> int:
    """Run the program; its exit code."""
    process = subprocess.Popen(command, stdin=subprocess.DEVNULL)
    threading.Thread(target=_end_with_parent, args=(process,), daemon=True).start()
    return process.wait()


def _end_with_parent(process: "subprocess.Popen[bytes]") -> None:
    os.read(0, 1)
    process.kill()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
