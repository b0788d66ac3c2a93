"""The gzip layer written by the program ``gzip`` of the search path, as Racket's ``pack`` does where it finds one.

The same program with the same input gives the same bytes, so whole archive files can equal Racket's.
"""

from __future__ import annotations

import contextlib
import queue
import shutil
import struct
import subprocess
import threading
from collections.abc import Iterator

from pltpack.errors import EncodingError

_READ = 1 << 18


class GzipProgram:
    """Encodes like :class:`~pltpack.codec.compression.GzipEncoder`, through a ``gzip`` process."""

    def __init__(self, *, level: int = 6, mtime: int = 0) -> None:
        """Start the process. Raises :class:`EncodingError` if there is no program ``gzip``.

        ``mtime`` (seconds) is put into the header, where ``gzip -n`` leaves nothing.
        """
        program = shutil.which("gzip")
        if program is None:
            raise EncodingError("there is no program gzip on the search path", hint="leave out --gzip-program")
        self._process = subprocess.Popen(
            [program, "-n", "-c", f"-{level}"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )
        self._ready: queue.SimpleQueue[bytes | None] = queue.SimpleQueue()
        self._mtime = struct.pack("<I", mtime)
        self._started = False
        threading.Thread(target=self._collect, name="gzip", daemon=True).start()

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
        """The rest of the member. Raises :class:`EncodingError` if the program failed."""
        assert self._process.stdin is not None
        try:
            self._process.stdin.close()
        except BrokenPipeError:
            raise self._failure() from None
        while (block := self._ready.get()) is not None:
            yield self._with_time(block)
        if self._process.wait() != 0:
            raise self._failure()
        self.close()

    def close(self) -> None:
        """End the process if it still runs."""
        if self._process.poll() is None:
            self._process.kill()
        self._process.wait()
        for stream in (self._process.stdin, self._process.stdout, self._process.stderr):
            if stream is not None and not stream.closed:
                with contextlib.suppress(BrokenPipeError):
                    stream.close()

    def _with_time(self, block: bytes) -> bytes:
        if not self._started and len(block) >= 10:
            block = block[:4] + self._mtime + block[8:]
        self._started = True
        return block

    def _failure(self) -> EncodingError:
        self._process.wait()
        assert self._process.stderr is not None
        said = self._process.stderr.read().decode(errors="replace").strip()
        return EncodingError(
            f"the program gzip failed (exit {self._process.returncode}){': ' + said if said else ''}",
            hint="leave out --gzip-program",
        )
