"""The options of the commands on catalogs of one's own."""

from __future__ import annotations

import shutil
import subprocess
from dataclasses import replace
from pathlib import Path

from pltpack.conversion.convert import convert
from pltpack.site.build import build_site
from pltpack.site.snapshots import take_snapshot
from tests.cli.options.row import (
    Effect,
    Row,
    code,
    holds,
    limits,
    prints,
    refuses,
    silent,
    spares,
    tells,
    writes,
    zeros,
)
from tests.cli.unused import HOST, PORT
from tests.site.trees import package


def prepare(folder: Path) -> None:
    """Packages, archives, and a site with two snapshots."""
    package(folder, "apple")
    package(folder, "pear", info='#lang info\n(define license (quote MIT))\n(define deps (quote ("apple")))\n')
    for number in range(5):
        package(folder, f"p{number}")
    convert(
        package(folder, "kit", {"kit/x.rkt": ""}, info="#lang info\n(define collection 'multi)\n"), folder / "kit.plt"
    )
    build_site(folder / "plts", [folder / "kit.plt"], plt_as="plt")
    build_site(folder / "site", [folder / "apple", folder / "pear"])
    take_snapshot(folder / "site", "2020-01-01")
    take_snapshot(folder / "site", "2020-01-02")
    package(folder, "apple", {"new.rkt": ""})


def yanked(folder: Path) -> None:
    from pltpack.site.build import yank_package

    yank_package(folder / "site", "apple", "old")


def replaced(folder: Path) -> None:
    build_site(folder / "site", [folder / "apple"])


def damaged(folder: Path) -> None:
    (archive,) = (folder / "site").glob("pkgs/*/*/apple.zip")
    archive.write_bytes(b"PK")


def orphaned(folder: Path) -> None:
    from pltpack.site.build import remove_packages

    remove_packages(folder / "site", ["apple"], forget=True)
    build_site(folder / "other", [folder / "apple"])


def taken(folder: Path) -> None:
    """A place that another site is published to."""
    from pltpack.site.publishing.publish import publish_site

    build_site(folder / "other", [folder / "p0"])
    publish_site(folder / "other", str(folder / "out"))


def shrunk(folder: Path) -> None:
    """A place where something was published that is not in the site any more."""
    from pltpack.site.build import remove_packages
    from pltpack.site.publishing.publish import publish_site

    publish_site(folder / "site", str(folder / "out"))
    remove_packages(folder / "site", ["pear"], forget=True)


SSH_KEYGEN = shutil.which("ssh-keygen") or "ssh-keygen"


def key(folder: Path) -> None:
    subprocess.run([SSH_KEYGEN, "-q", "-t", "ed25519", "-N", "", "-f", folder / "key"], check=True)


def signers(folder: Path) -> None:
    (folder / "allowed").write_text("")


CHECK = "pltpack catalog check plts"
SERVE_HERE = "pltpack catalog serve site"
SERVE = f"{SERVE_HERE} --host {HOST}"


def too_dense(folder: Path) -> None:
    """A site with an archive that is much larger unpacked than packed."""
    zeros(folder)
    build_site(folder / "zeros", [folder / "zeros.plt"], plt_as="plt")


def is_document(kind: str) -> Effect:
    return tells(lambda document: (document["schema"], document["version"]) == (f"pltpack.{kind}", 1))


def _of_build(command: str, name: str) -> list[Row]:
    call = f"pltpack catalog {name}"
    return [
        Row(command, "--plt-as", f"{call} site kit.plt", "--plt-as zip", prints("served as a zip")),
        Row(command, "--vendor", f"{call} new p0", "--vendor", refuses("none of them is elsewhere", code=2)),
        Row(
            command,
            "--jobs",
            f"{call} -q new p0 p1 p2 p3 p4",
            "--jobs 2",
            lambda left: left.processes == 2,
            lacking="--jobs 1",
        ),
        Row(command, "--durable", f"{call} -q new p0", "--durable", lambda left: left.synced),
        Row(command, "--dry-run", f"{call} new p0", "--dry-run", spares("new")),
        Row(command, "--quiet", f"{call} new p0", "--quiet", silent),
        Row(command, "--json", f"{call} new p0", "--json", is_document("catalog-build")),
        *limits(command, plt=f"{call} new kit.plt", path=f"{call} new kit.plt", ratio=f"{call} new zeros.plt"),
    ]


def stale(folder: Path) -> None:
    """An archive that only the older snapshots need."""
    replaced(folder)
    take_snapshot(folder / "site", "2020-01-03")


ROWS = [
    *_of_build("catalogs.build", "build"),
    *(
        replace(row, line="pltpack catalog check zeros", before=too_dense) if row.option == "--max-ratio" else row
        for row in limits("catalogs.check", plt=CHECK, path=CHECK, ratio=CHECK, code=1)
    ),
    Row(
        "catalogs.init",
        "--force",
        "pltpack catalog init site",
        "--force",
        code(0),
        before=lambda folder: (folder / "site/catalog.toml").write_text(""),
    ),
    Row("catalogs.init", "--dry-run", "pltpack catalog init new", "--dry-run", spares("new")),
    Row("catalogs.init", "--quiet", "pltpack catalog init new", "--quiet", silent),
    Row(
        "catalogs.remove", "--forget", "pltpack catalog remove site apple", "--forget", spares("site/catalog/pkg/apple")
    ),
    Row(
        "catalogs.remove",
        "--dry-run",
        "pltpack catalog remove --forget site apple",
        "--dry-run",
        writes("site/catalog/pkg/apple"),
    ),
    Row("catalogs.remove", "--quiet", "pltpack catalog remove site apple", "--quiet", silent),
    Row("catalogs.remove", "--json", "pltpack catalog remove site apple", "--json", is_document("catalog-remove")),
    Row(
        "catalogs.yank",
        "--reason",
        "pltpack catalog yank site apple",
        "--reason rotten",
        holds("site/catalog/pkg/apple", b"rotten"),
    ),
    Row(
        "catalogs.yank",
        "--undo",
        "pltpack catalog yank site apple",
        "--undo",
        lambda left: left.code == 0 and b"yanked" not in (left.folder / "site/catalog/pkg/apple").read_bytes(),
        before=yanked,
    ),
    Row(
        "catalogs.yank",
        "--dry-run",
        "pltpack catalog yank site apple --reason rotten",
        "--dry-run",
        lambda left: b"rotten" not in (left.folder / "site/catalog/pkg/apple").read_bytes(),
    ),
    Row("catalogs.yank", "--quiet", "pltpack catalog yank site apple --reason x", "--quiet", silent),
    Row("catalogs.yank", "--json", "pltpack catalog yank site apple --reason x", "--json", is_document("catalog-yank")),
    Row(
        "catalogs.check",
        "--upstream",
        "pltpack catalog check site",
        "--upstream other/catalog",
        code(0),
        before=orphaned,
    ),
    Row("catalogs.check", "--against", "pltpack catalog check site", "--against site/catalog", prints("name-shadowed")),
    Row("catalogs.check", "--no-archives", "pltpack catalog check site", "--no-archives", code(0), before=damaged),
    Row(
        "catalogs.check",
        "--allowed-signers",
        "pltpack catalog check site",
        "--allowed-signers allowed",
        prints("signature"),
        before=signers,
    ),
    Row("catalogs.check", "--strict", "pltpack catalog check site", "--strict", code(1), before=yanked),
    Row(
        "catalogs.check",
        "--jobs",
        "pltpack catalog check site",
        "--jobs 2",
        lambda left: left.processes == 2,
        lacking="--jobs 1",
    ),
    Row("catalogs.check", "--quiet", "pltpack catalog check site", "--quiet", silent),
    Row("catalogs.check", "--json", "pltpack catalog check site", "--json", is_document("catalog-check")),
    Row(
        "catalogs.check",
        "--sarif",
        "pltpack catalog check site",
        "--sarif",
        tells(lambda document: document["version"] == "2.1.0"),
    ),
    Row(
        "catalogs.snapshot",
        "--stamp",
        "pltpack catalog snapshot site",
        "--stamp mine",
        writes("site/snapshots/mine/done"),
    ),
    Row("catalogs.snapshot", "--list", "pltpack catalog snapshot site", "--list", prints("2020-01-02\n2020-01-01\n")),
    Row(
        "catalogs.snapshot",
        "--dry-run",
        "pltpack catalog snapshot site --stamp mine",
        "--dry-run",
        spares("site/snapshots/mine"),
    ),
    Row("catalogs.snapshot", "--quiet", "pltpack catalog snapshot site", "--quiet", silent),
    Row("catalogs.snapshot", "--json", "pltpack catalog snapshot site", "--json", is_document("catalog-snapshot")),
    Row(
        "catalogs.diff",
        "--quiet",
        "pltpack catalog diff site/snapshots/2020-01-01 site",
        "--quiet",
        silent,
        before=replaced,
    ),
    Row("catalogs.diff", "--json", "pltpack catalog diff site site", "--json", is_document("catalog-diff")),
    Row(
        "catalogs.restore",
        "--dry-run",
        "pltpack catalog restore site 2020-01-01",
        "--dry-run",
        lambda left: b"new.rkt" in (left.folder / "site/catalog/pkg/apple").read_bytes(),
        before=replaced,
    ),
    Row("catalogs.restore", "--quiet", "pltpack catalog restore site 2020-01-01", "--quiet", silent, before=replaced),
    Row(
        "catalogs.restore",
        "--json",
        "pltpack catalog restore site 2020-01-01",
        "--json",
        is_document("catalog-restore"),
    ),
    Row("catalogs.prune", "--keep", "pltpack catalog prune site", "--keep 1", spares("site/snapshots/2020-01-01")),
    Row(
        "catalogs.prune",
        "--weeks",
        "pltpack catalog prune site --grace 0",
        "--weeks 1",
        spares("site/snapshots/2020-01-02"),
        before=lambda folder: take_snapshot(folder / "site", "2020-01-03"),
    ),
    Row(
        "catalogs.prune",
        "--grace",
        "pltpack catalog prune site --keep 1",
        "--grace 0",
        prints("apple.zip removed"),
        before=stale,
    ),
    Row(
        "catalogs.prune",
        "--dry-run",
        "pltpack catalog prune site --keep 1",
        "--dry-run",
        writes("site/snapshots/2020-01-01"),
    ),
    Row("catalogs.prune", "--quiet", "pltpack catalog prune site --keep 1", "--quiet", silent),
    Row("catalogs.prune", "--json", "pltpack catalog prune site", "--json", is_document("catalog-prune")),
    Row(
        "catalogs.publish",
        "--option",
        "pltpack catalog publish site out",
        "--option nonsense",
        refuses("KEY=VALUE", code=2),
    ),
    Row(
        "catalogs.publish",
        "--delete",
        "pltpack catalog publish site out",
        "--delete",
        spares("out/catalog/pkg/pear"),
        before=shrunk,
    ),
    Row("catalogs.publish", "--adopt", "pltpack catalog publish site out", "--adopt", code(0), before=taken),
    Row(
        "catalogs.publish",
        "--sign",
        "pltpack catalog publish site out",
        "--sign key",
        writes("out/SHA256SUMS.sig"),
        before=key,
    ),
    Row("catalogs.publish", "--dry-run", "pltpack catalog publish site out", "--dry-run", spares("out")),
    Row("catalogs.publish", "--quiet", "pltpack catalog publish site out", "--quiet", silent),
    Row("catalogs.publish", "--json", "pltpack catalog publish site out", "--json", is_document("catalog-publish")),
    *(
        replace(row, asks="/metrics")
        for row in (
            Row("catalogs.serve", "--port", SERVE, f"--port {PORT}", prints(f":{PORT}/catalog/")),
            Row("catalogs.serve", "--host", f"{SERVE_HERE} --port 0", f"--host {HOST}", prints(f"http://{HOST}:")),
            Row(
                "catalogs.serve",
                "--metrics",
                f"{SERVE} --port 0",
                "--metrics",
                lambda left: "pltpack_requests" in left.answer,
            ),
            Row("catalogs.serve", "--quiet", f"{SERVE} --port 0", "--quiet", silent),
        )
    ),
]
