"""The gzip layer written by the program ``gzip`` of the search path, as Racket's ``pack`` does where it finds one.

The same program with the same input gives the same bytes, so whole archive files can equal Racket's.
"""

from __future__ import annotations

import contextlib
import queue
import shutil
import struct
import subprocess
import tempfile
import threading
from collections.abc import Iterator
from typing import Final

from pltpack.errors import EncodingError

_READ: Final = 1 << 18
_HEADER: Final = 10
"""Bytes of a gzip header without fields."""
_MOST_SAID: Final = 2000
"""Bytes of a complaint that are passed on."""


class GzipProgram:
    """Encodes like :class:`~pltpack.codec.compression.GzipEncoder`, through a ``gzip`` process."""

    def __init__(self, *, level: int = 6, mtime: int = 0) -> None:
        """Start the process. Raises :class:`EncodingError` if there is no program ``gzip``.

        ``mtime`` (seconds) is put into the header, where ``gzip -n`` leaves nothing.
        """
        program = shutil.which("gzip")
        if program is None:
            raise EncodingError("there is no program gzip on the search path", hint="leave out --gzip-program")
        # A file, not a pipe: nobody reads it before the end.
        self._messages = tempfile.TemporaryFile()  # noqa: SIM115  (closed by close)
        try:
            self._process = subprocess.Popen(
                [program, "-n", "-c", f"-{level}"],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=self._messages,
            )
        except BaseException:
            self._messages.close()
            raise
        self._ready: queue.SimpleQueue[bytes | None] = queue.SimpleQueue()
        self._mtime = struct.pack("<I", mtime)
        self._head: bytes | None = b""
        self._collector = threading.Thread(target=self._collect, name="gzip", daemon=True)
        self._collector.start()

    def _collect(self) -> None:
        assert self._process.stdout is not None
        while block := self._process.stdout.read(_READ):
            self._ready.put(block)
        self._ready.put(None)

    def encode(self, data: bytes) -> Iterator[bytes]:
        """Take ``data`` (any size); yields what is ready of the member."""
        assert self._process.stdin is not None
        try:
            self._process.stdin.write(data)
        except BrokenPipeError:
            raise self._failure() from None
        while not self._ready.empty():
            block = self._ready.get()
            if block is None:
                raise self._failure()
            yield self._with_time(block)

    def finish(self) -> Iterator[bytes]:
        """The rest of the member. Raises :class:`EncodingError` if the program failed or wrote less than a header."""
        assert self._process.stdin is not None
        try:
            self._process.stdin.close()
        except BrokenPipeError:
            raise self._failure() from None
        while (block := self._ready.get()) is not None:
            yield self._with_time(block)
        if self._process.wait() != 0 or self._head is not None:
            raise self._failure()
        self.close()

    def close(self) -> None:
        """End the process if it still runs."""
        if self._process.poll() is None:
            self._process.kill()
        self._process.wait()
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        with contextlib.suppress(BrokenPipeError):
            self._process.stdin.close()
        self._collector.join()
        self._process.stdout.close()
        self._messages.close()

    def _with_time(self, block: bytes) -> bytes:
        """The block with the time in the header; the first bytes wait until the header is there."""
        if self._head is None:
            return block
        self._head += block
        if len(self._head) < _HEADER:
            return b""
        whole, self._head = self._head, None
        return whole[:4] + self._mtime + whole[8:]

    def _failure(self) -> EncodingError:
        self._process.wait()
        self._messages.seek(0)
        said = self._messages.read(_MOST_SAID).decode(errors="replace").strip()
        return EncodingError(
            f"the program gzip failed (exit {self._process.returncode}){': ' + said if said else ''}",
            hint="leave out --gzip-program",
        )
