"""The package that Lambda runs, made from Chalice's: without what only building needs, and the same for the same input.

Chalice ships all of botocore's service descriptions (15 of 31 MB) and what its own metadata drags in: pip, setuptools, a
prompt for its command line. Times and order of its entries differ from build to build, so that every deployment would
look like a change.
"""

import zipfile
from pathlib import Path, PurePosixPath

MAX_BYTES = 15_000_000
"""What a package may weigh (design §9): a cold start unpacks it."""

INCOMPLETE = "Could not install dependencies"
"""How Chalice says that a wheel for Lambda is missing, before it goes on without it (notes: trap 20)."""

TOO_LARGE = "the package weighs"
"""How `slim` says that a package is."""

SERVICES = frozenset({"dynamodb", "kms", "s3", "secretsmanager", "sns", "sqs", "sts"})
"""The services whose descriptions botocore needs at run time."""

BUILD_ONLY = frozenset(
    {
        "_distutils_hack", "_yaml", "blessed", "click", "distutils-precedence.pth", "editor", "inquirer", "jinxed",
        "packaging", "pip", "pkg_resources", "pycparser", "python_editor", "pyyaml", "readchar", "runs", "setuptools",
        "wcwidth", "wheel", "xmod", "yaml",
    }
)  # fmt: skip
"""Top-level names that Chalice's command line needs and its runtime does not. A test imports `app` from what is left."""

_MOMENT = (1980, 1, 1, 0, 0, 0)
"""The one time in the package: the first that the format can say."""

_UNIX = 3
_MODE = 0o644 << 16


def slim(package: Path) -> None:
    """Rewrite a package in place. Raises ValueError if it is still larger than a package may be."""
    with zipfile.ZipFile(package) as whole:
        entries = {name: whole.read(name) for name in sorted(whole.namelist()) if is_needed(name)}
    with zipfile.ZipFile(package, "w") as slimmed:
        for name, content in entries.items():
            slimmed.writestr(_entry(name), content, zipfile.ZIP_DEFLATED)
    if (size := package.stat().st_size) > MAX_BYTES:
        raise ValueError(f"{TOO_LARGE} {size:,} bytes, more than {MAX_BYTES:,}")


def is_needed(name: str) -> bool:
    """Whether a file of Chalice's package is needed at run time."""
    path = PurePosixPath(name)
    top = path.parts[0].split("-")[0].lower() if path.parts[0].endswith(".dist-info") else path.parts[0]
    if name.endswith("/") or path.suffix == ".pyc" or top in BUILD_ONLY:
        return False
    if path.parts[:2] in {("botocore", "data"), ("boto3", "data")} and len(path.parts) > 3:  # noqa: PLR2004
        return path.parts[2] in SERVICES
    return path.parts[:2] != ("boto3", "examples")


def _entry(name: str) -> zipfile.ZipInfo:
    entry = zipfile.ZipInfo(name, _MOMENT)
    entry.create_system = _UNIX
    entry.external_attr = _MODE
    return entry
