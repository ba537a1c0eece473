"""What a cold start costs: the CPU of `import app` as a ratio of importing what it can't do without."""

import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[1]
TRIES = 5
LIMIT = 1.4

OURS = "import app"
UNAVOIDABLE = "import chalice, pynamodb.models, pydantic"
TIMED = """
import sys, time
sys.path.insert(0, ".")
began = time.process_time()
{statement}
print(time.process_time() - began)
"""


@dataclass(frozen=True)
class ColdStart:
    """CPU seconds of both imports, the best of several tries."""

    ours: float
    unavoidable: float

    @property
    def ratio(self) -> float:
        """How much more ours takes."""
        return self.ours / self.unavoidable


def cold_start() -> ColdStart:
    """Measure both in new processes by turns, so that a busy machine is busy for both."""
    tries = [(_cpu_seconds(OURS), _cpu_seconds(UNAVOIDABLE)) for _ in range(TRIES)]
    ours, unavoidable = zip(*tries, strict=True)
    return ColdStart(min(ours), min(unavoidable))


def _cpu_seconds(statement: str) -> float:
    environment = {
        name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "CITY", "COVERAGE"))
    }
    ended = subprocess.run(
        [sys.executable, "-I", "-c", TIMED.format(statement=statement)],
        cwd=ROOT, env=environment, capture_output=True, check=True, text=True,
    )  # fmt: skip
    return float(ended.stdout)
