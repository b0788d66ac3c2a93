"""The options of the commands on distribution sites and installers."""

from __future__ import annotations

import os
import random
from collections.abc import Callable, Mapping
from pathlib import Path

from pltpack.distribution.mirror import mirror_installers
from pltpack.distribution.packages import put_site_packages
from pltpack.distribution.pages import write_installer_page
from pltpack.distribution.record import record_installer
from pltpack.distribution.snapshots import take_site_snapshot
from pltpack.pkg.create import create_package
from tests.cli.options.row import (
    Effect,
    Left,
    Row,
    code,
    holds,
    lacks,
    prints,
    refuses,
    says,
    silent,
    spares,
    tells,
    writes,
)
from tests.distribution.made import SMALL, shell_installer, tgz, with_top
from tests.servers import Route, Server
from tests.site.trees import package

SITE = "site/installers"


def prepare(folder: Path) -> None:
    """Installers, a log, a signature, a site, and a folder with three snapshots of it."""
    (folder / "x.sh").write_bytes(shell_installer(tgz(SMALL)))
    (folder / "y.tgz").write_bytes(tgz(with_top(SMALL)))
    (folder / "log.txt").write_text("failed")
    (folder / "x.asc").write_text("signed")
    (folder / "other").mkdir()
    (folder / "other/racket-8.7-linux.sh").write_bytes(b"data")
    record_installer(folder / "site", folder / "other/racket-8.7-linux.sh", "Linux")
    for stamp in ("20200101", "20200102", "20200103"):
        take_site_snapshot(folder / "site", folder / "snaps", stamp=stamp)


def is_document(kind: str) -> Effect:
    return tells(lambda document: (document["schema"], document["version"]) == (f"pltpack.{kind}", 1))


def linked(left: Left) -> bool:
    return os.stat(left.folder / "x.sh").st_nlink > 1


def builds(folder: Path) -> None:
    """Two builds that call different files the same."""
    for name in ("more", "most"):
        file = folder / ("x.sh" if name == "more" else "y.tgz")
        record_installer(folder / name, file, "Linux", link=name == "more")


def full(folder: Path) -> None:
    """A site with a package, and a folder with its archive."""
    (folder / "pkgs").mkdir()
    create_package(package(folder, "apple"), dest=folder / "pkgs")
    record_installer(folder / "full", folder / "x.sh", "Linux")
    put_site_packages(folder / "full", source=folder / "pkgs")
    write_installer_page(folder / "full")


def damaged(folder: Path) -> None:
    """The same with an archive that cannot be read."""
    full(folder)
    next((folder / "full").glob("pkgs/*/*/apple.zip")).write_bytes(b"PK")


def odd(folder: Path) -> None:
    """A site with an installer that is not as installers are."""
    (folder / "odd.sh").write_bytes(shell_installer(tgz({"bin/": b""})))
    record_installer(folder / "odd", folder / "odd.sh", "Linux", version="8.7")
    write_installer_page(folder / "odd")


def swapped(folder: Path) -> None:
    """An installer that is not what was recorded."""
    (folder / SITE / "racket-8.7-linux.sh").write_bytes(b"others")


def sparse(folder: Path) -> None:
    """An installer that is much larger unpacked than packed."""
    noise = random.Random(3)
    data = b"".join(noise.randbytes(10).hex().encode() + bytes(1000) for _ in range(3000))
    (folder / "x.sh").write_bytes(shell_installer(tgz({**SMALL, "zeros": data})))
    record_installer(folder / "odd", folder / "x.sh", "Linux", version="8.7")


def mirrored(folder: Path) -> None:
    """A copy of a site that had two versions one after the other, and now has a third."""
    for version in ("8.5", "8.6", "8.7"):
        file = folder / f"racket-{version}.sh"
        file.write_text(version)
        record_installer(folder / "site", file, "Mine", version=version)
        if version != "8.7":
            mirror_installers(str(folder / SITE), folder / "copy")


def serve(server: Server) -> None:
    """Some paths are answered late, others never well."""

    def answer(path: str, _headers: Mapping[str, str]) -> Route | None:
        if path.startswith("/slow/"):
            server.ended.wait(1)
        return Route(503) if path.startswith("/busy/") else None

    server.answering = answer


def aged(left: Left) -> bool:
    """The oldest version is gone, the one behind it is there."""
    there = {path.name for path in (left.folder / "copy/installers").glob("racket-8.*.sh")}
    return "racket-8.5.sh" not in there and "racket-8.6.sh" in there


MIRROR = "pltpack site mirror site/installers copy"
SNAPS = "pltpack site snapshots snaps"
TAKE = "pltpack site snapshot site snaps"
MERGE = "pltpack site merge new more"
PUT = "pltpack site packages new --from pkgs"
PACKAGES = "pltpack site packages full --from pkgs"
CHECK = "pltpack site check odd"
RECORD = "pltpack site record site x.sh -d X"


def row(
    command: str,
    option: str,
    line: str,
    given: str,
    effect: Effect,
    before: Callable[[Path], object] | None = None,
) -> Row:
    return Row(command, option, line, given, effect, before=before)


def _limits(command: str, line: str, exit_code: int) -> list[Row]:
    """Rows for the limits of a command; what exceeds one is told with its option."""

    def limit(option: str, value: int) -> Row:
        def effect(left: Left) -> bool:
            return option in left.out + left.err and left.code == exit_code

        return row(command, option, line, f"{option} {value}", effect, before=sparse)

    return [
        limit("--max-entries", 1),
        limit("--max-total-bytes", 99),
        limit("--max-file-bytes", 1),
        limit("--max-ratio", 2),
    ]


def _common(
    command: str,
    line: str,
    *new: str,
    kind: str,
    quiet: bool = True,
    before: Callable[[Path], object] | None = None,
) -> list[Row]:
    """Rows for what most commands have; ``new`` is what a dry run does not write."""
    return [
        *([row(command, "--dry-run", line, "--dry-run", spares(*new), before)] if new else []),
        *([row(command, "--quiet", line, "--quiet", silent, before)] if quiet else []),
        row(command, "--json", line, "--json", is_document(kind), before),
    ]


ROWS = [
    row("site.init", "--force", "pltpack site init site", "--force", code(0),
        before=lambda folder: (folder / "site/site.toml").write_text("")),
    row("site.init", "--dry-run", "pltpack site init new", "--dry-run", spares("new")),
    row("site.init", "--quiet", "pltpack site init new", "--quiet", silent),
    row("site.record", "--description", "pltpack site record site x.sh", "-d X", holds(f"{SITE}/table.rktd", b'"X"')),
    row("site.record", "--log", RECORD, "--log log.txt", writes("site/log/X")),
    row("site.record", "--signature", RECORD, "--signature x.asc", writes(f"{SITE}/x.sh.asc")),
    row("site.record", "--racket-version", RECORD, "--racket-version 8.7", holds(f"{SITE}/version.rktd", b'"8.7"')),
    row("site.record", "--link", RECORD, "--link", linked),
    row("site.record", "--allow-missing", "pltpack site record site late.sh -d X", "--allow-missing",
        holds(f"{SITE}/table.rktd", b"late.sh")),
    row("site.record", "--sums", "pltpack site record site", "--sums", prints("changed"), before=swapped),
    row("site.record", "--force", "pltpack site record site other/racket-8.7-linux.sh -d Y", "--force", code(0)),
    *_common("site.record", RECORD, f"{SITE}/x.sh", kind="site-record"),
    row("site.forget", "--keep-files", "pltpack site forget site Linux", "--keep-files",
        writes(f"{SITE}/racket-8.7-linux.sh")),
    row("site.forget", "--dry-run", "pltpack site forget site Linux", "--dry-run",
        writes(f"{SITE}/racket-8.7-linux.sh")),
    *_common("site.forget", "pltpack site forget site Linux", kind="site-forget"),
    *_common("site.page", "pltpack site page site", "site/index.html", kind="site-page"),
    row("site.merge", "--link", MERGE, "--link", lambda left: os.stat(left.folder / "x.sh").st_nlink == 3, builds),
    row("site.merge", "--force", f"{MERGE} most", "--force", code(0), builds),
    *_common("site.merge", MERGE, "new", kind="site-merge", before=builds),
    row("site.packages", "--from", "pltpack site packages new", "--from pkgs", writes("new/catalog/pkg/apple"), full),
    row("site.packages", "--racket", "pltpack site packages new", "--racket none", refuses("no such", code=6), full),
    row("site.packages", "--as-version", PACKAGES, "--as-version 9.0", writes("full/9.0/pkgs/apple.zip"), full),
    *_common("site.packages", PUT, "new/catalog", kind="site-packages", before=full),
    *_common("site.origin", "pltpack site origin site c", "site/origin", kind="site-origin",
             before=lambda folder: (folder / "c/racket").mkdir(parents=True)),
    row("site.check", "--no-installers", CHECK, "--no-installers", lacks("installer-odd"), odd),
    row("site.check", "--no-archives", "pltpack site check full", "--no-archives", lacks("archive-damaged"), damaged),
    row("site.check", "--strict", CHECK, "--strict", code(1), odd),
    Row("site.check", "--jobs", "pltpack site check -q full", "--jobs 2", lambda left: left.processes == 2,
        lacking="--jobs 1", before=full),
    *_common("site.check", CHECK, kind="site-check", before=odd),
    row("site.check", "--sarif", CHECK, "--sarif", tells(lambda document: document["version"] == "2.1.0"), odd),
    *_limits("site.check", CHECK, 1),
    row("site.snapshot", "--stamp", TAKE, "--stamp mine", writes("snaps/mine")),
    row("site.snapshot", "--commit", TAKE, "--commit abcdef012345", prints("-abcdef0123 ")),
    *_common("site.snapshot", "pltpack site snapshot site snaps --stamp s", "snaps/s", kind="site-snapshot"),
    row("site.snapshots", "--max", SNAPS, "--max 2", prints("snapshot 20200101 removed")),
    row("site.snapshots", "--weeks", SNAPS, "--weeks 1", prints("snapshot 20200102 removed")),
    row("site.snapshots", "--current", SNAPS, "--current 20200101",
        lambda left: os.readlink(left.folder / "snaps/current") == "20200101"),
    row("site.snapshots", "--racket-version", SNAPS, "--racket-version 8.7",
        writes("snaps/20200103/installers/racket-current-linux.sh")),
    *_common("site.snapshots", SNAPS, "snaps/index.html", kind="site-snapshots"),
    row("site.mirror", "--only", MIRROR, "--only '*.tgz'", spares("copy/installers/racket-8.7-linux.sh")),
    row("site.mirror", "--keep", MIRROR, "--keep 2", aged, before=mirrored),
    Row("site.mirror", "--timeout", "pltpack site mirror $URL/slow/ copy", "--retries 0 --timeout 0.1",
        says("timed out")),
    Row(
        "site.mirror", "--retries", "pltpack site mirror $URL/busy/ copy", "--retries 1",
        lambda left: sum("table.rktd" in request for request in left.requests) == 2, lacking="--retries 0",
    ),
    *_common("site.mirror", MIRROR, "copy", kind="site-mirror"),
    row("installer.show", "--list", "pltpack installer show x.sh", "--list", prints("collects/racket/base.rkt")),
    *_common("installer.show", "pltpack installer show x.sh", kind="installer-show", quiet=False),
    *_limits("installer.show", "pltpack installer show x.sh", 0),
    row("installer.verify", "--sums", "pltpack installer verify x.sh", "--sums site", prints("its sums are not told")),
    *_common("installer.verify", "pltpack installer verify x.sh", kind="installer-verify"),
    *_limits("installer.verify", "pltpack installer verify x.sh", 3),
    row("installer.extract", "--into", "pltpack installer extract x.sh", "--into tree", writes("tree/bin/racket")),
    row("installer.extract", "--catalog", "pltpack installer extract x.sh --into tree", "--catalog https://h/c/",
        holds("tree/etc/config.rktd", b"https://h/c/")),
    row("installer.extract", "--installation-name", "pltpack installer extract x.sh --into tree",
        "--installation-name mine", holds("tree/etc/config.rktd", b"mine")),
    *_common("installer.extract", "pltpack installer extract x.sh --into tree", "tree", kind="installer-extract"),
    *_limits("installer.extract", "pltpack installer extract x.sh --into tree", 4),
]  # fmt: skip
