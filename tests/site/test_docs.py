"""The commands of docs/catalog.md work as they stand, one after the other in one folder."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

from pltpack.conversion.convert import convert
from pltpack.pkg.create import create_package
from pltpack.site.checks.findings import CATALOGS
from pltpack.site.snapshots import stamps
from tests.cli.conftest import Run, run
from tests.site.trees import package

DOCS = (Path(__file__).parents[2] / "docs" / "catalog.md").read_text("utf-8")

__all__ = ["run"]


def commands() -> list[list[str]]:
    """The commands of the page, but those that serve for ever or need a bucket."""
    lines = [shlex.split(line.strip(), comments=True) for line in DOCS.splitlines() if line.startswith("    pltpack ")]
    return [words for words in lines if words[2] != "serve" and not any("s3:" in word for word in words)]


def test_every_command_of_the_page(run: Run, tmp_path: Path) -> None:
    (tmp_path / "pkgs").mkdir()
    for name in ("one", "two"):
        create_package(package(tmp_path / "src", name), dest=tmp_path / "pkgs")
    kit = package(tmp_path / "src", "kit", {"kit/x.rkt": ""}, info="#lang info\n(define collection 'multi)\n")
    convert(kit, tmp_path / "kit.plt")
    package(tmp_path, "mypkg")
    found = commands()
    assert len(found) >= 7
    for words in found:
        stamp = next(iter(stamps(tmp_path / "site")), "")
        arguments = [
            str(path)
            for word in words[1:]
            for path in (sorted(tmp_path.glob(word)) if "*" in word else [word.replace("2026-11-28", stamp)])
        ]
        arguments = [word.replace("/srv/www/catalog", str(tmp_path / "www")) for word in arguments]
        ran = run(words[0], *arguments)
        assert ran.code == 0, (words, ran.err)
    assert (tmp_path / "www/catalog/pkg/kit").exists()
    assert re.search("mypkg", (tmp_path / "site/index.html").read_text())


def test_every_finding_is_on_the_page() -> None:
    (table,) = re.findall(r"\| finding \|.*?\n\n", DOCS, re.DOTALL)
    assert set(re.findall(r"`([a-z]+-?[a-z]+)`", table)) == CATALOGS.keys()
