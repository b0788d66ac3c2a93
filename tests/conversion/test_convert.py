"""Converting between all formats: content stays, and the report lists exactly what does not."""

from __future__ import annotations

import json
import os
import shutil
import tarfile
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pltpack.archive import create_archive, open_archive
from pltpack.codec.header import Header, Preamble
from pltpack.conversion.compare import compare
from pltpack.conversion.conversion import Conversion
from pltpack.conversion.convert import convert, package_name, target_format
from pltpack.conversion.header_fields import header_fields
from pltpack.errors import BlockedError, EntryExistsError, LimitError, PackageError, PltError, UnsafePathError
from pltpack.formats.entries import BytesContent, Entry
from pltpack.formats.formats import Format
from pltpack.pkg.checksum import digests
from pltpack.pkg.view import INFO, MULTI_INFO, SINGLE_INFO, PackageReader
from tests.pkg.packages import TIME, trees, write

FORMATS: tuple[Format, ...] = ("plt", "zip", "tgz", "tar", "dir")
ARCHIVES = Path(__file__).parents[3] / "shared" / "archives"
REAL = sorted(path for path in ARCHIVES.glob("*.plt") if path.stat().st_size)
needs_archives = pytest.mark.skipif(not REAL, reason=f"the real archives are not there: {ARCHIVES}")


@pytest.fixture
def place(tmp_path: Path) -> Path:
    return tmp_path


def file(path: str, data: bytes = b"data\n", mode: int = 0o644, mtime: int = TIME) -> Entry:
    return Entry(path, "file", mode, mtime, len(data), BytesContent(data))


def folder(path: str) -> Entry:
    return Entry(path, "directory", 0o755, TIME)


def link(path: str, target: str) -> Entry:
    return Entry(path, "link", 0o755, TIME, target=target)


def lost(conversion: Conversion, kind: str) -> set[str]:
    """The paths, or header fields, of all losses of one kind."""
    return {name for loss in conversion.losses if loss.kind == kind for name in loss.paths or (loss.field,)}


def named(format: Format) -> str:
    return "package" if format == "dir" else f"package.{format}"


def what_differs(a: Path, b: Path) -> tuple[set[str], set[str]]:
    """The paths whose permissions differ, and those whose times do: links and implied directories have none."""
    before, after = PackageReader(a).survey.entries, PackageReader(b).survey.entries
    both = [path for path, entry in before.items() if entry.kind != "link" and path in after]
    modes = {path for path in both if before[path].mode != after[path].mode}
    return modes, {path for path in both if before[path].mtime != after[path].mtime}


@settings(max_examples=60)
@given(entries=trees(), source=st.sampled_from(FORMATS[2:]), target=st.sampled_from(FORMATS))
def test_content_stays_and_the_report_is_exact(entries: list[Entry], source: Format, target: Format) -> None:
    with tempfile.TemporaryDirectory() as folder_name:
        place = Path(folder_name)
        (place / "from").mkdir()
        (place / "to").mkdir()
        original = write(entries, source, place / "from")
        converted = place / "to" / named(target)
        conversion = convert(original, converted)
        comparison = compare(original, converted, view="package")
        assert not comparison.added
        assert set(comparison.removed) <= set(conversion.dropped)
        modes, times = what_differs(original, converted)
        if target == "plt":
            # What it cannot hold cannot be seen in it either: there nothing has a time, and permissions are the usual.
            assert {change.path for change in comparison.changed} == set()
        else:
            assert {change.path for change in comparison.changed} == modes
            assert all(change.aspects == ("mode",) for change in comparison.changed)
        assert lost(conversion, "mode") == modes
        assert lost(conversion, "time") == times
        assert lost(conversion, "header") == set()


@settings(max_examples=60)
@given(entries=trees(), first=st.sampled_from(FORMATS), second=st.sampled_from(FORMATS))
def test_round_trips_bring_everything_back_that_was_not_reported(
    entries: list[Entry], first: Format, second: Format
) -> None:
    with tempfile.TemporaryDirectory() as folder_name:
        place = Path(folder_name)
        for name in ("origin", "there", "back"):
            (place / name).mkdir()
        origin = convert_from_tar(entries, first, place / "origin")
        there = place / "there" / named(second)
        back = place / "back" / named(first)
        conversion = convert(origin, there)
        convert(there, back)
        comparison = compare(origin, back, view="package")
        assert not comparison.added
        assert set(comparison.removed) <= set(conversion.dropped)
        assert {change.path for change in comparison.changed} <= lost(conversion, "mode")
        if first == "plt":
            with open_archive(origin) as before, open_archive(back) as after:
                assert differing_fields(before.header, after.header) == lost(conversion, "header")


def convert_from_tar(entries: list[Entry], format: Format, place: Path) -> Path:
    """A package in a format that may hold less than the entries have."""
    with tempfile.TemporaryDirectory() as folder_name:
        origin = place / named(format)
        convert(write(entries, "tar", Path(folder_name)), origin)
        return origin


def differing_fields(a: Header, b: Header) -> set[str]:
    return {
        name for (name, before), (_, after) in zip(header_fields(a), header_fields(b), strict=True) if before != after
    }


@settings(max_examples=40)
@given(entries=trees(links=True), target=st.sampled_from(["zip", "plt"]))
def test_links_become_copies_or_are_reported_as_left_out(entries: list[Entry], target: Format) -> None:
    with tempfile.TemporaryDirectory() as folder_name:
        place = Path(folder_name)
        (place / "to").mkdir()
        original = write(entries, "tar", place)
        converted = place / "to" / named(target)
        if leads_out_of_the_top(entries):
            with pytest.raises(UnsafePathError):
                convert(original, converted)
            assert not converted.exists()
            return
        conversion = convert(original, converted)
        before, after = PackageReader(original).survey.entries, PackageReader(converted).survey.entries
        links = {path for path, entry in before.items() if entry.kind == "link"}
        assert links <= lost(conversion, "link")
        left_out = {path for loss in conversion.losses if loss.detail.startswith("left out") for path in loss.paths}
        assert {path for path in links if path not in after} - set(conversion.dropped) == links & left_out
        # The disk is the judge of what a link leads to.
        shutil.rmtree(place / "disk", ignore_errors=True)
        disk = write(entries, "dir", place)
        for path in links - left_out - set(conversion.dropped):
            assert after[path].kind == ("directory" if (disk / layered(original, path)).is_dir() else "file")
            if after[path].kind == "file":
                assert after[path].size == (disk / layered(original, path)).stat().st_size
        comparison = compare(original, converted, view="package")
        assert set(comparison.removed) <= left_out | set(conversion.dropped)
        inside = tuple(f"{path}/" for path in links)
        assert all(path.startswith(inside) for path in comparison.added)


def leads_out_of_the_top(entries: list[Entry]) -> bool:
    """Whether a link leads out of the only directory at the top, which a package does not keep."""
    tops = {entry.path.split("/")[0] for entry in entries}
    inside = [entry for entry in entries if "/" in entry.path]
    if len(tops) != 1 or not (inside or entries[0].kind == "directory"):
        return False
    return any(
        entry.target.split("/").count("..") > entry.path.count("/") - 1 for entry in inside if entry.kind == "link"
    )


def test_an_info_that_is_a_link_is_read_where_it_leads(place: Path) -> None:
    multi = b"#lang info\n(define collection 'multi)\n"
    origin = write([link("info.rkt", "meta/info"), folder("meta"), file("meta/info", multi)], "tgz", place)
    convert(origin, place / "kit.plt")
    with open_archive(place / "kit.plt") as archive:
        assert archive.header.collections == (("meta",),)


def layered(original: Path, path: str) -> str:
    top = PackageReader(original).survey.top
    return path if top is None else f"{top}/{path}"


def test_a_link_to_an_info_that_is_dropped_becomes_a_copy_all_the_same(place: Path) -> None:
    origin = write([file("info.rkt", MULTI_INFO), link("copy", "info.rkt")], "tgz", place)
    assert convert(origin, place / "kit.plt").dropped == [INFO]
    assert compare(origin, place / "kit.plt", view="package").changed[0].after.size == len(MULTI_INFO)


def test_content_of_collects_moves_up_and_info_is_added_as_racket_adds_it(place: Path) -> None:
    with create_archive(place / "kit.plt", Header("kit", collections=(("kit",),))) as archive:
        archive.add_directory(("collects", "kit"))
        archive.add_file(("collects", "kit", "main.rkt"), b"1", 1)
    conversion = convert(place / "kit.plt", place / "kit.zip")
    assert conversion.lossless
    assert conversion.added == [INFO]
    entries = PackageReader(place / "kit.zip", view="stored").survey.entries
    assert sorted(entries) == ["info.rkt", "kit", "kit/main.rkt"]
    back = convert(place / "kit.zip", place / "back.plt", name="kit")
    assert back.dropped == [INFO]
    assert not lost(back, "mode")
    comparison = compare(place / "kit.plt", place / "back.plt")
    assert comparison.equal, comparison


def test_a_package_without_info_comes_back_without_one(place: Path) -> None:
    (place / "kit").mkdir()
    (place / "kit" / "main.rkt").write_text("1")
    conversion = convert(place / "kit", place / "kit.plt")
    assert conversion.added == [INFO]
    assert any("single-collection" in note for note in conversion.notes)
    with open_archive(place / "kit.plt") as archive:
        data = {entry.path[-1]: entry.body.read() for entry in archive if hasattr(entry, "body")}
        assert archive.header == Header("kit")
    assert data == {"info.rkt": SINGLE_INFO, "main.rkt": b"1"}
    back = convert(place / "kit.plt", place / "back")
    assert back.dropped == [INFO]
    assert [path.name for path in (place / "back").iterdir()] == ["main.rkt"]


def test_every_field_of_the_header_that_is_lost_is_named(place: Path) -> None:
    header = Header(
        "other", requires=((("mzscheme",), (370,)),), conflicts=(("kit",),), collections=(("x", "y"),),
        plt_home_relative=True, test_plt_dirs=("collects",),
    )  # fmt: skip
    with create_archive(place / "kit.plt", header) as archive:
        archive.add_file(("collects", "kit", "main.rkt"), b"1", 1, replace=True)
        archive.add_file(("doc", "kit", "kit.scrbl"), b"1", 1)
    conversion = convert(place / "kit.plt", place / "kit.tgz")
    assert lost(conversion, "header") == {
        "name", "requires", "conflicts", "collections", "plt-home-relative?", "test-plt-dirs",
    }  # fmt: skip
    assert lost(conversion, "replace") == {"collects/kit/main.rkt"}
    assert lost(conversion, "location") == {"doc/kit/kit.scrbl"}
    local = Header("kit", plt_relative=False)
    with create_archive(place / "local.plt", local) as archive:
        archive.add_file(("collects", "kit", "main.rkt"), b"1", 1)
    conversion = convert(place / "local.plt", place / "local.zip", name="kit")
    assert lost(conversion, "header") == {"collections", "plt-relative?"}


def test_from_plt_to_plt_only_the_encoding_changes(place: Path) -> None:
    preamble = Preamble("any", ["data"])
    with create_archive(place / "raw.plt", preamble, encode=False) as archive:
        archive.add_directory(("..", "up"))
        archive.add_file(("a/b",), b"123", 3, replace=True)
    with pytest.raises(PltError):
        convert(place / "raw.plt", place / "raw.zip")
    assert convert(place / "raw.plt", place / "fresh.plt").lossless
    with open_archive(place / "raw.plt") as before, open_archive(place / "fresh.plt") as after:
        assert before.preamble == after.preamble
        assert [entry.path for entry in before] == [entry.path for entry in after]
        assert (before.encoding.layers, after.encoding.layers) == ("raw", "base64+gzip")
        assert before.encoding.raw_bytes == after.encoding.raw_bytes


def test_stored_paths_can_be_kept(place: Path) -> None:
    with create_archive(place / "kit.plt", Header("kit")) as archive:
        archive.add_file(("collects", "kit", "main.rkt"), b"1", 1)
    convert(place / "kit.plt", place / "kit.zip", view="stored")
    assert sorted(PackageReader(place / "kit.zip", view="stored").survey.entries) == [
        "collects", "collects/kit", "collects/kit/main.rkt",
    ]  # fmt: skip
    convert(place / "kit.zip", place / "back.plt", view="stored")
    with open_archive(place / "back.plt") as archive:
        assert not archive.header.plt_relative
        assert [entry.path for entry in archive][-1] == ("collects", "kit", "main.rkt")


@pytest.mark.parametrize("target", ["zip", "tgz", "tar"])
def test_a_single_directory_gets_a_layer_that_installers_drop(target: Format, place: Path) -> None:
    (place / "kit" / "only").mkdir(parents=True)
    (place / "kit" / "only" / "main.rkt").write_text("1")
    path = place / f"kit.{target}"
    convert(place / "kit", path)
    assert "kit/only/main.rkt" in PackageReader(path, view="stored").survey.entries
    assert convert(path, place / "again.zip").lossless is False  # the layer, and the time in zip
    assert compare(place / "kit", place / "again.zip", view="package").equal


@pytest.mark.parametrize(
    ("links", "kinds", "left_out"),
    [
        ({"to": "main.rkt"}, {"to": "file"}, {}),
        ({"to": "sub"}, {"to": "directory", "to/x": "file", "to/deep/y": "file"}, {}),
        ({"sub/up": "../main.rkt", "via": "sub/up"}, {"sub/up": "file", "via": "file"}, {}),
        ({"a": "b", "b": "a"}, {}, {"a": "is a link that leads nowhere", "b": "is a link that leads nowhere"}),
        ({"to": "gone"}, {}, {"to": "is a link to nothing"}),
        ({"sub/loop": "../sub"}, {}, {"sub/loop": "is a link to a directory above itself"}),
        ({"sub/root": ".."}, {}, {"sub/root": "is a link to a directory above itself"}),
    ],
    ids=str,
)
def test_what_becomes_of_links(
    links: dict[str, str], kinds: dict[str, str], left_out: dict[str, str], place: Path
) -> None:
    files = [file("info.rkt"), file("main.rkt"), folder("sub"), file("sub/x"), file("sub/deep/y", b"y")]
    origin = write([*files, *(link(*each) for each in links.items())], "tar", place)
    conversion = convert(origin, place / "kit.zip")
    entries = PackageReader(place / "kit.zip").survey.entries
    assert {path: entries[path].kind for path in kinds} == kinds
    found = {
        path: loss.detail for loss in conversion.losses if loss.detail.startswith("left out") for path in loss.paths
    }
    assert found == {path: f"left out: {reason}" for path, reason in left_out.items()}
    assert not set(left_out) & set(entries)


def test_links_out_of_a_directory_are_left_out(place: Path) -> None:
    (place / "secret").write_text("secret")
    (place / "kit").mkdir()
    (place / "kit" / "out").symlink_to("../secret")
    (place / "kit" / "absolute").symlink_to(place / "secret")
    (place / "kit" / "main.rkt").write_text("1")
    for target in ("zip", "tgz", "plt"):
        conversion = convert(place / "kit", place / f"kit.{target}")
        assert lost(conversion, "link") == {"out", "absolute"}
        assert b"secret" not in (place / f"kit.{target}").read_bytes()


def test_links_cannot_multiply_a_package_without_bound(place: Path) -> None:
    from pltpack.codec.limits import Limits

    entries = [folder("d0"), file("d0/x")]
    for level in range(1, 30):
        entries += [
            folder(f"d{level}"),
            link(f"d{level}/a", f"../d{level - 1}"),
            link(f"d{level}/b", f"../d{level - 1}"),
        ]
    origin = write(entries, "tgz", place)
    with pytest.raises(LimitError, match="--max-entries"):
        convert(origin, place / "kit.zip", limits=Limits(entries=10_000))
    assert not (place / "kit.zip").exists()


def test_a_checksum_is_written_when_asked_for_and_renewed_when_there(place: Path) -> None:
    (place / "kit").mkdir()
    (place / "kit" / "main.rkt").write_text("1")
    convert(place / "kit", place / "kit.zip")
    assert not (place / "kit.zip.CHECKSUM").exists()
    convert(place / "kit", place / "kit.zip", checksum=True)
    (place / "kit" / "main.rkt").write_text("2")
    convert(place / "kit", place / "kit.zip")
    assert (place / "kit.zip.CHECKSUM").read_text() == digests(place / "kit.zip").sha1


def test_a_dry_run_writes_nothing_and_says_the_same(place: Path) -> None:
    origin = write([file("main.rkt", mode=0o755), folder("empty")], "tgz", place)
    planned = convert(origin, place / "kit.plt", dry_run=True)
    assert not (place / "kit.plt").exists()
    assert planned == convert(origin, place / "kit.plt")


def test_what_is_in_the_way_stays(place: Path) -> None:
    (place / "full").mkdir()
    (place / "full" / "x").write_text("mine")
    origin = write([file("main.rkt")], "tgz", place)
    with pytest.raises(EntryExistsError):
        convert(origin, place / "full")
    assert [path.name for path in (place / "full").iterdir()] == ["x"]


@pytest.mark.parametrize("dest", ["package/x.zip", "package/dist/x", "there/x.plt"])
def test_nothing_is_made_a_part_of_itself(place: Path, dest: str) -> None:
    write([folder("dist"), file("main.rkt")], "dir", place)
    (place / "there").symlink_to("package/dist")
    for dry_run in (True, False):
        with pytest.raises(BlockedError, match="a part of"):
            convert(place / "package", place / dest, dry_run=dry_run)
    assert sorted(path.name for path in (place / "package").rglob("*")) == ["dist", "main.rkt"]


def test_a_name_that_the_target_cannot_hold_leaves_the_old_file(place: Path) -> None:
    (place / "kit.zip").write_text("old")
    (place / "kit").mkdir()
    (place / "kit" / os.fsdecode(b"\xff")).write_text("1")
    with pytest.raises(PackageError, match="not UTF-8"):
        convert(place / "kit", place / "kit.zip")
    assert (place / "kit.zip").read_text() == "old"
    assert sorted(path.name for path in place.iterdir()) == ["kit", "kit.zip"]


@pytest.mark.parametrize(
    ("dest", "format", "name"),
    [
        ("a/kit.tar.gz", "tgz", "kit"), ("kit.plt", "plt", "kit"), ("kit", "dir", "kit"), ("kit.x/", "dir", "kit.x"),
        (".zip", "zip", ""),
    ],
)  # fmt: skip
def test_formats_and_names_of_targets(dest: str, format: Format, name: str) -> None:
    assert target_format(dest) == format
    assert package_name(dest, format) == name


def test_an_unknown_suffix_is_an_error() -> None:
    with pytest.raises(PackageError, match=r"ends in \.zip"):
        target_format("kit.rar")


def real_conversions(place: Path) -> Iterator[tuple[Path, Path, Conversion]]:
    for path in REAL:
        for target in ("zip", "tgz"):
            converted = place / f"{path.stem}.{target}"
            yield path, converted, convert(path, converted)


@needs_archives
def test_real_archives_there_and_back(place: Path) -> None:
    expected = json.loads((ARCHIVES / "expected.json").read_text("utf-8"))
    for path, converted, conversion in real_conversions(place):
        assert compare(path, converted).equal, path
        back = place / "back.plt"
        convert(converted, back, name=conversion.name)
        comparison = compare(path, back, view="package")
        assert not comparison.added, path
        assert not comparison.removed, path
        assert {change.path for change in comparison.changed if change.aspects != ("replace",)} == set()
        with open_archive(path) as before, open_archive(back) as after:
            fields = differing_fields(before.header, after.header)
            assert fields == lost(conversion, "header") - {"shape"}, path
        files = [entry for entry in expected[path.name]["entries"] if entry[0] == "file-replace"]
        assert len(lost(conversion, "replace")) == len(files)


@pytest.mark.parametrize("time", [-5, -1.5, 1_000_000_000.5, 2**40, 2**62])
@pytest.mark.parametrize("form", [tarfile.PAX_FORMAT, tarfile.GNU_FORMAT])
@pytest.mark.parametrize("format", ["tgz", "tar", "zip", "plt", "dir"])
def test_times_that_are_not_held(place: Path, time: float, form: int, format: Format) -> None:
    if form == tarfile.GNU_FORMAT and time != int(time):
        time = int(time)  # it has no fractions there
    with tarfile.open(place / "kit.tar", "w", format=form) as archive:
        for kind, name in ((tarfile.REGTYPE, "x"), (tarfile.DIRTYPE, "d")):
            member = tarfile.TarInfo(name)
            member.type, member.mtime = kind, time
            archive.addfile(member)
    found = convert(
        place / "kit.tar", place / f"out{'' if format == 'dir' else '.' + format}", format=format, view="stored"
    )
    losses = [set(loss.paths) for loss in found.losses if loss.kind == "time"]
    if time == 1_000_000_000:
        assert losses == ([{"x", "d"}] if format == "plt" else [])
    else:
        assert {"x", "d"} in losses
        assert not found.lossless


@pytest.mark.parametrize("fraction", [0, 1, 500_000_000, 999_999_999])
@pytest.mark.parametrize("where", ["x", "d", "d/y"])
@pytest.mark.parametrize("format", ["tgz", "tar", "zip", "plt", "dir"])
def test_fractions_of_times_on_the_disk(place: Path, where: str, fraction: int, format: Format) -> None:
    """Files and directories of the disk have times with fractions, and no format keeps them."""
    kit = place / "kit"
    (kit / "d").mkdir(parents=True)
    (kit / "x").touch()
    (kit / "d" / "y").touch()
    for path in ("x", "d/y", "d"):
        ns = 1_000_000_000 * 10**9 + (fraction if path == where else 0)
        os.utime(kit / path, ns=(ns, ns))
    found = convert(kit, place / f"out{'' if format == 'dir' else '.' + format}", format=format, view="stored")
    expected = {"x", "d", "d/y"} if format == "plt" else {where} if fraction else set()
    assert [set(loss.paths) for loss in found.losses if loss.kind == "time"] == [expected] * bool(expected)
    assert found.lossless == (not expected)


@pytest.mark.parametrize("time", [b"1000000000.", b"1000000000.000", b"1000000000"])
def test_a_fraction_of_nothing(place: Path, time: bytes) -> None:
    with tarfile.open(place / "kit.tar", "w", format=tarfile.PAX_FORMAT) as archive:
        member = tarfile.TarInfo("x")
        member.pax_headers = {"mtime": time.decode()}
        archive.addfile(member)
    assert convert(place / "kit.tar", place / "out.tgz", view="stored").lossless
