"""Converted packages and the real ``raco pkg install``: accepted, and installed as what they were made from."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path

import pytest

from pltpack.archive import create_archive
from pltpack.codec.header import Header
from pltpack.conversion.compare import compare
from pltpack.conversion.convert import convert
from tests.conversion.test_convert import REAL, lost, needs_archives

pytestmark = pytest.mark.racket

_INSTALL = """
(require json pkg/lib)
(define (install source name)
  (with-handlers ([exn:fail? exn-message])
    (parameterize ([current-pkg-scope 'user] [current-output-port (open-output-nowhere)]
                   [current-error-port (open-output-nowhere)])
      (with-pkg-lock
        (pkg-install (list (pkg-desc source 'file name #f #f)) #:dep-behavior 'force #:force? #t #:use-cache? #f)))
    "installed"))
(write-json (for/list ([task (read-json)]) (apply install task)))
"""


def install(racket: str, packages: dict[str, Path], addon: Path) -> dict[str, str]:
    """What Racket says to each package, by its name, all installed in user scope below ``addon``."""
    run = subprocess.run(
        [racket, "-l", "racket/base", "-l", "racket/port", "-e", _INSTALL],
        input=json.dumps([[str(path), name] for name, path in packages.items()]),
        capture_output=True,
        text=True,
        check=True,
        env={**os.environ, "PLTADDONDIR": str(addon)},
    )
    return dict(zip(packages, json.loads(run.stdout), strict=True))


def installed(addon: Path, name: str) -> Path:
    (place,) = addon.glob(f"*/pkgs/{name}")
    return place


@needs_archives
def test_real_archives_are_installed_like_their_originals(racket: str, tmp_path: Path) -> None:
    addon = tmp_path / "addon"
    packages: dict[str, Path] = {}
    reported: dict[int, set[str]] = {}
    for number, path in enumerate(REAL):
        packages[f"original{number}"] = path
        for target in ("zip", "tgz", "tar"):
            converted = tmp_path / f"c{number}.{target}"
            conversion = convert(path, converted, name=f"{target}{number}")
            packages[f"{target}{number}"] = converted
            reported[number] = lost(conversion, "header")
    said = install(racket, packages, addon)
    for number, path in enumerate(REAL):
        for target in ("zip", "tgz", "tar"):
            name = f"{target}{number}"
            assert said[name] == "installed", (path, said[name])
            assert compare(packages[name], installed(addon, name), view="package").equal, path
        # The original is refused only for what the report says that the package does not require any more.
        if said[f"original{number}"] == "installed":
            assert compare(installed(addon, f"original{number}"), installed(addon, f"zip{number}")).equal, path
        else:
            assert {"requires", "conflicts"} & reported[number], said[f"original{number}"]
    assert sum(said[f"original{number}"] == "installed" for number in range(len(REAL))) >= 5


INFOS = {
    "multi": "#lang info\n(define collection 'multi)\n",
    "single": '#lang info\n(define collection "kit")\n',
    "own-name": "#lang info\n(define collection 'use-pkg-name)\n",
    "none": None,
}


@pytest.mark.parametrize("layout", ["plain", "one-directory"])
def test_directories_are_installed_alike_from_every_format(racket: str, tmp_path: Path, layout: str) -> None:
    addon = tmp_path / "addon"
    sources: dict[str, Path] = {}
    packages: dict[str, Path] = {}
    for kind, info in INFOS.items():
        source = tmp_path / "from" / kind
        (source / "kit" / "empty").mkdir(parents=True)
        (source / "kit" / "main.rkt").write_text("#lang racket/base\n")
        if layout == "plain":
            (source / "a file").write_text("text")
        if info is not None:
            (source / "info.rkt").write_text(info)
        for target in ("zip", "tgz", "tar", "plt"):
            name = f"{kind}-{target}"
            sources[name] = source
            packages[name] = tmp_path / f"{name}.{target}"
            convert(source, packages[name])
    said = install(racket, packages, addon)
    assert said == dict.fromkeys(packages, "installed")
    for name, source in sources.items():
        # In .plt a package without info.rkt is given one that says no more.
        difference = compare(source, installed(addon, name))
        assert not difference.removed
        assert [change for change in difference.changed if change.aspects != ("mode",)] == []
        assert set(difference.added) == ({"info.rkt"} if name == "none-plt" else set())


def test_all_the_places_of_an_archive_become_one_package(racket: str, tmp_path: Path) -> None:
    headers = {
        "user": Header("x"),
        "main": Header("x", plt_home_relative=True),
        "local": Header("x", plt_relative=False),
    }
    packages: dict[str, Path] = {}
    for kind, header in headers.items():
        path = packages[f"{kind}-plt"] = tmp_path / f"{kind}.plt"
        with create_archive(path, header) as archive:
            for head in ("collects", "doc", "lib", "include", "other"):
                archive.add_directory((head, head[:2]))
                archive.add_file((head, head[:2], "x.rkt"), b"#lang racket/base\n", 18)
        packages[f"{kind}-zip"] = tmp_path / f"{kind}.zip"
        convert(path, packages[f"{kind}-zip"])
    said = install(racket, packages, tmp_path / "addon")
    assert said == dict.fromkeys(packages, "installed")
    for kind in headers:
        one, other = (installed(tmp_path / "addon", f"{kind}-{format}") for format in ("plt", "zip"))
        assert compare(one, other).equal, kind


def test_what_racket_installs_can_be_converted_on(racket: str, tmp_path: Path) -> None:
    source = tmp_path / "from"
    (source / "kit").mkdir(parents=True)
    (source / "kit" / "main.rkt").write_text("#lang racket/base\n")
    (source / "info.rkt").write_text(INFOS["multi"] or "")
    convert(source, tmp_path / "first.zip")
    packages: dict[str, Path] = {}
    for format in ("zip", "tgz", "tar", "plt"):
        convert(tmp_path / "first.zip", tmp_path / f"second.{format}")
        packages[format] = tmp_path / f"third-{format}.tgz"
        convert(tmp_path / f"second.{format}", packages[format])
    said = install(racket, packages, tmp_path / "addon")
    assert said == dict.fromkeys(packages, "installed")
    for format in packages:
        assert compare(source, installed(tmp_path / "addon", format)).equal, format
