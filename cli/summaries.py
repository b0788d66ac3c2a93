"""What commands say of themselves, read from their sources: to list all, a hundred modules need not be imported."""

from __future__ import annotations

import ast
import re
from collections.abc import Callable
from pathlib import Path
from typing import Final

_FOLDER: Final = Path(__file__).parent


def stand_in(module: str, function: str) -> Callable[[], None] | None:
    """A function without parameters that says of itself what a command does; ``None`` if its source is not there."""
    try:
        source = (_FOLDER / f"{module.replace('.', '/')}.py").read_text("utf-8")
    except OSError:
        return None
    pattern = rf'^def {function}\((?:[^\n]*|.*?^)\) -> None:\n    (r?""".*?""")'
    found = re.search(pattern, source, re.DOTALL | re.MULTILINE)
    if found is None:
        return None

    def command() -> None:
        pass

    command.__doc__ = ast.literal_eval(found[1])
    return command
