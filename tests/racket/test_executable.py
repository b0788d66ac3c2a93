"""Executables that are read but never run: marks, links, layouts, versions."""

from __future__ import annotations

from pathlib import Path

import pytest

from pltpack.errors import InstallationError
from pltpack.racket.executable import Marks, find_layout, read_marks
from pltpack.racket.installation import Installation
from pltpack.racket.version import bytecode_version, installed_version

STARS = b"*" * 1024
ELF = b"\x7fELF" + bytes(5000)


def binary(collects: bytes = b"../collects", config: bytes = b"../etc", kind: bytes = b"zis") -> bytes:
    """What matters of a Racket executable."""
    return (
        ELF
        + b"bINARy tYPe:" + kind + b"\0"
        + b"coNFIg dIRECTORy:" + config + b"\0" + STARS
        + b"coLLECTs dIRECTORy:" + collects + b"\0\0" + STARS
        + b"coLLECTs dIRECTORy:second\0\0"
    )  # fmt: skip


def installation(root: Path, executable: bytes | None = binary(), version: str = "8.7") -> Path:
    """An installation as built in place."""
    compiled = root / "collects/racket/compiled"
    compiled.mkdir(parents=True)
    (compiled / "base_rkt.zo").write_bytes(b"#~" + bytes([len(version)]) + version.encode() + b"\x0bchez-scheme")
    (root / "etc").mkdir()
    (root / "etc/config.rktd").write_text('#hash((installation-name . "here"))')
    if executable is not None:
        (root / "bin").mkdir()
        (root / "bin/racket").write_bytes(executable)
        (root / "bin/racket").chmod(0o755)
    return root


@pytest.mark.parametrize(
    ("data", "marks"),
    [
        (b"", Marks()),
        (b"#!/bin/sh\nexec racket\n", Marks()),
        (binary(), Marks(("../collects",), "../etc", None, "cs")),
        (binary(b"/a\0/b\0c", b"/etc/racket", b"zi3"), Marks(("/a", "/b", "c"), "/etc/racket", None, "bc")),
        (binary(b"", b"\xff", b"ric"), Marks(("",), "\udcff", None, "cgc")),
        (b"MZ" + binary() + "dLl dIRECTORy:lib\0".encode("utf-16-le"), Marks(("../collects",), "../etc", "lib", "cs")),
        (b"MZ" + binary() + "dLl dIRECTORy:<no\0".encode("utf-16-le"), Marks(("../collects",), "../etc", None, "cs")),
        (b"coLLECTs dIRECTORy:" + b"x" * 9000, Marks()),
        (b"\xcf\xfa\xed\xfe\0@executable_path/../lib/Racket.framework/Versions/8.7/Racket\0", Marks(dll="../lib/")),
        (b"\xcf\xfa\xed\xfe\0@executable_path/Racket.framework\0", Marks(dll=".")),
        (b"\xcf\xfa\xed\xfe\0/Library/GRacket.framework\0", Marks(dll="/Library/")),
        (b"\xcf\xfa\xed\xfe\0Racket.framework\0", Marks()),
    ],
)
def test_marks(data: bytes, marks: Marks, tmp_path: Path) -> None:
    file = tmp_path / "racket"
    file.write_bytes(data)
    assert read_marks(file) == marks


@pytest.mark.parametrize("given", [".", "bin", "bin/racket"])
def test_given(given: str, tmp_path: Path) -> None:
    root = installation(tmp_path / "r")
    found = Installation.discover(racket=root / given, environ={"HOME": "/h"}, platform="linux")
    assert (found.collects_dir, found.config_dir) == (root / "collects", root / "etc")
    assert (found.version, found.vm, found.installation_name) == ("8.7", "cs", "here")
    assert found.executable == root / "bin/racket"


@pytest.mark.parametrize("executable", [None, b"#!/bin/sh\nexec elsewhere\n"])
def test_layout_alone(executable: bytes | None, tmp_path: Path) -> None:
    root = installation(tmp_path / "r", executable)
    found = Installation.discover(racket=root, environ={"HOME": "/h"}, platform="linux")
    assert (found.collects_dir, found.config_dir, found.version) == (root / "collects", root / "etc", "8.7")


def test_source_tree(tmp_path: Path) -> None:
    root = installation(tmp_path / "checkout/racket", None)
    found = Installation.discover(racket=tmp_path / "checkout", environ={"HOME": "/h"}, platform="linux")
    assert found.collects_dir == root / "collects"


def test_unix_style(tmp_path: Path) -> None:
    prefix = tmp_path / "usr"
    installation(prefix / "share/racket", None)
    (prefix / "etc/racket").mkdir(parents=True)
    found = Installation.discover(racket=prefix, environ={"HOME": "/h"}, platform="linux")
    assert found.collects_dir == prefix / "share/racket/collects"
    assert found.config_dir == prefix / "etc/racket"


def test_links_are_followed_to_the_innermost_that_fits(tmp_path: Path) -> None:
    root = installation(tmp_path / "opt/racket")
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin/racket").symlink_to("../links/racket")
    (tmp_path / "links").mkdir()
    (tmp_path / "links/racket").symlink_to(root / "bin/racket")
    (tmp_path / "etc").mkdir()  # beside the outer link: passed over, as the inner one has its own
    found = Installation.discover(environ={"HOME": "/h", "PATH": str(tmp_path / "bin")}, platform="linux")
    assert (found.collects_dir, found.config_dir) == (root / "collects", root / "etc")


def test_relative_pltconfigdir_starts_at_the_executable(tmp_path: Path) -> None:
    root = installation(tmp_path / "r")
    (root / "other").mkdir()

    def config_dir(value: str) -> Path | None:
        environ = {"HOME": "/h", "PLTCONFIGDIR": value}
        return Installation.discover(racket=root, environ=environ, platform="linux").config_dir

    assert config_dir("../other") == root / "other"
    assert config_dir("other") is None


def test_embedded_collection_directories(tmp_path: Path) -> None:
    root = installation(tmp_path / "r", binary(b"../collects\0/more\0nowhere"))
    found = Installation.discover(racket=root, environ={"HOME": "/h"}, platform="linux", user_paths=False)
    assert found.collection_paths == (Path("/more"), root / "collects")


@pytest.mark.parametrize("content", [None, b"", b"MZ", b"#!/bin/sh\n"])
def test_no_installation(content: bytes | None, tmp_path: Path) -> None:
    racket = tmp_path / "d/racket"
    racket.parent.mkdir()
    if content is not None:
        racket.write_bytes(content)
    with pytest.raises(InstallationError, match=str(racket)):
        find_layout(racket, {})


def test_libraries_of_a_macos_installation(tmp_path: Path) -> None:
    reference = b"\0@executable_path/../lib/Racket.framework/Versions/8.7/Racket\0"
    root = installation(tmp_path / "r", b"\xcf\xfa\xed\xfe" + reference + binary())
    found = Installation.discover(racket=root, environ={"HOME": "/h"}, platform="darwin")
    assert found.dll_dir == root / "lib"


def test_version_is_that_of_the_executable(tmp_path: Path) -> None:
    root = installation(tmp_path / "r")
    (tmp_path / "empty").mkdir()
    found = Installation.discover(
        racket=root,
        collects_dir=tmp_path / "empty",
        config_dir=tmp_path / "empty",
        environ={"HOME": "/h"},
        platform="linux",
    )
    assert (found.collects_dir, found.version) == (tmp_path / "empty", "8.7")


def test_link_loop(tmp_path: Path) -> None:
    racket = tmp_path / "racket"
    racket.symlink_to("racket")
    with pytest.raises(InstallationError):
        find_layout(racket, {})


@pytest.mark.parametrize(
    ("prefix", "version"),
    [
        (b"#~\x038.7\x0bchez-scheme", "8.7"),
        (b"#~\x088.10.0.3\x06racketD", "8.10.0.3"),
        (b"#~\x036.2T", "6.2"),
        (b"", None),
        (b"#~", None),
        (b"#~\xff8.7", None),
        (b"\x00asm", None),
        (b"#~\x03\xff\xff\xff", None),
    ],
)
def test_bytecode_version(prefix: bytes, version: str | None, tmp_path: Path) -> None:
    file = tmp_path / "x.zo"
    file.write_bytes(prefix)
    assert bytecode_version(file) == version


@pytest.mark.parametrize(
    ("numbers", "version"), [((8, 7, 0, 0), "8.7"), ((8, 10, 0, 3), "8.10.0.3"), ((8, 2, 1, 0), "8.2.1")]
)
def test_version_in_headers(numbers: tuple[int, ...], version: str, tmp_path: Path) -> None:
    lines = [f"#define MZSCHEME_VERSION_{letter} {number}" for letter, number in zip("XYZW", numbers, strict=True)]
    (tmp_path / "schvers.h").write_text("\n".join(lines))
    found = installed_version(tmp_path / "collects", ["."], [tmp_path])
    assert found is not None
    assert found.value == version


def test_version_below_a_compiled_file_root(tmp_path: Path) -> None:
    collects = tmp_path / "share/collects"
    compiled = Path(f"{tmp_path}/roots{collects}/racket/compiled/ta6le")
    compiled.mkdir(parents=True)
    (compiled / "base_rkt.zo").write_bytes(b"#~\x038.7")
    found = installed_version(collects, [".", str(tmp_path / "roots")], [])
    assert found is not None
    assert found.value == "8.7"
    assert installed_version(collects, ["."], []) is None
