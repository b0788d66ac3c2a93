"""Packages of PLaneT and the real Racket: its client, its server's answers, its package manager and its compiler."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path
from typing import Any

import pytest

from pltpack.datum.at_forms import AtForm
from pltpack.datum.program import read_program
from pltpack.planet.cache import cache_planet, contents, link
from pltpack.planet.create import create_planet_archive
from pltpack.planet.index import index_planet
from pltpack.planet.places import Places, places
from pltpack.planet.release import Release
from pltpack.planet.rescue.rescue import RescueOptions, rescue_planet
from pltpack.planet.server.loopback import serving
from pltpack.planet.server.protocol import PlanetShelf
from tests.oracle.conftest import Compared
from tests.planet.corpus import FIXTURES, cases, put, repository
from tests.planet.test_create import raw
from tests.trees import files_in, write_tree

pytestmark = pytest.mark.racket

NOWHERE = "http://127.0.0.1:1/servlets/planet-servlet.ss"
"""A server that nobody is: what is not in the cache is not found."""


class Client:
    """Racket with a directory of add-ons of its own, and no PLaneT server unless one is named."""

    def __init__(self, racket: str, folder: Path) -> None:
        self.racket = racket
        self.addon = folder / "addon"
        self.addon.mkdir(parents=True, exist_ok=True)
        version = self.run("-e", "(display (version))")
        self.places: Places = places(self.addon / "planet" / "300", version)

    def run(self, *arguments: str, url: str = NOWHERE, folder: Path | None = None, code: int = 0) -> str:
        environment = {name: value for name, value in os.environ.items() if not name.startswith("PLT")}
        done = subprocess.run(
            [self.racket, *arguments], capture_output=True, text=True, check=False, cwd=folder, timeout=300,
            env={**environment, "PLTADDONDIR": str(self.addon), "PLTPLANETURL": url},
        )  # fmt: skip
        assert done.returncode == code, done.stderr
        return done.stdout

    def raco(self, *arguments: str, url: str = NOWHERE, folder: Path | None = None, code: int = 0) -> str:
        return self.run("-l-", "raco", *arguments, url=url, folder=folder, code=code)


@pytest.fixture
def client(racket: str, tmp_path: Path) -> Client:
    return Client(racket, tmp_path)


OLD = '(require (planet "user.ss" ("bob" "old-user.plt" 1)))'


def test_the_client_finds_what_is_in_its_cache(client: Client, tmp_path: Path, compared: Compared) -> None:
    """``raco planet show``, ``require`` and ``#lang planet``, without a server."""
    index = repository()
    list(cache_planet(index.releases, [client.places]))
    shown = client.raco("planet", "show")
    for release in index.releases:
        assert f"  {release.owner} \t{release.package} \t{release.major} {release.minor}\n" in shown
    assert client.run("-e", "(require (planet bob/new-user)) answer").strip() == '\'("1.1" "2.0" "1.1" own)'
    assert client.run("-e", f"{OLD} answer").strip() == ('\'("1.0" "1.1" extra "(planet not/rewritten)")')
    (tmp_path / "say.rkt").write_text("#lang planet cyd/lingo\n(display hello)\n")
    assert client.run(str(tmp_path / "say.rkt")) == "hello from lingo"
    compared(len(index.releases) + 3)


def test_links_and_what_racket_says_of_them(client: Client, tmp_path: Path, compared: Compared) -> None:
    source = FIXTURES / "sources" / "ada" / "util.plt" / "2.0"
    link(Release("ada", "util.plt", 5, 7, source), client.places)
    assert client.run("-e", "(require (planet ada/util:5)) util-version").strip() == '"2.0"'
    assert f"--> {source}" in client.raco("planet", "show")
    client.raco("planet", "link", "bob", "x.plt", "1", "0", str(tmp_path))
    rows = client.places.links.read_bytes()
    found = contents(client.places).links
    assert [(row.owner, row.package, row.major, row.minor) for row in found] == [
        ("bob", "x.plt", 1, 0),
        ("ada", "util.plt", 5, 7),
    ]
    from pltpack.planet.hard_links import links_text

    assert links_text(found) == rows
    compared(3)


def test_racket_fetches_from_the_server(client: Client, tmp_path: Path, compared: Compared) -> None:
    index = repository()
    with serving(PlanetShelf(index)) as server:
        client.raco("planet", "fetch", "ada", "util.plt", "2", "0", url=server.url, folder=tmp_path)
        assert (tmp_path / "util.plt").read_bytes() == index.releases[2].path.read_bytes()
        answer = client.run("-e", "(require (planet bob/new-user)) answer", url=server.url)
        client.raco("planet", "fetch", "nobody", "nothing.plt", "1", "0", url=server.url, code=1)
    # Without a major version the client is content with what it has.
    assert answer.strip().splitlines()[-1] == '\'("1.1" "1.1" "1.1" own)'
    found = contents(client.places)
    assert {str(release) for release in found.installed} == {"ada/util 1.1", "bob/new-user 1.0"}
    for release in found.installed:
        made = files_in(release.path)
        sources = files_in(FIXTURES / "sources" / release.owner / release.package / f"{release.major}.{release.minor}")
        assert {path: data for path, data in made.items() if "compiled" not in path} == sources
    compared(len(found.installed))


def test_archives_are_those_of_racket(client: Client, tmp_path: Path, compared: Compared) -> None:
    """The raw stream of ``raco planet create`` for the same directories, odd names and filters included."""
    trees = {
        "kit": {"main.ss": b"1", "doc/x": b"1", ".hidden": b"1", "planet-docs/a/doc/i.html": b"x",
                "sub dir/a b.ss": b""},
        "bare": {"x": b"\x00\xff" * 999},
        "odd": {"info.rkt": b"#lang setup/infotab\n(define name \"odd\")\n", "\u00e9/\u03bb.ss": b"1",
                "compiled/z": b"1"},
    }  # fmt: skip
    for name, files in trees.items():
        write_tree(tmp_path / name, files)
        client.raco("planet", "create", name, folder=tmp_path)
        create_planet_archive(tmp_path / name, tmp_path / "ours.plt")
        assert raw(tmp_path / "ours.plt") == raw(tmp_path / f"{name}.plt")
    compared(len(trees))


_CHECKS = r"""
(require json planet/util)
(define-values (in out) (values (current-input-port) (current-output-port)))
(write-json
 (for/list ([dir (read-json in)])
   (with-handlers ([exn:fail? (lambda (e) #f)])
     (parameterize ([current-output-port (open-output-nowhere)] [current-error-port (open-output-nowhere)]
                    [build-scribble-docs? #f])
       (make-planet-archive (string->path dir) (build-path dir 'up "x.plt"))
       #t)))
 out)
"""


def test_info_files_are_refused_as_racket_refuses_them(client: Client, tmp_path: Path, compared: Compared) -> None:
    from pltpack.errors import PackageError
    from tests.planet.test_info_fields import BAD, FINE

    texts = [{**FINE, name: value} for name, values in BAD.items() for value in values] + [FINE, {}]
    texts += [{"blurb": '\'((p "x" (b)) 955 nbsp)'}, {"blurb": '\'((p ((a "b"))))'}, {"blurb": '\'(((a "b")))'}]
    texts += [{"homepage": f'"{url}"'} for url in ("http:/x", "x://y", "http://", "//host/x", "mailto:a@b")]
    folders = []
    for number, fields in enumerate(texts):
        text = "#lang setup/infotab\n" + "".join(f"(define {name} {value})\n" for name, value in fields.items())
        write_tree(tmp_path / f"t{number}" / "p", {"info.rkt": text.encode(), "main.rkt": b"", "b.rkt": b""})
        folders.append(tmp_path / f"t{number}" / "p")
    done = subprocess.run(
        [client.racket, "-l", "racket/base", "-l", "racket/port", "-e", _CHECKS],
        input=json.dumps([str(folder) for folder in folders]), capture_output=True, text=True, check=True,
        env={**os.environ, "PLTADDONDIR": str(client.addon)},
    )  # fmt: skip
    for folder, fields, taken in zip(folders, texts, json.loads(done.stdout), strict=True):
        try:
            create_planet_archive(folder, tmp_path / "ours.plt")
        except PackageError:
            assert not taken, fields
        else:
            assert taken, fields
    compared(len(texts))


def test_rescued_packages_work(client: Client, tmp_path: Path, compared: Compared) -> None:
    """Installed with all their dependencies, compiled, and run: the answers are those under PLaneT."""
    result = rescue_planet(repository(), tmp_path / "pkgs")
    packages = [str(package.path) for package in result.made if package.target.name != "planet-cyd-lonely1"]
    client.raco("pkg", "install", "--user", "--deps", "fail", "--no-docs", *packages)
    assert client.run("-e", "(require bob/new-user1/main) answer").strip() == '\'("1.1" "2.0" "1.1" own)'
    assert client.run("-e", "(require bob/old-user1/user) answer").strip() == (
        '\'("1.1" "1.1" extra "(planet not/rewritten)")'
    )
    assert client.run("-e", "(require cyd/speaker1/main) greeting").strip() == '"hello from lingo"'
    compared(len(packages) + 3)


def test_a_rescue_of_other_forms_works(client: Client, tmp_path: Path) -> None:
    """A clash that a name mends, a ring of packages, and every format."""
    put(tmp_path / "in", "u/foo1 1.0", {"main.ss": "(module main mzscheme (provide x) (define x 'foo1-1))"})
    put(tmp_path / "in", "u/foo 11.0", {"main.ss": "(module main mzscheme (provide x) (define x 'foo-11))"})
    code = "(module main mzscheme (provide z)"
    code += " (require (planet u/foo:11) (rename (planet u/foo1:1) y x) (planet w/two:1/leaf))"
    put(tmp_path / "in", "v/one", {"main.ss": f"{code} (define z (list x y leaf)))", "own.ss": "(module own mzscheme)"})
    put(
        tmp_path / "in",
        "w/two",
        {"leaf.ss": "(module leaf mzscheme (require (planet v/one:1/own)) (provide leaf) (define leaf 1))"},
    )
    for number, format in enumerate(("zip", "tgz", "plt", "dir")):
        other = Client(client.racket, tmp_path / format)
        options = RescueOptions(format=format, aliases={("u", "foo.plt", 11): "foo-eleven"})  # type: ignore[arg-type]
        result = rescue_planet(index_planet(tmp_path / "in"), tmp_path / format / "pkgs", options=options)
        assert result.cycles() == [["planet-v-one1", "planet-w-two1"]]
        copied = ["--copy"] if format == "dir" else []
        other.raco(
            "pkg",
            "install",
            "--user",
            "--deps",
            "fail",
            "--no-docs",
            *copied,
            *(str(package.path) for package in result.made),
        )
        assert other.run("-e", "(require v/one1/main) z").strip() == "'(foo-11 foo1-1 1)", number


_READ = r"""
(require json (prefix-in s: scribble/reader))
(define (forms text)
  (with-handlers ([exn:fail? (lambda (e) #f)])
    (for/list ([x (syntax->datum (datum->syntax #f (s:read-inside (open-input-string text))))] #:unless (string? x))
      (format "~s" x))))
(write-json (map forms (read-json)))
"""


def _is_escape(form: AtForm) -> bool:
    """Whether it is ``@|datum ...|``."""
    return form.command is None and not form.brackets and bool(form.arguments)


def test_scribble_texts_are_read_alike(client: Client, compared: Compared) -> None:
    """As many forms as Scribble's reader finds, and an error where it finds one."""
    pieces = [
        "@f", "@f[1 2]", "@f{a @g{b} c}", "@(f 1)", "@|f|", "@|1 2|", "@;{x}", "@; x\n", "@f|{a @g |@h[1] b}|",
        "@f|<{x}>|", "text ",
        '@"str"', "@'f{x}", "@`,f[1]", "@f[@g{x} (y)]", "{", "}", "[", "(", "@f[", "@f{", "@", "@ ", "|", "@#:k",
        "@f{{}}", "a@b.c", "@{x}",
        "@[1]{y}", "@f[#:k 1]{x\n y}", "@f|--{ |--@g }--|", "@f|{ }", "@f[)]", "\u03bb @\u03bb[1]",
    ]  # fmt: skip
    texts = [first + second for first in pieces for second in pieces]
    done = subprocess.run(
        [client.racket, "-l", "racket/base", "-e", _READ],
        input=json.dumps(texts),
        capture_output=True,
        text=True,
        check=True,
    )
    for text, found in zip(texts, json.loads(done.stdout), strict=True):
        program = read_program(b"#lang scribble/base\n" + text.encode())
        forms = [form for form in program.forms[1:] if isinstance(form.datum, AtForm)]
        if found is False:
            assert program.problem is not None, text
        else:
            assert program.problem is None, (text, program.problem)
            count = sum(len(form.datum.arguments) if _is_escape(form.datum) else 1 for form in forms)
            assert count >= len(found), (text, found)
    compared(len(texts))


def test_the_table_of_modules_agrees(client: Client, compared: Compared) -> None:
    """Each module is in the package that the table says, as this Racket has them."""
    import importlib.util

    spec = importlib.util.spec_from_file_location("make_modules", FIXTURES / "make_modules.py")
    assert spec is not None
    assert spec.loader is not None
    maker = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(maker)
    top = Path(client.run("-l", "racket/base", "-l", "setup/dirs", "-e", "(display (find-collects-dir))")).parent
    there = {("base", module) for module in maker.modules(top / "collects")}
    for package in sorted((top / "pkgs").iterdir()):
        there |= {(package.name, module) for module in maker.packaged(package)}
    names = {module for _, module in there}
    table = json.loads(
        (Path(__file__).parents[2] / "pltpack" / "planet" / "rescue" / "data" / "modules.json").read_text()
    )
    count = 0
    for package, collections in table["packages"].items():
        for collection, modules in collections.items():
            for module in modules:
                count += 1
                if package.startswith("catalog:"):
                    assert f"{collection}/{module}" not in names
                elif (top / "pkgs" / package).exists() or package == "base":
                    assert (package, f"{collection}/{module}") in there
    for collection, modules in table["gone"].items():
        assert not names & {f"{collection}/{module}" for module in modules}
    compared(count)


def _answer(form: dict[str, Any]) -> dict[str, Any]:
    """What Racket says to a form, without the words of an error: they name files."""
    return {**form, "request": "error" if "error" in form["request"] else form["request"]}


def test_the_recorded_answers_are_racket_s(client: Client, tmp_path: Path, compared: Compared) -> None:
    """The scripts that made the samples say the same today."""
    for name in ("make-forms.rkt", "make-version-cases.rkt", "check-rewrite.rkt", "forms.txt", "rewrite-cases.json"):
        (tmp_path / name).write_bytes((FIXTURES / name).read_bytes())
    forms = [json.loads(line) for line in client.run("make-forms.rkt", folder=tmp_path).splitlines() if line.strip()]
    assert list(map(_answer, forms)) == list(map(_answer, cases("forms.json")))
    client.run("make-version-cases.rkt", folder=tmp_path)
    assert json.loads((tmp_path / "version-cases.json").read_text()) == cases("version-cases.json")
    assert "differ: ()" in client.run("check-rewrite.rkt", folder=tmp_path)
    compared(len(forms))
