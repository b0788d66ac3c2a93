"""The archives that a server sends: as they are, or packed from an installed package when somebody asks for it."""

from __future__ import annotations

import contextlib
import tempfile
from collections.abc import Iterator
from typing import IO

from pltpack.planet.create import create_planet_archive
from pltpack.planet.release import Release


@contextlib.contextmanager
def opened_archive(release: Release) -> Iterator[tuple[IO[bytes], int]]:
    """The archive of a release as a stream, and its size. Raises ``OSError``, and for one that is packed
    :class:`~pltpack.errors.PltError`."""
    with contextlib.ExitStack() as stack:
        if release.stored == "archive":
            stream: IO[bytes] = stack.enter_context(release.path.open("rb"))
        else:
            folder = stack.enter_context(tempfile.TemporaryDirectory(prefix="pltpack-"))
            made = create_planet_archive(release.path, f"{folder}/{release.package}", force=True)
            stream = stack.enter_context(made.path.open("rb"))
        size = stream.seek(0, 2)
        stream.seek(0)
        yield stream, size
