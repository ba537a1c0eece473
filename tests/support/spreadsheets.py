"""What a spreadsheet makes of a file: LibreOffice, without a window, says which cells it computes."""

import shutil
import subprocess
import unicodedata
from dataclasses import dataclass
from pathlib import Path
from xml.etree import ElementTree as ET

PROGRAMS = ("soffice", "libreoffice")
SECONDS = 120

OFFICE, TABLE, TEXT = (f"{{urn:oasis:names:tc:opendocument:xmlns:{kind}:1.0}}" for kind in ("office", "table", "text"))

READ_CSV = "CSV:44,34,76,1,,0,false,true,false,false,false,-1,true"
"""Comma, quotation mark, UTF-8; quoted cells may be numbers, special numbers are sought, and formulas are computed: all that a
careless user can switch on."""

STARTS = "=+-@|\N{MINUS SIGN}"
NO_INK = "\u034f\u115f\u1160\u17b4\u17b5\u2800\u3164\uffa0" + "".join(map(chr, range(0xFE00, 0xFE10)))
"""Nothing to see, though by their category there is."""


def program() -> str | None:
    """LibreOffice on this machine."""
    return next(filter(None, map(shutil.which, PROGRAMS)), None)


@dataclass(frozen=True)
class Sheet:
    """The cells of a sheet, row by row, as they are shown, and the formulas among them."""

    rows: list[list[str]]
    formulas: list[str]


def opened(folder: Path, *files: Path) -> dict[str, Sheet]:
    """What LibreOffice makes of files, by their names. All files of one ending are opened in one start."""
    found = program()
    assert found is not None
    for ending in {file.suffix for file in files}:
        asked = [f"--infilter={READ_CSV}"] if ending == ".csv" else []
        subprocess.run(
            [
                found,
                f"-env:UserInstallation={(folder / 'profile').as_uri()}",
                "--headless",
                *asked,
                "--convert-to",
                "fods",
                "--outdir",
                str(folder / ending[1:]),
                *(str(file) for file in files if file.suffix == ending),
            ],
            check=True,
            capture_output=True,
            timeout=SECONDS,
        )
    return {file.name: _sheet(folder / file.suffix[1:] / f"{file.stem}.fods") for file in files}


def _sheet(path: Path) -> Sheet:
    table = next(ET.parse(path).iter(f"{TABLE}table"))  # noqa: S314  LibreOffice wrote it just now
    rows = [[_shown(cell) for cell in row.iter(f"{TABLE}table-cell")] for row in table.iter(f"{TABLE}table-row")]
    formulas = [formula for cell in table.iter(f"{TABLE}table-cell") if (formula := cell.get(f"{TABLE}formula"))]
    return Sheet(rows, formulas)


def _shown(cell: ET.Element) -> str:
    return "\n".join("".join(paragraph.itertext()) for paragraph in cell.iter(f"{TEXT}p"))


def is_dangerous(cell: str) -> bool:
    """Whether some reader may compute a cell: any of its lines, seen in one spelling, begins as formulas do.

    Written apart from the rule that it judges: it looks for the first character that has ink.
    """
    return any(_first_ink(line)[:1] in tuple(STARTS) for line in cell.splitlines())


def _first_ink(line: str) -> str:
    spelled = unicodedata.normalize("NFKC", line)
    has_ink = (
        place for place, one in enumerate(spelled) if unicodedata.category(one)[0] not in "CZ" and one not in NO_INK
    )
    return spelled[next(has_ink, len(spelled)) :]
