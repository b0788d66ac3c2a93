"""Installers: what they say and hold is told, damage and danger are found, and nothing of them is run."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pltpack.codec.limits import Limits
from pltpack.distribution.installer.cksum import Cksum
from pltpack.distribution.installer.head import read_head
from pltpack.distribution.installer.look import look_at_installer
from pltpack.distribution.installer.unpack import Settings, config_text, unpack_installer
from pltpack.errors import ConfigError, EntryExistsError, FormatError, LimitError, PltError, UnsafePathError
from pltpack.racket.config import Config
from tests.distribution.made import SMALL, shell_installer, tgz, with_top
from tests.trees import picture

FIXTURES = Path(__file__).parents[2] / "fixtures" / "distribution"
CASES: dict[str, Any] = json.loads((FIXTURES / "installers.json").read_text("utf-8"))


@given(st.lists(st.binary(max_size=300), max_size=4))
def test_the_checksum_is_that_of_the_program(parts: list[bytes]) -> None:
    check = Cksum()
    for part in parts:
        check.update(part)
    crc, data = 0, b"".join(parts)
    for byte in data + len(data).to_bytes((len(data).bit_length() + 7) // 8, "little"):
        crc ^= byte << 24
        for _ in range(8):
            crc = (crc << 1 ^ 0x04C11DB7 if crc & 0x80000000 else crc << 1) & 0xFFFFFFFF
    assert check.value == crc ^ 0xFFFFFFFF


def test_the_checksum_is_that_of_the_program_cksum(tmp_path: Path) -> None:
    data = os.urandom(70_000)
    (tmp_path / "x").write_bytes(data)
    check = Cksum()
    check.update(data)
    run = subprocess.run(["cksum", tmp_path / "x"], capture_output=True, check=True)
    assert int(run.stdout.split()[0]) == check.value


@pytest.mark.parametrize("name", CASES)
def test_what_is_found_in_each_case(name: str) -> None:
    case = CASES[name]
    if case["start_line"] is None:
        with pytest.raises(FormatError, match="BINSTARTLINE") as caught:
            look_at_installer(FIXTURES / name)
        assert name in str(caught.value)
        return
    report = look_at_installer(FIXTURES / name)
    assert report.head is not None
    assert (report.head.start_line, report.payload_size, report.checksum, report.head.declared) == (
        case["start_line"], case["payload_bytes"], case["payload_cksum"], case["declared"]
    )  # fmt: skip
    if "members" in case:
        assert report.members == case["members"]
    said = {
        "good": report.sound,
        "BINSUM does not match": report.problems == ["BINSUM says 1, the archive has 2063876138"],
        "payload cut short": report.damage is not None and "ends too early" in report.damage.message,
        "a member outside the target": bool(report.unsafe),
        "no payload": report.damage is not None and "no archive" in report.damage.message,
    }
    assert said[case["label"]]


@pytest.mark.parametrize("name", CASES)
def test_only_the_good_one_is_unpacked(tmp_path: Path, name: str) -> None:
    into = tmp_path / "into"
    if CASES[name]["label"] == "good":
        unpack_installer(FIXTURES / name, into)
        files = [path.relative_to(into).as_posix() + "/" * path.is_dir() for path in sorted(into.rglob("*"))]
        assert files == sorted([*CASES[name]["members"], "etc/", "etc/config.rktd"])
        return
    for dry_run in (True, False):
        with pytest.raises(PltError):
            unpack_installer(FIXTURES / name, into, dry_run=dry_run)
        assert list(tmp_path.iterdir()) == []


def test_both_kinds_give_the_same_directory(tmp_path: Path) -> None:
    (tmp_path / "a.sh").write_bytes(shell_installer(tgz(SMALL)))
    (tmp_path / "b.tgz").write_bytes(tgz(with_top(SMALL)))
    for kind, name in (("sh", "a.sh"), ("tgz", "b.tgz")):
        report = look_at_installer(tmp_path / name)
        assert report.sound, report.problems
        assert (report.kind, report.racket, report.readme, report.links) == (kind, True, True, 1)
        planned = unpack_installer(tmp_path / name, tmp_path / kind, dry_run=True)
        assert not (tmp_path / kind).exists()
        done = unpack_installer(tmp_path / name, tmp_path / kind)
        assert (planned.files, planned.links, planned.config) == (done.files, done.links, done.config) == (
            4, 1, "etc/config.rktd"
        )  # fmt: skip
    assert picture(tmp_path / "sh") == picture(tmp_path / "tgz")
    assert picture(tmp_path / "sh")["bin/racket"][1] == 0o755
    assert os.readlink(tmp_path / "sh/lib/link") == "../README"
    with pytest.raises(EntryExistsError):
        unpack_installer(tmp_path / "a.sh", tmp_path / "sh")
    with pytest.raises(EntryExistsError):
        unpack_installer(tmp_path / "a.sh", tmp_path / "sh", dry_run=True)


@pytest.mark.parametrize(
    ("members", "error"),
    [
        ({"../x": b""}, UnsafePathError),
        ({"/etc/x": b""}, UnsafePathError),
        ({"lib/x": "../../x"}, UnsafePathError),
        ({"lib/x": "/etc/passwd"}, UnsafePathError),
        ({"dir": "lib", "dir/x": b""}, UnsafePathError),
        ({"dev": ("3", "")}, UnsafePathError),
        ({"hard": ("1", "README")}, FormatError),
        ({"README": b"again"}, UnsafePathError),
        ({".pltpack-0/x": b""}, UnsafePathError),
    ],
)
@pytest.mark.parametrize("kind", ["sh", "tgz"])
def test_what_leads_out_is_refused(tmp_path: Path, members: Any, error: type[PltError], kind: str) -> None:
    both = list(SMALL.items()) + list(members.items())
    archive = tgz_of(
        both if kind == "sh" else [(path if path[0] == "/" else f"racket/{path}", data) for path, data in both]
    )
    path = tmp_path / f"x.{kind}"
    path.write_bytes(shell_installer(archive) if kind == "sh" else archive)
    with pytest.raises(error):
        unpack_installer(path, tmp_path / "into")
    assert [one.name for one in tmp_path.iterdir()] == [path.name]
    assert not look_at_installer(path).sound


def tgz_of(members: list[tuple[str, Any]]) -> bytes:
    """A tgz that may have a name twice: the second one is renamed, in place, to the first."""
    names = [path for path, _ in members]
    twice = {path for path in names if names.count(path) > 1}
    if not twice:
        return tgz(dict(members))
    import gzip

    (path,) = twice
    other = path[:-1] + "?"
    unique = dict(members[:-1]) | {other: members[-1][1]}
    raw = bytearray(gzip.decompress(tgz(unique)))
    at = raw.index(other.encode())
    header = raw[at : at + 512]
    header[: len(path)] = path.encode()
    header[148:156] = b" " * 8
    header[148:156] = b"%06o\0 " % sum(header)
    raw[at : at + 512] = header
    return gzip.compress(bytes(raw), mtime=0)


def test_a_link_that_would_lead_out_without_the_directory_around(tmp_path: Path) -> None:
    (tmp_path / "x.tgz").write_bytes(tgz(with_top({**SMALL, "out": "../other"})))
    with pytest.raises(UnsafePathError, match="leads out"):
        unpack_installer(tmp_path / "x.tgz", tmp_path / "into")
    (tmp_path / "x.tgz").write_bytes(tgz({**with_top(SMALL), "beside": b""}))
    with pytest.raises(FormatError, match="exactly one directory"):
        unpack_installer(tmp_path / "x.tgz", tmp_path / "into")
    assert (
        "a tgz installer has exactly one directory around everything" in look_at_installer(tmp_path / "x.tgz").problems
    )


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        (b"#!/bin/sh", b"#!/bin/false", "no program of the shell|neither"),
        (b'BINSTARTLINE="15"', b'BINSTARTLINE="99999999"', "no number of a line"),
        (b'BINSTARTLINE="15"', b'BINSTARTLINE="9999"', "head has"),
        (b'BINSTARTLINE="15"', b'BINSTARTLINE="x"', "no number of a line"),
        (b'TARGET="racket"', b'TARGET="`rm -rf`"', "the shell makes"),
        (b' RELEASED="no"\n', b' DISTNAME="other"\n', "set twice"),
    ],
)
def test_heads_that_say_nothing_plain(tmp_path: Path, old: bytes, new: bytes, message: str) -> None:
    data = shell_installer(tgz(SMALL)).replace(old, new, 1)
    (tmp_path / "x.sh").write_bytes(data)
    with pytest.raises(FormatError, match=message):
        look_at_installer(tmp_path / "x.sh")


def test_a_head_has_an_end(tmp_path: Path) -> None:
    (tmp_path / "x.sh").write_bytes(b"#!/bin/sh\n" + b"\n" * 2_000_000 + b'BINSTARTLINE="2"\n')
    with (tmp_path / "x.sh").open("rb") as stream:
        with pytest.raises(FormatError):
            read_head(stream)
        assert stream.tell() <= 1 << 20


def test_limits_hold(tmp_path: Path) -> None:
    (tmp_path / "x.sh").write_bytes(shell_installer(tgz({**SMALL, "zeros": bytes(40 << 20)})))
    with pytest.raises(LimitError, match="expands"):
        unpack_installer(tmp_path / "x.sh", tmp_path / "into")
    with pytest.raises(LimitError):
        unpack_installer(tmp_path / "x.sh", tmp_path / "into", limits=Limits(entries=2))
    report = look_at_installer(tmp_path / "x.sh", limits=Limits(file_bytes=3))
    assert isinstance(report.damage, LimitError)


def test_settings_come_to_those_of_the_installer(tmp_path: Path) -> None:
    config = b';; of the build\n#hash((catalogs . ("https://a/" #f)) (build-stamp . "x"))'
    (tmp_path / "x.sh").write_bytes(shell_installer(tgz({**SMALL, "etc/": b"", "etc/config.rktd": config})))
    done = unpack_installer(tmp_path / "x.sh", tmp_path / "as-it-is")
    assert done.config_kept
    assert (tmp_path / "as-it-is/etc/config.rktd").read_bytes() == config
    settings = Settings(("https://ours/catalog/", "https://a/"), "image")
    unpack_installer(tmp_path / "x.sh", tmp_path / "into", settings=settings)
    found = Config.read(tmp_path / "into/etc/config.rktd")
    assert found.strings("catalogs") == ["https://ours/catalog/", "https://a/", None]
    assert (found.installation_name(), found.string("build-stamp")) == ("image", "x")
    assert Config.parse(config_text(None, Settings(("https://b/",)))).strings("catalogs") == ["https://b/", None]
    assert config_text(None, Settings()) == b"#hash(\n)\n"
    with pytest.raises(ConfigError):
        config_text(b"(bad", settings)
    with pytest.raises(UnsafePathError):
        config_text(None, Settings(name="../x"))
