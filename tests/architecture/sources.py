"""The code base as data: its modules, the functions in them, and who calls what by which name."""

import ast
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parents[2]
Function = ast.FunctionDef | ast.AsyncFunctionDef
Documented = Function | ast.ClassDef


@dataclass(frozen=True)
class Module:
    """One Python file."""

    path: str
    text: str

    @property
    def name(self) -> str:
        """Its dotted name; a package goes by its own."""
        return self.path.removesuffix(".py").removesuffix("/__init__").replace("/", ".")

    @property
    def lines(self) -> int:
        """How many lines it has."""
        return len(self.text.splitlines())

    @property
    def tree(self) -> ast.Module:
        """What it says."""
        return parsed(self.text)

    def functions(self) -> Iterator[Function]:
        """Every function in it, inner ones and methods too."""
        yield from (node for node in ast.walk(self.tree) if isinstance(node, Function))

    def calls(self) -> Iterator[tuple[str, ast.Call]]:
        """Every call with the name that is called, `a.b.c`; what has no plain name goes by its last part."""
        for node in ast.walk(self.tree):
            if isinstance(node, ast.Call):
                yield dotted(node.func), node

    def names(self) -> Iterator[str]:
        """Every name that is read, with what stands before its dots: `sys.stdout`, `clock.now`."""
        for node in ast.walk(self.tree):
            if isinstance(node, ast.Attribute | ast.Name):
                yield dotted(node)

    def imports(self) -> Iterator[str]:
        """What it imports, at its top or within functions: `time`, `datetime.datetime`."""
        for node in ast.walk(self.tree):
            if isinstance(node, ast.Import):
                yield from (alias.name for alias in node.names)
            elif isinstance(node, ast.ImportFrom):
                yield from (f"{node.module}.{alias.name}" for alias in node.names)


@cache
def parsed(text: str) -> ast.Module:
    """A module's tree, parsed once."""
    return ast.parse(text)


@cache
def modules(*roots: str) -> tuple[Module, ...]:
    """The modules of files and folders, by path."""
    paths = [
        path for root in roots for path in ([ROOT / root] if root.endswith(".py") else (ROOT / root).rglob("*.py"))
    ]
    return tuple(Module(str(path.relative_to(ROOT)), path.read_text(encoding="utf-8")) for path in sorted(paths))


def shipped() -> tuple[Module, ...]:
    """What runs in Lambda."""
    return modules("app.py", "chalicelib")


def dotted(node: ast.expr) -> str:
    """The name that an expression spells, as far as it is one: `.open` for an attribute of anything else."""
    if isinstance(node, ast.Name):
        return node.id
    return f"{dotted(node.value)}.{node.attr}" if isinstance(node, ast.Attribute) else ""


def span(node: Function) -> int:
    """The lines of a function from its `def` to its end."""
    return (node.end_lineno or node.lineno) - node.lineno + 1


@cache
def repository_files() -> tuple[str, ...]:
    """Every file that is in the repository or would be added to it."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT, capture_output=True, check=True, text=True,
    )  # fmt: skip
    return tuple(sorted(name for name in set(listed.stdout.split("\0")) if name and (ROOT / name).is_file()))
