"""URL directories: a ``MANIFEST`` that lists the files, fetched one by one."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Final
from urllib.parse import quote, urlsplit, urlunsplit

from pltpack.codec.limits import Limits
from pltpack.errors import FetchError, LimitError
from pltpack.fetch.transport import Transport, read_all, refused, shown
from pltpack.formats.judgement import Judgement
from pltpack.formats.paths import Members
from pltpack.input import Progress

_ABSENT: Final = (404, 410)
_LONGEST: Final = 16 << 20
_LONGEST_CHECKSUM: Final = 4096


def directory_checksum(url: str, transport: Transport) -> str | None:
    """What ``.CHECKSUM`` in a URL directory says, any text; ``None`` if there is none. Raises ``FetchError``."""
    text = _file(
        _inside(url, ".CHECKSUM") if _path_of(url).endswith("/") else _after(url), transport, _LONGEST_CHECKSUM
    )
    return None if text is None else text.decode("utf-8", "replace")


def fetch_directory(
    url: str, place: Path, transport: Transport, *, limits: Limits = Limits(), progress: Progress | None = None
) -> None:
    """Fetch every file that the ``MANIFEST`` lists to below ``place``, an empty directory.

    Raises :class:`~pltpack.errors.FetchError`, :class:`~pltpack.errors.UnsafePathError` for a path that leads out,
    :class:`~pltpack.errors.LimitError`, ``OSError``.
    """
    manifest = _file(_inside(url, "MANIFEST"), transport, _LONGEST)
    if manifest is None:
        hint = f"if it is a repository, write git+{shown(url)}, or {shown(url).rstrip('/')}.git"
        raise FetchError("there is no MANIFEST, which a directory of files needs", file=shown(url), hint=hint)
    paths = _listed(manifest, url, limits)
    done = 0
    for path in paths:
        data = _file(_inside(url, path), transport, min(limits.file_bytes, limits.total_bytes - done))
        if data is None:
            raise FetchError(f"the MANIFEST lists {path}, which is not there", file=shown(url))
        target = place.joinpath(*path.split("/"))
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(data)
        done += len(data)
        if progress is not None:
            progress(done, None)


def _listed(manifest: bytes, url: str, limits: Limits) -> Sequence[str]:
    judgement = Judgement(name=shown(url))
    members = Members(limits, judgement)
    paths = [members.add(os.fsdecode(line), "file") for line in manifest.splitlines() if line]
    judgement.check()
    if len(paths) > limits.entries:
        raise LimitError(f"the MANIFEST lists more than {limits.entries} files", file=shown(url))
    return paths


def _file(url: str, transport: Transport, most: int) -> bytes | None:
    with transport.get(url) as answer:
        if answer.status in _ABSENT:
            return None
        if answer.status != 200:
            raise refused(answer)
        return read_all(answer, most)


def _inside(url: str, path: str) -> str:
    """The URL of a file in a URL directory, with or without a slash at its end."""
    parts = urlsplit(url)
    return urlunsplit(parts._replace(path=f"{parts.path.removesuffix('/')}/{quote(path)}", fragment=""))


def _after(url: str) -> str:
    parts = urlsplit(url)
    return urlunsplit(parts._replace(path=f"{parts.path}.CHECKSUM", fragment=""))


def _path_of(url: str) -> str:
    return urlsplit(url).path
