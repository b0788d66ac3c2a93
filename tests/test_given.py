"""Streams that callers bring: of a good one nothing but reading is asked, and one of text is told by its argument."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import pltpack
from pltpack.errors import LimitError
from tests.trees import archive, file

PLT = archive(file("collects", "kit", "main.rkt", data=b"main" * 5000), file("collects", "kit", "b", data=b""))


def _zip() -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as writer:
        writer.writestr("main.rkt", "#lang racket/base\n")
    return made.getvalue()


ZIP = _zip()


class OnlyReads:
    """Has ``read`` and nothing else."""

    def __init__(self, data: bytes) -> None:
        self._stream = io.BytesIO(data)

    def read(self, size: int = -1) -> Any:
        return self._stream.read(size)


class InPieces(OnlyReads):
    def read(self, size: int = -1) -> bytes:
        return self._stream.read(min(size, 3) if size >= 0 else 3)


class Views(OnlyReads):
    def read(self, size: int = -1) -> memoryview:
        return memoryview(super().read(size))


class Arrays(OnlyReads):
    def read(self, size: int = -1) -> bytearray:
        return bytearray(super().read(size))


class Named(OnlyReads):
    name = 7


class Seeks(OnlyReads):
    """Can seek, and does not say so."""

    def seek(self, offset: int, whence: int = 0) -> int:
        return self._stream.seek(offset, whence)

    def tell(self) -> int:
        return self._stream.tell()


class SeeksWithoutTell(OnlyReads):
    """Answers where it stands by seeking to there alone."""

    def seek(self, offset: int, whence: int = 0) -> int:
        return self._stream.seek(offset, whence)


class SeeksInPieces(Seeks, InPieces):
    pass


class SeeksInViews(Seeks, Views):
    pass


class SaysThatItCannot(OnlyReads):
    """As the streams of ``io`` that cannot seek: they have the methods, which raise."""

    def seekable(self) -> bool:
        return False

    def seek(self, *_: object) -> int:
        raise io.UnsupportedOperation("seek")

    def tell(self) -> int:
        raise io.UnsupportedOperation("tell")


CANNOT_SEEK: list[type[OnlyReads]] = [OnlyReads, InPieces, Views, Arrays, Named, SaysThatItCannot]
CAN_SEEK: list[type[OnlyReads]] = [Seeks, SeeksWithoutTell, SeeksInPieces, SeeksInViews]


def _convert(source: Any) -> object:
    sink = io.BytesIO()
    pltpack.convert(source, sink, format="tgz", name="kit")
    return sink.getvalue()


def _edit(source: Any) -> object:
    sink = io.BytesIO()
    pltpack.edit(source, [pltpack.AddFile("new", b"new")], sink)
    return sink.getvalue()


def _archive(source: Any) -> object:
    with pltpack.open_archive(source) as opened:
        return [entry.path for entry in opened]


def _entries(source: Any) -> object:
    with pltpack.open_entries(source, format="plt") as opened:
        return [(entry.path, entry.read() if entry.kind == "file" else None) for entry in opened]


def _extract(source: Any) -> object:
    read: list[int] = []
    found = pltpack.extract(source, "nowhere", dry_run=True, progress=lambda done, _total: read.append(done))
    return len(found.entries), read[-1]


def _summarise(source: Any) -> object:
    found = pltpack.summarise(source, digests="members")
    return found.members, found.size, found.sha256


def _verify(source: Any) -> object:
    found = pltpack.verify(source)
    return found.clean, found.raw_sha256, found.sha256, found.files


def _members(source: Any) -> object:
    with pltpack.PltFile(source) as opened:
        return [opened.read(info) for info in opened if info.is_file()], opened.namelist()


CALLS: dict[str, tuple[str, Callable[[Any], object]]] = {
    "open_archive": ("source", _archive),
    "open_entries": ("source", _entries),
    "extract": ("source", _extract),
    "edit": ("source", _edit),
    "summarise": ("source", _summarise),
    "verify": ("archive", _verify),
    "convert": ("source", _convert),
    "compare": ("a", lambda source: pltpack.compare(source, io.BytesIO(PLT))),
    "compare with": ("b", lambda source: pltpack.compare(io.BytesIO(PLT), source)),
}
SEEKING: dict[str, tuple[str, Callable[[Any], object]]] = {
    "PltFile": ("source", _members),
    "is_pltfile": ("source", pltpack.is_pltfile),
}
ALL = CALLS | SEEKING


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.parametrize("stream", [*CANNOT_SEEK, *CAN_SEEK])
@pytest.mark.parametrize("call", CALLS)
def test_nothing_but_reading_is_asked(call: str, stream: type[OnlyReads]) -> None:
    function = CALLS[call][1]
    assert function(stream(PLT)) == function(io.BytesIO(PLT))


@pytest.mark.parametrize("stream", [*CANNOT_SEEK, *CAN_SEEK])
@pytest.mark.parametrize("call", ["summarise", "verify", "convert"])
def test_formats_are_recognised(call: str, stream: type[OnlyReads]) -> None:
    function = CALLS[call][1]
    assert function(stream(ZIP)) == function(io.BytesIO(ZIP))


@pytest.mark.parametrize("stream", CAN_SEEK)
@pytest.mark.parametrize("call", SEEKING)
def test_what_seeks_is_asked_to(call: str, stream: type[OnlyReads]) -> None:
    function = SEEKING[call][1]
    assert function(stream(PLT)) == function(io.BytesIO(PLT))


@pytest.mark.parametrize("stream", CANNOT_SEEK)
@pytest.mark.parametrize("call", SEEKING)
def test_what_must_seek(call: str, stream: type[OnlyReads]) -> None:
    argument, function = SEEKING[call]
    with pytest.raises(ValueError, match=f"{argument} must be a stream that can seek; open_archive takes any"):
        function(stream(PLT))


class SaysText(Seeks):
    """No stream of ``io``, and gives text."""

    def read(self, size: int = -1) -> str:
        return "PLT" if size else ""


@pytest.mark.parametrize(
    ("given", "message"),
    [
        (lambda: io.StringIO("PLT"), "{} is a stream of text"),
        (lambda: io.TextIOWrapper(io.BytesIO(PLT)), "{} is a stream of text"),
        (lambda: 7, "{} takes a path or a binary stream, not int"),
        (lambda: None, "{} takes a path or a binary stream, not NoneType"),
        (lambda: b"kit.plt", "{} takes a path or a binary stream, not bytes"),
    ],
    ids=["StringIO", "TextIOWrapper", "number", "None", "bytes"],
)
@pytest.mark.parametrize("call", ALL)
def test_the_argument_is_named(call: str, given: Callable[[], object], message: str) -> None:
    argument, function = ALL[call]
    with pytest.raises(TypeError, match=rf"\b{message.format(argument)}"):
        function(given())


@pytest.mark.parametrize("call", ALL)
def test_text_that_nothing_announces(call: str) -> None:
    with pytest.raises(TypeError, match="gives str; a binary stream is wanted"):
        ALL[call][1](SaysText(b""))


@pytest.mark.parametrize("call", ALL)
def test_nothing_yet_is_not_the_end(call: str) -> None:
    class NotYet(Seeks):
        reads = 0

        def read(self, size: int = -1) -> Any:
            self.reads += 1
            return None if self.reads > 3 or size > 64 else self._stream.read(min(size, 8))

    with pytest.raises(BlockingIOError, match="nothing yet and may not wait"):
        ALL[call][1](NotYet(PLT))


@pytest.mark.parametrize("call", ["summarise", "verify", "convert", "compare"])
def test_a_stream_that_does_not_end(call: str) -> None:
    """What is kept of it is bounded."""

    class Endless:
        given = 0

        def read(self, size: int) -> bytes:
            self.given += size
            assert self.given < 1 << 22
            return bytes(size)

    limits = pltpack.Limits(total_bytes=1 << 20)
    function: Callable[..., object] = getattr(pltpack, call)
    others = {"convert": [io.BytesIO()], "compare": [io.BytesIO(PLT)]}.get(call, [])
    options = {"format": "tgz"} if call == "convert" else {}
    with pytest.raises(LimitError, match="the stream gives more than 1048576 bytes"):
        function(Endless(), *others, limits=limits, **options)


def test_more_than_was_asked_for() -> None:
    class TooMuch(OnlyReads):
        def read(self, size: int = -1) -> bytes:
            return self._stream.read(size + 1)

    with pytest.raises(OSError, match="source gives more than it is asked for"):
        pltpack.summarise(TooMuch(ZIP * 5000))  # type: ignore[arg-type]  # which is what the test is about


@pytest.mark.parametrize("call", ALL)
def test_streams_stay_open(call: str) -> None:
    class Open(Seeks):
        def close(self) -> None:
            raise AssertionError("closed")

    stream = Open(PLT)
    ALL[call][1](stream)
    assert stream.read(0) == b""
