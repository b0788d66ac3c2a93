"""Downloading one archive: resumed where it broke off, its checksums taken on the way to the cache."""

from __future__ import annotations

import json
import os
import re
import threading
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import BinaryIO, Final

from pltpack.dataclass import dataclass
from pltpack.errors import ChecksumError, FetchError
from pltpack.fetch.cache import Cache, CacheEntry, Key
from pltpack.fetch.transport import Answer, NetworkPolicy, Transport, read_all, refused, shown, too_large
from pltpack.input import Progress
from pltpack.pkg.checksum import digests

_ABSENT: Final = (404, 410)
_SHA1: Final = re.compile(rb"[0-9a-f]{40}")
_LONGEST_CHECKSUM: Final = 4096
_SPAN: Final = re.compile(r"bytes (\d+)-\d+/(\d+|\*)")


@dataclass(frozen=True, slots=True)
class Download:
    """Where an archive is, and what it should be: ``checksum`` its SHA-1 if that is known."""

    url: str
    checksum: str | None = None

    @property
    def key(self) -> Key:
        """What it is looked for by in the cache."""
        return ("archive", shown(self.url), self.checksum or "")


def download(
    wanted: Download,
    cache: Cache,
    transport: Transport,
    *,
    policy: NetworkPolicy = NetworkPolicy(),
    pause: Callable[[float], object] | None = None,
    progress: Progress | None = None,
) -> CacheEntry:
    """Have an archive in the cache, whole and with the checksum that is wanted.

    What another run has begun is continued, if the server knows how and the content has not changed; what breaks off is
    tried again ``policy.retries`` times. Raises :class:`~pltpack.errors.FetchError`,
    :class:`~pltpack.errors.ChecksumError`, :class:`~pltpack.errors.LimitError`, ``OSError``.
    """
    pause = pause or threading.Event().wait
    with cache.partial(wanted.key) as stream:
        for seconds in policy.pauses():
            try:
                _continue(wanted, stream, transport, policy, progress)
                break
            except FetchError as error:
                if error.status is not None or seconds is None:
                    raise
            pause(seconds)
        stream.flush()
        stream.seek(0)
        found = digests(stream)
        if wanted.checksum is not None and found.sha1 != wanted.checksum:
            stream.truncate(0)
            _forget(stream)
            raise mismatch(wanted.url, wanted.checksum, found.sha1)
        _forget(stream)
        entry = cache.add_file(Download(wanted.url, found.sha1).key, Path(stream.name), found)
    if wanted.checksum is None:
        # For those who ask again without a network.
        cache.link(entry, wanted.key)
    return entry


def mismatch(source: str, wanted: str, found: str) -> ChecksumError:
    """The error for content of another checksum."""
    return ChecksumError(
        f"it has the checksum {found}, and should have {wanted!r}",
        file=shown(source),
        hint="it is damaged, or was replaced after the catalog was made",
    )


def remote_checksum(url: str, transport: Transport) -> str | None:
    """What ``URL.CHECKSUM`` says of an archive; ``None`` if there is no such file.

    Its whole content must be 40 digits. Raises :class:`~pltpack.errors.ChecksumError`, ``FetchError``.
    """
    address = with_suffix(url, ".CHECKSUM")
    with transport.get(address) as answer:
        if answer.status in _ABSENT:
            return None
        if answer.status != 200:
            raise refused(answer)
        text = read_all(answer, _LONGEST_CHECKSUM)
    if not _SHA1.fullmatch(text):
        hint = "40 digits in lower case and nothing else, not even a newline, or raco pkg refuses the package"
        raise ChecksumError(f"the file holds {text[:60]!r}, which is no checksum", file=shown(address), hint=hint)
    return text.decode("ascii")


def with_suffix(url: str, suffix: str) -> str:
    """A URL with something put to the end of its path."""
    end = min((at for mark in "?#" if (at := url.find(mark)) >= 0), default=len(url))
    return url[:end] + suffix + url[end:]


def _continue(
    wanted: Download, stream: BinaryIO, transport: Transport, policy: NetworkPolicy, progress: Progress | None
) -> None:
    """Ask for what is missing, and take what comes."""
    if not _taken(wanted, stream, transport, policy, progress):
        # All of it is there, or something else is at the place now.
        stream.truncate(0)
        _forget(stream)
        _taken(wanted, stream, transport, policy, progress)


def _taken(
    wanted: Download, stream: BinaryIO, transport: Transport, policy: NetworkPolicy, progress: Progress | None
) -> bool:
    """Whether the server has such a part, which then is taken."""
    start = stream.seek(0, os.SEEK_END)
    mark = _mark(stream)
    # Without a mark of the server the checksum tells in the end whether the parts belong together.
    headers: Mapping[str, str] = {}
    if start and (mark or wanted.checksum):
        headers = {"Range": f"bytes={start}-", **({"If-Range": mark} if mark else {})}
    with transport.get(wanted.url, headers=headers) as answer:
        if answer.status == 416 and headers:
            return False
        span = _SPAN.fullmatch(answer.headers.get("content-range", ""))
        if answer.status == 206 and headers and span and int(span[1]) == start:
            done = start
        elif answer.status == 200:
            stream.truncate(0)
            done = 0
            _remember(stream, answer)
        elif answer.status in _ABSENT:
            raise refused(answer, "the source is gone from there")
        else:
            raise refused(answer)
        left = answer.headers.get("content-length", "")
        total = done + int(left) if left.isdigit() else None
        if total is not None and total > policy.largest:
            raise too_large(answer.url, policy.largest)
        for block in answer.blocks():
            stream.write(block)
            done += len(block)
            if done > policy.largest:
                raise too_large(answer.url, policy.largest)
            if progress is not None:
                progress(done, total)
        stream.flush()
    return True


def _mark_file(stream: BinaryIO) -> str:
    return f"{stream.name}.mark"


def _remember(stream: BinaryIO, answer: Answer) -> None:
    """Keep the mark by which the server tells this content from others; a weak one does not do."""
    mark = answer.headers.get("etag", "")
    if not mark or mark.startswith("W/"):
        mark = answer.headers.get("last-modified", "")
    with open(_mark_file(stream), "w", encoding="utf-8") as file:
        json.dump(mark, file)


def _mark(stream: BinaryIO) -> str:
    try:
        with open(_mark_file(stream), encoding="utf-8") as file:
            mark = json.load(file)
    except (OSError, ValueError):
        return ""
    return mark if isinstance(mark, str) and mark.isprintable() else ""


def _forget(stream: BinaryIO) -> None:
    Path(_mark_file(stream)).unlink(missing_ok=True)
