"""The cache of PLaneT's client: what is written, listed and taken away, all or nothing."""

from __future__ import annotations

from pathlib import Path

import pytest

from pltpack.datum.reader import read_datum
from pltpack.errors import ConfigError, InstallationError, PackageError
from pltpack.planet.cache import Cached, cache_planet, chosen, contents, link, remove, unlink, versions
from pltpack.planet.hard_links import HardLink, links_text, read_links, with_link, without_link
from pltpack.planet.index import index_planet
from pltpack.planet.places import Places, places, planet_base
from pltpack.planet.release import Release
from tests.planet.corpus import FIXTURES, put, repository
from tests.trees import archive, file, files_in, folder, picture


def client(tmp_path: Path, version: str = "8.7") -> Places:
    return places(tmp_path / "addon" / "planet" / "300", version)


def outcomes(found: list[Cached]) -> list[str]:
    return [cached.outcome for cached in found]


def test_packages_are_there_with_their_marks(tmp_path: Path) -> None:
    place = client(tmp_path)
    assert set(outcomes(list(cache_planet(repository().releases, [place])))) == {"installed"}
    made = files_in(place.base)
    top = "8.7/cache/ada/util.plt/1"
    for mark in (".LOCK", ".UNPACKED", ".SUCCESS"):
        assert made[f"{top}/0{mark}"] == b""
    sources = files_in(FIXTURES / "sources" / "ada" / "util.plt" / "1.1")
    assert {
        path.removeprefix(f"{top}/1/"): data for path, data in made.items() if path.startswith(f"{top}/1/")
    } == sources
    assert (place.cache / "cyd" / "a.b.plt" / "1" / "0" / "empty").is_dir()
    found = contents(place)
    assert [str(release) for release in found.installed] == [str(release) for release in repository().releases]
    assert (found.unfinished, found.links, found.archives) == ([], [], [])


def test_several_versions_and_the_archives(tmp_path: Path) -> None:
    clients = [client(tmp_path, version) for version in ("8.7", "4.2.5")]
    releases = repository().releases[:2]
    assert len(list(cache_planet(releases, clients, archives=True))) == 4
    assert versions(clients[0].base) == ["4.2.5", "8.7"]
    for place in clients:
        found = contents(place)
        assert len(found.installed) == len(found.archives) == 2
    kept = clients[0].base / "packages" / "ada" / "util.plt" / "1" / "0" / "util.plt"
    assert kept.read_bytes() == releases[0].path.read_bytes()
    assert versions(tmp_path / "nowhere") == []


def test_what_is_there_stays_unless_it_is_forced(tmp_path: Path) -> None:
    place = client(tmp_path)
    releases = repository().releases[:1]
    list(cache_planet(releases, [place]))
    main = place.cache / "ada" / "util.plt" / "1" / "0" / "main.ss"
    main.write_text("mine")
    (main.parent / "more").touch()
    assert outcomes(list(cache_planet(releases, [place]))) == ["kept"]
    assert main.read_text() == "mine"
    assert outcomes(list(cache_planet(releases, [place], force=True))) == ["replaced"]
    assert main.read_text() != "mine"
    assert not (main.parent / "more").exists()


def test_an_installation_that_was_not_ended_is_done_anew(tmp_path: Path) -> None:
    place = client(tmp_path)
    left = place.cache / "ada" / "util.plt" / "1" / "0"
    left.mkdir(parents=True)
    (left / "half").touch()
    (left.parent / "0.LOCK").touch()
    assert [release.version for release in contents(place).unfinished] == []
    assert outcomes(list(cache_planet(repository().releases[:1], [place]))) == ["replaced"]
    assert not (left / "half").exists()


def test_a_dry_run(tmp_path: Path) -> None:
    place = client(tmp_path)
    found = list(cache_planet(repository().releases, [place], dry_run=True))
    assert set(outcomes(found)) == {"installed"}
    assert found[0].files == 3
    assert not place.base.exists()


@pytest.mark.parametrize(
    "data",
    [
        archive(folder(b"same"), file(b"same", "fine.ss"), file(b"up", "x.ss")),
        archive(folder(b"same"), file(b"same", "fine.ss", data=b"x" * 999))[:-300],
        archive(file("a"), file("a", "b")),
        b"junk",
    ],
    ids=["upward", "cut", "file-and-directory", "junk"],
)
def test_a_bad_archive_leaves_nothing(tmp_path: Path, data: bytes) -> None:
    place = client(tmp_path)
    bad = put(tmp_path / "in", "u/bad", {})
    put(tmp_path / "in", "u/fine", {"main.ss": "1"})
    bad.path.write_bytes(data)
    found = list(cache_planet(index_planet(tmp_path / "in").releases, [place]))
    assert outcomes(found) == ["failed", "installed"]
    assert sorted(path.name for path in (place.cache / "u").iterdir()) == ["fine.plt"]
    assert [path for path in files_in(place.base) if "bad" in path] == []


def test_an_old_package_stays_if_a_new_one_fails(tmp_path: Path) -> None:
    place = client(tmp_path)
    release = put(tmp_path / "in", "u/p", {"main.ss": "1"})
    list(cache_planet([release], [place]))
    before = picture(place.cache)
    release.path.write_bytes(b"junk")
    assert outcomes(list(cache_planet([release], [place], force=True))) == ["failed"]
    assert picture(place.cache) == before


def test_removing(tmp_path: Path) -> None:
    place = client(tmp_path)
    releases = repository().releases
    list(cache_planet(releases, [place], archives=True))
    row = f'(#"{place.cache / "ada" / "util.plt" / "1" / "0"}" (name) (planet "ada" "util.plt") 1 0)'
    index = f'({row} (#"/elsewhere" () x 1 0))'
    place.info_index.write_text(index)
    gone = remove(releases[0], place)
    assert [path.name for path in gone] == ["0", "0.LOCK", "0.UNPACKED", "0.SUCCESS"]
    assert read_datum(place.info_index.read_bytes())[0] == read_datum(b'((#"/elsewhere" () x 1 0))')[0]
    remove(releases[1], place, archive=True)
    assert not (place.cache / "ada" / "util.plt" / "1").exists()
    assert (place.cache / "ada" / "util.plt" / "2").exists()
    packages = place.base / "packages" / "ada" / "util.plt" / "1"
    assert sorted(path.name for path in packages.iterdir()) == ["0"]
    with pytest.raises(PackageError, match="not in the cache"):
        remove(releases[1], place)


def test_removing_can_be_tried(tmp_path: Path) -> None:
    place = client(tmp_path)
    list(cache_planet(repository().releases, [place]))
    before = picture(place.base)
    assert len(remove(repository().releases[0], place, dry_run=True)) == 4
    assert picture(place.base) == before


def test_links(tmp_path: Path) -> None:
    place = client(tmp_path)
    source = tmp_path / "src"
    source.mkdir()
    release = Release("ada", "util.plt", 1, 0, source)
    link(release, place)
    link(Release("bob", "x.plt", 2, 1, source), place)
    link(release, place)
    assert [(row.owner, row.major, row.directory) for row in contents(place).links] == [
        ("ada", 1, source),
        ("bob", 2, source),
    ]
    with pytest.raises(PackageError, match="link"):
        remove(release, place)
    unlink(release, place)
    assert [row.owner for row in read_links(place.links)] == ["bob"]
    with pytest.raises(PackageError, match="no link"):
        unlink(release, place)
    with pytest.raises(PackageError, match="directory"):
        link(Release("a", "b.plt", 1, 0, tmp_path / "nowhere"), place)
    link(release, place, dry_run=True)
    assert len(read_links(place.links)) == 1


def test_the_table_of_links_is_written_as_the_client_does(tmp_path: Path) -> None:
    one = HardLink("ada", "util.plt", 1, 0, Path("/a b/\u00e9"))
    text = links_text([one])
    assert text.startswith(b'("util.plt" ("ada") 1 0 #"/a b/')
    assert text.endswith(b'" #f development-link)\n')
    (tmp_path / "t").write_bytes(text + b'("old.plt" ("bob") 2 1 #"/x" #f)\n')
    assert read_links(tmp_path / "t") == [one, HardLink("bob", "old.plt", 2, 1, Path("/x"))]
    assert with_link([one], one) == [one]
    assert without_link([one], *one.version) == []
    assert read_links(tmp_path / "nowhere") == []


@pytest.mark.parametrize("text", ["(", "(1 2)", '("p.plt" "u" 1 0 #"/x" #f)', "x"])
def test_a_bad_table_of_links(tmp_path: Path, text: str) -> None:
    (tmp_path / "t").write_text(text)
    with pytest.raises(ConfigError):
        read_links(tmp_path / "t")


def test_places(tmp_path: Path) -> None:
    assert planet_base(tmp_path, environ={}) == tmp_path / "planet" / "300"
    assert planet_base(tmp_path, environ={"PLTPLANETDIR": "/p"}) == Path("/p")
    for version in ("", "..", "a/b", "-x"):
        with pytest.raises(InstallationError):
            places(tmp_path, version)


def test_only_the_latest() -> None:
    assert [str(release) for release in chosen(repository(), latest=True)][:2] == ["ada/util 1.1", "ada/util 2.0"]
    assert len(chosen(repository())) == 9
