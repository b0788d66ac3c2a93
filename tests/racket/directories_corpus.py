"""The recorded answers of Racket about directories, and how they compare with ours."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from pltpack.errors import PltError
from pltpack.racket.directories import Directories
from pltpack.racket.foundation import Setting
from pltpack.racket.installation import Installation

FIXTURES = Path(__file__).parents[2] / "fixtures" / "directories"

SYNONYMS = {
    "get-collects-search-dirs": "current-library-collection-paths",
    "get-cross-lib-search-dirs": "get-lib-search-dirs",
}


def cases(name: str) -> list[dict[str, Any]]:
    """The objects of a file of recorded answers."""
    loaded: list[dict[str, Any]] = json.loads((FIXTURES / name).read_text(encoding="utf-8"))
    return loaded


def settings_by_function() -> dict[str, Setting[Any]]:
    """Every setting under Racket's name for it; ``find-system-path`` under the symbol alone."""
    found: dict[str, Setting[Any]] = {}
    for setting in vars(Directories).values():
        if isinstance(setting, Setting):
            found[setting.function.removeprefix("(find-system-path '").rstrip(")")] = setting
    return found


def answer(installation: Installation, setting: Setting[Any]) -> object:
    """Our answer in the form of the recorded ones: ``ERROR`` for an error, no slash at the end of a path."""
    try:
        return plain(setting.rule(installation).value)
    except PltError:
        return "ERROR"


def plain(value: object) -> object:
    """A value as JSON has it: paths as text, ``None`` as ``False``."""
    match value:
        case None:
            return False
        case Path():
            return str(value)
        case tuple() | list():
            return [plain(item) for item in value]
        case _:
            return value


def normalised(value: object) -> object:
    """A recorded value with its paths written as Python writes them."""
    if isinstance(value, list):
        return [normalised(item) for item in value]
    return str(Path(value)) if isinstance(value, str) and value.startswith("/") else value
