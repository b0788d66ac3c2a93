"""The commands for catalogs, sources and the cache: their options, documents and exit codes."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from pltpack.catalog.locations import open_catalog
from tests.catalog.test_archive import Site, members
from tests.cli.conftest import Ran, Run, run
from tests.servers import Route, serving

__all__ = ["run"]


@pytest.fixture
def site(run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Site]:
    """A catalog with three packages; what is the user's is in the test's folder."""
    assert callable(run)
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.setenv("PLTADDONDIR", str(tmp_path / "addon"))
    monkeypatch.setenv("PLTPACK_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("PLTPACK_RACKET_VERSION", "8.7")
    (tmp_path / "site").mkdir()
    with serving(tmp_path / "site") as server:
        made = Site(tmp_path / "site", server)
        made.put("a", members("a"), dependencies=[["b"]], tags=["x"])
        made.put("b", members("b"), ".tgz")
        made.put("w", members("w"))
        yield made


def document(ran: Ran, schema: str) -> Any:
    found = json.loads(ran.out)
    assert (found["schema"], found["version"]) == (f"pltpack.{schema}", 1)
    return found


def test_show_as_json(site: Site, run: Run) -> None:
    found = document(run("raco-pkg", "catalog-show", "--json", "--catalog", site.url, "a"), "catalog-show")
    (package,) = found["packages"]
    assert (package["name"], package["tags"], package["catalog"]) == ("a", ["x"], site.url)
    assert package["dependencies"] == [{"source": "b", "name": "b", "version": None, "platform": None}]
    found = document(
        run("raco-pkg", "catalog-show", "--json", "--all", "--only-names", "--catalog", site.url), "catalog-show"
    )
    assert found["names"] == ["a", "b", "w"]


def test_show_offline(site: Site, run: Run) -> None:
    asked = ("catalog-show", "--catalog", site.url)
    assert run("raco-pkg", *asked, "--offline", "a").code == 6
    shown = run("raco-pkg", *asked, "a")
    site.server.log.clear()
    assert run("raco-pkg", *asked, "--offline", "a").out == shown.out
    assert site.server.log == []


def test_several_packages_at_once_come_in_order(site: Site, run: Run) -> None:
    ran = run("raco-pkg", "catalog-show", "--only-names", "--jobs", "3", "--catalog", site.url, "w", "a", "b")
    assert ran.out == "w\na\nb\n"


@pytest.mark.parametrize(
    ("catalog", "name", "said"),
    [
        ("site/catalog", "bb", "did you mean b?"),
        ("site/catalog", "zzz", "--all --only-names lists"),
        ("URL", "bb", "--all --only-names lists"),
    ],
)
def test_a_name_that_is_not_there(catalog: str, name: str, said: str, site: Site, run: Run) -> None:
    """A server is asked for nothing more."""
    ran = run("raco-pkg", "catalog-show", "--catalog", site.url if catalog == "URL" else catalog, name)
    assert (ran.code, said in ran.err) == (6, True)
    assert len(site.server.log) == (catalog == "URL")


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (["catalog-show", "--all", "a"], 2), (["catalog-show", "a b"], 2),
        (["catalog-copy", "--force", "--merge", "x"], 2),
        (["catalog-archive", "--include", "none", "out", "site/catalog"], 6),
        (["catalog-archive", "--pkg-fail", "maybe", "x"], 2), (["catalog-archive", "--state", "s.db", "x"], 2),
        (["catalog-archive", "--deps-from", "me", "x"], 2), (["archive", "x", "not-installed"], 3),
        (["catalog-show", "--catalog", "missing", "a"], 6), (["catalog-show", "--catalog", "ftp://x/", "a"], 3),
        (["catalog-copy", "missing.sqlite", "out"], 6),
    ],
    ids=str,
)  # fmt: skip
def test_wrong_calls(arguments: list[str], code: int, site: Site, run: Run) -> None:
    ran = run("raco-pkg", *arguments)
    assert (ran.code, ran.out) == (code, "")
    assert ran.err.count("\n") == 1
    assert not Path("out").exists()
    assert site.server.log == []


@pytest.mark.parametrize(
    ("route", "code"),
    [(Route(403), 6), (Route(204), 6), (Route(500), 6), (Route(body=b"<html>"), 6), (Route(body=b"x", length=9), 6)],
)
def test_servers_that_are_wrong(route: Route, code: int, site: Site, run: Run) -> None:
    site.server.routes["/catalog/pkg/a"] = route
    ran = run("raco-pkg", "catalog-show", "--retries", "0", "--timeout", "2", "--catalog", site.url, "a")
    assert (ran.code, ran.out) == (code, "")
    assert "Traceback" not in ran.err


def test_copy_says_what_it_would_do(site: Site, run: Run, tmp_path: Path) -> None:
    ran = run("raco-pkg", "catalog-copy", "--dry-run", site.url, "out.sqlite")
    assert ran.out == f"would write 3 packages to {tmp_path}/out.sqlite\n"
    found = document(run("raco-pkg", "catalog-copy", "--json", "--dry-run", site.url, "out"), "catalog-copy")
    assert (found["packages"], found["dryRun"]) == (["a", "b", "w"], True)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["cache", "site"]


def test_copy_with_force(site: Site, run: Run, tmp_path: Path) -> None:
    assert run("raco-pkg", "catalog-copy", site.url, "out").code == 0
    assert run("raco-pkg", "catalog-copy", site.url, "out").code == 5
    assert run("raco-pkg", "catalog-copy", "--force", site.url, "out").code == 0
    (tmp_path / "out" / "mine.txt").write_text("mine")
    ran = run("raco-pkg", "catalog-copy", "--force", site.url, "out")
    assert ran.code == 5
    assert "mine.txt" in ran.err
    assert run("raco-pkg", "catalog-copy", "--force", "--force", site.url, "out").code == 0
    assert (tmp_path / "out" / "mine.txt").read_text() == "mine"


@pytest.mark.usefixtures("site")
def test_copy_relative(run: Run) -> None:
    assert run("raco-pkg", "catalog-copy", "--relative", "site/catalog", "out").code == 0
    assert open_catalog("out", absolute=False)["a"].source == "../site/pkgs/a.zip"


def test_mirrors(site: Site, run: Run, tmp_path: Path) -> None:
    ran = run("raco-pkg", "catalog-archive", "--json", "--relative", "--state", "s.sqlite", "m", site.url)
    found = document(ran, "catalog-archive")
    assert [(one["name"], one["kept"], one["transferred"]) for one in found["packages"]] == [
        ("a", False, True), ("b", False, True), ("w", False, True),
    ]  # fmt: skip
    plan = run("raco-pkg", "catalog-archive", "--dry-run", "--state", "s.sqlite", "--exclude", "w", "m", site.url)
    assert plan.out.splitlines() == [
        f"would keep a from {site.server.url}pkgs/a.zip",
        f"would keep b from {site.server.url}pkgs/b.tgz",
        "would remove w.zip",
        "would remove w.zip.CHECKSUM",
    ]
    assert run("raco-pkg", "catalog-archive", "-q", "--offline", "m", site.url).out == ""
    site.server.routes["/pkgs/x.zip"] = Route(404)
    site.records["x"] = site.records["w"].updated({"source": "../pkgs/x.zip"})
    site.put("w", members("w"))
    ran = run("raco-pkg", "catalog-archive", "--pkg-fail", "continue", "m", site.url)
    assert ran.code == 5
    assert "404" in ran.err
    assert "x" not in open_catalog(tmp_path / "m" / "catalog")


def test_fetch(site: Site, run: Run, tmp_path: Path) -> None:
    found = document(
        run("pltpack", "fetch", "--json", "--catalog", site.url, "a", f"{site.server.url}pkgs/b.tgz"), "fetch"
    )
    assert [(one["name"], one["type"], one["cached"]) for one in found["sources"]] == [
        ("a", "file-url", False), ("b", "file-url", False),
    ]  # fmt: skip
    ran = run("pltpack", "fetch", "--catalog", site.url, "--into", "vendor", "a", "site/pkgs")
    assert ran.out == "vendor/a.zip\nvendor/pkgs\n"
    assert (tmp_path / "vendor" / "a.zip").read_bytes() == (tmp_path / "site" / "pkgs" / "a.zip").read_bytes()
    again = run("pltpack", "fetch", "--into", "vendor", "site/pkgs")
    assert (again.code, again.out) == (5, "")


def test_fetch_only_the_checksum(site: Site, run: Run) -> None:
    ran = run("pltpack", "fetch", "--only-checksum", "--catalog", site.url, "a", f"{site.server.url}pkgs/b.tgz")
    assert ran.out == f"{site.records['a'].checksum}\nnone\n"


def test_fetch_goes_on_after_a_failure(site: Site, run: Run) -> None:
    ran = run("pltpack", "fetch", "--catalog", site.url, "none", "a")
    assert (ran.code, ran.out.count("\n"), ran.err.count("\n")) == (6, 1, 1)
    ran = run("pltpack", "fetch", "--catalog", site.url, "--checksum", "0" * 40, f"{site.server.url}pkgs/w.zip")
    assert ran.code == 3


def test_what_a_catalog_of_others_may_name(site: Site, run: Run, tmp_path: Path) -> None:
    site.records["a"] = site.records["a"].updated({"source": f"file://{tmp_path}/site/pkgs/a.zip"})
    site.put("w", members("w"))
    assert run("pltpack", "fetch", "--catalog", site.url, "a").code == 4
    assert run("pltpack", "fetch", "--allow-local", "--catalog", site.url, "a").code == 0


def test_the_cache(site: Site, run: Run, tmp_path: Path) -> None:
    assert run("pltpack", "cache", "dir").out == f"{tmp_path}/cache\n"
    assert run("pltpack", "cache", "dir", "--cache", "x").out == f"{tmp_path}/x\n"
    run("pltpack", "fetch", "--catalog", site.url, "a", "w")
    shown = run("pltpack", "cache", "show").out
    assert f"archive {site.server.url}pkgs/a.zip {site.records['a'].checksum}" in shown
    found = document(run("pltpack", "cache", "show", "--json"), "cache-show")
    assert len([one for one in found["entries"] if one["key"][0] == "archive"]) == 2
    assert run("pltpack", "cache", "verify").code == 0
    Path(found["entries"][0]["path"]).write_bytes(b"damaged")
    assert run("pltpack", "cache", "verify", "-q").code == 1
    damaged = document(run("pltpack", "cache", "verify", "--json", "--remove"), "cache-verify")
    assert len(damaged["damaged"]) == 1
    assert run("pltpack", "cache", "verify").code == 0
    assert document(run("pltpack", "cache", "prune", "--json"), "cache-prune")["removed"] == []
    would = run("pltpack", "cache", "prune", "--all", "--dry-run")
    assert would.out.startswith("would remove")
    run("pltpack", "cache", "prune", "--all", "-q")
    assert run("pltpack", "cache", "show").out == "0 entries, 0 bytes\n"
