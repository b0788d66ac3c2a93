"""What verify does not look at twice comes to the same as the closer look."""

from __future__ import annotations

import io
import tempfile
import tracemalloc
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from pltpack.archive import create_archive
from pltpack.codec.header import Header
from pltpack.codec.limits import Limits
from pltpack.codec.reader import ArchiveReader
from pltpack.inspection.findings import Level, Report
from pltpack.inspection.names import TOGETHER, Names
from pltpack.inspection.package import PassingPackage, view_package
from pltpack.inspection.spelling import Spelling
from pltpack.inspection.summary import summarise
from pltpack.inspection.verify import verify
from pltpack.pkg.view import MULTI_INFO, SINGLE_INFO
from pltpack.transaction.portability import collisions, is_ordinary, portability_traps
from pltpack.unpacker.paths import PathGuard
from tests.streams import Content, ShortReads, written

INFOS = [
    b"", MULTI_INFO, SINGLE_INFO, b"(module info",
    b"#lang info\n(define collection 7)\n", b"#lang info\n(define compile-omit-paths 1)\n",
    b'#lang info\n(define version "x")\n',
]  # fmt: skip
HEADS = ["collects", "doc", "a", "b"]
LEAVES = ["info.rkt", "info.ss", "main.rkt", "A", "collects"]
PATHS = st.one_of(
    st.tuples(st.sampled_from(LEAVES)),
    st.tuples(st.sampled_from(HEADS), st.sampled_from(LEAVES)),
    st.tuples(st.just("collects"), st.sampled_from(HEADS), st.sampled_from(LEAVES)),
)
ENTRIES = st.lists(
    st.one_of(
        st.tuples(PATHS, st.sampled_from(INFOS), st.booleans()),
        st.tuples(st.one_of(PATHS, st.just(())), st.none(), st.just(False)),
    ),
    max_size=6,
)


@settings(max_examples=300, suppress_health_check=list(HealthCheck))
@given(entries=ENTRIES, relative=st.booleans(), name=st.sampled_from(["kit", "a@b"]))
@example(entries=[(("collects", "info.rkt"), SINGLE_INFO, False)], relative=True, name="kit")
@example(entries=[(("info.rkt",), None, False)], relative=True, name="kit")
@example(entries=[(("collects", "a"), b"", False), (("doc", "a"), b"", False)], relative=True, name="kit")
@example(entries=[(("collects",), b"", False)], relative=True, name="kit")
@example(entries=[((), None, False), (("collects", "a", "info.rkt"), INFOS[5], False)], relative=True, name="kit")
def test_a_package_in_passing(entries: Content, relative: bool, name: str) -> None:
    """The problems are those that a reading as a package finds."""
    data = written(Header("kit", plt_relative=relative).preamble(), entries)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, f"{name}.plt")
        path.write_bytes(data)
        found = verify(path).findings
        said = [finding.message for finding in found if finding.code == "package"]
        viewed = view_package(path)
        in_passing = summarise(path, package=True, members=False).package
    assert viewed is not None
    assert in_passing in (None, viewed)
    if in_passing is None:
        assert viewed.package is None or relative  # what is several of Racket's directories is read once more
    problems = viewed.package.problems if viewed.package is not None else (viewed.problem,)
    judged = relative and not any(finding.level in (Level.DAMAGE, Level.UNSAFE) for finding in found)
    assert said == [f"as a package: {problem}" for problem in problems] * judged


def test_most_packages_are_read_once() -> None:
    reader = ArchiveReader(
        io.BytesIO(written(Header("kit").preamble(), [(("collects", "kit", "info.rkt"), INFOS[5], False)]))
    )
    passing = PassingPackage(plt_relative=True)
    for entry in reader:
        passing.add(tuple(map(str, entry.path)), entry)
    assert passing.sure
    assert passing.describe("kit").problems


ODD = [
    "con", "CON.rkt", "aux", "com1", "com10", "lpt9.x", "a.", "a ", ".a", "..", "-a", "~a", "a~1", "a~1.rkt", "conin$",
    "co", "cons", "nul.", "x" * 62, "x" * 63, "x" * 260, "", "a/b", "\u00e9", "a\n", "a:b", "_", "0",
]  # fmt: skip
NAMES = st.one_of(st.sampled_from(ODD), st.text("abcAB01._-+ ~/", max_size=8), st.text(max_size=4))


@settings(max_examples=1000)
@given(names=st.lists(NAMES, min_size=1, max_size=4))
def test_what_is_ordinary_is_harmless(names: list[str]) -> None:
    text = "/".join(names)
    if is_ordinary(text):
        plain = tuple(text.split("/"))
        assert not portability_traps(plain) or len(text) > 260
        assert PathGuard()(plain) == plain


@settings(max_examples=300)
@given(paths=st.lists(st.lists(NAMES, min_size=1, max_size=3), max_size=5), kinds=st.lists(st.booleans(), min_size=5))
def test_names_are_judged_as_if_none_were_ordinary(paths: list[list[str]], kinds: list[bool]) -> None:
    class Closer(Names):
        def _is_ordinary(self, _path: object) -> bool:
            return False

    told = []
    for judge in (Names, Closer):
        report = Report(None)
        names = judge(report, Limits())
        placed = [
            names.add(tuple(path), "file" if kind else "directory") for path, kind in zip(paths, kinds, strict=False)
        ]
        names.finish()
        told.append((report.findings, placed))
    assert told[0] == told[1]


ALIKE = st.sampled_from(["a", "A", "b", "B", "\u00e9", "e\u0301", "\u00df", "ss"])


@given(paths=st.lists(st.lists(ALIKE, min_size=1, max_size=3).map(tuple), max_size=6))
def test_names_that_are_one(paths: list[tuple[str, ...]]) -> None:
    report = Report(None)
    names = Names(report, Limits())
    for path in paths:
        names.add(path, "directory")
    names.finish()
    expected = [", ".join(map(repr, group)) for group in collisions(paths)]
    assert [one.message.partition(" are one name")[0] for one in report.findings if one.code == "collision"] == expected


@settings(max_examples=300)
@given(
    name=st.one_of(st.text(max_size=6), st.sampled_from(["x", "a b", "\u00e9", "\x7f", "a\tb", 'a"b'])),
    relative=st.booleans(),
    requires=st.booleans(),
)
def test_a_plain_header(name: str, relative: bool, requires: bool) -> None:
    header = Header(name, plt_relative=relative, requires=((("mzlib",), ()),) if requires else ())
    data = written(header.preamble())
    reader = ArchiveReader(io.BytesIO(data))
    plain = reader.plain_header
    assert plain in (None, header)
    assert (plain is not None) or requires or not name.isascii() or not name.isprintable() or set(name) & set('"\\')
    if plain is not None:
        assert plain.preamble() == reader.preamble
        spelling = Spelling()
        spelling.update(b"PLT" + reader.plain_text)
        assert spelling.preamble(reader.preamble)


HEAD = written(Header("x").preamble(), encode=False)
TEXTS = st.sampled_from([
    b'dir\n("a")\n', b'dir\n("a" "b")\n', b'dir\n(same "a")\n', b"dir\n()\n", b'dir\n("a\t")\n',
    b'dir\n("\xc3\xa9")\n', b'file\n("a" "x")\n3\n*abc', b'file\n("a" "y")\n03\n*abc', b'file\n("a" "z")\n0\n*',
    b'file\n("q")\n00\n*', b" ", b"\n", b'file-replace\n("r")\n1\n*x', b'dir ("c")', b'file ("d") 1 *x', b";x\n",
])  # fmt: skip


@settings(max_examples=500)
@given(texts=st.lists(TEXTS, max_size=6))
def test_entries_that_are_spelled_plainly(texts: list[bytes]) -> None:
    """The shortcut says of each entry what the comparison with its text says."""
    data = HEAD + b"".join(texts)
    one, other = Spelling(), Spelling()

    class Both:
        def update(self, piece: bytes, /) -> None:
            one.update(piece)
            other.update(piece)

    reader = ArchiveReader(io.BytesIO(data), digest=Both())
    assert one.plain_header(reader.plain_text)
    assert other.preamble(reader.preamble)
    names = Names(Report(None), Limits())
    for entry in reader:
        names.add(entry.path, "directory")
        plain = reader.plain_entry and names.ordinary
        quick = (one.plain_entry if plain else one.entry)(entry, reader.offset)
        assert quick == other.entry(entry, reader.offset)
    assert one.end() == other.end()


@settings(max_examples=300)
@given(
    paths=st.lists(st.lists(NAMES, min_size=1, max_size=3), max_size=8),
    files=st.lists(st.booleans(), min_size=8),
)
@example(paths=[["a"], ["a", "b"]], files=[True] * 8)
@example(paths=[["a", "b"], ["a"]], files=[True] * 8)
@example(paths=[["A", "x"], ["a", "y"]], files=[True] * 8)
@example(paths=[["A", "x"], ["A", "y"], ["A"]], files=[True, True, False] + [True] * 5)
@example(paths=[["a"], ["a"]], files=[False, True] * 4)
def test_very_many_names(paths: list[list[str]], files: list[bool]) -> None:
    """Of which only hashes are kept: it is known whether a second reading has anything to tell."""

    report = Report(None)
    names, exact = Names(Report(None), Limits()), Names(report, Limits(), all=True)
    names._most = 0
    for path, is_file in zip(paths, files, strict=False):
        for judge in (names, exact):
            judge.add(tuple(path), "file" if is_file else "directory")
    for judge in (names, exact):
        judge.finish()
    together = [finding for finding in report.findings if finding.code in TOGETHER]
    # What the one path that was kept has shown is told already.
    assert names.unsure == bool(together) or (together and names._report.of(Level.UNSAFE, Level.LENIENCY))


@pytest.mark.parametrize("most", range(1, 64))
def test_spelling_wherever_the_stream_is_cut(most: int) -> None:
    """The line feed behind a directory belongs to it, also where it comes with the next piece."""
    data = HEAD + b"".join(b'dir\n("d" "e%d")\nfile\n("f%d")\n2\n*xy' % (number, number) for number in range(9))
    spelling = Spelling()
    reader = ArchiveReader(ShortReads(data, most), digest=spelling)
    assert spelling.preamble(reader.preamble)
    assert [spelling.entry(entry, reader.offset) for entry in reader] == [True] * 18
    assert spelling.end()


@pytest.mark.parametrize("suffix", ["plt", "zip"])
def test_findings_of_very_many_names(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, suffix: str) -> None:
    def write(path: Path, names: list[str]) -> None:
        if suffix == "zip":
            with zipfile.ZipFile(path, "w") as archive:
                for name in names:
                    archive.writestr(name, "")
        else:
            path.write_bytes(written(Header("x").preamble(), [(tuple(name.split("/")), b"", False) for name in names]))

    good = [f"d{number % 7}/f{number}" for number in range(200)]
    bad = [*good, "D1/x", "d1/X", "d1/x", "~", "con"] + ([] if suffix == "zip" else ["d0/f0", "d2/f2/below", "d3"])
    for names in (good, bad):
        write(tmp_path / f"x.{suffix}", names)
        reports = []
        for most in (50_000, 0, 10, 199, 203):
            monkeypatch.setattr("pltpack.inspection.names.MOST_KEPT", most)
            report = verify(tmp_path / f"x.{suffix}")
            reports.append(sorted(map(str, report.findings)))
            with (tmp_path / f"x.{suffix}").open("rb") as stream:
                codes = {finding.code for finding in verify(stream).findings}
            assert codes >= {finding.code for finding in report.findings} - {"package", "package-name"}
        assert bool(reports[0]) == (names is bad)
        assert all(one == reports[0] for one in reports)


@pytest.mark.parametrize("look", [lambda path: summarise(path, package=True, members=False), verify])
def test_memory_for_entries_that_nobody_asks_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, look: Callable[[Path], object]
) -> None:
    """Each takes the eight bytes of a hash, and room for the next ones."""
    monkeypatch.setattr("pltpack.inspection.names.MOST_KEPT", 0)
    peaks = []
    for count in (2_000, 2_000, 22_000):  # the first one also loads what is needed
        path = tmp_path / f"{count}.plt"
        with create_archive(path, Header("x", plt_relative=True)) as archive:
            for number in range(count):
                archive.add_directory((f"d{number % 100}", f"e{number}"))
        tracemalloc.start()
        look(path)
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
    # What is read of the file and decoded at a time is there in any case: up to a megabyte.
    assert peaks[2] - peaks[1] < (1 << 20) + 24 * 20_000
