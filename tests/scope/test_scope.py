"""Scopes as objects: plans made and carried out on a disk, without any Racket."""

from __future__ import annotations

import hashlib
import os
import threading
from dataclasses import replace
from pathlib import Path

import pytest

from pltpack.errors import (
    BlockedError,
    BusyError,
    ChecksumError,
    FormatError,
    PackageError,
    PltError,
    UnsafePathError,
)
from pltpack.scope.change import clear_trash, restore
from pltpack.scope.check import check_scope, repair
from pltpack.scope.commit import ScopeChangedError
from pltpack.scope.outdated import find_outdated
from pltpack.scope.plan.asked import Asking, wishes_of
from pltpack.scope.plan.graph import chains, everything, tree
from pltpack.scope.plan.values import Options
from pltpack.scope.scope import Scope
from pltpack.transaction.destination import Root
from pltpack.transaction.directory import DirectoryDestination
from tests.scope.scopes import AUTO, FORCE, catalog, is_whole, make_package, scope_in


@pytest.fixture
def archives(tmp_path: Path) -> Path:
    place = tmp_path / "archives"
    make_package(place / "a.zip", deps='"b"')
    make_package(place / "b.zip", deps='("c" #:version "1.0")')
    make_package(place / "c.zip")
    return place


def test_install_show_remove(tmp_path: Path, archives: Path) -> None:
    source = catalog(tmp_path / "cat", sorted(archives.glob("*.zip")))
    with scope_in(tmp_path, catalogs=(source,)) as scope:
        plan = scope.plan(install=["a"], options=AUTO)
        assert not scope.places.packages.exists(), "a plan changes nothing"
        scope.apply(plan)
        assert {name: one.record.auto for name, one in scope.packages.items()} == {"a": False, "b": True, "c": True}
        assert scope.packages["a"].facts.version == "1.0"
        assert is_whole(scope)
        applied = scope.apply(scope.plan(remove=["a"], auto=True))
        assert set(applied.trashed) == {"a", "b", "c"}
        assert not scope.packages


def test_what_a_catalog_says_for_a_version_of_racket_counts(tmp_path: Path) -> None:
    """Also where the catalog is a directory, which answers for all versions at once."""
    make_package(tmp_path / "new" / "a.zip", version="2.0")
    older = make_package(tmp_path / "old" / "a.zip", version="1.0")
    source = catalog(tmp_path / "cat", [tmp_path / "new" / "a.zip"])
    record = tmp_path / "cat" / "pkg" / "a"
    own = f'#hash((source . "../old/a.zip") (checksum . "{hashlib.sha1(older.read_bytes()).hexdigest()}"))'
    record.write_text(record.read_text().removesuffix(")") + f' (versions . #hash(("8.7" . {own}))))')
    with scope_in(tmp_path, catalogs=(source,)) as scope:
        scope.apply(scope.plan(install=["a"], options=AUTO))
        assert scope.packages["a"].facts.version == "1.0"
        assert not find_outdated(scope)


def test_a_plan_for_a_scope_that_has_changed_is_not_carried_out(tmp_path: Path, archives: Path) -> None:
    with scope_in(tmp_path) as scope:
        plan = scope.plan(install=[str(archives / "c.zip")], options=FORCE)
        scope.apply(scope.plan(install=[str(archives / "b.zip")], options=FORCE))
        with pytest.raises(ScopeChangedError):
            scope.apply(plan)
        assert set(scope.packages) == {"b"}
        assert is_whole(scope)


def test_two_at_once_have_a_serial_outcome(tmp_path: Path) -> None:
    names = [f"p{number}" for number in range(8)]
    for name in names:
        make_package(tmp_path / "archives" / f"{name}.zip")
    problems: list[BaseException] = []

    def work(mine: list[str]) -> None:
        try:
            for name in mine:
                with scope_in(tmp_path) as scope:
                    file = str(tmp_path / "archives" / f"{name}.zip")
                    scope.carry_out(lambda scope=scope, file=file: scope.plan(install=[file], options=FORCE))  # type: ignore[misc]
        except BaseException as error:
            problems.append(error)

    threads = [threading.Thread(target=work, args=(names[start::2],)) for start in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert problems == []
    with scope_in(tmp_path) as scope:
        assert sorted(scope.packages) == names
        assert is_whole(scope)


def test_restore(tmp_path: Path, archives: Path) -> None:
    with scope_in(tmp_path) as scope:
        scope.apply(scope.plan(install=[str(archives / "c.zip")], options=FORCE))
        record = scope.packages["c"].record
        scope.apply(scope.plan(remove=["c"]))
        with pytest.raises(BlockedError, match="nothing to restore of package gone"):
            restore(scope, "gone")
        restore(scope, "c")
        assert scope.packages["c"].record == record
        assert is_whole(scope)
        clear_trash(scope)
        with pytest.raises(BlockedError, match="nothing to restore"):
            restore(scope, "c")


def test_restoring_emptying_and_mending_wait(tmp_path: Path, archives: Path) -> None:
    with scope_in(tmp_path) as scope:
        scope.apply(scope.plan(install=[str(archives / "c.zip")], options=FORCE))
        scope.apply(scope.plan(remove=["c"]))
        (scope.places.packages / "lost").mkdir()
        hurried = Scope(scope.installation, scope.places, replace(scope.manner, lock_timeout=0), scope.access)
        with DirectoryDestination() as other:
            other.make_directory(Root(scope.places.packages), ("other",))
            for work in (lambda: restore(hurried, "c"), lambda: clear_trash(hurried)):
                with pytest.raises(BusyError):
                    work()
            with pytest.raises(BusyError):
                repair(hurried, check_scope(hurried))
            patient = threading.Thread(target=restore, args=(scope, "c"))
            patient.start()
            other.rollback()
        patient.join()
        assert set(scope.packages) == {"c"}
        assert is_whole(scope)


def test_why_and_tree(tmp_path: Path, archives: Path) -> None:
    source = catalog(tmp_path / "cat", sorted(archives.glob("*.zip")))
    with scope_in(tmp_path, catalogs=(source,)) as scope:
        scope.apply(scope.plan(install=["a"], options=AUTO))
        packages = everything(scope.surroundings().situation())
    assert [[edge.user for edge in way] for way in chains("c", packages)] == [["a", "b"]]
    assert [(line.depth, line.name, line.wanted) for line in tree(packages, ["a"])] == [
        (0, "a", None), (1, "b", None), (2, "c", "1.0"),
    ]  # fmt: skip
    assert [(line.depth, line.name) for line in tree(packages, ["c"], invert=True)] == [(0, "c"), (1, "b"), (2, "a")]


def test_outdated(tmp_path: Path, archives: Path) -> None:
    source = catalog(tmp_path / "cat", sorted(archives.glob("*.zip")))
    with scope_in(tmp_path, catalogs=(source,)) as scope:
        scope.apply(scope.plan(install=["a"], options=AUTO))
        assert find_outdated(scope) == []
        catalog(tmp_path / "cat", [make_package(archives / "c.zip", "1.1")])
        (tmp_path / "cat" / "pkg" / "b").unlink()
    with scope_in(tmp_path, catalogs=(source,)) as scope:
        assert [(one.name, one.problem is None) for one in find_outdated(scope)] == [("b", False), ("c", True)]


def test_check_and_repair(tmp_path: Path, archives: Path) -> None:
    with scope_in(tmp_path) as scope:
        scope.apply(scope.plan(install=[str(archives / f"{name}.zip") for name in "abc"], options=FORCE))
        assert check_scope(scope) == []
        scope.apply(scope.plan(remove=["c"], options=Options(force=True)))
        (scope.places.packages / "a" / "main.rkt").write_text("changed")
        (scope.places.packages / "lost").mkdir()
        scope.places.links.write_text('(("b" (#"pkgs" #"b"))\n ("b" (#"pkgs" #"b"))\n ("x" (#"pkgs" #"x")))\n')
        found = check_scope(scope)
        assert [one.code for one in found] == [
            "link-missing", "link-doubled", "link-dangling", "unmet", "orphan", "changed",
        ]  # fmt: skip
        assert [one.code for one in repair(scope, found)] == ["link-missing", "link-doubled", "link-dangling", "orphan"]
        assert [one.code for one in check_scope(scope)] == ["unmet", "changed"]
        assert is_whole(scope)


def test_what_lies_in_the_way_goes_into_the_trash(tmp_path: Path, archives: Path) -> None:
    with scope_in(tmp_path) as scope:
        (scope.places.packages / "c").mkdir(parents=True)
        (scope.places.packages / "c" / "mine.txt").write_text("precious")
        applied = scope.apply(scope.plan(install=[str(archives / "c.zip")], options=FORCE))
        assert applied.aside == (scope.places.packages / "c",)
        assert [path.read_text() for path in scope.places.trash.glob("*/mine.txt")] == ["precious"]


def test_names_of_packages_and_sources() -> None:
    assert [wish.type for wish in wishes_of(["games", "./games", "g.zip", "https://h/g.zip", "https://h/g.git"])] == [
        "name", "link", "file", "file-url", "git",
    ]  # fmt: skip
    assert wishes_of(["u/r"], Asking(type="github"))[0].source == "git://github.com/u/r"
    assert wishes_of(["http://h/g?path=x#b"], Asking(type="git"))[0].source == "http://h/g.git?path=x#b"
    with pytest.raises(PackageError, match="invalid package source"):
        wishes_of(["a.b.zip"])


# packages from strangers: refused before anything is written


def refused(tmp_path: Path, source: str, options: Options = FORCE, asking: Asking = Asking()) -> PltError:
    with scope_in(tmp_path) as scope:
        with pytest.raises(PltError) as caught:
            scope.apply(scope.plan(install=[source], options=options, asking=asking))
        assert not scope.places.table.exists()
        assert not scope.places.packages.exists() or not [
            name for name in os.listdir(scope.places.packages) if not name.startswith(".")
        ]
    return caught.value


@pytest.mark.parametrize("path", ["../evil.rkt", "/evil.rkt", "a/../../evil.rkt"])
def test_an_archive_that_leads_out(tmp_path: Path, path: str) -> None:
    file = make_package(tmp_path / "archives" / "x.zip", **{path: "evil"})
    assert isinstance(refused(tmp_path, str(file)), UnsafePathError | FormatError)


def test_an_archive_that_is_cut_off(tmp_path: Path) -> None:
    file = make_package(tmp_path / "archives" / "x.zip")
    file.write_bytes(file.read_bytes()[:-40])
    assert isinstance(refused(tmp_path, str(file)), FormatError)


def test_a_wrong_checksum(tmp_path: Path) -> None:
    file = make_package(tmp_path / "archives" / "x.zip")
    assert isinstance(refused(tmp_path, str(file), asking=Asking(checksum="0" * 40)), ChecksumError)
    file.with_name("x.zip.CHECKSUM").write_text("0" * 40)
    assert isinstance(refused(tmp_path, str(file)), ChecksumError)


@pytest.mark.parametrize("deps", ['("a" #:moon 1)', "alpha", '("a" #:version "1.x")', '"../x.b"'])
def test_dependencies_that_are_none(tmp_path: Path, deps: str) -> None:
    file = make_package(tmp_path / "archives" / "x.zip", deps=deps)
    error = refused(tmp_path, str(file), Options(deps="fail"))
    assert error.message == "invalid `deps` specification"


def test_an_info_file_that_would_never_end(tmp_path: Path) -> None:
    """It counts as none, as in Racket, and is told."""
    loop = "#lang info\n(define version (let loop () (loop)))\n"
    file = make_package(tmp_path / "archives" / "x.zip", **{"info.rkt": loop})
    with scope_in(tmp_path) as scope:
        plan = scope.plan(install=[str(file)], options=FORCE)
        assert len(plan.warnings) == 1
        assert "info.rkt cannot be used, and counts as missing" in plan.warnings[0]


def test_a_catalog_that_leads_to_a_file_that_is_changed(tmp_path: Path, archives: Path) -> None:
    source = catalog(tmp_path / "cat", [archives / "c.zip"])
    make_package(archives / "c.zip", "6.6")
    with scope_in(tmp_path, catalogs=(source,)) as scope, pytest.raises(ChecksumError, match="incorrect checksum"):
        scope.plan(install=["c"], options=AUTO)


def test_a_link_among_the_packages_is_not_followed(tmp_path: Path, archives: Path) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    with scope_in(tmp_path) as scope:
        scope.places.packages.mkdir(parents=True)
        (scope.places.packages / "c").symlink_to(outside)
        scope.apply(scope.plan(install=[str(archives / "c.zip")], options=FORCE))
        assert list(outside.iterdir()) == []
        assert (scope.places.packages / "c").is_dir()
        assert not (scope.places.packages / "c").is_symlink()
