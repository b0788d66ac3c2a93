"""The options of the commands on distribution sites and installers."""

from __future__ import annotations

import os
import random
from collections.abc import Callable
from pathlib import Path

from pltpack.distribution.record import record_installer
from pltpack.distribution.snapshots import take_snapshot
from tests.cli.options.row import Effect, Left, Row, code, holds, prints, silent, spares, tells, writes
from tests.distribution.made import SMALL, shell_installer, tgz, with_top

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
        take_snapshot(folder / "site", folder / "snaps", stamp=stamp)


def is_document(kind: str) -> Effect:
    return tells(lambda document: (document["schema"], document["version"]) == (f"pltpack.{kind}", 1))


def linked(left: Left) -> bool:
    return os.stat(left.folder / "x.sh").st_nlink > 1


def swapped(folder: Path) -> None:
    """An installer that is not what was recorded."""
    (folder / SITE / "racket-8.7-linux.sh").write_bytes(b"others")


def sparse(folder: Path) -> None:
    """An installer that is much larger unpacked than packed."""
    noise = random.Random(3)
    data = b"".join(noise.randbytes(10).hex().encode() + bytes(1000) for _ in range(3000))
    (folder / "x.sh").write_bytes(shell_installer(tgz({**SMALL, "zeros": data})))


SNAPS = "pltpack site snapshots snaps"
TAKE = "pltpack site snapshot site snaps"
RECORD = "pltpack site record site x.sh -d X"


def row(
    command: str,
    option: str,
    line: str,
    given: str,
    effect: Effect,
    before: Callable[[Path], object] | None = None,
) -> Row:
    return Row(f"distribution.{command}", option, line, given, effect, before=before)


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


def _common(command: str, line: str, *new: str, kind: str, quiet: bool = True) -> list[Row]:
    """Rows for what most commands have; ``new`` is what a dry run does not write."""
    return [
        *([row(command, "--dry-run", line, "--dry-run", spares(*new))] if new else []),
        *([row(command, "--quiet", line, "--quiet", silent)] if quiet else []),
        row(command, "--json", line, "--json", is_document(kind)),
    ]


ROWS = [
    row("init", "--force", "pltpack site init site", "--force", code(0),
        before=lambda folder: (folder / "site/site.toml").write_text("")),
    row("init", "--dry-run", "pltpack site init new", "--dry-run", spares("new")),
    row("init", "--quiet", "pltpack site init new", "--quiet", silent),
    row("record", "--description", "pltpack site record site x.sh", "-d X", holds(f"{SITE}/table.rktd", b'"X"')),
    row("record", "--log", RECORD, "--log log.txt", writes("site/log/X")),
    row("record", "--signature", RECORD, "--signature x.asc", writes(f"{SITE}/x.sh.asc")),
    row("record", "--racket-version", RECORD, "--racket-version 8.7", holds(f"{SITE}/version.rktd", b'"8.7"')),
    row("record", "--link", RECORD, "--link", linked),
    row("record", "--allow-missing", "pltpack site record site late.sh -d X", "--allow-missing",
        holds(f"{SITE}/table.rktd", b"late.sh")),
    row("record", "--sums", "pltpack site record site", "--sums", prints("changed"), before=swapped),
    row("record", "--force", "pltpack site record site other/racket-8.7-linux.sh -d Y", "--force", code(0)),
    *_common("record", RECORD, f"{SITE}/x.sh", kind="site-record"),
    row("forget", "--keep-files", "pltpack site forget site Linux", "--keep-files",
        writes(f"{SITE}/racket-8.7-linux.sh")),
    row("forget", "--dry-run", "pltpack site forget site Linux", "--dry-run",
        writes(f"{SITE}/racket-8.7-linux.sh")),
    *_common("forget", "pltpack site forget site Linux", kind="site-forget"),
    *_common("page", "pltpack site page site", "site/index.html", kind="site-page"),
    row("snapshot", "--stamp", TAKE, "--stamp mine", writes("snaps/mine")),
    row("snapshot", "--commit", TAKE, "--commit abcdef012345", prints("-abcdef0123 ")),
    *_common("snapshot", "pltpack site snapshot site snaps --stamp s", "snaps/s", kind="site-snapshot"),
    row("snapshots", "--max", SNAPS, "--max 2", prints("snapshot 20200101 removed")),
    row("snapshots", "--weeks", SNAPS, "--weeks 1", prints("snapshot 20200102 removed")),
    row("snapshots", "--current", SNAPS, "--current 20200101",
        lambda left: os.readlink(left.folder / "snaps/current") == "20200101"),
    row("snapshots", "--racket-version", SNAPS, "--racket-version 8.7",
        writes("snaps/20200103/installers/racket-current-linux.sh")),
    *_common("snapshots", SNAPS, "snaps/index.html", kind="site-snapshots"),
    row("show", "--list", "pltpack installer show x.sh", "--list", prints("collects/racket/base.rkt")),
    *_common("show", "pltpack installer show x.sh", kind="installer-show", quiet=False),
    *_limits("show", "pltpack installer show x.sh", 0),
    row("verify", "--sums", "pltpack installer verify x.sh", "--sums site", prints("its sums are not told")),
    *_common("verify", "pltpack installer verify x.sh", kind="installer-verify"),
    *_limits("verify", "pltpack installer verify x.sh", 3),
    row("extract", "--into", "pltpack installer extract x.sh", "--into tree", writes("tree/bin/racket")),
    row("extract", "--catalog", "pltpack installer extract x.sh --into tree", "--catalog https://h/c/",
        holds("tree/etc/config.rktd", b"https://h/c/")),
    row("extract", "--installation-name", "pltpack installer extract x.sh --into tree",
        "--installation-name mine", holds("tree/etc/config.rktd", b"mine")),
    *_common("extract", "pltpack installer extract x.sh --into tree", "tree", kind="installer-extract"),
    *_limits("extract", "pltpack installer extract x.sh --into tree", 4),
]  # fmt: skip
