"""``config.rktd``: which texts are settings, and which values a key may have."""

from __future__ import annotations

from pathlib import Path

import pytest

from pltpack.datum.values import Symbol
from pltpack.errors import ConfigError
from pltpack.racket.config import KEYS, Config

FILE = Path("/etc/racket/config.rktd")


def config(text: str) -> Config:
    return Config.parse(text.encode(), FILE)


@pytest.mark.parametrize("text", ["", "; only a comment", "(a . b)", "5", "#hash((a . 1)", "#lang racket\n#hash()"])
def test_not_settings(text: str) -> None:
    with pytest.raises(ConfigError, match=str(FILE)):
        config(text)


@pytest.mark.parametrize("kind", ["hash", "hasheq", "hasheqv"])
def test_kinds_of_tables(kind: str) -> None:
    assert config(f'#{kind}((doc-dir . "d")) and more (').path("doc-dir") == "d"


def test_no_file(tmp_path: Path) -> None:
    nothing = Config.read(tmp_path / "config.rktd")
    assert nothing.file is None
    assert nothing.path("lib-dir") is None


def test_read(tmp_path: Path) -> None:
    file = tmp_path / "config.rktd"
    file.write_text('#hash((lib-dir . "l"))')
    assert Config.read(file).path("lib-dir") == "l"


@pytest.mark.parametrize(
    ("text", "expected"), [('"a/b"', "a/b"), ('#"a/b"', "a/b"), ('#"\\377"', "\udcff"), ("#f", None)]
)
def test_path(text: str, expected: str | None) -> None:
    assert config(f"#hash((lib-dir . {text}))").path("lib-dir") == expected


@pytest.mark.parametrize("value", ["5", "same", '("a")', '""', '#""', '"a\\0b"', "#t"])
def test_not_a_path(value: str) -> None:
    with pytest.raises(ConfigError, match="lib-dir is not a path"):
        config(f"#hash((lib-dir . {value}))").path("lib-dir")
    with pytest.raises(ConfigError, match="doc-search-dirs is not a path"):
        config(f"#hash((doc-search-dirs . ({value})))").search_list("doc-search-dirs")


def test_search_list() -> None:
    settings = config('#hash((doc-search-dirs . ("a" #f #"b")) (man-search-dirs . ()))')
    assert settings.search_list("doc-search-dirs") == ["a", None, "b"]
    assert settings.search_list("man-search-dirs") == []
    assert settings.search_list("lib-search-dirs") is None
    with pytest.raises(ConfigError, match="not a list"):
        config('#hash((doc-search-dirs . "a"))').search_list("doc-search-dirs")


def test_compiled_file_roots() -> None:
    assert config('#hash((compiled-file-roots . (same "r" #"b")))').compiled_file_roots() == [".", "r", "b"]
    assert config("#hash((compiled-file-roots . 5))").compiled_file_roots() is None
    with pytest.raises(ConfigError, match="compiled-file-roots"):
        config("#hash((compiled-file-roots . (other)))").compiled_file_roots()


def test_strings() -> None:
    settings = config('#hash((cs-suffix . "") (3m-suffix . #f) (catalogs . ("c" #f)) (doc-open-url . 5))')
    assert (settings.string("cs-suffix"), settings.string("3m-suffix")) == ("", None)
    assert settings.strings("catalogs") == ["c", None]
    assert settings.strings("base-documentation-packages") is None
    with pytest.raises(ConfigError, match="doc-open-url is not a string"):
        settings.string("doc-open-url")


@pytest.mark.parametrize(("text", "expected"), [("5", 5), ("1.5", 1.5), ("1/2", 0.5), ("#f", None)])
def test_number(text: str, expected: float | None) -> None:
    key = "download-cache-max-files"
    assert config(f"#hash(({key} . {text}))").number(key) == expected


@pytest.mark.parametrize("text", ['"5"', "#t", "1+2i"])
def test_not_a_number(text: str) -> None:
    key = "download-cache-max-bytes"
    with pytest.raises(ConfigError, match="not a number"):
        config(f"#hash(({key} . {text}))").number(key)


@pytest.mark.parametrize(("text", "expected"), [("#t", True), ("#f", False), ("0", True), ("()", True)])
def test_flag(text: str, expected: bool) -> None:
    assert config(f"#hash((absolute-installation? . {text}))").flag("absolute-installation?") is expected


def test_installation_name() -> None:
    assert config('#hash((installation-name . "n"))').installation_name() == "n"
    assert config("#hash()").installation_name() is None
    for wrong in ("#f", "5", '#"n"', '""', '"/n"', '"n\\0"'):
        with pytest.raises(ConfigError, match="installation-name"):
            config(f"#hash((installation-name . {wrong}))").installation_name()


def test_module() -> None:
    settings = config('#hash((interactive-file . (lib "x/y")))')
    assert settings.module("interactive-file") == [Symbol("lib"), "x/y"]


def test_keys_are_asked_for_what_they_are() -> None:
    with pytest.raises(ValueError, match="lib-dir is of kind path"):
        config("#hash()").string("lib-dir")
    with pytest.raises(KeyError):
        config("#hash()").path("no-such-key")
    assert KEYS["lib-dir"] == "path"
