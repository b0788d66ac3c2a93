"""The rescue: whole packages, what is told of them, and that nothing half made is ever there."""

from __future__ import annotations

import random
import zipfile
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from multiprocessing import get_context
from pathlib import Path

import pytest

from pltpack.codec.limits import Limits
from pltpack.errors import BlockedError, FormatError, LimitError, PackageError, UnsafePathError
from pltpack.pkg.checksum import checksum_path, digests
from pltpack.pkg.metadata import read_metadata
from pltpack.pkg.staging import open_package
from pltpack.planet.index import index_planet
from pltpack.planet.rescue.rescue import RescueFormat, RescueOptions, rescue_planet
from pltpack.planet.rescue.rescued import Rescue, cycles
from pltpack.racket.info.info import parse_info
from tests.planet.corpus import FIXTURES, put, repository
from tests.trees import archive, encoded, file, files_in

EXPECTED = FIXTURES / "expected"


def run(folder: Path, into: Path, **options: object) -> Rescue:
    """A rescue of all that is in a folder."""
    return rescue_planet(index_planet(folder), into, options=RescueOptions(**options))  # type: ignore[arg-type]  # by name


def test_the_samples_are_as_expected(tmp_path: Path) -> None:
    """Every file but the new info.rkt, byte for byte; that one goes on with a version and a description."""
    result = run(FIXTURES / "repository", tmp_path / "pkgs", format="dir")
    assert [package.target.name for package in result.refused] == ["planet-cyd-a.b1"]
    assert isinstance(result.refused[0].error, PackageError)
    made, expected = files_in(tmp_path / "pkgs"), files_in(EXPECTED)
    assert made.keys() == expected.keys()
    for path, data in expected.items():
        if path.count("/") == 1:
            assert made[path].startswith(data), path
            assert b"(define version " in made[path][len(data) :]
        else:
            assert made[path] == data, path
    assert [str(release) for release in result.superseded] == ["ada/util 1.0"]
    assert result.missing() == {"nobody/nothing 1": ["planet-cyd-lonely1"]}


def test_reasons_and_metadata(tmp_path: Path) -> None:
    result = run(FIXTURES / "repository", tmp_path, format="zip")
    package = next(package for package in result.made if package.target.name == "planet-bob-old-user1")
    reason = package.deps["planet-ada-util2"]
    assert (reason.file, reason.what) == ("user.ss", '(planet "extra.scm" ("ada" "util.plt" 2 (+ 0)))')
    assert package.deps["compatibility-lib"].what == "mzscheme"
    metadata = read_metadata(
        package.target.name, parse_info(zipfile.ZipFile(tmp_path / "planet-bob-old-user1.zip").read("info.rkt"))
    )
    assert metadata.problems == ()
    assert (metadata.collection, metadata.version) == (None, "1.0")
    assert [dependency.source for dependency in metadata.dependencies] == list(package.deps)


INFO = '(module info (lib "infotab.ss" "setup") (define name "x"))'


@pytest.mark.parametrize("format", ["zip", "tgz", "plt"])
def test_the_same_each_time_and_as_a_package_should_be(tmp_path: Path, format: RescueFormat) -> None:
    first = run(FIXTURES / "repository", tmp_path / "a", format=format)
    run(FIXTURES / "repository", tmp_path / "b", format=format)
    assert files_in(tmp_path / "a") == files_in(tmp_path / "b")
    for package in first.made:
        assert package.path is not None
        assert checksum_path(package.path).read_text() == package.sha1 == digests(package.path).sha1
        staged = open_package(package.path)
        assert (staged.problems, staged.collection) == ((), None)
        assert staged.collections == (package.target.owner,)


def test_executors_make_the_same(tmp_path: Path) -> None:
    names = [f"u/p{number}" for number in range(40)]
    for number, name in enumerate(names):
        wanted = f"(require (planet u/p{(number * 7 + 1) % 40}))"
        put(
            tmp_path / "in",
            name,
            {
                "main.ss": f"(module main mzscheme {wanted})",
                "info.ss": '(module info (lib "infotab.ss" "setup") (define name "x"))',
            },
        )
    index = index_planet(tmp_path / "in")
    alone = rescue_planet(index, tmp_path / "alone")
    with ThreadPoolExecutor(3) as threads:
        beside = rescue_planet(index, tmp_path / "threads", executor=threads)
    with ProcessPoolExecutor(2, get_context("spawn")) as processes:
        apart = rescue_planet(index, tmp_path / "processes", executor=processes)
    assert files_in(tmp_path / "alone") == files_in(tmp_path / "threads") == files_in(tmp_path / "processes")
    for one, two, three in zip(alone.packages, beside.packages, apart.packages, strict=True):
        assert one.edits == two.edits == three.edits
        assert one.deps == two.deps == three.deps


def test_a_dry_run_writes_nothing(tmp_path: Path) -> None:
    result = run(FIXTURES / "repository", tmp_path / "pkgs", dry_run=True)
    assert len(result.made) == 7
    assert all(package.path is None for package in result.packages)
    assert not (tmp_path / "pkgs").exists()


def test_a_client_s_cache_can_be_rescued(tmp_path: Path) -> None:
    place = tmp_path / "cache" / "u" / "p.plt" / "1" / "0"
    (place / "compiled").mkdir(parents=True)
    (place / "compiled" / "main_ss.zo").write_bytes(b"code")
    (place / "main.ss").write_text("(module main mzscheme)")
    (place / "link.ss").symlink_to("/etc/passwd")
    result = run(tmp_path / "cache", tmp_path / "pkgs", format="dir")
    assert [package.error for package in result.packages] == [None]
    assert sorted(files_in(tmp_path / "pkgs")) == ["planet-u-p1/info.rkt", "planet-u-p1/u/p1/main.ss"]


def test_names_that_clash_are_both_refused(tmp_path: Path) -> None:
    for name in ("u/foo1 1.0", "u/foo 11.0", "a-b/c 1.0", "a/b-c 1.0", "v/Bar 1.0", "v/bar 1.0", "w/fine 1.0"):
        put(tmp_path / "in", name, {"main.ss": "(module main mzscheme)"})
    result = run(tmp_path / "in", tmp_path / "pkgs")
    assert [package.target.name for package in result.made] == ["planet-w-fine1"]
    assert all(isinstance(package.error, BlockedError) for package in result.refused)
    assert "u/foo 11, u/foo1 1" in str(result.refused[4].error) + str(result.refused[5].error) + str(
        result.refused[2].error
    ) + str(result.refused[3].error)
    names = {("u", "foo.plt", 11): "foo-eleven", ("a", "b-c.plt", 1): "b-c-one", ("v", "Bar.plt", 1): "bar-big"}
    renamed = run(tmp_path / "in", tmp_path / "renamed", aliases=names)
    assert renamed.refused == []
    assert (tmp_path / "renamed" / "planet-u-foo-eleven.zip").is_file()


def test_another_name_makes_a_refused_one_possible(tmp_path: Path) -> None:
    result = rescue_planet(repository(), tmp_path, options=RescueOptions(aliases={("cyd", "a.b.plt", 1): "a-b1"}))
    assert result.refused == []
    assert (tmp_path / "planet-cyd-a-b1.zip").is_file()


def test_rings_are_told(tmp_path: Path) -> None:
    put(tmp_path / "in", "u/a", {"main.ss": "(module main mzscheme (require (planet v/b:1)))"})
    put(
        tmp_path / "in",
        "v/b",
        {"main.ss": "(module main mzscheme)", "x.ss": "(module x mzscheme (require (planet u/a:1)))"},
    )
    put(tmp_path / "in", "w/c", {"main.ss": "(module main mzscheme (require (planet u/a:1)))"})
    result = run(tmp_path / "in", tmp_path / "pkgs")
    assert result.cycles() == [["planet-u-a1", "planet-v-b1"]]
    assert result.graph()["planet-w-c1"] == ["planet-u-a1"]


def test_rings_of_any_length() -> None:
    names = [f"{number:05}" for number in range(3000)]
    line = {name: [names[(number + 1) % 3000]] for number, name in enumerate(names)}
    assert cycles(line) == [names]
    assert cycles({name: following for name, following in line.items() if name != "02999"}) == []
    assert cycles({"a": ["a"], "b": ["c"], "c": []}) == [["a"]]


def test_two_majors_that_meet(tmp_path: Path) -> None:
    info = '(module info (lib "infotab.ss" "setup") (define can-be-loaded-with \'{}))'
    put(tmp_path / "in", "u/a 1.0", {"main.ss": "(module main mzscheme)", "info.ss": info.format("all")})
    put(tmp_path / "in", "u/a 2.0", {"main.ss": "(module main mzscheme)", "info.ss": info.format("none")})
    put(tmp_path / "in", "u/a 3.0", {"main.ss": "(module main mzscheme)", "info.ss": info.format("all")})
    put(tmp_path / "in", "v/b", {"main.ss": "(module main mzscheme (require (planet u/a:1)))"})
    put(tmp_path / "in", "w/c", {"main.ss": "(module main mzscheme (require (planet v/b:1) (planet u/a:2)))"})
    put(tmp_path / "in", "w/d", {"main.ss": "(module main mzscheme (require (planet v/b:1) (planet u/a:3)))"})
    result = run(tmp_path / "in", tmp_path / "pkgs")
    told = {package.target.name: [note.kind for note in package.notes] for package in result.made}
    assert told["planet-w-c1"] == ["loaded-with"]
    assert told["planet-w-d1"] == told["planet-v-b1"] == []


def test_what_cannot_be_read_is_copied_and_told(tmp_path: Path) -> None:
    bad = b"#lang planet u/lang\n(require (planet u/x:1) \xff"
    put(
        tmp_path / "in",
        "u/p",
        {"main.ss": bad, "deep.ss": b"(planet " + b"(" * 100_000, "fine.ss": "(module fine mzscheme)"},
    )
    (package,) = run(tmp_path / "in", tmp_path / "pkgs", format="dir").made
    assert sorted((note.file, note.kind) for note in package.notes) == [
        ("deep.ss", "unreadable"), ("main.ss", "encoding"), ("main.ss", "missing-package"), ("main.ss", "unreadable"),
    ]  # fmt: skip
    assert (tmp_path / "pkgs" / "planet-u-p1" / "u" / "p1" / "main.ss").read_bytes() == bad


def test_what_setup_would_do_is_told_and_can_be_dropped(tmp_path: Path) -> None:
    info = '#lang setup/infotab\n(define name "p") ; the name\n(define scribblings \'(("m.scrbl")))\n'
    info += '(define tools (list "t.ss"))\n'
    put(tmp_path / "in", "u/p", {"info.rkt": info, "m.scrbl": "#lang scribble/manual\n"})
    (loud,) = run(tmp_path / "in", tmp_path / "loud", format="dir").made
    (quiet,) = run(tmp_path / "in", tmp_path / "quiet", format="dir", quiet_info=True).made
    assert [note.kind for note in loud.notes] == [note.kind for note in quiet.notes] == ["setup-field"] * 2
    path = Path("planet-u-p1", "u", "p1", "info.rkt")
    assert (tmp_path / "loud" / path).read_text() == info
    assert (tmp_path / "quiet" / path).read_text() == '#lang setup/infotab\n(define name "p") ; the name\n\n\n'
    assert len(quiet.edits) == 2
    assert list(quiet.build_deps) == ["scribble-lib"]


def test_descriptions_and_versions(tmp_path: Path) -> None:
    info = '(module info (lib "infotab.ss" "setup") (define blurb \'("A \\"kit\\"" (b "!") "\n\\\\")))'
    put(tmp_path / "in", "u/p 2.7", {"info.ss": info})
    put(tmp_path / "in", "u/q 2.100", {"info.ss": "(module info racket)"})
    first, second = run(tmp_path / "in", tmp_path / "pkgs", format="dir").made
    text = (tmp_path / "pkgs" / first.target.name / "info.rkt").read_text()
    assert text.endswith('(define version "2.7")\n(define pkg-desc "A \\"kit\\"! \\\\")\n')
    assert [note.kind for note in second.notes] == ["info"]
    text = (tmp_path / "pkgs" / second.target.name / "info.rkt").read_text()
    assert "version" not in text
    assert (tmp_path / "pkgs" / second.target.name / "u" / "q2" / "info.ss.unreadable").is_file()


@pytest.mark.parametrize(
    ("data", "limits", "kind"),
    [
        (b"no archive at all", Limits(), FormatError),
        (archive(file(b"up", "x.ss", data=b"x")), Limits(), UnsafePathError),
        (archive(file("a", data=b"x"), file("a", "b", data=b"x")), Limits(), UnsafePathError),
        (archive(file("a.ss", data=b" " * 100_000)), Limits(total_bytes=10_000), LimitError),
        (encoded(b"PLT\n" + b"(" * 100_000), Limits(), LimitError),
        (archive(file("a.ss", data=b"x" * 5000))[:-2000], Limits(), FormatError),
    ],
    ids=["junk", "upward", "file-and-directory", "bomb", "nested", "cut"],
)
def test_a_hostile_archive_stops_nothing_else(
    tmp_path: Path, data: bytes, limits: Limits, kind: type[Exception]
) -> None:
    fine = put(tmp_path / "in", "u/fine", {"main.ss": "(module main mzscheme (require (planet u/bad:1)))"})
    bad = put(tmp_path / "in", "u/bad", {})
    bad.path.write_bytes(data)
    result = run(tmp_path / "in", tmp_path / "pkgs", limits=limits)
    assert [str(package.release) for package in result.refused] == ["u/bad 1.0"]
    assert isinstance(result.refused[0].error, kind)
    assert sorted(path.name for path in (tmp_path / "pkgs").iterdir()) == [
        "planet-u-fine1.zip",
        "planet-u-fine1.zip.CHECKSUM",
    ]
    assert [package.release.path for package in result.made] == [fine.path]


def test_an_old_package_stays_if_a_new_one_fails(tmp_path: Path) -> None:
    release = put(tmp_path / "in", "u/p", {"main.ss": "(module main mzscheme)"})
    run(tmp_path / "in", tmp_path / "pkgs")
    before = files_in(tmp_path / "pkgs")
    release.path.write_bytes(release.path.read_bytes()[:-40])
    assert len(run(tmp_path / "in", tmp_path / "pkgs").refused) == 1
    assert files_in(tmp_path / "pkgs") == before


def test_something_else_in_the_place_of_a_directory(tmp_path: Path) -> None:
    put(tmp_path / "in", "u/p", {"main.ss": "(module main mzscheme)"})
    (tmp_path / "pkgs" / "planet-u-p1").mkdir(parents=True)
    (tmp_path / "pkgs" / "planet-u-p1" / "mine").touch()
    (package,) = run(tmp_path / "in", tmp_path / "pkgs", format="dir").packages
    assert isinstance(package.error, BlockedError)
    assert sorted(files_in(tmp_path / "pkgs")) == ["planet-u-p1/mine"]


def test_large_files_are_not_looked_into(tmp_path: Path) -> None:
    # Digits that hardly compress: blanks would be refused as a bomb before anything is looked into.
    text = b"(planet u/x:1)" + random.Random(1).randbytes(8 << 20).hex().encode()
    put(tmp_path / "in", "u/p", {"big.ss": text, "big.txt": text})
    (package,) = run(tmp_path / "in", tmp_path / "pkgs").made
    assert [(note.file, note.kind) for note in package.notes] == [("big.ss", "unreadable")]
    with zipfile.ZipFile(tmp_path / "pkgs" / "planet-u-p1.zip") as made:
        assert made.read("u/p1/big.ss") == text
