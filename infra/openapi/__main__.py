"""`python -m infra.openapi` writes the description of the API and its page; `--check` says whether they are current.

Both files ship with the service and are never written by hand.
"""

import json
import sys
from pathlib import Path

from infra.openapi.document import document
from infra.openapi.page import page

WEBAPP = Path(__file__).parent.parent.parent / "chalicelib" / "webapp"
USAGE = 2
"""The exit code for arguments that there are none of."""


def files() -> dict[Path, str]:
    """The files as the code wants them: the description sorted, so that a change shows where it is."""
    described = document()
    return {
        WEBAPP / "openapi.json": json.dumps(described, ensure_ascii=False, indent=1, sort_keys=True) + "\n",
        WEBAPP / "docs.html": page(described),
    }


def main(arguments: list[str]) -> int:
    """Write the files, or with `--check` only compare; returns the exit code."""
    if arguments not in ([], ["--check"]):
        print("usage: python -m infra.openapi [--check]", file=sys.stderr)
        return USAGE
    wanted = files()
    stale = [path for path, text in wanted.items() if not path.is_file() or path.read_text(encoding="utf-8") != text]
    if arguments:
        if stale:
            print(f"{' and '.join(path.name for path in stale)} not current: run make openapi", file=sys.stderr)
        return 1 if stale else 0
    for path in stale:
        path.write_text(wanted[path], encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
