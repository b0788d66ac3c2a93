"""Installations: the recorded answers of Racket, discovery by layout, and what is known without any Racket."""

from __future__ import annotations

from dataclasses import fields, replace
from pathlib import Path, PureWindowsPath
from typing import Any, cast

import pytest

from pltpack.datum.values import Symbol
from pltpack.errors import ConfigError, InstallationError, PltError
from pltpack.racket.config import KEYS
from pltpack.racket.installation import Installation
from pltpack.racket.origin import Located, Origin, Source
from pltpack.racket.package_settings import package_settings
from tests.racket.directories_corpus import SYNONYMS, answer, cases, normalised, settings_by_function

# Values that pass through Racket unchecked, and functions that fail in it only because of them.
WRONG_VALUE = "non-path value passes through"
NOT_DIRECTORIES = {"use-user-specific-search-paths", "use-compiled-file-paths"}


def substitute(value: Any, names: dict[str, str]) -> Any:
    if isinstance(value, list):
        return [substitute(item, names) for item in value]
    if isinstance(value, str):
        for name, path in names.items():
            value = value.replace(f"${name}", path)
    return value


def discover(case: dict[str, Any], tmp_path: Path) -> Installation:
    """The installation that a recorded case describes, built below ``tmp_path``."""
    home = tmp_path / "home"
    new, legacy = home / ".local/share/racket", home / ".racket"
    for name in ("root/collects", "config", "home"):
        (tmp_path / name).mkdir(parents=True)
    if case["label"].startswith("legacy .racket"):
        legacy.mkdir()
    if case["label"] == "legacy .racket and new directory exist":
        new.mkdir(parents=True)
    if case["config.rktd"] is not None:
        (tmp_path / "config/config.rktd").write_text(case["config.rktd"])
    if "addon etc/config.rktd" in case:
        (new / "etc").mkdir(parents=True)
        (new / "etc/config.rktd").write_text(case["addon etc/config.rktd"])
    arguments = list(case["args"])
    options: dict[str, Any] = {"search": []}
    while arguments:
        match arguments.pop(0):
            case "-A":
                options["addon_dir"] = Path(arguments.pop(0))
            case "-S":
                options["search"].append(Path(arguments.pop(0)))
            case "-U":
                options["user_paths"] = False
    names = {"HOME": str(home)}
    environ = {"HOME": str(home), "PATH": ""} | {key: substitute(value, names) for key, value in case["env"].items()}
    return Installation.discover(
        version="8.7",
        config_dir=tmp_path / "config",
        collects_dir=tmp_path / "root/collects",
        environ=environ,
        platform="linux",
        **options,
    )


@pytest.mark.parametrize("case", cases("dirs-cases.json"), ids=lambda case: case["label"])
def test_recorded(case: dict[str, Any], tmp_path: Path) -> None:
    if "error" in case:
        with pytest.raises(InstallationError):
            discover(case, tmp_path)
        return
    installation = discover(case, tmp_path)
    names = {"ROOT": f"{tmp_path}/root", "CONFIG": f"{tmp_path}/config", "HOME": f"{tmp_path}/home"}
    settings = settings_by_function()
    ours, recorded = {}, {}
    for function, value in case["result"].items():
        if function not in NOT_DIRECTORIES and value != "ERROR":
            ours[function] = answer(installation, settings[SYNONYMS.get(function, function)])
            recorded[function] = normalised(substitute(value, names))
    if case["label"] == WRONG_VALUE:
        wrong = {name for name, value in recorded.items() if value != ours[name]}
        assert wrong == {"find-lib-dir", "find-doc-dir", "get-doc-search-dirs", "get-cross-lib-search-dirs"}
        assert all(ours[name] == "ERROR" for name in wrong)
    else:
        assert ours == recorded
        assert installation.user_paths == case["result"]["use-user-specific-search-paths"]


HOMELY = {"HOME": "/h", "PATH": ""}


def empty(tmp_path: Path, **options: Any) -> Installation:
    """An installation where there is no Racket."""
    environ = {"HOME": str(tmp_path), "PATH": ""} | options.pop("environ", {})
    return Installation.discover(environ=environ, platform="linux", **options)


@pytest.mark.parametrize(
    "environ",
    [
        {"PLTADDONDIR": ""},
        {"PLTCONFIGDIR": ""},
        {"PLTUSERHOME": ""},
        {"PLTUSERHOME": "u/h"},
        {"HOME": "h"},
        {"PLTCOLLECTS": "c"},
        {"PLTCOLLECTS": "/a:b:"},
        {"PLTPACK_RACKET_VERSION": "eight"},
    ],
    ids=str,
)
def test_environment_that_racket_refuses(environ: dict[str, str]) -> None:
    with pytest.raises(InstallationError, match=next(iter(environ))):
        Installation.discover(environ=HOMELY | environ, platform="linux", version=None)


def test_no_user_paths_ignores_a_bad_pltcollects() -> None:
    found = Installation.discover(environ=HOMELY | {"PLTCOLLECTS": "c"}, platform="linux", user_paths=False)
    assert found.collection_paths == ()


def test_no_racket_and_no_version(tmp_path: Path) -> None:
    found = empty(tmp_path, collects=[tmp_path / "mine"])
    assert found.collection_paths == (tmp_path / "mine",)
    assert found.collection_links == (None,)
    assert (found.collects_dir, found.lib_dir, found.config_dir, found.executable) == (None, None, None, None)
    with pytest.raises(InstallationError, match="--racket-version"):
        _ = found.user_collects_dir


@pytest.mark.parametrize(
    ("options", "folders", "version", "source"),
    [
        ({"version": "8.7"}, ["9.0"], "8.7", Source.OPTION),
        ({"environ": {"PLTPACK_RACKET_VERSION": "8.6"}}, ["9.0"], "8.6", Source.ENVIRONMENT),
        ({"version": "8.7", "environ": {"PLTPACK_RACKET_VERSION": "8.6"}}, [], "8.7", Source.OPTION),
        ({}, ["8.9", "8.10", "7.9", "download", "8.x"], "8.10", Source.FOUND),
        ({}, ["8.10", "8.10.0.2"], "8.10.0.2", Source.FOUND),
    ],
)
def test_version_without_racket(
    tmp_path: Path, options: dict[str, Any], folders: list[str], version: str, source: Source
) -> None:
    addon = tmp_path / ".local/share/racket"
    for name in folders:
        (addon / name).mkdir(parents=True)
    found = empty(tmp_path, **options)
    assert found.user_collects_dir == addon / version / "collects"
    assert found.known_version is not None
    assert found.known_version.origin.source is source


@pytest.mark.parametrize("version", ["", "8", "v8.7", "8.7.1.2.3", "8.7-cs", "../8.7"])
def test_bad_version(tmp_path: Path, version: str) -> None:
    with pytest.raises(InstallationError, match="not a Racket version"):
        empty(tmp_path, version=version)


def test_relative_configuration_needs_the_collection_directory(tmp_path: Path) -> None:
    (tmp_path / "config.rktd").write_text('#hash((lib-dir . "ll") (doc-dir . "/d"))')
    found = empty(tmp_path, config_dir=tmp_path, version="8.7")
    assert found.doc_dir == Path("/d")
    with pytest.raises(InstallationError, match="--racket DIR"):
        _ = found.lib_dir


def test_origins(tmp_path: Path) -> None:
    (tmp_path / "config.rktd").write_text('#hash((lib-dir . "ll"))')
    found = empty(
        tmp_path,
        config_dir=tmp_path,
        collects_dir=tmp_path / "collects",
        version="8.7",
        environ={"PLTADDONDIR": "/a", "PLTCOLLECTS": "/c:"},
    )
    origins = {name: str(value.origin) for name, _, value in found.settings() if not isinstance(value, PltError)}
    assert origins["lib_dir"] == f"lib-dir in {tmp_path}/config.rktd"
    assert origins["doc_dir"] == "default: beside the main collection directory"
    assert origins["user_doc_dir"] == "environment variable: PLTADDONDIR"
    assert origins["collection_paths"] == "environment variable: PLTCOLLECTS"
    assert origins["collects_dir"] == "option: collects-dir"
    assert origins["version"] == "option: racket-version"


def test_settings_name_every_error(tmp_path: Path) -> None:
    (tmp_path / "config.rktd").write_text("#hash((man-dir . 5))")
    found = empty(tmp_path, config_dir=tmp_path, version="8.7")
    errors = {name: value for name, _, value in found.settings() if isinstance(value, PltError)}
    assert set(errors) == {"man_dir", "man_search_dirs"}
    assert isinstance(errors["man_dir"], ConfigError)
    assert str(tmp_path / "config.rktd") in str(errors["man_dir"])


WRITTEN = {
    "path": ('"/p"', Path("/p")),
    "paths": ('("/p" #f)', ("/p",)),
    "roots": ('("/p")', ("/p",)),
    "string": ('"s"', "s"),
    "strings": ('("http://s")', ("http://s",)),
    "flag": ("yes", True),
    "number": ("7", 7),
    "module": ("my/mod", Symbol("my/mod")),
}
"""A value of each kind of key as it is written, and what it comes to (of a list: what it starts with)."""


@pytest.mark.parametrize("key", KEYS)
def test_every_key_of_the_manual(key: str, tmp_path: Path) -> None:
    text, expected = WRITTEN[KEYS[key]]
    file = tmp_path / "etc/config.rktd"
    for name, content in {
        file: f"#hash(({key} . {text}))",
        tmp_path / "lib/system.rktd": "#hash((link . shared))",
    }.items():
        name.parent.mkdir()
        name.write_text(content)
    found = empty(
        tmp_path, addon_dir=tmp_path, config_dir=file.parent, collects_dir=tmp_path / "collects", version="8.7"
    )
    settings = package_settings(found)
    located = [getattr(settings, field.name) for field in fields(settings)]
    located += [value for _, _, value in found.settings() if isinstance(value, Located)]
    values = [one.value for one in located if one.origin == Origin(Source.CONFIG, key, file)]
    starts = [tuple(map(str, value[:1])) if isinstance(value, tuple) else value for value in values]
    assert expected in starts


def test_compiled_file_roots(tmp_path: Path) -> None:
    (tmp_path / "config.rktd").write_text('#hash((compiled-file-roots . (same "r" #"b" "/abs")))')

    def roots(value: str | None) -> tuple[str, ...]:
        environ = {} if value is None else {"PLTCOMPILEDROOTS": value}
        found = empty(tmp_path, config_dir=tmp_path, version="8.7", environ=environ)
        return tuple(map(str, found.compiled_file_roots))

    assert roots(None) == (".", "r", "b", "/abs")
    assert roots("/x/@(version)") == ("/x/8.7",)
    assert roots("/x:") == ("/x", ".", "r", "b", "/abs")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (None, "racket/interactive"),
        ("#hash((interactive-file . my/repl))", "my/repl"),
        ("#hash((interactive-file . #f))", "racket/interactive"),
    ],
)
def test_interactive_file(tmp_path: Path, text: str | None, expected: str) -> None:
    if text:
        (tmp_path / "config.rktd").write_text(text)
    found = empty(tmp_path, config_dir=tmp_path)
    assert found.interactive_file == Symbol(expected)


def test_interactive_file_of_the_user(tmp_path: Path) -> None:
    (tmp_path / "interactive.rkt").touch()
    found = empty(tmp_path, addon_dir=tmp_path)
    assert found.interactive_file == str(tmp_path / "interactive.rkt")


def test_windows() -> None:
    environ = {"APPDATA": r"C:\Users\u\AppData\Roaming", "PATH": ""}
    found = Installation.discover(environ=environ, platform="win32", version="8.7")
    collects = cast("Path", PureWindowsPath(r"D:\Racket\collects"))
    found = replace(found, main_collects=Located(collects, found.addon.origin))
    assert str(found.user_lib_dir) == r"C:\Users\u\AppData\Roaming\Racket\8.7\lib"
    assert str(found.user_bin_dir) == r"C:\Users\u\AppData\Roaming\Racket\8.7"
    assert str(found.bin_dir) == str(found.gui_bin_dir) == r"D:\Racket"
    assert str(found.doc_dir) == r"D:\Racket\doc"


def test_macos() -> None:
    environ = {"HOME": "/Users/u", "PATH": ""}
    found = Installation.discover(
        environ=environ, platform="darwin", version="8.7", collects_dir=Path("/Applications/Racket v8.7/collects")
    )
    assert str(found.addon_dir) == "/Users/u/Library/Racket"
    assert str(found.bin_dir) == "/Applications/Racket v8.7/bin"
    assert str(found.gui_bin_dir) == "/Applications/Racket v8.7"
    assert str(found.user_gui_bin_dir) == "/Users/u/Library/Racket/8.7"


def test_attributes_of_the_class_are_the_settings() -> None:
    assert Installation.lib_dir.function == "find-lib-dir"
    assert Installation.user_links_file.attribute == "user_links_file"
