"""Packages made of directories: against what Racket recorded, and in what Racket does otherwise or not at all."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
import tracemalloc
import zipfile
from pathlib import Path

import pytest

from pltpack.archive import open_archive
from pltpack.errors import CallError, InfoError, PackageError, SourceError
from pltpack.formats.formats import format_of, open_entries
from pltpack.pkg.checksum import check_checksum, checksum_path
from pltpack.pkg.create import create_package
from pltpack.pkg.package import ContentMode, PackageFormat
from pltpack.racket.installation import Installation
from tests.formats.trees import CREATE_TREES, FIXTURES, build, build_recorded

MULTI = {"info.rkt": "#lang info\n(define collection 'multi)\n", "a/main.rkt": "#lang racket/base\n"}
SINGLE = {"info.rkt": '#lang info\n(define collection "one")\n', "main.rkt": "#lang racket/base\n"}
FORMATS: tuple[PackageFormat, ...] = ("zip", "tgz", "plt")


@pytest.fixture(autouse=True)
def no_epoch(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("SOURCE_DATE_EPOCH", raising=False)


def entries_of(package: Path) -> list[tuple[str, str, int, str, bytes]]:
    with open_entries(package) as reader:
        return [
            (entry.path, entry.kind, entry.mode, entry.target, entry.read() if entry.kind == "file" else b"")
            for entry in reader
        ]


def raw_stream(package: Path) -> bytes:
    collected = bytearray()

    class Collect:
        def update(self, data: bytes, /) -> None:
            collected.extend(data)

    with open_archive(package, digest=Collect()) as archive:
        for _ in archive:
            pass
    return bytes(collected)


RECORDED = [
    *(("demo", "zip", "as-is"), ("demo", "tgz", "as-is"), ("demo", "zip", "source")),
    *(("multi", "zip", "as-is"), ("multi", "tgz", "as-is"), ("multi", "plt", "as-is"), ("multi", "zip", "source")),
    *(("layer", "zip", "as-is"), ("layer", "tgz", "as-is"), ("layer", "zip", "source")),
]


@pytest.mark.parametrize(("tree", "format", "mode"), RECORDED)
def test_recorded_packages(tree: str, format: PackageFormat, mode: ContentMode, tmp_path: Path) -> None:
    build_recorded(tmp_path / tree, CREATE_TREES[tree]["entries"])
    package = create_package(tmp_path / tree, format=format, mode=mode, dest=tmp_path)
    assert package.path == tmp_path / f"{tree}.{format}"
    recorded = FIXTURES / "create" / f"{tree}{'-source' if mode == 'source' else ''}.{format}"
    assert entries_of(package.path) == entries_of(recorded)
    if format == "plt":
        assert raw_stream(package.path) == raw_stream(recorded)


@pytest.mark.parametrize("tree", ["demo", "layer"])
def test_single_collections_are_no_plt(tree: str, tmp_path: Path) -> None:
    build_recorded(tmp_path / tree, CREATE_TREES[tree]["entries"])
    with pytest.raises(PackageError, match="single-collection"):
        create_package(tmp_path / tree, format="plt")
    assert [path.name for path in tmp_path.iterdir()] == [tree]


@pytest.mark.parametrize("tree", ["demo", "multi", "layer"])
def test_recorded_manifests(tree: str, tmp_path: Path) -> None:
    build_recorded(tmp_path / tree, CREATE_TREES[tree]["entries"])
    recorded = (FIXTURES / "create" / f"{tree}.MANIFEST").read_bytes()
    package = create_package(tmp_path / tree, manifest=True)
    assert package.path == tmp_path / tree / "MANIFEST"
    assert package.path.read_bytes() == recorded
    assert package.checksum is None
    assert not checksum_path(package.path).exists()
    # Elsewhere it does not list itself, unless it was there already.
    (tmp_path / tree / "MANIFEST").unlink()
    elsewhere = create_package(tmp_path / tree, manifest=True, dest=tmp_path)
    assert elsewhere.path.read_bytes() == recorded.replace(b"MANIFEST\n", b"")


# Reproducible


@pytest.mark.parametrize("format", FORMATS)
@pytest.mark.parametrize("mode", ["as-is", "source", "built"])
def test_same_content_same_bytes(
    format: PackageFormat, mode: ContentMode, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = []
    for number, place in enumerate(("one", "elsewhere/two")):
        build(tmp_path / place / "p", MULTI)
        for path in sorted((tmp_path / place / "p").rglob("*")):
            # As in two checkouts.
            os.utime(path, (1_600_000_000 + 1000 * number,) * 2)
        (tmp_path / place / "out").mkdir()
        # A minute later in another time zone.
        monkeypatch.setattr("time.time", lambda number=number: 1_700_000_000.0 + 60 * number)
        monkeypatch.setenv("TZ", ("UTC", "Asia/Tokyo")[number])
        package = create_package(
            tmp_path / place / "p", format=format, mode=mode, dest=tmp_path / place / "out", racket_version="8.7",
            recompile=False,
        )  # fmt: skip
        made.append((package.path.read_bytes(), package.checksum, package.sha256))
    assert made[0] == made[1]


@pytest.mark.usefixtures("git")
@pytest.mark.parametrize("format", FORMATS)
def test_two_checkouts_give_one_package(format: PackageFormat, tmp_path: Path) -> None:
    """Made by different people, at other times."""
    git = ["git", "-c", "user.name=a", "-c", "user.email=a@example.org"]
    build(tmp_path / "origin", MULTI)
    for command in (["init", "-q"], ["add", "."], ["commit", "-qm", "x"]):
        subprocess.run([*git, *command], cwd=tmp_path / "origin", check=True)
    made: list[bytes] = []
    for place, mask in (("one", 0o022), ("two", 0o007)):
        before = os.umask(mask)
        (tmp_path / place / "p").mkdir(parents=True)
        checkout = ["git", "--work-tree", str(tmp_path / place / "p"), "checkout", "-f", "-q", "HEAD", "--", "."]
        subprocess.run(checkout, cwd=tmp_path / "origin", check=True)
        os.umask(before)
        for path in (tmp_path / place / "p").rglob("*"):
            os.utime(path, (1_600_000_000 + 1000 * len(made),) * 2)
        made.append(create_package(tmp_path / place / "p", format=format).path.read_bytes())
    assert made[0] == made[1]


def test_each_keeps_its_own_time(tmp_path: Path) -> None:
    build(tmp_path / "p", SINGLE)
    for number, name in enumerate(("info.rkt", "main.rkt")):
        os.utime(tmp_path / "p" / name, (1_600_000_000 + 100 * number,) * 2)
    for format in ("zip", "tgz"):
        package = create_package(tmp_path / "p", format=format, times="keep")
        assert package.time is None
        with open_entries(package.path) as reader:
            times = {entry.path: entry.mtime for entry in reader}
        assert (times["info.rkt"], times["main.rkt"]) == (1_600_000_000, 1_600_000_100)


def test_time_is_that_of_the_newest_file_in_the_package(tmp_path: Path) -> None:
    build(tmp_path / "p", {**SINGLE, "compiled/x.zo": "<zo>"})
    os.utime(tmp_path / "p" / "info.rkt", (1_500_000_000,) * 2)
    os.utime(tmp_path / "p" / "main.rkt", (1_600_000_000,) * 2)
    os.utime(tmp_path / "p" / "compiled" / "x.zo", (1_700_000_000,) * 2)
    assert create_package(tmp_path / "p", mode="source", dest=tmp_path, times="newest").time == 1_600_000_000
    package = create_package(tmp_path / "p", dest=tmp_path, times="newest")
    assert package.time == 1_700_000_000
    assert {info.date_time for info in zipfile.ZipFile(package.path).infolist()} == {(2023, 11, 14, 22, 13, 20)}


@pytest.mark.parametrize(
    ("said", "time"), [("1000000000", 1_000_000_000), ("0", 315_532_800), ("9" * 15, 4_354_819_199)]
)
def test_source_date_epoch(said: str, time: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    build(tmp_path / "p", MULTI)
    monkeypatch.setenv("SOURCE_DATE_EPOCH", said)
    for format in ("zip", "tgz"):
        package = create_package(tmp_path / "p", format=format)
        assert package.time == time
        with open_entries(package.path) as reader:
            assert {entry.mtime // 2 for entry in reader} == {time // 2}
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "yesterday")
    with pytest.raises(CallError, match="SOURCE_DATE_EPOCH"):
        create_package(tmp_path / "p")


def test_what_has_no_name_of_a_file(tmp_path: Path) -> None:
    build(tmp_path / "p", MULTI)
    for source, name in (("/", None), (tmp_path / "p", "a/b"), (tmp_path / "p", "..")):
        with pytest.raises(CallError, match="cannot be the name of a file") as caught:
            create_package(source, name=name, dest=tmp_path)
        assert "--name" in str(caught.value)


def test_gzip_header_holds_neither_time_nor_path(tmp_path: Path) -> None:
    build(tmp_path / "p", SINGLE)
    header = create_package(tmp_path / "p", format="tgz").path.read_bytes()[:10]
    assert header == b"\x1f\x8b\x08\0\0\0\0\0\0\x03"


@pytest.mark.parametrize("old", [0, 300_000_000])
def test_files_that_are_too_old_for_zip(old: int, tmp_path: Path) -> None:
    build(tmp_path / "p", {"a": "1"})
    os.utime(tmp_path / "p" / "a", (old, old))
    assert create_package(tmp_path / "p", times="newest").time == 315_532_800


# Names and places


def test_places(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    build(tmp_path / "in" / "my.pkg", SINGLE)
    (tmp_path / "cwd").mkdir()
    monkeypatch.chdir(tmp_path / "cwd")
    assert create_package("../in/my.pkg/").path == Path("../in/my.pkg.zip")
    assert create_package("../in/my.pkg", mode="source").path == Path("my.pkg.zip")
    assert create_package("../in/my.pkg", mode="source", manifest=True).path == Path("MANIFEST")
    assert create_package("../in/my.pkg", name="other", format="tgz", dest=tmp_path).path == tmp_path / "other.tgz"
    monkeypatch.chdir(tmp_path / "in" / "my.pkg")
    assert create_package(".").path == tmp_path / "in" / "my.pkg.zip"
    assert create_package("..", dest=tmp_path).path == tmp_path / "in.zip"


@pytest.mark.parametrize("source", ["", "missing", "file"])
def test_no_such_directory(source: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(SourceError):
        create_package(source)


def test_no_such_destination(tmp_path: Path) -> None:
    build(tmp_path / "p", SINGLE)
    with pytest.raises(FileNotFoundError):
        create_package(tmp_path / "p", dest=tmp_path / "missing")


@pytest.mark.parametrize("mode", ["as-is", "source"])
@pytest.mark.parametrize("format", ["zip", "tgz"])
def test_the_package_is_not_in_itself(format: PackageFormat, mode: ContentMode, tmp_path: Path) -> None:
    build(tmp_path / "p", SINGLE)
    first = create_package(tmp_path / "p", format=format, mode=mode, dest=tmp_path / "p")
    again = create_package(tmp_path / "p", format=format, mode=mode, dest=tmp_path / "p")
    assert [entry.path for entry in again.entries] == ["info.rkt", "main.rkt"]
    assert again.checksum == first.checksum


def test_empty_packages(tmp_path: Path) -> None:
    (tmp_path / "p").mkdir()
    assert create_package(tmp_path / "p").entries == ()
    with pytest.raises(PackageError, match="empty"):
        create_package(tmp_path / "p", format="tgz")


# Links


def test_links(tmp_path: Path) -> None:
    build(tmp_path / "p", {"a/f": "1"})
    (tmp_path / "p" / "file").symlink_to("a/f")
    (tmp_path / "p" / "dir").symlink_to("a")
    as_zip = create_package(tmp_path / "p")
    assert [entry.path for entry in as_zip.entries] == ["a", "a/f", "dir", "file"]
    assert any("dir is a link" in warning for warning in as_zip.warnings)
    stripped = create_package(tmp_path / "p", mode="source", dest=tmp_path)
    assert [entry.path for entry in stripped.entries] == ["a", "a/f", "dir", "dir/f", "file"]
    as_tgz = create_package(tmp_path / "p", format="tgz")
    assert [entry.target for entry in as_tgz.entries if entry.kind == "link"] == ["a", "a/f"]


@pytest.mark.parametrize("target", ["nothing", "."])
def test_links_that_lead_nowhere(target: str, tmp_path: Path) -> None:
    build(tmp_path / "p", {"sub/f": "1"})
    (tmp_path / "p" / "sub" / "link").symlink_to(target)
    assert create_package(tmp_path / "p", format="tgz").entries[-1].target == target
    with pytest.raises(SourceError):
        create_package(tmp_path / "p", mode="source", dest=tmp_path)
    if target == "nothing":
        with pytest.raises(SourceError, match="points to nothing"):
            create_package(tmp_path / "p")
        assert create_package(tmp_path / "p", manifest=True, dest=tmp_path).path.read_bytes() == b"sub/f\n"


def test_links_out_of_a_tgz_are_told(tmp_path: Path) -> None:
    build(tmp_path / "p", {"a": "1"})
    (tmp_path / "p" / "l").symlink_to("/etc/hostname")
    assert any("l is a link to an absolute path" in w for w in create_package(tmp_path / "p", format="tgz").problems)


def test_special_files(tmp_path: Path) -> None:
    build(tmp_path / "p", {"a": "1", ".git/HEAD": "ref"})
    os.mkfifo(tmp_path / "p" / ".git" / "fifo")
    assert create_package(tmp_path / "p", mode="source", dest=tmp_path).entries[0].path == "a"
    with pytest.raises(SourceError, match="neither a file nor a directory"):
        create_package(tmp_path / "p")


# The checksum


def matches(package: Path) -> bool:
    """Whether package and checksum agree; a package without a checksum contradicts none."""
    said = checksum_path(package)
    return not said.exists() or said.read_text() == hashlib.sha1(package.read_bytes()).hexdigest()


def test_checksum(tmp_path: Path) -> None:
    build(tmp_path / "p", SINGLE)
    package = create_package(tmp_path / "p")
    data = package.path.read_bytes()
    assert checksum_path(package.path).read_bytes() == hashlib.sha1(data).hexdigest().encode()
    assert (package.sha256, package.size) == (hashlib.sha256(data).hexdigest(), len(data))
    assert check_checksum(package.path, package.checksum or "")
    for wrong in (b"", data[:0] + (package.checksum or "").encode() + b"\n", (package.checksum or "").upper().encode()):
        checksum_path(package.path).write_bytes(wrong)
        with pytest.raises(PackageError, match="CHECKSUM"):
            check_checksum(package.path, package.checksum or "")


def test_an_error_leaves_the_old_package(tmp_path: Path) -> None:
    build(tmp_path / "p", SINGLE)
    old = create_package(tmp_path / "p")
    data = old.path.read_bytes()
    (tmp_path / "p" / "bad").symlink_to("nothing")
    with pytest.raises(SourceError):
        create_package(tmp_path / "p")
    assert old.path.read_bytes() == data
    assert checksum_path(old.path).read_text() == old.checksum
    assert sorted(path.name for path in tmp_path.iterdir()) == ["p", "p.zip", "p.zip.CHECKSUM"]


FAILING = """
import os, sys
from pltpack.pkg.create import create_package
how, failing = sys.argv[2], int(sys.argv[3])
calls = 0
def interrupt(function):
    def wrapped(*args, **kwargs):
        global calls
        calls += 1
        if calls == failing:
            if how == "kill":
                os.kill(os.getpid(), 9)
            raise OSError(28, "No space left on device")
        return function(*args, **kwargs)
    return wrapped
for name in ("replace", "fsync", "unlink", "open"):
    setattr(os, name, interrupt(getattr(os, name)))
try:
    create_package(sys.argv[1])
except OSError:
    sys.exit(7)
sys.exit(0 if calls < failing else 8)  # 8: it could do without that call
"""


@pytest.mark.parametrize("how", ["kill", "error"])
def test_package_and_checksum_never_contradict_each_other(how: str, tmp_path: Path) -> None:
    build(tmp_path / "p", SINGLE)
    old = create_package(tmp_path / "p")
    old_data = old.path.read_bytes()
    (tmp_path / "p" / "new.rkt").write_text("#lang racket/base\n")
    new = create_package(tmp_path / "p", dry_run=True)
    code, step = -1, 0
    while code != 0:
        old.path.write_bytes(old_data)
        checksum_path(old.path).write_text(old.checksum or "")
        for left in tmp_path.glob(".*"):
            left.unlink()  # or each run would look at what all before it have left, and no step would be the last
        step += 1
        code = subprocess.run([sys.executable, "-c", FAILING, tmp_path / "p", how, str(step)], check=False).returncode
        assert code in (0, 7, 8, -9)
        assert matches(old.path), step
        assert hashlib.sha1(old.path.read_bytes()).hexdigest() in (old.checksum, new.checksum)
        if how == "error" and code == 7 and old.path.read_bytes() == old_data:
            assert checksum_path(old.path).exists(), step
    assert step > 6
    assert checksum_path(old.path).read_text() == new.checksum


# Before it is written


def test_dry_run(tmp_path: Path) -> None:
    build(tmp_path / "p", {**SINGLE, ".git/HEAD": "ref", "compiled/a.zo": "<zo>", "x~": ""})
    dry = create_package(tmp_path / "p", mode="source", dest=tmp_path, dry_run=True)
    assert [path.name for path in tmp_path.iterdir()] == ["p"]
    wet = create_package(tmp_path / "p", mode="source", dest=tmp_path)
    assert {**dry.report(), "dryRun": False} == wet.report()
    assert [left["path"] for left in wet.report()["leftOut"]] == [".git", "compiled", "x~"]
    assert wet.report()["files"][0] == {"path": "info.rkt", "kind": "file", "mode": "0644", "size": 37}
    assert create_package(tmp_path / "p", manifest=True, dry_run=True).path.exists() is False


@pytest.mark.parametrize(
    ("path", "warning"),
    [
        (".env", ".env: may hold secrets"),
        ("keys/server.pem", "keys/server.pem: may hold secrets"),
        (".ssh/id_rsa", ".ssh: may hold secrets"),
        (".git/HEAD", ".git: belongs to version control"),
        ("a.rkt~", "a.rkt~: is a backup"),
        ("old.zip", "old.zip: is a package itself"),
        ("compiled/a_rkt.zo", "compiled/a_rkt.zo: compiled code"),
        ("aux.rkt", "'aux.rkt' is a device on Windows"),
        ("MAIN.rkt", "MAIN.rkt and main.rkt are the same"),
    ],
)
def test_what_should_not_be_shipped(path: str, warning: str, tmp_path: Path) -> None:
    build(tmp_path / "p", {**SINGLE, path: "x"})
    warnings = create_package(tmp_path / "p", dry_run=True).warnings
    assert any(text.startswith(warning) for text in warnings), warnings


def test_nothing_to_warn_of(tmp_path: Path) -> None:
    build(tmp_path / "p", {**SINGLE, ".env.example": "", "environment.rkt": "", "keyboard.rkt": ""})
    package = create_package(tmp_path / "p")
    assert (package.warnings, package.problems) == ((), ())


@pytest.mark.parametrize(
    ("info", "problem"),
    [
        ("#lang info\n(define version 1)", "the field version"),
        ('#lang info\n(define version "1.01")', "the field version"),
        ('#lang info\n(define collection "a.b")', 'collection is "a.b"'),
        ("#lang info\n(define collection 'single)", "collection is single"),
        ('#lang info\n(define deps "base")', "deps is not a list"),
        ('#lang info\n(define deps \'("base" "a b"))', 'deps holds "a b"'),
        ('#lang info\n(define build-deps \'(("x" #:version "1")))', "build-deps holds"),
        ('#lang info\n(define deps \'("base"))\n(define implies \'("other"))', "implies names 'other'"),
        ("#lang racket/base\n", "info.rkt cannot be used"),
        ("#lang info\n(define x (", "info.rkt cannot be used"),
    ],
)
def test_what_an_installer_would_refuse(info: str, problem: str, tmp_path: Path) -> None:
    build(tmp_path / "p", {"info.rkt": info})
    package = create_package(tmp_path / "p")
    assert any(text.startswith(problem) for text in package.problems), package.problems


def test_names_that_cannot_be_installed(tmp_path: Path) -> None:
    build(tmp_path / "my.pkg", {"a": ""})
    assert create_package(tmp_path / "my.pkg").problems == (
        "'my.pkg' is no package name: use letters, digits, - and _ in ASCII",
    )


def test_broken_info_stops_the_content_modes_only(tmp_path: Path) -> None:
    build(tmp_path / "p", {"info.rkt": "#lang info\n(define)", "sub/info.rkt": "#lang info\n"})
    create_package(tmp_path / "p")
    with pytest.raises(InfoError):
        create_package(tmp_path / "p", mode="source", dest=tmp_path)


# Installed packages


def test_installed_packages(tmp_path: Path) -> None:
    addon = tmp_path / "addon"
    build(addon / "8.7" / "pkgs" / "inside", SINGLE)
    build(tmp_path / "work" / "linked", MULTI)
    (addon / "8.7" / "pkgs" / "pkgs.rktd").write_text(
        '#hash(("inside" . #s((sc-pkg-info pkg-info 3) (catalog "inside") "abc" #f "one"))'
        ' ("outside" . #s(pkg-info (link "../../../work/linked") #f #f)))'
    )
    installation = Installation.discover(version="8.7", addon_dir=addon, environ={"PATH": "", "HOME": str(tmp_path)})
    inside = create_package("inside", from_install=True, installation=installation)
    assert inside.path == addon / "8.7" / "pkgs" / "inside.zip"
    outside = create_package("outside", from_install=True, installation=installation, format="plt", dest=tmp_path)
    assert outside.path == tmp_path / "outside.plt"
    assert [entry.path for entry in outside.entries] == ["a", "a/main.rkt", "info.rkt"]
    with pytest.raises(PackageError, match="not installed"):
        create_package("missing", from_install=True, installation=installation)
    with pytest.raises(PackageError, match="not installed in the scope installation"):
        create_package("inside", from_install=True, installation=installation, scope="installation")


def test_packages_of_a_directory_scope(tmp_path: Path) -> None:
    build(tmp_path / "scope" / "inside", SINGLE)
    (tmp_path / "scope" / "pkgs.rktd").write_text(
        '#hash(("inside" . #s((sc-pkg-info pkg-info 3) (catalog "inside") "abc" #f "one")))'
    )
    installation = Installation.discover(version="8.7", environ={"PATH": "", "HOME": str(tmp_path)})
    package = create_package("inside", from_install=True, installation=installation, scope=tmp_path / "scope")
    assert package.path == tmp_path / "scope" / "inside.zip"


# Size


@pytest.mark.parametrize("format", ["zip", "tgz"])
def test_memory_does_not_grow_with_the_package(format: PackageFormat, tmp_path: Path) -> None:
    (tmp_path / "p").mkdir()
    create_package(tmp_path / "p")
    with (tmp_path / "p" / "big").open("wb") as big:
        big.truncate(100 << 20)
    for number in range(40):
        (tmp_path / "p" / str(number)).write_bytes(os.urandom(1 << 19))
    tracemalloc.start()
    package = create_package(tmp_path / "p", format=format)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert package.unpacked_size == (120 << 20)
    assert peak < 24 << 20
    assert format_of(package.path) == format
