"""Packing collections, without any Racket: recorded archives, the header, errors, the destination."""

from __future__ import annotations

import io
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest

from pltpack.archive import open_archive
from pltpack.codec.entries import File
from pltpack.codec.header import Header
from pltpack.errors import InfoError, UnknownCollectionError
from pltpack.packer.collections import pack_collections, pack_collections_plt, plan_collections
from pltpack.packer.filters import include_compiled
from pltpack.packer.pack import PackOptions
from pltpack.racket.collections import CollectionIndex
from pltpack.racket.installation import Installation

SAMPLES = Path(__file__).parents[2] / "fixtures" / "samples"


class Place:
    """A folder of collections, and an installation that knows nothing else."""

    def __init__(self, folder: Path) -> None:
        self.collects = folder / "collects"
        self.collects.mkdir()
        environ = {"HOME": str(folder / "home"), "PATH": ""}
        self.installation = Installation.discover(environ=environ, collects=[self.collects])
        self.index = CollectionIndex(self.installation)

    def make(self, path: str, text: str | None = "#lang info\n") -> None:
        """A collection, with this info file."""
        (self.collects / path).mkdir(parents=True, exist_ok=True)
        if text is not None:
            (self.collects / path / "info.rkt").write_text(text)

    def plan(self, *names: str, **options: Any) -> Header:
        """The header for these collections."""
        collections = [name.split("/") for name in names]
        return plan_collections(options.pop("name", None), collections, index=self.index, **options).header

    def pack(self, names: Sequence[str], name: str | None = None, **options: Any) -> bytes:
        """The raw stream for these collections."""
        sink = io.BytesIO()
        collections = [name.split("/") for name in names]
        pack_collections_plt(sink, name, collections, encode=False, installation=self.installation, **options)
        return sink.getvalue()


@pytest.fixture
def place(tmp_path: Path) -> Place:
    return Place(tmp_path)


@pytest.fixture
def greet(place: Place) -> Place:
    """The collection of the samples, taken from the archive that has all of it."""
    with open_archive(SAMPLES / "15-collect-flags.plt") as archive:
        for entry in archive:
            if isinstance(entry, File):
                file = place.collects.joinpath(*(str(part) for part in entry.path[1:]))
                file.parent.mkdir(parents=True, exist_ok=True)
                file.write_bytes(entry.body.read())
    place.make("reqd", "#lang info\n(define version '(2 5 4 7))\n")
    place.make("racket", None)
    return place


class TestSamples:
    def test_plain(self, greet: Place) -> None:
        assert greet.pack(["greet"]) == (SAMPLES / "14-collect.raw").read_bytes()

    def test_all_flags(self, greet: Place) -> None:
        raw = greet.pack(
            ["greet", "greet/sub"],
            "all flags",
            replace=True,
            at_plt_home=True,
            test_plt_collects=False,
            extra_setup_collections=[["extra"]],
            file_filter=include_compiled,
        )
        assert raw == (SAMPLES / "15-collect-flags.raw").read_bytes()

    def test_encoded_to_a_file(self, greet: Place, tmp_path: Path) -> None:
        dest = tmp_path / "x.plt"
        lines: list[str] = []
        packed = pack_collections_plt(
            dest, None, [("greet",)], installation=greet.installation, options=PackOptions(report=lines.append)
        )
        with open_archive(dest) as archive:
            assert archive.header.name == "Greet λ"
            assert sum(isinstance(entry, File) for entry in archive) == packed.files == 3
        assert lines == [
            f"MzTarring {greet.collects}/greet as collects/greet...",
            f"MzTarring {greet.collects}/greet/sub as collects/greet/sub...",
        ]


class TestHeader:
    def test_name(self, place: Place) -> None:
        place.make("a/b", None)
        place.make("c", '#lang info\n(define name "C")')
        place.make("d")
        place.make("e", '#lang info\n(define name "")')
        assert place.plan("a/b").name == "a"
        assert place.plan("c", "a/b").name == "C"
        assert place.plan("a/b", "c").name == "a"
        assert place.plan("d").name == "d"
        assert place.plan("e").name == ""
        assert place.plan("c", name="mine").name == "mine"

    def test_requires_and_conflicts(self, place: Place) -> None:
        place.make("a", '#lang info\n(define requires \'(("v") ("a" "b")))\n(define conflicts \'(("old")))')
        place.make("a/b", '#lang info\n(define requires `((,(string-append "no" "ne"))))\n(define version #f)')
        place.make("v", "#lang info\n(define version '(1 20))")
        place.make("none", None)
        header = place.plan("a", "a/b")
        assert header.requires == ((("v",), (1, 20)), (("a", "b"), ()), (("none",), ()))
        assert header.conflicts == (("a",), ("a", "b"), ("old",))
        assert place.plan("a", replace=True).conflicts == (("old",),)

    def test_collections_to_set_up(self, place: Place) -> None:
        place.make("a")
        place.make("b", None)
        assert place.plan("b", "a").collections == (("a",),)
        assert place.plan("a", extra_setup_collections=[["x"], ["y", "z"]]).collections == (("x",), ("y", "z"), ("a",))

    def test_places(self, place: Place) -> None:
        place.make("a")
        plain = place.plan("a")
        assert (plain.plt_relative, plain.plt_home_relative, plain.test_plt_dirs) == (True, False, None)
        home = place.plan("a", at_plt_home=True)
        assert (home.plt_home_relative, home.test_plt_dirs) == (True, ("collects",))
        assert place.plan("a", at_plt_home=True, test_plt_collects=False).test_plt_dirs is None


def unknown(place: Place) -> None:
    place.plan("nowhere")


def empty_element(place: Place) -> None:
    place.make("a")
    place.plan("a/")


def unknown_requirement(place: Place) -> None:
    place.make("a", '#lang info\n(define requires \'(("nowhere")))')
    place.plan("a")


def bad_requires(place: Place) -> None:
    place.make("a", '#lang info\n(define requires \'(("/abs")))')
    place.plan("a")


def bad_conflicts(place: Place) -> None:
    place.make("a", "#lang info\n(define conflicts 'b)")
    place.plan("a")


def version_of_the_wrong_type(place: Place) -> None:
    place.make("a", '#lang info\n(define requires \'(("b")))')
    place.make("b", '#lang info\n(define version "1.2")')
    place.plan("a")


def broken(place: Place) -> None:
    place.make("a", "#lang info\n(define")
    place.plan("a")


def name_of_the_wrong_type(place: Place) -> None:
    place.make("a", "#lang info\n(define name 'a)")
    place.plan("a")


@pytest.mark.parametrize(
    ("attempt", "kind", "message"),
    [
        (unknown, UnknownCollectionError, "no collection nowhere; searched: .*collects"),
        (empty_element, UnknownCollectionError, "an empty or absolute element"),
        (unknown_requirement, UnknownCollectionError, r"a/info\.rkt: no collection nowhere"),
        (bad_requires, InfoError, r"a/info\.rkt: the field requires is not a list of collection paths"),
        (bad_conflicts, InfoError, r"a/info\.rkt: the field conflicts is not"),
        (
            version_of_the_wrong_type,
            InfoError,
            r"b/info\.rkt: the field version is not a list of exact integers \(.*a/info\.rkt requires the collection",
        ),
        (broken, InfoError, r"a/info\.rkt:2:7: the data ends inside a list"),
        (name_of_the_wrong_type, InfoError, "the field name is not a string"),
    ],
)
def test_refusals(place: Place, attempt: Callable[[Place], None], kind: type[Exception], message: str) -> None:
    with pytest.raises(kind, match=message):
        attempt(place)


def test_no_collection(place: Place) -> None:
    with pytest.raises(ValueError, match="no collection to pack"):
        place.plan()


def test_a_collection_is_no_string(place: Place) -> None:
    place.make("a")
    with pytest.raises(TypeError, match="sequence of names"):
        plan_collections(None, ["a"], index=place.index)
    with pytest.raises(TypeError, match="sequence of names"):
        plan_collections(None, [("a",)], index=place.index, extra_setup_collections=["extra"])


def test_an_old_archive_stays_when_something_is_wrong(place: Place, tmp_path: Path) -> None:
    dest = tmp_path / "x.plt"
    dest.write_text("old")
    place.make("a", '#lang info\n(define requires \'(("nowhere")))')
    with pytest.raises(UnknownCollectionError):
        pack_collections_plt(dest, None, [("a",)], installation=place.installation)
    assert dest.read_text() == "old"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["collects", "x.plt"]


def test_the_filter_sees_complete_paths(place: Place) -> None:
    place.make("a/b")
    seen: list[str] = []

    def remember(path: str) -> bool:
        seen.append(path)
        return True

    place.pack(["a"], file_filter=remember)
    assert seen == [f"{place.collects}/a/b", f"{place.collects}/a/b/info.rkt"]


def test_the_old_form(place: Place, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    place.make("a")
    for name in ("PLTADDONDIR", "PLTCONFIGDIR"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("PATH", "")
    monkeypatch.setenv("PLTCOLLECTS", str(place.collects))
    pack_collections(tmp_path / "x.plt", "n", [["a"]], True, [["s"]], at_plt_home=True)
    with open_archive(tmp_path / "x.plt") as archive:
        header = archive.header
        assert (header.name, header.conflicts, header.collections) == ("n", (), (("s",), ("a",)))
        assert header.test_plt_dirs == ("collects",)
        assert [entry.replace for entry in archive if isinstance(entry, File)] == [True]
