"""Arguments of calls: a single string where several are meant would be taken letter by letter."""

from __future__ import annotations

import os


def check_several(argument: str, value: object, example: str = "['a', 'b']") -> None:
    """Raises ``TypeError`` that names the ``argument`` for a string or a path where a sequence of them is meant."""
    if isinstance(value, str | bytes | os.PathLike):
        raise TypeError(f"{argument} takes several, such as {example}, not a single {value!r}")
