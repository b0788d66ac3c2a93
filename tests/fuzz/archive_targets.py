"""Targets for archives: reading them, judging them, unpacking them, and what an unpack leaves behind."""

from __future__ import annotations

import contextlib
import io
import os
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

from pltpack.codec.compression import Compression
from pltpack.codec.entries import Directory, display_path
from pltpack.codec.grammar import gzip_header, parse_archive, parse_raw
from pltpack.codec.header import Preamble
from pltpack.codec.reader import ArchiveReader
from pltpack.conversion.header_fields import header_fields
from pltpack.datum.reader import END, read_datum
from pltpack.datum.values import same_datum
from pltpack.errors import FormatError, LimitError, PltError
from pltpack.inspection.summary import summarise
from pltpack.inspection.verify import verify
from pltpack.transaction.destination import Existing, Root
from pltpack.transaction.lock import Lock
from pltpack.transaction.memory import MemoryDestination
from pltpack.transaction.paths import SafePath
from pltpack.transaction.recovery import open_base
from pltpack.transaction.staging import area_name
from pltpack.transaction.state import State
from pltpack.unpacker.paths import PathGuard, PathPolicy
from pltpack.unpacker.placer import Placer
from tests.fuzz.bounds import DATUM, LIMITS
from tests.streams import Content, ShortReads, written
from tests.trees import picture


def archive(data: bytes) -> None:
    """A whole file: read strictly, as Racket reads, and in small pieces; what was read is written and read again."""
    content, error = _read(io.BytesIO(data), strict=True)
    lenient, lenient_error = _read(io.BytesIO(data), strict=False)
    pieces, pieces_error = _read(ShortReads(data, 1 + len(data) % 7), strict=True)
    if not isinstance(error or pieces_error, LimitError):
        assert (error is None) == (pieces_error is None), "the pieces decide whether it is an archive"
    least = min(len(content), len(pieces)) if error else len(content)  # damage may show earlier or later
    assert content[:least] == pieces[:least], "the content depends on the pieces"
    if error is None:
        assert lenient_error is None, "leniency refuses what is right"
        assert content == lenient, "leniency changes the content"
    with contextlib.suppress(PltError):
        gzip_header(data)
    _check_grammar(parse_archive, data, content, error)


def raw(data: bytes) -> None:
    """A raw stream, behind ``PLT``; what the declared grammar reads, the reader reads alike."""
    data = data if data.startswith(b"PLT") else b"PLT\n" + data
    content, error = _read(io.BytesIO(data), strict=True)
    pieces, pieces_error = _read(ShortReads(data, 1 + len(data) % 5), strict=True)
    assert content == pieces, "the content depends on the pieces"
    assert _same_end(error, pieces_error), "the error depends on the pieces"
    _check_grammar(parse_raw, data, content, error)


def header(data: bytes) -> None:
    """The two data before the entries: their meaning, if they have one, survives being written."""
    try:
        info, at = read_datum(data, limits=DATUM)
        unit, _ = read_datum(data, at, limits=DATUM)
    except PltError:
        return
    if info is END or unit is END:
        return
    _check_header(Preamble(info, unit))


def _read(stream: io.BytesIO, *, strict: bool) -> tuple[Content, PltError | None]:
    """The entries up to the end or the error; a whole archive is written and read again."""
    content: Content = []
    try:
        with ArchiveReader(stream, limits=LIMITS, strict=strict) as reader:
            preamble = reader.preamble
            for entry in reader:
                if isinstance(entry, Directory):
                    content.append((entry.path, None, False))
                else:
                    content.append((entry.path, entry.body.read(), entry.replace))
                    assert len(content[-1][1] or b"") == entry.size
    except PltError as error:
        str(error)
        return content, error
    if strict and isinstance(stream, io.BytesIO) and type(stream) is io.BytesIO:
        _check_header(preamble)
        _check_copy(preamble, content)
    return content, None


def _check_grammar(
    parse: Callable[[bytes], tuple[Preamble, Any]], data: bytes, content: Content, error: PltError | None
) -> None:
    """What the declared grammar reads, the reader reads alike."""
    if len(data) > 4096 or isinstance(error, LimitError):
        return
    try:
        _, entries = parse(data)
    except PltError:
        return
    declared = [(path, None if tag == "dir" else body, tag == "file-replace") for tag, path, body in entries]
    assert error is None, "the grammar reads what the reader refuses"
    assert declared == content, "the grammar reads something else"


def _check_copy(preamble: Preamble, content: Content) -> None:
    for encode in (True, False):
        copy = written(preamble, content, encode=encode, compression=Compression(level=1))
        with ArchiveReader(io.BytesIO(copy)) as reader:
            again: Content = [
                (entry.path, None, False)
                if isinstance(entry, Directory)
                else (entry.path, entry.body.read(), entry.replace)
                for entry in reader
            ]
            assert again == content, "the copy has another content"
            assert same_datum(reader.preamble.info, preamble.info), "the copy has another info procedure"
            assert same_datum(reader.preamble.unit, preamble.unit), "the copy has another unit"


def _check_header(preamble: Preamble) -> None:
    try:
        meaning = preamble.header()
    except PltError as error:
        str(error)
        return
    dict(header_fields(meaning))
    today = meaning.preamble()
    again = today.header().preamble()
    assert same_datum([today.info, today.unit], [again.info, again.unit]), "the header changes its meaning"


def _same_end(left: PltError | None, right: PltError | None) -> bool:
    return type(left) is type(right) or isinstance(left, LimitError) or isinstance(right, LimitError)


def checked(data: bytes) -> None:
    """Verification raises nothing, and reports damage where and only where reading fails; a summary may refuse."""
    report = verify(io.BytesIO(data), limits=LIMITS)
    if report.format == "plt":
        _, error = _read(ShortReads(data, 1 << 16), strict=True)
        damaged = any(finding.level.value == "damage" for finding in report.findings)
        assert damaged == isinstance(error, FormatError), "verification and reading disagree"
    with contextlib.suppress(PltError):
        summarise(io.BytesIO(data), digests="members", limits=LIMITS)


# Unpacking

_POLICIES: Final = (
    PathPolicy.within(LIMITS),
    PathPolicy(sanitize=True),
    PathPolicy(portable=True),
    PathPolicy("windows"),
    PathPolicy("windows", sanitize=True),
)


def extract(data: bytes) -> None:
    """Into a destination in memory, with every policy: nothing outside, no file that is a directory."""
    data = data if data.startswith(b"PLT") else b"PLT\n()()" + data
    for policy in _POLICIES:
        destination = MemoryDestination()
        root = Root(Path("/nowhere"))

        def below(path: SafePath, /, *, file: bool, root: Root = root) -> tuple[Root, SafePath] | None:
            return (root, path) if path or not file else None

        with contextlib.suppress(PltError), ArchiveReader(io.BytesIO(data), limits=LIMITS) as reader, destination:
            placer = Placer(destination, PathGuard(policy), below, Existing.ERROR)
            destination.make_directory(root, ())
            for entry in reader:
                target = placer.place(entry)
                assert target is None or _is_safe(target.path, policy), display_path(entry.path)
            placer.refuse(None)
            destination.commit()
        _check_tree(destination, root)


def _is_safe(path: SafePath, policy: PathPolicy) -> bool:
    separators = "/\0\\:" if policy.platform == "windows" else "/\0"
    return all(name not in ("", ".", "..") and not set(name) & set(separators) for name in path)


def _check_tree(destination: MemoryDestination, root: Root) -> None:
    assert set(destination.trees) <= {root}
    tree = destination.trees.get(root, {})
    for path in tree:
        assert not path or tree.get(path[:-1], b"") is None, "a parent is no directory"


def leftovers(data: bytes) -> None:
    """What lies in a destination as if an unpack had died there: an owner file, a NUL byte, a journal.

    They lie among our own records, too, as they never should. Nothing may change that these do not claim.
    """
    owner, _, journal = data.rpartition(b"\0")
    with tempfile.TemporaryDirectory(prefix="pltpack-fuzz-") as folder:
        base = Path(folder, "target")
        area = base / area_name().decode()
        records = Path(folder, "records")
        records.mkdir(0o700)
        for part in ("new", "old"):
            (area / part).mkdir(parents=True)
        (area / "old/1").write_bytes(b"old")
        (area / "owner").write_bytes(owner or b'{"transaction": "t", "areas": ["."]}')
        (area / "journal").write_bytes(journal)
        (records / "t.claim").write_bytes(owner)
        (records / "t.journal").write_bytes(journal)
        for mine in (base / "mine", Path(folder, "outside")):
            mine.write_bytes(b"mine")
        before = picture(base)
        state = State(os.open(records, os.O_RDONLY), str(records))
        held: dict[tuple[int, int], Lock] = {}
        with contextlib.suppress(PltError, OSError):
            os.close(open_base(str(base), state, held))
        for lock in held.values():
            lock.release()
        state.close()
        assert picture(base) == before
        assert Path(folder, "outside").read_bytes() == b"mine"
        assert set(os.listdir(folder)) == {"target", "outside", "records"}
