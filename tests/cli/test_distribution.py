"""``pltpack site`` and ``pltpack installer`` from the command line."""

from __future__ import annotations

import json
import re
import shlex
from pathlib import Path
from typing import Any

import pytest

from tests.cli.conftest import Run
from tests.distribution.made import SMALL, shell_installer, tgz, with_top
from tests.servers import Route, serving
from tests.site.trees import package
from tests.trees import files_in

DOCS = (Path(__file__).parents[2] / "docs" / "json.md").read_text("utf-8")


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "racket-8.7.sh").write_bytes(shell_installer(tgz(SMALL)))
    (tmp_path / "racket-8.7-win.tgz").write_bytes(tgz(with_top(SMALL)))
    (tmp_path / "log.txt").write_text("failed\n")
    return tmp_path


def keys(value: Any) -> set[str]:
    """The names of all fields, however deep; what is named by data is told by its list in the text."""
    if isinstance(value, dict):
        plain = {key for key in value if re.fullmatch(r"[a-z][A-Za-z0-9]*", key)}
        return plain.union(*(keys(each) for each in value.values()))
    return set[str]().union(*(keys(each) for each in value)) if isinstance(value, list) else set()


def document(text: str, schema: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(text)
    assert found.pop("schema") == schema
    assert found.pop("version") == 1
    assert f"*{schema}*" in DOCS
    for field in keys(found):
        assert f"`{field}`" in DOCS, field
    return found


def test_from_nothing_to_a_page_and_snapshots(run: Run, folder: Path) -> None:
    assert run("pltpack", "site", "init", "dist").out == "dist/site.toml written\ndist/catalog.toml written\n"
    assert run("pltpack", "site", "init", "dist").code == 5
    recorded = run(
        "pltpack", "site", "record", "dist", "racket-8.7.sh", "-d", "{1} Racket | Linux", "--racket-version", "8.7"
    )
    assert recorded.out.startswith("added     {1} Racket | Linux: racket-8.7.sh\n")
    again = run("pltpack", "site", "record", "--json", "dist", "racket-8.7-win.tgz", "-d", "{1} Racket | Windows")
    (installer,) = document(again.out, "pltpack.site-record")["installers"]
    assert (installer["outcome"], installer["file"]) == ("added", "racket-8.7-win.tgz")
    assert run("pltpack", "site", "record", "dist", "-d", "Mac", "--log", "log.txt").code == 0
    page = document(run("pltpack", "site", "page", "--json", "dist").out, "pltpack.site-page")
    assert [line["kind"] for line in page["lines"]] == ["missing", "group", "installer", "installer"]
    assert (folder / "dist/index.html").exists()

    taken = run("pltpack", "site", "snapshot", "dist", "snaps", "--json", "--stamp", "20261128")
    assert document(taken.out, "pltpack.site-snapshot")["stamp"] == "20261128"
    assert run("pltpack", "site", "snapshot", "dist", "snaps", "--stamp", "20261129").out.startswith("20261129 is a")
    managed = document(
        run("pltpack", "site", "snapshots", "snaps", "--json", "--max", "1").out, "pltpack.site-snapshots"
    )
    assert (managed["current"], managed["removed"]) == ("20261129", ["20261128"])
    gone = document(
        run("pltpack", "site", "forget", "--json", "dist", "{1} Racket | Windows").out, "pltpack.site-forget"
    )
    assert gone["installers"][0]["outcome"] == "removed"


def test_builds_packages_checks_and_mirrors(run: Run, folder: Path) -> None:
    for name, file in (("one", "racket-8.7.sh"), ("two", "racket-8.7-win.tgz")):
        run("pltpack", "site", "record", "-q", name, file, "-d", f"Racket | {name}", "--racket-version", "8.7")
    merged = document(run("pltpack", "site", "merge", "--json", "dist", "one", "two").out, "pltpack.site-merge")
    assert merged["racketVersion"] == "8.7"
    package(folder, "apple")
    (folder / "pkgs").mkdir()
    run("raco-pkg", "create", "-q", "--dest", "pkgs", "apple")
    put = run("pltpack", "site", "packages", "--json", "dist", "--from", "pkgs", "apple")
    assert document(put.out, "pltpack.site-packages")["added"] == ["apple"]
    assert run("pltpack", "site", "packages", "dist").code == 2
    failed = json.loads(run("pltpack", "site", "packages", "--json", "dist", "--from", "none").out)
    assert (failed["schema"], failed["error"]["exitCode"]) == ("pltpack.site-packages", 6)
    (folder / "collects/racket").mkdir(parents=True)
    origin = document(run("pltpack", "site", "origin", "--json", "dist", "collects").out, "pltpack.site-origin")
    assert origin["written"] == ["origin/collects.tgz"]
    run("pltpack", "site", "page", "-q", "dist")
    checked = run("pltpack", "site", "check", "--json", "dist")
    assert (checked.code, document(checked.out, "pltpack.site-check")["findings"]) == (0, [])
    (folder / "dist/installers/racket-8.7.sh").write_bytes(b"")
    assert run("pltpack", "site", "check", "dist").code == 1
    assert run("pltpack", "site", "check", "--sarif", "dist").out.startswith("{")

    with serving(folder / "two") as server:
        url = f"{server.url}installers/"
        for option in ("--only '*.sh'", "--keep 1", "--timeout 9 --retries 0", "--dry-run", "--quiet"):
            assert run("pltpack", "site", "mirror", url, "copy", *shlex.split(option)).code == 0
        (folder / "copy/site.toml").write_text('[mirror]\nonly = ["*.sh"]\n')
        done = document(run("pltpack", "site", "mirror", "--json", url, "copy").out, "pltpack.site-mirror")
        assert (done["fetched"], done["removed"]) == ([], ["racket-8.7-win.tgz"])
        server.routes["/installers/racket-8.7-win.tgz"] = Route(404)
        failed = run("pltpack", "site", "mirror", "--only", "*", url, "copy", "--retries", "0")
        assert (failed.code, "the answer is 404" in failed.err) == (6, True)


@pytest.mark.parametrize(
    "words",
    [
        "record dist",
        "record dist racket-8.7.sh",
        "record dist -d X",
        "record dist --sums -d X --log log.txt",
        "record dist --link --racket-version 8.7",
        "snapshot dist snaps --stamp a --commit abcdef",
    ],
)
def test_calls_that_mean_nothing_are_wrong(run: Run, folder: Path, words: str) -> None:
    called = run("pltpack", "site", *words.split())
    assert called.code == 2
    assert set(files_in(folder)) == {"racket-8.7.sh", "racket-8.7-win.tgz", "log.txt"}


def test_an_installer_is_looked_into_and_unpacked(run: Run, folder: Path) -> None:
    shown = run("pltpack", "installer", "show", "racket-8.7.sh")
    assert "DISTNAME  Racket v8.7\n" in shown.out
    told = document(run("pltpack", "installer", "show", "--json", "-l", "racket-8.7.sh").out, "pltpack.installer-show")
    assert told["declared"]["TARGET"] == "racket"
    assert "bin/racket" in told["members"]
    assert run("pltpack", "installer", "verify", "racket-8.7.sh").out == "racket-8.7.sh: sound\n"

    run("pltpack", "site", "record", "-q", "dist", "racket-8.7.sh", "-d", "Linux")
    assert run("pltpack", "installer", "verify", "racket-8.7.sh", "--sums", "dist").code == 0
    run("pltpack", "site", "page", "-q", "dist")
    assert run("pltpack", "installer", "verify", "racket-8.7.sh", "--sums", "dist/installers/SHA256SUMS").code == 0
    wrong = run("pltpack", "installer", "verify", "racket-8.7-win.tgz", "--sums", "0" * 64)
    assert (wrong.code, "SHA-256 is" in wrong.out) == (1, True)
    assert run("pltpack", "installer", "verify", "racket-8.7.sh", "--sums", "none").code == 2
    data = (folder / "racket-8.7.sh").read_bytes()
    (folder / "cut.sh").write_bytes(data[:-9])
    both = run("pltpack", "installer", "verify", "--json", "cut.sh", "racket-8.7.sh", "log.txt")
    assert both.code == 3
    found = document(both.out, "pltpack.installer-verify")["installers"]
    assert [one["sound"] for one in found] == [False, True, False]

    done = run("pltpack", "installer", "extract", "racket-8.7-win.tgz", "--into", "tree", "--json")
    assert document(done.out, "pltpack.installer-extract")["config"] == "etc/config.rktd"
    assert (folder / "tree/bin/racket").exists()
    assert run("pltpack", "installer", "extract", "cut.sh", "--into", "other").code == 3
    assert not (folder / "other").exists()
    assert run("pltpack", "installer", "extract", "racket-8.7.sh", "--into", "tree").code == 5
