"""The calls that help ends with: every command has some, and each of them works where it is said to."""

from __future__ import annotations

import importlib
import json
import os
import shlex
import shutil
import signal
import subprocess
import sysconfig
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cli.conftest import Run

EXAMPLES: dict[str, tuple[str, ...]] = importlib.import_module("pltpack_cli.examples").EXAMPLES
PROGRAMS = Path(sysconfig.get_path("scripts"))
SERVING = {"pltpack catalog serve", "pltpack planet serve", "pltpack server run"}
"""Commands that work until they are interrupted."""
SPEAKING = {"push", "login", "yank", "unyank", "owner", "publisher", "refresh", "status", "events", "hook"}
"""Commands that speak with a catalog server."""

PREPARED = """
mkdir -p mylib shapes removed linked archives planet
printf '#lang racket/base\\n(require racket/list)\\n' > mylib/main.rkt
printf 'notes\\n' > mylib/notes.txt
printf '#lang info\\n(define name "My library")\\n(define deps (list "base"))\\n' > mylib/info.rkt
for name in shapes removed linked; do
  printf '#lang racket/base\\n' > $name/main.rkt
  printf '#lang info\\n(define collection "%s")\\n(define deps (list "base"))\\n' $name > $name/info.rkt
done
raco-pkg create --quiet shapes
raco-pack -q old.plt mylib
raco-pack -q --collect --collects . new.plt mylib
mkdir puzzles && printf '#lang racket/base\\n' > puzzles/chess.rkt
printf '#lang info\\n(define collection "puzzles")\\n(define deps (list "base"))\\n' > puzzles/info.rkt
raco-pkg create -q puzzles && rm -r puzzles
cp old.plt new.plt puzzles.zip archives
pltpack catalog build -q site puzzles.zip shapes.zip
pltpack catalog snapshot -q site --stamp 2026-08-01
pltpack planet create -q mylib && mv mylib.plt planet/kit.plt && echo kit.plt,ann,1,0 > owners.csv
pltpack planet cache -q planet --table owners.csv
pltpack planet link -q ann/linked.plt:1:0 linked
mkdir -p tree/bin tree/collects/racket build && printf 'read me\\n' > tree/README
tar -C tree -czf payload README bin collects && sum=$(cksum < payload | cut -d ' ' -f 1)
printf '#!/bin/sh\\nDISTNAME="Racket v8.7"\\nBINSUM="%s"\\nBINSTARTLINE="5"\\n' "$sum" > racket-8.7.sh
cat payload >> racket-8.7.sh && cp racket-8.7.sh racket-8.7-other.sh && printf 'failed\\n' > failed.txt
pltpack site init -q dist && pltpack site record -q dist racket-8.7.sh -d 'Racket | Linux' --racket-version 8.7
pltpack site record -q build racket-8.7-other.sh -d 'Racket | Other'
pltpack site page -q dist && pltpack site snapshot -q dist snaps --stamp 20260801
raco-pkg config --set catalogs "$PWD/site/catalog/"
raco-pkg install -q --deps force shapes
raco-pkg install -q --deps force --copy ./removed
raco-pkg remove -q removed
pltpack server init -q --root catalog-root > token
pltpack server token -q --root catalog-root ann@example.org
pltpack server backup -q --root catalog-root catalog.tar
raco-pkg lock -q --catalog site/catalog shapes
raco-pkg env -q
mkdir advisories && echo '{"id": "OSV-2026-1"}' > advisories/one.json
"""


@pytest.fixture(scope="module")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder that the examples speak of."""
    folder = tmp_path_factory.mktemp("prepared")
    subprocess.run(["sh", "-euc", PREPARED], cwd=folder, env=environment(folder), check=True)
    return folder


@pytest.fixture(scope="module")
def running(prepared: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, str]]:
    """A server with ``shapes``, as the variables tell it that the commands heed.

    It has a copy of its own: what it publishes meanwhile is in nobody's way.
    """
    place = tmp_path_factory.mktemp("running") / "folder"
    shutil.copytree(prepared, place, symlinks=True)
    call = ["pltpack", "server", "run", "--root", "catalog-root", "--port", "0"]
    with subprocess.Popen(
        call, cwd=place, env=environment(place), stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    ) as process:
        assert process.stdout is not None
        try:
            url = process.stdout.readline().removeprefix("catalog server: ").strip()
            told = {"PLTPACK_SERVER_URL": url, "PLTPACK_TOKEN": (place / "token").read_text().strip()}
            push = ["pltpack", "push", "--quiet", "--wait", "shapes.zip"]
            subprocess.run(push, cwd=place, env=environment(place) | told, check=True)
            hook = ["pltpack", "hook", "add", "https://example.org/gone", "--package", "shapes", "--action", "remove"]
            made = subprocess.check_output([*hook, "--json"], cwd=place, env=environment(place) | told)
            yield told | {"HOOK": json.loads(made)["hook"]["id"]}
        finally:
            process.send_signal(signal.SIGTERM)
            process.stdout.read()


@pytest.fixture
def folder(prepared: Path, tmp_path: Path) -> Iterator[Path]:
    """A copy of it."""
    copy = tmp_path / "folder"
    shutil.copytree(prepared, copy, symlinks=True)
    yield copy
    shutil.rmtree(copy)


def environment(folder: Path) -> dict[str, str]:
    return {
        **os.environ,
        "PATH": f"{PROGRAMS}{os.pathsep}{os.environ['PATH']}",
        "HOME": str(folder / "home"),
        "PLTADDONDIR": str(folder / "addon"),
        "PLTPACK_CACHE": str(folder / "cache"),
        "PLTPACK_RACKET_VERSION": "8.7",
    }


def commands() -> set[str]:
    main, packages = (importlib.import_module(f"pltpack_cli.{name}") for name in ("main", "packages.main"))
    roof = {f"pltpack {name}" for name in main.COMMANDS}
    return roof | {f"raco-pkg {name}" for name in packages.COMMANDS} | {"raco-pack", "raco-unpack", "unpack"}


def test_every_command_has_examples() -> None:
    assert set(EXAMPLES) == commands()


@pytest.mark.parametrize(("command", "call"), [(name, call) for name, calls in EXAMPLES.items() for call in calls])
def test_an_example_is_one_of_its_command(command: str, call: str) -> None:
    assert shlex.split(call)[: len(command.split())] == command.split()


@pytest.mark.parametrize("call", sorted({call for calls in EXAMPLES.values() for call in calls}))
def test_an_example_works(call: str, folder: Path, request: pytest.FixtureRequest) -> None:
    if any(call.startswith(name) for name in SERVING):
        return served(call.rpartition(" ")[0] + " 0", folder)
    speaks = call.split()[1] in SPEAKING
    told: dict[str, str] = request.getfixturevalue("running") if speaks else {}
    ran = subprocess.run(
        ["sh", "-euc", call], cwd=folder, env=environment(folder) | told, capture_output=True, text=True, check=False
    )
    assert ran.returncode == (1 if call.split()[:2] == ["pltpack", "diff"] else 0), ran.stderr + ran.stdout
    return None


def served(call: str, folder: Path) -> None:
    with subprocess.Popen(
        shlex.split(call),
        cwd=folder,
        env=environment(folder),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    ) as process:
        assert process.stdout is not None
        try:
            assert "http://127.0.0.1:" in process.stdout.readline()
        finally:
            process.send_signal(signal.SIGINT)
            process.stdout.read()
        assert process.wait(20) in (0, 130)


@pytest.mark.parametrize("command", sorted(EXAMPLES))
def test_help_and_manual_end_with_them(command: str, run: Run) -> None:
    program, *words = command.split()
    assert run(program, *words, "--help").out.endswith("".join(f"  {call}\n" for call in EXAMPLES[command]))
    page = (Path(__file__).parents[2] / "man" / f"{command.replace(' ', '-')}.1").read_text()
    assert all(call.replace("-", "\\-") in page for call in EXAMPLES[command])
