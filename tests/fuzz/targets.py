"""What is fuzzed: one function for each kind of input, which takes any bytes and asserts what must hold.

Only errors of pltpack may come out of pltpack, whatever the input; each function drops those, and lets everything
else pass: other exceptions are defects, as is an assertion that fails here.
"""

from __future__ import annotations

import contextlib
import io
import json
import os
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Final, TypeAlias

from pltpack.codec.compression import Compression
from pltpack.codec.entries import Directory, display_path
from pltpack.codec.grammar import gzip_header, parse_archive, parse_raw
from pltpack.codec.header import Preamble
from pltpack.codec.limits import Limits
from pltpack.codec.reader import ArchiveReader
from pltpack.datum.pretty import pretty_lines
from pltpack.datum.reader import END, DatumLimits, MoreInput, read_datum
from pltpack.datum.values import same_datum
from pltpack.datum.writer import encode_datum
from pltpack.errors import FormatError, LimitError, PltError
from pltpack.inspection.summary import summarise
from pltpack.inspection.verify import verify
from pltpack.pkg.compare import compare
from pltpack.pkg.convert import convert
from pltpack.pkg.entries import BytesContent, Entry
from pltpack.pkg.formats import Format, entry_reader, entry_writer
from pltpack.pkg.metadata import read_metadata
from pltpack.pkg.recognise import by_content
from pltpack.pkg.source import parse_source
from pltpack.pkg.view import View
from pltpack.racket.config import KEYS, Config
from pltpack.racket.info import InfoLimits, parse_info
from pltpack.racket.info_json import json_value
from pltpack.racket.links import parse_links
from pltpack.racket.packages import read_packages
from pltpack.unpacker.destination import Existing, Root
from pltpack.unpacker.memory import MemoryDestination
from pltpack.unpacker.paths import PathGuard, PathPolicy, SafePath
from pltpack.unpacker.placer import Placer
from pltpack.unpacker.recovery import open_base
from pltpack.unpacker.staging import area_name
from tests.streams import Content, ShortReads, written

Target: TypeAlias = Callable[[bytes], object]

LIMITS: Final = Limits(
    entries=2000, total_bytes=1 << 20, file_bytes=1 << 20, header_bytes=1 << 16, entry_bytes=1 << 12, depth=200
)
"""Small, so that an input of some kilobytes can meet each of them."""
DATUM: Final = DatumLimits(depth=200, length=1 << 16, count=20_000)
AMPLE: Final = DatumLimits(depth=2000, length=1 << 30, count=10_000_000)
INFO: Final = InfoLimits(datum=DATUM, work=20_000)


# The archive


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
    again = meaning.preamble().header()
    assert repr(again) == repr(meaning), "the header changes its meaning"  # repr: nan is itself there


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
    """What lies in a destination as if an unpack had died there: the owner file, a NUL byte, the journal.

    Only the folder that is kept for unpacking, and what it says to have moved, may change.
    """
    owner, _, journal = data.rpartition(b"\0")
    with tempfile.TemporaryDirectory(prefix="pltpack-fuzz-") as folder:
        base = Path(folder, "target")
        area = base / area_name().decode()
        for part in ("new", "old"):
            (area / part).mkdir(parents=True)
        (area / "old/1").write_bytes(b"old")
        (area / "owner").write_bytes(owner or b'{"transaction": "t", "areas": ["."]}')
        (area / "journal").write_bytes(journal)
        for mine in (base / "mine", Path(folder, "outside")):
            mine.write_bytes(b"mine")
        held: set[tuple[int, int]] = set()
        with contextlib.suppress(PltError, OSError):
            os.close(open_base(str(base), held))
        assert (base / "mine").read_bytes() == b"mine"
        assert Path(folder, "outside").read_bytes() == b"mine"
        assert set(os.listdir(folder)) == {"target", "outside"}


# Racket's notation


def datum(data: bytes) -> None:
    """One datum: reading does not depend on where the text is cut, and writing on nothing but the value."""
    outcome = _datum(data, final=True)
    early = _datum(data, final=False)
    if early != "more":
        for suffix in (b"", b"x", b")", b" ", b"\xa0", b'"', b"#|"):
            later = _datum(data + suffix, final=True)
            assert _agree(early, later), f"the outcome is not final before {suffix!r}"
    cut = _datum(data[: len(data) * 2 // 3], final=False)
    assert cut == "more" or _agree(cut, outcome), "the outcome depends on the cut"
    if isinstance(outcome, tuple) and outcome[0] is not END:
        _check_written(outcome[0])


def _datum(data: bytes, *, final: bool) -> Any:
    """The datum and its end, ``more`` or ``wrong``."""
    try:
        return read_datum(data, final=final, limits=DATUM)
    except MoreInput:
        assert not final
        return "more"
    except PltError as error:
        str(error)
        return "wrong"


def _agree(early: Any, later: Any) -> bool:
    if isinstance(early, str) or isinstance(later, str):
        return bool(early == later) if isinstance(early, str) and isinstance(later, str) else False
    if early[0] is END or later[0] is END:
        return early[0] is later[0]
    return early[1] == later[1] and same_datum(early[0], later[0])


def _check_written(value: Any) -> None:
    text = encode_datum(value)
    if "Extflonum(" in repr(value):
        return  # #xAt3 is written without its base, by Racket too
    again, end = read_datum(text, limits=AMPLE)
    assert same_datum(again, value), "what is written reads as something else"
    assert end == len(text), "what is written reads as more than one datum"
    assert encode_datum(again) == text, "what is written differs the second time"
    printed = "\n".join(pretty_lines(value)).encode()
    again, end = read_datum(printed, limits=AMPLE)
    assert same_datum(again, value), "what is printed for people reads as something else"


# Files of an installation and of packages

_FIELDS: Final = ("name", "version", "package_version", "requires", "conflicts", "collection", "deps", "build_deps")


def info(data: bytes) -> None:
    """An info file: evaluated within bounds, each field a value or an error of its own."""
    try:
        fields = parse_info(data, limits=INFO)
    except PltError as error:
        str(error)
        return
    for problem in fields.spoiled.values():
        str(problem)
    for name in _FIELDS:
        with contextlib.suppress(PltError):
            getattr(fields, name)
    for name in fields:
        with contextlib.suppress(PltError):
            fields.paths(name)
    with contextlib.suppress(PltError):
        str(fields.package_content_state)
    read_metadata("x", fields)
    for name in set(fields) - set(fields.spoiled):
        with contextlib.suppress(PltError):
            json.dumps(json_value(fields[name]))


def settings(data: bytes) -> None:
    """``config.rktd``, a links file and ``pkgs.rktd``."""
    with contextlib.suppress(PltError):
        config = Config.parse(data)
        for key, kind in KEYS.items():
            read: Mapping[str, Callable[[str], object]] = {
                "path": config.path, "paths": config.search_list, "string": config.string, "strings": config.strings,
                "flag": config.flag, "number": config.number, "module": config.module,
                "roots": lambda _: config.compiled_file_roots(),
            }  # fmt: skip
            with contextlib.suppress(PltError):
                read[kind](key)
        str(config.installation_name)
    with contextlib.suppress(PltError):
        for link in parse_links(data, Path("/nowhere/links.rktd"), "8.7"):
            assert link.directory.is_absolute()
    with tempfile.TemporaryDirectory(prefix="pltpack-fuzz-") as folder, contextlib.suppress(PltError):
        Path(folder, "pkgs.rktd").write_bytes(data)
        list(read_packages(Path(folder), "user"))


def source(data: bytes) -> None:
    """The text of a package source."""
    text = data.decode("utf-8", "surrogateescape")
    with contextlib.suppress(PltError):
        str(parse_source(text))


# Packages


def zip(data: bytes) -> None:
    """A zip package."""
    _package(data, "zip")


def tar(data: bytes) -> None:
    """A tar package, compressed or not."""
    _package(data, "tgz")


def _package(data: bytes, format: Format) -> None:
    """Paths are safe and each the name of one thing; what was read is written and read again."""
    by_content(data)
    entries = _entries(data, format)
    if entries is None:
        return
    copy = io.BytesIO()
    try:
        with entry_writer(copy, format, name="x") as writer:
            for entry, _ in entries:
                writer.add(entry)
    except PltError:
        return
    again = _entries(copy.getvalue(), format)
    assert again is not None, "the copy cannot be read"
    assert [(entry.path, entry.kind, content) for entry, content in again] == [
        (entry.path, entry.kind, content) for entry, content in entries
    ], "the copy has another content"


def _entries(data: bytes, format: Format) -> list[tuple[Entry, bytes]] | None:
    """The entries with their data, checked; ``None`` for what is no package."""
    found: list[tuple[Entry, bytes]] = []
    try:
        with entry_reader(io.BytesIO(data), format, limits=LIMITS) as reader:
            for entry in reader:
                content = entry.read() if entry.kind == "file" else b""
                assert len(content) == entry.size
                kept = BytesContent(content) if entry.kind == "file" else None
                copied = Entry(entry.path, entry.kind, entry.mode, entry.mtime, entry.size, kept, entry.target)
                found.append((copied, content))
    except PltError as error:
        str(error)
        return None
    names = [entry.path for entry, _ in found]
    for name in names:
        assert all(part not in ("", ".", "..") and "\0" not in part for part in name.split("/")), name
    files = {entry.path for entry, _ in found if entry.kind != "directory"}
    assert len(files) == sum(entry.kind != "directory" for entry, _ in found), "two files have one name"
    return found


def converted(data: bytes) -> None:
    """Any archive, written in another format: nothing is gone, and nothing new, but what the conversion reports."""
    target: Format = ("zip", "tgz", "plt")[len(data) % 3]
    view: View = "stored" if len(data) % 2 else "package"
    with tempfile.TemporaryDirectory(prefix="pltpack-fuzz-") as folder, contextlib.suppress(PltError):
        place = Path(folder, f"x.{target}")
        done = convert(io.BytesIO(data), place, view=view, limits=LIMITS)
        comparison = compare(io.BytesIO(data), place, view=view, limits=LIMITS)
        reported = {path for loss in done.losses for path in loss.paths} | set(done.dropped)
        copies = tuple(f"{path}/" for path in reported)  # of what a link points to
        assert all(path in done.added or path.startswith(copies) for path in comparison.added), "something is new"
        assert set(comparison.removed) <= reported, "something is gone"
        assert {change.path for change in comparison.changed} <= reported, "something has changed"


TARGETS: Final[Mapping[str, Target]] = {
    "archive": archive,
    "raw": raw,
    "header": header,
    "checked": checked,
    "extract": extract,
    "leftovers": leftovers,
    "datum": datum,
    "info": info,
    "settings": settings,
    "source": source,
    "zip": zip,
    "tar": tar,
    "converted": converted,
}
"""Every target by its name."""
