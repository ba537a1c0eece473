"""`python -m infra.local [FOLDER]`: a city on this machine until it is told to stop. `make run` calls it.

CITY, PORT and AWS_PORT say which city and where, 0 being any free port; FOLDER keeps its state, `.local` if not given.
"""

import sys
from pathlib import Path

from infra.local.stopping import Stoppable


def main() -> int:
    """Run the city that the environment names; the exit code is 0 if it ended because it was told to."""
    with Stoppable():
        from infra.local.run import STATE, run  # takes a second to import, in which a signal may come already

        return run(Path(sys.argv[1]) if len(sys.argv) > 1 else STATE)
    return 0


if __name__ == "__main__":
    sys.exit(main())
