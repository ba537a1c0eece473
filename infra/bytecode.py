"""Bytecode in the package: Lambda can write none, so that without it each cold start would compile some 700 modules first.

It is of what a process of this service loads, and of nothing else, for a package may not become too large. Python takes it as it
is, whatever the source's time says (PEP 552, unchecked hash), if it is of Lambda's own minor version, as the packager's is.
"""

import ast
import importlib.util
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Collection, Iterator, Mapping
from pathlib import Path

ROOT = Path(__file__).parents[1]

TASK = "/var/task"
"""Where Lambda keeps the package: what tracebacks call its files by."""

MADE_LATE = "boto3.s3.inject"
"""What boto3 imports when it makes a client."""

LOADING = """
import contextlib, importlib, json, sys
sys.path.insert(0, ".")
for name in json.load(sys.stdin):
    with contextlib.suppress(ImportError):  # a name of a module's, or what is there for types alone
        importlib.import_module(name)
print(json.dumps({name: getattr(one, "__file__", None) or "" for name, one in sys.modules.items()}))
"""


def loaded_files() -> frozenset[str]:
    """The sources that `import app` loads, and those that are imported where they are used, as a package names them."""
    environment = {name: value for name, value in os.environ.items() if name != "CITY" and not name.startswith("AWS_")}
    ended = subprocess.run(
        [sys.executable, "-I", "-c", LOADING], cwd=ROOT, env=environment, input=json.dumps(sorted(_imported())),
        capture_output=True, check=True, text=True,
    )  # fmt: skip
    origins: dict[str, str] = json.loads(ended.stdout)
    return frozenset(_within(name, Path(origin)) for name, origin in origins.items() if origin.endswith(".py"))


def compiled(sources: Mapping[str, bytes], wanted: Collection[str]) -> dict[str, bytes]:
    """Bytecode of those of a package's files that are wanted, by name; the same for the same sources."""
    files = [name for name in sorted(sources) if name in wanted]
    with tempfile.TemporaryDirectory() as folder:
        for name in files:
            path = Path(folder, name)
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(sources[name])
        command = [sys.executable, "-I", "-m", "compileall", "-q", "--invalidation-mode", "unchecked-hash"]
        listed = "\n".join(str(Path(folder, name)) for name in files)
        subprocess.run([*command, "-s", folder, "-p", TASK, "-i", "-"], input=listed, check=True, text=True)
        return {made: Path(folder, made).read_bytes() for made in map(importlib.util.cache_from_source, files)}


def _imported() -> Iterator[str]:
    """All that is imported anywhere in what ships, at the top of a module or where it is used."""
    yield from ("app", MADE_LATE)
    for path in sorted((ROOT / "chalicelib").rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_bytes())):
            if isinstance(node, ast.Import):
                yield from (one.name for one in node.names)
            elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
                yield from (node.module, *(f"{node.module}.{one.name}" for one in node.names))


def _within(module: str, origin: Path) -> str:
    """A module's file as it lies in a package, which has all at its top."""
    depth = module.count(".") + 1 + (origin.name == "__init__.py")
    return "/".join(origin.parts[-depth:])
