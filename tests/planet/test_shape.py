"""What archives are to PLaneT: its packages, auto-installers, or something else."""

from __future__ import annotations

from pathlib import Path

import pytest

from pltpack.archive import create_archive, open_archive
from pltpack.codec.header import Header
from pltpack.formats.planet import AutoInstaller, auto_installer, is_planet_archive
from pltpack.planet.look import look_at_planet
from tests.planet.corpus import REPOSITORY, pack
from tests.trees import encoded, file, folder

SAMPLES = Path(__file__).parents[2] / "fixtures" / "samples"

OLD = (
    b'PLT\n(lambda (request failure) (case request ((name) "archive") ((unpacker) (quote mzscheme))'
    b' ((requires) (quote ((("mzscheme") (200))))) ((conflicts) (quote ())) ((plt-relative?) #f)'
    b" ((plt-home-relative?) #f) (else (failure))))\n"
    b"(unit (import plthome mzuntar) (export) (mzuntar void) (quote ()))\n"
)
"""The header of 2004: without test-plt-dirs, with another import, and a requirement that today's Racket refuses."""

INSTALLER = (
    b'PLT\n(lambda (request failure) (case request ((name) "x (PLaneT package version 1.2 auto-installation bundle)")'
    b" ((unpacker) (quote mzscheme)) ((requires) (quote ())) ((conflicts) (quote ())) ((plt-relative?) #t)"
    b" ((plt-home-relative?) #f) ((test-plt-dirs) #f) (else (failure))))\n"
    b"(unit (import collects-dir unmztar) (export) (begin (let ((get (dynamic-require 'resolver 'get)))"
    b' (get \'(require "dummy-file.ss" ("ada" "util.plt" 1 2)) #f #f)) (void)) (list))\n'
)


def shape(path: Path) -> bool:
    with open_archive(path) as archive:
        return is_planet_archive(archive.preamble, [entry.path for entry in archive])


@pytest.mark.parametrize("path", sorted(REPOSITORY.rglob("*.plt/*/*/*.plt")), ids=lambda path: path.name)
def test_archives_of_planet(path: Path) -> None:
    assert shape(path)
    assert look_at_planet(path).kind == "package"


def test_an_archive_of_2004(tmp_path: Path) -> None:
    path = tmp_path / "old.plt"
    path.write_bytes(encoded(OLD + folder() + file("add.ss", data=b"(module add mzscheme)")))
    assert shape(path)
    found = look_at_planet(path)
    assert (found.kind, found.files) == ("package", ["add.ss"])


def test_other_archives() -> None:
    """But for those that ``raco pack`` made in the same way, of a directory as a whole."""
    kinds = {path.name: look_at_planet(path).kind for path in sorted(SAMPLES.glob("*.plt"))}
    assert {name for name, kind in kinds.items() if kind != "other"} == {"02-single-file.plt", "10-dot.plt"}


def test_a_collection_in_the_same_shape_is_none(tmp_path: Path) -> None:
    with create_archive(tmp_path / "x.plt", Header("archive", plt_relative=False, collections=(("kit",),))) as archive:
        archive.add_file(("collects", "kit", "main.rkt"), b"1", 1)
    assert not shape(tmp_path / "x.plt")
    with create_archive(tmp_path / "y.plt", Header("archive", plt_relative=False)):
        pass
    assert not shape(tmp_path / "y.plt")


def test_an_auto_installer(tmp_path: Path) -> None:
    path = tmp_path / "auto.plt"
    path.write_bytes(encoded(INSTALLER))
    with open_archive(path) as archive:
        assert auto_installer(archive.preamble) == AutoInstaller("ada", "util.plt", 1, 2)
    found = look_at_planet(path)
    assert (found.kind, str(found.installer)) == ("auto-installer", "ada/util.plt 1.2")


def test_what_a_package_says_and_wants() -> None:
    found = look_at_planet(REPOSITORY / "bob" / "new-user.plt" / "1" / "0" / "new-user.plt")
    assert found.fields["name"] == "new user"
    assert found.fields["required-core-version"] == "5.0"
    assert list(found.wants) == ["ada/util 1", "ada/util"]
    assert [note.kind for note in found.notes] == ["planet-library"]
    assert found.objections == []


def test_what_planet_would_refuse(tmp_path: Path) -> None:
    info = '#lang setup/infotab\n(define categories \'(games))\n(define blurb "no list")\n(define homepage "nowhere")\n'
    found = look_at_planet(pack(tmp_path / "x.plt", {"info.rkt": info}))
    assert len(found.objections) == 3
    assert look_at_planet(pack(tmp_path / "y.plt", {"info.rkt": "#lang racket\n"})).objections


def test_other_commands_know_it(tmp_path: Path) -> None:
    from pltpack.conversion.convert import convert
    from pltpack.inspection.findings import Level
    from pltpack.inspection.summary import summarise
    from pltpack.inspection.verify import verify

    info = '(module info (lib "infotab.ss" "setup") (define name "x"))'
    path = pack(tmp_path / "x.plt", {"info.ss": info, "main.ss": "(module main mzscheme)"})
    facts = summarise(path).plt
    assert facts is not None
    assert facts.planet
    assert any("planet rescue" in note for note in convert(path, tmp_path / "x.zip").notes)
    assert not any("planet" in note for note in convert(path, tmp_path / "y.plt").notes)
    assert [finding.code for finding in verify(path).of(Level.NOTE)] == ["planet"]
    (tmp_path / "auto.plt").write_bytes(encoded(INSTALLER))
    assert "planet" in [finding.code for finding in verify(tmp_path / "auto.plt").findings]
    facts = summarise(tmp_path / "auto.plt").plt
    assert facts is not None
    assert str(facts.installer) == "ada/util.plt 1.2"
    for other in ("10-dot.plt", "02-single-file.plt"):
        facts = summarise(SAMPLES / other).plt
        assert facts is not None
        assert not facts.planet
