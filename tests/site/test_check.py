"""Each trap of a catalog is told; a sound one has none."""

from __future__ import annotations

import contextlib
import json
import sqlite3
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest

from pltpack.archive import create_archive
from pltpack.catalog.locations import catalog_writer, open_catalog
from pltpack.codec.header import Header
from pltpack.site.build import build_site, remove_packages, yank_package
from pltpack.site.checks.answers import Answered, check_clock
from pltpack.site.checks.check import check_catalog
from pltpack.site.checks.findings import KINDS, CheckReport, sarif
from pltpack.site.prepare import PltAs
from pltpack.site.snapshots import take_snapshot
from tests.servers import Route, serving
from tests.site.trees import INFO, package, small_site

SHA = "0123456789abcdef0123456789abcdef01234567"
GZIP = {"Content-Encoding": "gzip"}


def kinds(report: CheckReport) -> set[str]:
    return {finding.kind for finding in report.findings}


def catalog(folder: Path, records: dict[str, str], *, lists: bool = True) -> Path:
    """A directory catalog with these texts as records."""
    (folder / "pkg").mkdir(parents=True)
    for name, text in records.items():
        (folder / "pkg" / name).write_text(text)
    if lists:
        rows = " ".join(f'("{name}" . {text})' for name, text in records.items())
        (folder / "pkgs-all").write_text(f"#hash({rows})")
        (folder / "pkgs").write_text("(" + " ".join(f'"{name}"' for name in records) + ")")
    return folder


def test_a_sound_site(tmp_path: Path) -> None:
    report = check_catalog(small_site(tmp_path))
    assert report.findings == ()
    assert (report.packages, report.archives, report.sound) == (2, 2, True)


def record(**fields: str) -> str:
    values = {"source": '"https://h/x.zip"', "checksum": f'"{SHA}"', "license": '"MIT"', **fields}
    return "#hash(" + " ".join(f"({key.replace('_', '-')} . {text})" for key, text in values.items() if text) + ")"


@pytest.mark.parametrize(
    ("kind", "text"),
    [
        ("source-missing", record(source="")),
        ("source-missing", record(source='""')),
        ("source-missing", record(source="x")),
        ("source-absolute", record(source='"/pkgs/x.zip"')),
        ("source-bare", record(source='"other"')),
        ("checksum-missing", record(checksum="")),
        ("checksum-bad", record(checksum='""')),
        ("checksum-bad", record(checksum=f'"{SHA.upper()}"')),
        ("checksum-bad", record(checksum="7")),
        ("checksum-unknown", record(checksum="#f")),
        ("source-absolute", record(versions=f'#hash(("6.0" . #hash((source . "/x.zip") (checksum . "{SHA}"))))')),
        ("checksum-missing", record(versions='#hash(("6.0" . #hash((source . "../x.zip"))))')),
        ("dependency-malformed", record(dependencies="7")),
        ("dependency-malformed", record(dependencies="(x)")),
        ("dependency-version", record(dependencies='(("x" #:version "2"))')),
        ("dependency-missing", record(dependencies='("nowhere")')),
        ("dependency-name", record(dependencies='("https://h/y.zip")')),
        ("field-malformed", record(modules="7")),
        ("field-malformed", record(versions="7")),
        ("field-malformed", record(versions='#hash(("8.7" . 7))')),
        ("licence-missing", record(license="")),
        ("record-unreadable", "#hash((source . "),
        ("record-unreadable", '#hash(("source" . "x"))'),
        ("record-unreadable", "(a b)"),
        ("record-unreadable", ""),
    ],
)
def test_traps_of_one_record(tmp_path: Path, kind: str, text: str) -> None:
    unreadable = kind == "record-unreadable"
    place = catalog(tmp_path / "catalog", {"x": text}, lists=not unreadable)
    found = kinds(check_catalog(place))
    assert found - {"list-missing"} == {kind}


def test_a_sound_record(tmp_path: Path) -> None:
    assert (
        check_catalog(
            catalog(tmp_path / "c", {"x": record(dependencies='("base" ("racket" #:version "8.0"))')})
        ).findings
        == ()
    )


def test_traps_of_several_records(tmp_path: Path) -> None:
    one = record(modules='((lib "a/b.rkt") (lib "a/c.rkt"))')
    place = catalog(tmp_path / "c", {"Abc": one, "abc": one})
    found = check_catalog(place)
    assert kinds(found) == {"name-case", "module-conflict"}
    assert len(found.findings) == 2, "each pair is told once"


def test_traps_of_the_lists(tmp_path: Path) -> None:
    place = catalog(tmp_path / "c", {"x": record(), "y": record()})
    (place / "pkg" / "x.json").write_text("{}")
    (place / "pkgs").write_text('("x" "z")')
    (place / "pkg" / "y").write_text(record(ring="1"))
    assert kinds(check_catalog(place)) == {"foreign-file", "list-differs", "record-differs"}
    (place / "pkgs-all").write_text("<html>")
    (place / "pkgs").unlink()
    assert kinds(check_catalog(place)) == {"foreign-file", "list-unreadable", "list-missing"}


def test_traps_of_archives(tmp_path: Path) -> None:
    site = small_site(tmp_path)
    build_site(site, [package(tmp_path / "src", "bad", info="#lang racket\n(define version (current-seconds))\n")])
    assert kinds(check_catalog(site)) == {"info-unreadable", "licence-missing"}
    (apple,) = site.glob("pkgs/*/*/apple.zip")
    (pear,) = site.glob("pkgs/*/*/pear.zip")
    apple.with_name("apple.zip.CHECKSUM").write_text((apple.parent.name) + "\n")
    pear.write_bytes(pear.read_bytes()[:-30])
    found = check_catalog(site)
    assert kinds(found) == {"info-unreadable", "licence-missing", "checksum-file", "checksum-wrong", "archive-damaged"}
    pear.unlink()
    assert "archive-missing" in kinds(check_catalog(site))
    assert kinds(check_catalog(site, archives=False)) == {"licence-missing"}


def test_what_a_record_says_of_its_archive(tmp_path: Path) -> None:
    site = small_site(tmp_path)
    sound = (site / "catalog/pkg/apple").read_text()
    for wrong in (
        sound.replace('(lib "apple/main.rkt")', '(lib "apple/other.rkt")'),
        sound.replace("(dependencies . ())", '(dependencies . ("base"))'),
    ):
        assert wrong != sound
        place = catalog(tmp_path / f"c{len(wrong)}" / "catalog", {"apple": wrong})
        (place.parent / "pkgs").symlink_to(site / "pkgs")
        assert kinds(check_catalog(place)) == {"record-outdated"}


OLD = ("collects", "old")


@pytest.mark.parametrize(
    ("header", "directories", "refused"),
    [
        (Header("old"), [OLD], False),
        (Header("old", requires=((("mzscheme",), (200,)),)), [OLD], True),
        (Header("old", conflicts=(("racket",),)), [OLD], True),
        (Header("old"), [], True),
        (Header("old"), [(*OLD, "deeper")], False),
    ],
)
def test_archives_that_racket_refuses_today(
    tmp_path: Path, header: Header, directories: list[tuple[str, ...]], refused: bool
) -> None:
    with create_archive(tmp_path / "old.plt", header) as writer:
        for path in directories:
            writer.add_directory(path)
        writer.add_file((*OLD, "x.rkt"), b"", 0)
    ways: tuple[PltAs, ...] = ("plt", "auto")
    for way in ways:
        site = tmp_path / way
        build_site(site, [tmp_path / "old.plt"], plt_as=way)
        assert ("plt-refused" in kinds(check_catalog(site))) == (refused and way == "plt")
        assert bool(list(site.glob("pkgs/*/*/*.zip"))) == (refused and way == "auto")


def test_directories_as_sources(tmp_path: Path) -> None:
    package(tmp_path / "src", "x")
    place = catalog(tmp_path / "catalog", {"x": record(source='"../src/x/"', checksum='"1"')})
    assert kinds(check_catalog(place)) == set()
    with serving(tmp_path) as server:
        url = f"http://127.0.0.1:{server.port}/catalog/"
        assert kinds(check_catalog(url)) == {"manifest-missing"}
        (tmp_path / "src/x/MANIFEST").write_text("info.rkt\n")
        assert kinds(check_catalog(url)) == set()
        assert kinds(check_catalog(url.replace("127", "ann:secret@127"))) == {"url-credentials"}
    (tmp_path / "src").rename(tmp_path / "other")
    assert kinds(check_catalog(place)) == {"archive-missing"}


def test_traps_of_tables(tmp_path: Path) -> None:
    path = tmp_path / "c.sqlite"
    records = open_catalog(small_site(tmp_path) / "catalog").records()
    catalog_writer(path).write(records.values())
    assert kinds(check_catalog(path)) == {"licence-missing"}
    with contextlib.closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("UPDATE pkg SET author = NULL WHERE name = 'apple'")
        connection.execute("UPDATE pkg SET catalog = 7 WHERE name = 'pear'")
    found = {(finding.kind, finding.package) for finding in check_catalog(path).findings}
    assert found == {("row-null", "apple"), ("row-orphan", "pear"), ("licence-missing", "apple")}
    (tmp_path / "empty.sqlite").touch()
    assert kinds(check_catalog(tmp_path / "empty.sqlite")) == {"list-missing"}


def test_traps_of_time(tmp_path: Path) -> None:
    site = small_site(tmp_path)
    take_snapshot(site)
    yank_package(site, "apple", "old")
    report = check_catalog(site)
    assert [(finding.kind, finding.package) for finding in report.findings] == [("dependency-removed", "pear")]
    remove_packages(site, ["apple"], forget=True)
    assert {(finding.kind, finding.package) for finding in check_catalog(site).findings} == {
        ("name-dropped", "apple"), ("dependency-missing", "pear")
    }  # fmt: skip


def test_other_catalogs(tmp_path: Path) -> None:
    site = small_site(tmp_path)
    build_site(site, [package(tmp_path / "src", "fig", info=INFO + '(define deps (quote ("grape")))\n')])
    other = catalog(tmp_path / "other", {"grape": record(), "pear": record()})
    assert kinds(check_catalog(site)) == {"dependency-missing"}
    assert kinds(check_catalog(site, upstream=[str(other)])) == set()
    (site / "catalog.toml").write_text(f'[check]\nupstream = ["{other}"]\n')
    assert kinds(check_catalog(site)) == set()
    shadowed = check_catalog(site, against=[str(other)]).findings
    assert [(finding.kind, finding.package) for finding in shadowed] == [("name-shadowed", "pear")]
    with pytest.raises(FileNotFoundError):
        check_catalog(site, upstream=[str(tmp_path / "nowhere/")])


def answering(change: Callable[[str], Route | None]) -> Callable[[str, object], Route | None]:
    return lambda path, _headers: change(path)


def test_a_server_that_is_right(tmp_path: Path) -> None:
    site = small_site(tmp_path)
    with serving(site) as server:
        report = check_catalog(f"http://127.0.0.1:{server.port}/catalog/")
        quick = check_catalog(f"http://127.0.0.1:{server.port}/catalog/", archives=False)
    assert report.findings == quick.findings == ()
    assert (report.packages, report.archives, quick.archives) == (2, 2, 0)


@pytest.mark.parametrize(
    ("kind", "change"),
    [
        ("status-unknown", lambda path: Route(403) if "no-package" in path else None),
        ("unknown-found", lambda path: Route(200, b"<html>") if "no-package" in path else None),
        ("status-unknown", lambda path: Route(204) if "no-package" in path else None),
        ("list-missing", lambda path: Route(404) if "pkgs-all" in path else None),
        ("status", lambda path: Route(403) if "pkgs-all" in path else None),
        ("list-unreadable", lambda path: Route(200, b"<html>no</html>") if "pkgs-all" in path else None),
        ("answer-compressed", lambda path: Route(200, b"x", GZIP) if "pkgs?" in path else None),
        ("status", lambda path: Route(403) if "pkg/pear" in path else None),
        ("record-unreadable", lambda path: Route(200, b"<html>") if "pkg/pear" in path else None),
        ("record-differs", lambda path: Route(200, b"#hash()") if "pkg/pear" in path else None),
        ("archive-missing", lambda path: Route(404) if path.endswith("pear.zip") else None),
        ("answer-compressed", lambda path: Route(200, b"x", GZIP) if path.endswith("pear.zip") else None),
        ("checksum-file", lambda path: Route(200, b"0\n") if path.endswith("pear.zip.CHECKSUM") else None),
    ],
)
def test_traps_of_servers(tmp_path: Path, kind: str, change: Callable[[str], Route | None]) -> None:
    site = small_site(tmp_path)
    with serving(site) as server:
        server.answering = answering(change)
        found = kinds(check_catalog(f"http://127.0.0.1:{server.port}/catalog/"))
    assert found == {kind}


def test_urls_that_mislead(tmp_path: Path) -> None:
    site = small_site(tmp_path)
    with serving(site) as server:
        assert kinds(check_catalog(f"http://127.0.0.1:{server.port}/catalog")) == {"url-slash"}
        assert kinds(check_catalog(f"http://127.0.0.1:{server.port}/catalog/?token=x")) == {"url-query"}
        text = record(source='"file:///x.zip"')
        catalog(tmp_path / "local/catalog", {"x": text})
        server.root = tmp_path / "local"
        assert kinds(check_catalog(f"http://127.0.0.1:{server.port}/catalog/")) == {"source-local"}
    assert kinds(check_catalog(tmp_path / "local")) == set(), "on the disk it is a path like any other"


def test_clocks() -> None:
    now = datetime(2026, 11, 28, 12, 0, tzinfo=UTC)
    right = Answered(200, {"date": "Sat, 28 Nov 2026 12:04:00 GMT"}, b"")
    wrong = Answered(200, {"date": "Sat, 28 Nov 2026 12:06:00 GMT"}, b"")
    assert list(check_clock("u", right, now)) == []
    assert [finding.kind for finding in check_clock("u", wrong, now)] == ["clock"]
    assert list(check_clock("u", Answered(200, {"date": "soon"}, b""), now)) == []


def test_sarif_names_rules_and_places(tmp_path: Path) -> None:
    report = check_catalog(catalog(tmp_path / "c", {"x": record(source="", license="")}))
    document = json.loads(json.dumps(sarif(report, "1")))
    (run,) = document["runs"]
    assert [rule["id"] for rule in run["tool"]["driver"]["rules"]] == ["licence-missing", "source-missing"]
    assert [(result["ruleId"], result["level"]) for result in run["results"]] == [
        ("source-missing", "error"), ("licence-missing", "note")
    ]  # fmt: skip
    assert run["results"][0]["locations"][0]["physicalLocation"]["artifactLocation"]["uri"] == "pkg/x"


def test_every_kind_has_its_words() -> None:
    for name, kind in KINDS.items():
        assert name == kind.name
        assert kind.title
        assert kind.remedy
