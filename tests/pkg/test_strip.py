"""The content modes against recorded results of Racket."""

from __future__ import annotations

import os
import shutil
import struct
from pathlib import Path
from typing import Any

import pytest

from pltpack.errors import EntryExistsError, FormatError, PackageError, PltError, SourceError
from pltpack.pkg.strip.bytecode import read_bytecode
from pltpack.pkg.strip.recompile import Recompiler
from pltpack.pkg.strip.rules import MODES, Mode
from pltpack.pkg.strip.strip import check_strip_compatible, strip_package, stripped
from pltpack.racket.installation import Installation
from tests.formats.trees import STRIP_CASES, build, snapshot

COMPILED_INFO = ("compiled/info_rkt.zo", "compiled/info_rkt.dep")


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("case", STRIP_CASES, ids=lambda case: case["label"])
def test_recorded_cases(case: dict[str, Any], mode: Mode, tmp_path: Path) -> None:
    source, dest = tmp_path / "pkg", tmp_path / "out"
    build(source, case["tree"])
    expected = case["results"][mode]
    if expected.get("error") and not has_alien_bytecode(case["tree"]):
        with pytest.raises(PltError):
            strip_package(source, dest, mode, version="8.7", recompile=False)
        assert not dest.exists()
        return
    result = strip_package(source, dest, mode, version="8.7", recompile=False)
    if expected.get("error"):
        return
    got = snapshot(dest)
    assert without_compiled(set(got), mode) == without_compiled(set(expected["paths"]), mode)
    for path, data in got.items():
        if data is not None:
            text = expected["changed"].get(path, case["tree"].get(path))
            assert data == ((source / path).read_bytes() if text == "<zo>" else text.encode()), path
    compiled = [path for path in expected["paths"] if path.endswith("compiled/info_rkt.zo")]
    if mode != "built":
        assert bool(compiled) == any("not compiled" in warning for warning in result.warnings)


def has_alien_bytecode(tree: dict[str, Any]) -> bool:
    """Whether an ``info_rkt.zo`` stands beside an ``info.rkt``, but is compiled from something else.

    Racket runs it and fails; here compiled code is never looked into for the fields of an ``info.rkt``.
    """
    return any(f"{path[:-8]}compiled/info_rkt.zo" in tree for path in tree if path.endswith("info.rkt"))


def without_compiled(paths: set[str], mode: Mode) -> set[str]:
    """The paths without the bytecode of rewritten info files, which only Racket makes, and directories for it alone."""
    made = COMPILED_INFO if mode != "built" else tuple(f"/{name}" for name in COMPILED_INFO)
    rest = {path for path in paths if not f"/{path}".endswith(made) or (mode == "built" and path.count("/") > 1)}
    return {
        path
        for path in rest
        if not path.endswith("compiled/") or any(other.startswith(path) and other != path for other in rest)
    }


# Beyond the recorded cases


def entries(
    source: Path, mode: Mode, *, recompile: bool | Recompiler = False, installation: Installation | None = None
) -> dict[str, bytes]:
    with stripped(source, mode, version="8.7", recompile=recompile, installation=installation) as package:
        return {entry.path: entry.read() for entry in package.entries if entry.kind == "file"}


def test_permissions_and_times_are_kept(tmp_path: Path) -> None:
    build(tmp_path / "p", {"run": "#!/bin/sh\n", "sub/ro": "x"})
    (tmp_path / "p" / "run").chmod(0o755)
    (tmp_path / "p" / "sub" / "ro").chmod(0o444)
    for name in ("run", "sub/ro"):
        os.utime(tmp_path / "p" / name, (1_500_000_000, 1_500_000_000.5))
    strip_package(tmp_path / "p", tmp_path / "out", "source")
    assert [(tmp_path / "out" / name).stat().st_mode & 0o777 for name in ("run", "sub/ro")] == [0o755, 0o444]
    assert (tmp_path / "out" / "run").stat().st_mtime == 1_500_000_000


def test_links_are_followed(tmp_path: Path) -> None:
    build(tmp_path / "p", {"a/f": "1", "a/compiled/x": "2"})
    (tmp_path / "p" / "l").symlink_to("a")
    (tmp_path / "p" / "m").symlink_to("a/f")
    assert entries(tmp_path / "p", "source") == {"a/f": b"1", "l/f": b"1", "m": b"1"}


def test_what_is_left_out_may_be_anything(tmp_path: Path) -> None:
    build(tmp_path / "p", {"a": "1"})
    (tmp_path / "p" / "dead~").symlink_to("nothing")
    with stripped(tmp_path / "p", "source") as package:
        assert [(left.path, left.reason) for left in package.left_out] == [("dead~", "it is a backup file")]
    (tmp_path / "p" / "dead").symlink_to("nothing")
    with pytest.raises(SourceError, match="points to nothing"):
        entries(tmp_path / "p", "source")


def test_reasons(tmp_path: Path) -> None:
    build(tmp_path / "p", {
        "info.rkt": "#lang info\n(define binary-omit-files '(\"x\"))\n(define binary-keep-files '(\"tests/t\"))",
        "x": "", "a.rkt": "", "compiled/a_rkt.zo": "<zo>", "tests/t": "", "tests/u": "", "doc/s.css": "", "doc/d": "",
        "synced.rktd": "", ".git/HEAD": "", "m.scrbl": "", "compiled/info_rkt.zo": "<zo>",
    })  # fmt: skip
    with stripped(tmp_path / "p", "binary", version="8.7", recompile=False) as package:
        assert {left.path: left.reason for left in package.left_out} == {
            ".git": "it belongs to version control",
            "a.rkt": "it is there compiled",
            "compiled/info_rkt.zo": "it is compiled anew",
            "doc/s.css": "it is made anew by the installation's own documentation",
            "m.scrbl": "binary packages hold no such files",
            "synced.rktd": "it is a mark in rendered documentation",
            "tests": "binary packages hold no tests",
            "x": "binary-omit-files of info.rkt",
        }
        assert [entry.path for entry in package.entries] == [
            "compiled", "compiled/a_rkt.zo", "doc", "doc/d", "info.rkt", "tests", "tests/t",
        ]  # fmt: skip


def test_a_new_or_empty_directory_is_needed(tmp_path: Path) -> None:
    build(tmp_path / "p", {"a": "1"})
    (tmp_path / "empty").mkdir()
    strip_package(tmp_path / "p", tmp_path / "empty", "source")
    with pytest.raises(EntryExistsError):
        strip_package(tmp_path / "p", tmp_path / "empty", "source")


@pytest.mark.parametrize("mode", ["binary", "binary-lib"])
def test_a_rewritten_info_must_work(mode: Mode, tmp_path: Path) -> None:
    build(tmp_path / "p", {"info.rkt": "#lang info\n(define build-deps '())\n(define deps (append build-deps))\n"})
    with pytest.raises(PackageError, match=r"info\.rkt would be broken"):
        entries(tmp_path / "p", mode)
    assert "info.rkt" in entries(tmp_path / "p", "built")


def test_html_in_memory_only_while_it_is_read(tmp_path: Path) -> None:
    page = b'<script type="text/javascript" src="/x/local-redirect.js">' * 3
    build(tmp_path / "p", {"info.rkt": "#lang info\n", "doc/a.html": page.decode()})
    mended = entries(tmp_path / "p", "built")["doc/a.html"]
    assert mended == page.replace(b"/x/", b"../", 2)


def zo(*modules: tuple[str, ...], version: str = "8.7", kind: bytes = b"D") -> bytes:
    """A bytecode file with a directory of modules, as far as it is read."""
    names = [b"".join(bytes([len(part)]) + part.encode() for part in module) for module in modules]
    records = b"".join(struct.pack("<I", len(name)) + name + bytes(16) for name in names)
    head = b"#~" + bytes([len(version)]) + version.encode() + b"\x0bchez-scheme" + kind
    return head + struct.pack("<I", len(names)) + records


@pytest.mark.parametrize(
    ("modules", "extra"),
    [
        (((), ("configure-runtime",)), False),
        (((), ("main",), ("main", "test")), True),
        (((), ("doc",)), True),
        (((), ("srcdoc",), ("a",)), True),
        (((), ("testing",)), False),
    ],
)
def test_submodules_of_bytecode(modules: tuple[tuple[str, ...], ...], extra: bool, tmp_path: Path) -> None:
    (tmp_path / "a.zo").write_bytes(zo(*modules))
    bytecode = read_bytecode(tmp_path / "a.zo")
    assert (bytecode.version, bytecode.vm, bytecode.has_extra_submodules) == ("8.7", "chez-scheme", extra)
    build(tmp_path / "p", {"info.rkt": "#lang info\n"})
    shutil.copy(tmp_path / "a.zo", tmp_path / "p" / "a.zo")
    with stripped(tmp_path / "p", "binary", version="8.7", recompile=False) as package:
        assert any("test and documentation modules" in warning for warning in package.warnings) == extra


@pytest.mark.parametrize(
    "data", [b"", b"#~", b"#lang racket", zo(())[:30], zo((), kind=b"X"), zo(("a",))[:-17] + b"\xff"]
)
def test_what_is_no_bytecode(data: bytes, tmp_path: Path) -> None:
    build(tmp_path / "p", {"info.rkt": "#lang info\n"})
    (tmp_path / "p" / "a.zo").write_bytes(data)
    with pytest.raises(FormatError):
        entries(tmp_path / "p", "binary")
    assert entries(tmp_path / "p", "source")["a.zo"] == data


def test_bytecode_for_another_racket(tmp_path: Path) -> None:
    build(tmp_path / "p", {"info.rkt": "#lang info\n"})
    (tmp_path / "p" / "a.zo").write_bytes(zo((), version="8.10"))
    with pytest.raises(PackageError, match=r"compiled for Racket 8\.10"):
        entries(tmp_path / "p", "binary")


def test_without_racket(tmp_path: Path) -> None:
    build(tmp_path / "p", {"info.rkt": "#lang info\n", "compiled/info_rkt.zo": "<zo>"})
    nowhere = Installation.discover(version="8.7", environ={"PATH": "", "HOME": str(tmp_path)})
    with stripped(tmp_path / "p", "built", installation=nowhere) as package:
        # What was compiled from the old info.rkt would be taken for the new one.
        assert [entry.path for entry in package.entries] == ["compiled", "info.rkt"]
        assert "there is no Racket" in package.warnings[0]


def test_a_racket_that_fails(tmp_path: Path) -> None:
    build(tmp_path / "p", {"info.rkt": "#lang info\n"})
    (tmp_path / "racket").write_text("#!/bin/sh\necho '\"8.99\"'\ncat >/dev/null\n")
    (tmp_path / "racket").chmod(0o755)
    with Recompiler(tmp_path / "racket") as other, pytest.raises(PackageError, match=r"is \"8\.99\""):
        entries(tmp_path / "p", "built", recompile=other)
    with Recompiler(Path("/bin/false")) as broken, pytest.raises(PackageError, match="could not finish"):
        entries(tmp_path / "p", "built", recompile=broken)


@pytest.mark.parametrize("field", ["move-foreign-libs", "move-shared-files", "move-man-pages"])
def test_files_that_setup_has_moved_come_back(field: str, tmp_path: Path) -> None:
    build(
        tmp_path / "p", {"sub/info.rkt": f'#lang info\n(define {field} \'("a" "here" "dir" "lost"))', "sub/here": "1"}
    )
    place = {"move-foreign-libs": "lib", "move-shared-files": "share", "move-man-pages": "man"}[field]
    installation = Installation.discover(
        version="8.7", addon_dir=tmp_path / "addon", environ={"PATH": "", "HOME": str(tmp_path)}
    )
    build(tmp_path / "addon" / "8.7" / place, {"a": "moved", "here": "other", "dir/b": "too"})
    got = entries(tmp_path / "p", "source", installation=installation)
    assert {path: data for path, data in got.items() if not path.endswith("info.rkt")} == {
        "sub/a": b"moved", "sub/here": b"1", "sub/dir/b": b"too",
    }  # fmt: skip


STATES = {
    None: {"source", "built"},
    '\'(source "8.7")': {"source", "built"},
    '\'(built "8.7")': {"source", "built", "binary", "binary-lib"},
    '\'(built "8.6")': {"source", "built"},
    "'(built #f)": {"source", "built"},
    '\'(binary "8.7")': {"built", "binary", "binary-lib"},
    '\'(binary-lib "8.7" extra)': {"built", "binary", "binary-lib"},
    '\'(binary "8.6")': set(),
    "'(binary-lib #f)": set(),
    "'(binary)": {"source", "built"},
    '\'(other "8.7")': {"source", "built"},
    "'binary": {"source", "built"},
}


@pytest.mark.parametrize("state", STATES)
def test_compatibility(state: str | None, tmp_path: Path) -> None:
    if state is not None:
        (tmp_path / "info.rkt").write_text(f"#lang info\n(define package-content-state {state})\n")
    for mode in MODES:
        if mode in STATES[state]:
            check_strip_compatible(mode, tmp_path, version="8.7")
        else:
            with pytest.raises(PackageError, match="cannot be made"):
                check_strip_compatible(mode, tmp_path, version="8.7")
