"""The summary of an archive: counts, digests, progress, places, the package that it is."""

from __future__ import annotations

import hashlib
import io
import json
from pathlib import Path

import pytest

from pltpack.archive import create_archive
from pltpack.codec.header import Header
from pltpack.conversion.convert import convert
from pltpack.errors import FormatError
from pltpack.inspection.facts import facts
from pltpack.inspection.members import Member
from pltpack.inspection.package import view_package
from pltpack.inspection.places import places
from pltpack.inspection.summary import Summary, summarise
from pltpack.racket.installation import Installation
from tests.trees import archive, file, folder

ARCHIVES = Path(__file__).parents[3] / "shared" / "archives"
needs_archives = pytest.mark.skipif(not ARCHIVES.is_dir(), reason=f"the real archives are not there: {ARCHIVES}")


@pytest.fixture
def kit(tmp_path: Path) -> Path:
    with create_archive(tmp_path / "kit.plt", Header("kit", collections=(("kit",),))) as output:
        output.add_directory(("collects", "kit"))
        output.add_file(("collects", "kit", "main.rkt"), b"#lang racket/base\n", 18)
        output.add_file(("doc", "kit", "x"), b"x", 1)
        output.add_file(("zoo",), b"", 0)
    return tmp_path / "kit.plt"


@needs_archives
def test_real_archives_agree_with_an_independent_reader() -> None:
    for name, expected in json.loads((ARCHIVES / "expected.json").read_text("utf-8")).items():
        summary = summarise(ARCHIVES / name, digests="members")
        assert summary.plt is not None
        assert (summary.plt.raw_sha256, summary.plt.encoding.raw_bytes) == (
            expected["raw_sha256"],
            expected["raw_size"],
        )
        found = [(member.kind == "file", member.sha256) for member in summary.members]
        assert found == [(kind != "dir", sha256) for kind, _, _, sha256 in expected["entries"]], name
        data = (ARCHIVES / name).read_bytes()
        assert summary.sha256 == hashlib.sha256(data).hexdigest()
        assert summary.sha1 == hashlib.sha1(data).hexdigest()
        assert summary.size == len(data)


@pytest.mark.parametrize("format", ["plt", "zip", "tgz", "tar"])
def test_digests_are_those_of_the_whole_file(kit: Path, tmp_path: Path, format: str) -> None:
    path = tmp_path / f"x.{format}"
    convert(kit, path)
    data = path.read_bytes()
    for source in (path, io.BytesIO(data)):
        summary = summarise(source)
        assert (summary.format, summary.sha256) == (format, hashlib.sha256(data).hexdigest())
        assert summary.size == len(data)
    assert summarise(path, digests="none").sha256 is None


def test_progress_ends_at_the_end(kit: Path) -> None:
    seen: list[tuple[int, int | None]] = []
    summarise(kit, progress=lambda done, total: seen.append((done, total)))
    size = kit.stat().st_size
    assert seen[-1] == (size, size)
    assert [done for done, _ in seen] == sorted(done for done, _ in seen)


def test_members_are_told_as_they_are_read(kit: Path) -> None:
    seen: list[str] = []
    summary = summarise(kit, on_member=lambda member: seen.append(member.path))
    assert seen == [member.path for member in summary.members] == [
        "collects/kit", "collects/kit/main.rkt", "doc/kit/x", "zoo",
    ]  # fmt: skip


def test_damage_behind_the_header_leaves_what_came_before() -> None:
    data = archive(folder("a"), file("a", "x"), b"damage ")
    summary = summarise(io.BytesIO(data))
    assert summary.damage is not None
    assert summary.count("file") == 1
    assert summary.plt is not None
    assert summary.plt.raw_sha256 is None
    assert summary.sha256 == hashlib.sha256(data).hexdigest()
    with pytest.raises(FormatError):
        summarise(io.BytesIO(b"no archive"))


def test_names_that_cannot_be_trusted_are_shown(tmp_path: Path) -> None:
    import tarfile
    import zipfile

    names = ["g/info.rkt", "g/x/../y.rkt", "/etc/z.rkt", "g/ok.rkt"]
    with tarfile.open(tmp_path / "x.tar", "w") as output:
        for name in names:
            output.addfile(tarfile.TarInfo(name))
    with zipfile.ZipFile(tmp_path / "x.zip", "w") as zipped:
        for name in names:
            zipped.writestr(name, b"")
    for path in (tmp_path / "x.tar", tmp_path / "x.zip"):
        summary = summarise(path)
        assert [member.path for member in summary.members] == names
        assert list(summary.judgement.offenders) == [
            ("g/x/../y.rkt", "leads upwards (..)"),
            ("/etc/z.rkt", "is absolute"),
        ]


def test_places_by_the_first_element(kit: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PLTADDONDIR", str(tmp_path / "addon"))
    monkeypatch.setenv("PATH", "")
    found = places(summarise(kit), Installation.discover(version="8.7"))
    assert found is not None
    assert (found.wanted.value, found.mode and found.mode.value) == ("user", "user")
    base = tmp_path / "addon" / "8.7"
    assert found.directories == {"collects": f"{base}/collects", "doc": f"{base}/doc", "": f"{base}/collects"}


def test_places_that_are_not_known(kit: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")
    found = places(summarise(kit), Installation.discover())
    assert found is not None
    assert found.problem
    assert ("goes to", "the user's add-ons") in list(facts(summarise(kit), "kit.plt", found))


def test_the_package_that_it_is(kit: Path, tmp_path: Path) -> None:
    viewed = view_package(kit)
    assert viewed is not None
    assert viewed.package is not None
    assert viewed.named
    assert viewed.package.modules == ("kit/main.rkt",)
    odd = view_package(kit.rename(tmp_path / "kit@1.plt"))
    assert odd is not None
    assert not odd.named
    (tmp_path / "x.rkt").write_text("1")
    assert view_package(tmp_path / "x.rkt") is None
    (tmp_path / "bad.zip").write_bytes(b"bad")
    bad = view_package(tmp_path / "bad.zip")
    assert bad is not None
    assert bad.package is None
    assert bad.problem


def test_a_header_of_no_known_shape_is_shown_whole(tmp_path: Path) -> None:
    from pltpack.codec.header import Preamble
    from pltpack.datum.values import Symbol

    with create_archive(tmp_path / "x.plt", Preamble([Symbol("lambda"), 1], "unit")):
        pass
    texts = [text for _, text in facts(summarise(tmp_path / "x.plt"), "x.plt")]
    assert "(lambda 1)" in texts
    assert '"unit"' in texts


def test_a_short_picture_of_many_members() -> None:
    summary = Summary("x.plt", "plt", [Member(f"<{number}>", "file", number) for number in range(500)])
    assert repr(summary) == "Summary('x.plt', plt, 500 entries, 124750 bytes)"
    html = summary._repr_html_()
    assert html.count("<tr>") == 101
    assert "&lt;99&gt;" in html
    assert "<99>" not in html
    assert "400 more" in html
