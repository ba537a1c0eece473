"""What people read, in both languages, from `chalicelib/texts/*.toml`; no sentence stands in code.

A file is tables of tables; each text is a table of its languages:

    [invalid_phone]
    title = { zh-CN = "手机号码有误", en = "Check the phone number" }
"""

from functools import cache
from pathlib import Path
from typing import Any, Final, Literal

Language = Literal["zh-CN", "en"]

LANGUAGES: Final[tuple[Language, ...]] = ("zh-CN", "en")
DEFAULT: Final[Language] = "zh-CN"

_FOLDER = Path(__file__).parent.parent / "texts"
_BY_PRIMARY_TAG: Final[dict[str, Language]] = {"zh": "zh-CN", "en": "en", "*": DEFAULT}


def text(file: str, key: str, language: Language, **fields: str | int) -> str:
    """Return the text `key` of `chalicelib/texts/<file>.toml`, its placeholders filled from `fields`.

    `key` is a dotted path such as `invalid_phone.title`. KeyError if the text, its language or one of its fields is
    missing: a text is part of the code, so a missing one is a fault and never replaced by something else.
    """
    node: Any = contents(file)
    for name in (*key.split("."), language):
        if not isinstance(node, dict):
            raise KeyError(key)
        node = node[name]
    return str(node).format_map(fields)


@cache
def contents(file: str) -> dict[str, Any]:
    """Return a whole text file, read once per process; KeyError if there is none of that name."""
    import tomllib

    path = _FOLDER / f"{file}.toml"
    if not path.is_file():
        raise KeyError(file)
    return tomllib.loads(path.read_text(encoding="utf-8"))


def language_of(accept_language: str | None) -> Language:
    """Return the language that an `Accept-Language` header prefers (RFC 9110, 12.5.4); Chinese where it says nothing.

    A region does not matter (`en-GB` is English, `zh-TW` Chinese), and a part that cannot be read is passed over.
    """
    best, best_quality = DEFAULT, 0.0
    for part in (accept_language or "").split(","):
        tag, _, parameter = part.partition(";")
        language = _BY_PRIMARY_TAG.get(tag.strip().lower().partition("-")[0])
        quality = _quality(parameter)
        if language is not None and quality > best_quality:
            best, best_quality = language, quality
    return best


def _quality(parameter: str) -> float:
    """Return the weight in `q=0.8`: 1 where none is given, 0 where it is not a weight."""
    name, _, value = parameter.strip().partition("=")
    if not name:
        return 1.0
    try:
        quality = float(value) if name.strip().lower() == "q" else 0.0
    except ValueError:
        return 0.0
    return quality if 0.0 <= quality <= 1.0 else 0.0
