"""Programs as filters: the data of a file goes in, what comes out takes its place."""

from __future__ import annotations

import contextlib
import os
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Sequence
from typing import BinaryIO, cast

from pltpack.arguments import check_several
from pltpack.editing.changes import FilterFiles
from pltpack.errors import SourceError

VARIABLE = "PLTPACK_ENTRY"
"""What the path in the archive is called in the environment of the program."""


def program_filter(command: Sequence[str], only: Callable[[str], bool] | None = None) -> FilterFiles:
    """The filter that runs a program, without a shell, for each file: data on its standard input, output taken.

    It finds the path in the variable ``PLTPACK_ENTRY``. Raises, when it is used,
    :class:`~pltpack.errors.SourceError` if the program ends with another code than 0, and ``OSError`` if there is none.
    """
    check_several("command", command, "['sed', 's/a/b/']")

    def run(path: str, stream: BinaryIO) -> BinaryIO:
        return _run(command, path, stream)

    return FilterFiles(run) if only is None else FilterFiles(run, only)


def _run(command: Sequence[str], path: str, stream: BinaryIO) -> BinaryIO:
    # A real file: the program writes while we write to it, and nobody waits for the other.
    output = cast("BinaryIO", tempfile.TemporaryFile())  # noqa: SIM115  returned open
    try:
        environment = {**os.environ, VARIABLE: path.replace("\0", "\ufffd")}
        with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=output, env=environment) as process:
            assert process.stdin is not None
            # A program may have seen enough before the end.
            with contextlib.suppress(BrokenPipeError), process.stdin as pipe:
                shutil.copyfileobj(stream, pipe)
        if process.returncode:
            raise SourceError(f"{command[0]} ended with exit code {process.returncode}", entry=path)
        output.seek(0)
    except BaseException:
        output.close()
        raise
    return output
