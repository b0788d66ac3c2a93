"""Comparing two packages, archives or directories, each in any format."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import BinaryIO, Final, Literal, TypeAlias

from pltpack.codec.header import Preamble
from pltpack.codec.limits import Limits
from pltpack.conversion.header_fields import header_fields
from pltpack.conversion.spool import spooled
from pltpack.conversion.text_diff import TextDiff
from pltpack.datum.values import same_datum
from pltpack.datum.writer import write_datum
from pltpack.errors import HeaderError
from pltpack.formats.entries import Entry, Kind, chunks
from pltpack.formats.formats import FORMATS, Format
from pltpack.formats.recognise import recognise
from pltpack.given import seekable
from pltpack.input import Progress, StrPath
from pltpack.pkg.view import PackageReader, View
from pltpack.visible import html_table

Aspect: TypeAlias = Literal["kind", "content", "mode", "target", "replace"]

TEXT_LIMIT: Final = 1 << 20
"""Bytes up to which a file's text is compared line by line."""


@dataclass(frozen=True, slots=True)
class State:
    """What one side has at a path. ``mode`` is ``None`` where the format has none, or the directory no entry."""

    kind: Kind
    size: int = 0
    sha256: str = ""
    mode: int | None = None
    target: str = ""
    replace: bool = False


@dataclass(frozen=True, slots=True)
class Change:
    """A path that both sides have, and in which of its aspects they differ."""

    path: str
    aspects: tuple[Aspect, ...]
    before: State
    after: State


@dataclass(frozen=True, slots=True, repr=False)
class Comparison:
    """How ``b`` differs from ``a``.

    ``header`` lists the fields of two ``.plt`` headers that differ: name, before, after. ``view``: how both were
    looked at (see :data:`~pltpack.pkg.view.View`).
    """

    view: View
    formats: tuple[Format, Format]
    added: Mapping[str, State]
    removed: Mapping[str, State]
    changed: tuple[Change, ...]
    header: tuple[tuple[str, str, str], ...] = ()
    same: int = 0
    """How many paths are the same on both sides."""

    def __repr__(self) -> str:
        return (
            f"Comparison({'equal' if self.equal else 'different'}: {len(self.added)} added, "
            f"{len(self.removed)} removed, {len(self.changed)} changed, {self.same} the same, "
            f"{len(self.header)} fields of the header)"
        )

    def _repr_html_(self) -> str:
        """A table of the differences, as a notebook shows it; of many the first."""
        rows: list[tuple[object, ...]] = [("~", f"header: {name}", *values) for name, *values in self.header]
        rows += [("-", path, state.kind, "") for path, state in self.removed.items()]
        rows += [("+", path, "", state.kind) for path, state in self.added.items()]
        rows += [
            (
                "~",
                change.path,
                f"{change.before.kind}, {change.before.size}",
                f"{change.after.kind}, {change.after.size}",
            )
            for change in self.changed
        ]
        return html_table(repr(self), ("", "path", "before", "after"), rows, len(rows))

    @property
    def equal(self) -> bool:
        """Whether there is no difference."""
        return not (self.added or self.removed or self.changed or self.header)


def compare(
    a: StrPath | BinaryIO,
    b: StrPath | BinaryIO,
    *,
    view: View | None = None,
    limits: Limits = Limits(),
    progress: Progress | None = None,
) -> Comparison:
    """Compare two archives or directories: paths, kinds, data, permissions where both formats have them.

    Both may be binary streams; one that cannot seek is read into a temporary file. Without ``view``, two archives are
    compared as they are stored if both or neither are ``.plt``, and as packages otherwise. Directories that an archive
    only implies count as there. Times are not compared. ``progress`` is called with the bytes that have been read of
    both, and how many both have (``None`` if one is a directory, whose files count). Raises as
    :attr:`~pltpack.pkg.view.PackageReader.survey` does.
    """
    with (
        seekable("a", a, most=limits.total_bytes) as one,
        seekable("b", b, most=limits.total_bytes) as other,
    ):
        return _compare(one, other, view, limits, progress)


def _compare(
    a: StrPath | BinaryIO, b: StrPath | BinaryIO, view: View | None, limits: Limits, progress: Progress | None
) -> Comparison:
    formats = recognise(a), recognise(b)
    if view is None:
        view = "stored" if (formats[0] == "plt") == (formats[1] == "plt") else "package"
    watch = _Watch(progress)
    sources = [
        PackageReader(source, format=format, view=view, limits=limits, progress=watch.side(number))
        for number, (source, format) in enumerate(zip((a, b), formats, strict=True))
    ]
    watch.sizes = [source.size for source in sources]
    one, other = (
        _Side(source, replacing=formats == ("plt", "plt"), progress=watch.side(number))
        for number, source in enumerate(sources)
    )
    before, after = one.states, other.states
    both = [path for path in before if path in after]
    changed = tuple(change for path in both if (change := _change(path, before[path], after[path])))
    return Comparison(
        view,
        formats,
        added={path: state for path, state in after.items() if path not in before},
        removed={path: state for path, state in before.items() if path not in after},
        changed=changed,
        header=tuple(_header_changes(one.preamble, other.preamble)),
        same=len(both) - len(changed),
    )


class _Watch:
    """What was read of both sides, added up for one progress."""

    def __init__(self, progress: Progress | None) -> None:
        self._progress = progress
        self._done = [0, 0]
        self.sizes: list[int | None] = [None, None]
        """The bytes of each side; ``None``: unknown."""

    def side(self, number: int) -> Progress | None:
        """The progress of one side. Some archives are read twice: what was told is not taken back."""
        if self._progress is None:
            return None

        def tell(done: int, _total: int | None) -> None:
            assert self._progress is not None
            self._done[number] = max(self._done[number], done)
            one, other = self.sizes
            self._progress(sum(self._done), None if one is None or other is None else one + other)

        return tell


class _Side:
    """One of the two, read."""

    def __init__(self, source: PackageReader, *, replacing: bool, progress: Progress | None = None) -> None:
        """``replacing``: mark the files that replace others when they are unpacked.

        ``progress``: of a directory, told the bytes of its files; an archive tells what was read of it itself.
        """
        modes = FORMATS[source.format].modes
        found: dict[str, State] = {}
        done = 0
        for entry in source.entries():
            found[entry.path] = _state(entry, modes=modes)
            if progress is not None and source.format == "dir":
                done += entry.size
                progress(done, None)
        marked = set(source.survey.replacing) if replacing else set()
        self.preamble = source.survey.preamble
        self.states: dict[str, State] = {}
        for path, state in found.items():
            self._imply(path)
            if path in marked:
                state = State(state.kind, state.size, state.sha256, replace=True)  # noqa: PLW2901  completed
            self.states[path] = state

    def _imply(self, path: str) -> None:
        """The directories above a path, if nothing said that they are there."""
        end = path.find("/")
        while end > 0:
            self.states.setdefault(path[:end], State("directory"))
            end = path.find("/", end + 1)


def _state(entry: Entry, *, modes: bool) -> State:
    mode = entry.mode if modes and entry.kind != "link" else None
    if entry.kind != "file":
        return State(entry.kind, mode=mode, target=entry.target)
    digest = hashlib.sha256()
    for piece in chunks(entry):
        digest.update(piece)
    return State("file", entry.size, digest.hexdigest(), mode)


def _change(path: str, before: State, after: State) -> Change | None:
    aspects: list[Aspect] = []
    if before.kind != after.kind:
        aspects.append("kind")
    else:
        if (before.size, before.sha256) != (after.size, after.sha256):
            aspects.append("content")
        if before.target != after.target:
            aspects.append("target")
        if before.mode is not None and after.mode is not None and before.mode != after.mode:
            aspects.append("mode")
        if before.replace != after.replace:
            aspects.append("replace")
    return Change(path, tuple(aspects), before, after) if aspects else None


def _header_changes(a: Preamble | None, b: Preamble | None) -> Iterator[tuple[str, str, str]]:
    """Fields that differ between two headers; the two data themselves where one has no known shape, or another."""
    if a is None or b is None or (same_datum(a.info, b.info) and same_datum(a.unit, b.unit)):
        return
    fields = dict(_fields(a)), dict(_fields(b))
    changed = [(name, fields[0][name], fields[1][name]) for name in fields[0] if fields[0][name] != fields[1].get(name)]
    if fields[0].keys() == fields[1].keys() and changed:
        yield from changed
        return
    for name, before, after in (("info", a.info, b.info), ("unit", a.unit, b.unit)):
        if not same_datum(before, after):
            yield name, write_datum(before), write_datum(after)


def _fields(preamble: Preamble) -> Iterator[tuple[str, str]]:
    """The header's fields in words."""
    try:
        header = preamble.header()
    except HeaderError:
        return
    yield from header_fields(header)


def text_diff(
    a: StrPath | BinaryIO,
    b: StrPath | BinaryIO,
    comparison: Comparison,
    *,
    names: tuple[str, str] = ("a", "b"),
    limits: Limits = Limits(),
) -> Iterator[str]:
    """The lines of a unified diff of all files whose content changed; for what is no text, a line that says so.

    ``names`` stand before the paths in the heads of the diff. Text is UTF-8 of at most :data:`TEXT_LIMIT` bytes. Where
    comparing takes too long (see :data:`pltpack.conversion.text_diff.WORK`), more lines than need be count as replaced.
    """
    changes = [change for change in comparison.changed if "content" in change.aspects]
    short = [change.path for change in changes if max(change.before.size, change.after.size) <= TEXT_LIMIT]
    one, other = (
        PackageReader(source, format=format, view=comparison.view, limits=limits)
        for source, format in zip((a, b), comparison.formats, strict=True)
    )
    diff = TextDiff()
    with spooled(one, short) as before, spooled(other, short) as after:
        texts = {path: (left, right) for path, left, right in zip(short, before, after, strict=True)}
        for change in changes:
            left, right = f"{names[0]}/{change.path}", f"{names[1]}/{change.path}"
            old, new = (
                (_lines(stream.read()) for stream in texts[change.path]) if change.path in texts else (None, None)
            )
            if old is None or new is None:
                yield f"Binary files {left} and {right} differ"
            else:
                yield from diff.lines(old, new, left, right)


def _lines(data: bytes) -> list[str] | None:
    """The lines of a text; ``None`` for what is none."""
    try:
        text = data.decode()
    except UnicodeDecodeError:
        return None
    if "\0" in text:
        return None
    lines = text.split("\n")
    if lines[-1]:
        lines[-1] += "\n\\ No newline at end of file"
    else:
        lines.pop()
    return lines
