"""What ``raco pkg install`` will object to is told by ``create`` and ``convert``, and with ``--strict`` not written."""

from __future__ import annotations

import json
import os
import zipfile
from pathlib import Path

import pytest

from pltpack.formats.entries import Entry
from pltpack.pkg.create import create_package
from pltpack.pkg.objections import LARGE_IN_TAR, LARGE_IN_ZIP, size_objections
from tests.cli.conftest import Run
from tests.formats.trees import BYTECODE, build

INFO = '#lang info\n(define collection "p")\n'


@pytest.fixture
def odd(tmp_path: Path) -> Path:
    """A package directory with a link to nothing."""
    build(tmp_path / "p", {"info.rkt": INFO, "a.rkt": ""})
    (tmp_path / "p" / "gone").symlink_to("nowhere")
    return tmp_path / "p"


def test_create_tells_and_strict_refuses(run: Run, odd: Path) -> None:
    ran = run("raco-pkg", "create", "--format", "tgz", "p")
    assert ran.code == 0
    assert "raco pkg install will object: gone is a link to nothing" in ran.err
    os.remove(odd.parent / "p.tgz")
    os.remove(odd.parent / "p.tgz.CHECKSUM")
    ran = run("raco-pkg", "create", "--strict", "--format", "tgz", "p")
    assert ran.code == 1
    assert "p.tgz: not written, as raco pkg install would refuse it" in ran.err
    assert sorted(path.name for path in odd.parent.iterdir()) == ["p"]
    os.remove(odd / "gone")
    assert run("raco-pkg", "create", "--strict", "--format", "tgz", "p").code == 0
    assert (odd.parent / "p.tgz").exists()


def test_a_link_to_nothing_is_no_reason_to_pack_as_tgz(run: Run, odd: Path) -> None:
    ran = run("raco-pkg", "create", odd.name)
    assert (ran.code, "tgz" in ran.err) == (6, False)


@pytest.mark.parametrize("dest", ["a@b.zip", "a.b.tgz", "a@b.plt", "a b"])
def test_convert_tells_of_the_name(run: Run, odd: Path, dest: str) -> None:
    os.remove(odd / "gone")
    ran = run("pltpack", "convert", "p", dest)
    assert ran.code == 0
    assert "raco pkg install will object: " in ran.err
    assert "is no package name" in ran.err
    ran = run("pltpack", "convert", "--strict", "--json", "p", f"x{dest}")
    assert ran.code == 1
    document = json.loads(ran.out)
    assert not document["written"]
    assert document["problems"]
    assert not (odd.parent / f"x{dest}").exists()


def test_convert_tells_of_links_and_fields(run: Run, odd: Path) -> None:
    (odd / "sub").mkdir()
    (odd / "sub" / "info.rkt").write_text("#lang info\n(define compile-omit-paths #t)\n")
    (odd / "sub" / "up").symlink_to("../a.rkt")
    ran = run("pltpack", "convert", "p", "q.tgz")
    assert ran.code == 0
    for said in ("gone is a link to nothing", "sub/up is a link with .. in it", "sub/info.rkt: compile-omit-paths"):
        assert said in ran.err


def test_modules_without_compiled_code(tmp_path: Path) -> None:
    build(tmp_path / "p", {"info.rkt": INFO, "a.rkt": "", "sub/b.rkt": "", "c.rkt": "", "compiled/c_rkt.zo": "<zo>"})
    for mode in ("binary", "binary-lib", "built"):
        warnings = create_package(tmp_path / "p", mode=mode, dest=tmp_path, recompile=False).warnings
        assert "no compiled code for 2 of 3 modules: run raco setup first" in warnings
    assert not any("no compiled" in text for text in create_package(tmp_path / "p", dest=tmp_path).warnings)
    for name in ("a_rkt.zo", "c_rkt.zo"):
        (tmp_path / "p" / "compiled" / name).write_bytes(BYTECODE)
    (tmp_path / "p" / "sub" / "compiled").mkdir()
    (tmp_path / "p" / "sub" / "compiled" / "b_rkt.zo").write_bytes(BYTECODE)
    warnings = create_package(tmp_path / "p", mode="built", dest=tmp_path, recompile=False).warnings
    assert not any("no compiled" in text for text in warnings)


def zip64(size: int) -> bool:
    """Whether the zip writer's library gives a file of that size ZIP64 records."""
    info = zipfile.ZipInfo("x")
    info.file_size = size
    return info.file_size * 1.05 > zipfile.ZIP64_LIMIT


@pytest.mark.parametrize("size", [LARGE_IN_ZIP - 1, LARGE_IN_ZIP, LARGE_IN_ZIP + 1, LARGE_IN_ZIP + 2, 1 << 32])
def test_files_too_large_for_racket(size: int) -> None:
    entries = [Entry("big", "file", 0o644, 0, size)]
    assert bool(list(size_objections(entries, "zip"))) == zip64(size)
    assert not list(size_objections(entries, "tgz"))
    entries = [Entry("big", "file", 0o644, 0, LARGE_IN_TAR)]
    assert "extended header" in next(size_objections(entries, "tgz"))


def test_a_file_is_not_a_missing_directory(run: Run, odd: Path) -> None:
    (odd.parent / "f").write_text("")
    ran = run("raco-pkg", "create", "f")
    assert (ran.code, "it is no directory" in ran.err) == (6, True)


@pytest.fixture
def low(monkeypatch: pytest.MonkeyPatch) -> None:
    """A library of zip that needs ZIP64 records from a kilobyte on, as it does from two gigabytes."""
    monkeypatch.setattr(zipfile, "ZIP64_LIMIT", 1050)
    monkeypatch.setattr("pltpack.pkg.objections.LARGE_IN_ZIP", 1000)


@pytest.mark.usefixtures("low")
@pytest.mark.parametrize(("size", "large"), [(1000, False), (1001, True)])
@pytest.mark.parametrize("command", [("raco-pkg", "create", "p"), ("pltpack", "convert", "p", "p.zip")])
def test_records_that_racket_does_not_read(
    run: Run, odd: Path, command: tuple[str, ...], size: int, large: bool
) -> None:
    """Told by whoever writes them, refused with ``--strict``, and found by ``verify`` in what was written."""
    os.remove(odd / "gone")
    (odd / "big.bin").write_bytes(bytes(size))
    message = "big.bin is so large that it needs ZIP64 records, which Racket does not read: use tgz"
    ran = run(*command, "--strict")
    assert (ran.code, message in ran.err, (odd.parent / "p.zip").exists()) == (int(large), large, not large)
    (odd.parent / "p.zip").unlink(missing_ok=True)
    ran = run(*command)
    assert (ran.code, message in ran.err) == (0, large)
    (verified,) = json.loads(run("pltpack", "verify", "--json", "p.zip").out)["archives"]
    refused = [finding["entry"] for finding in verified["findings"] if finding["code"] == "racket-refuses"]
    assert refused == ["big.bin"] * large
    with zipfile.ZipFile(odd.parent / "p.zip") as written:
        assert written.read("big.bin") == bytes(size)
