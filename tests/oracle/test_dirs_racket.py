"""The same directories and collections as the real Racket finds, in many environments."""

from __future__ import annotations

import json
import os
import subprocess
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any

import pytest

from pltpack.errors import InstallationError
from pltpack.racket.collections import CollectionIndex
from pltpack.racket.installation import Installation
from pltpack.racket.links import LinksFile
from pltpack.racket.package_settings import package_settings
from pltpack.racket.packages import installed_packages
from tests.racket.directories_corpus import SYNONYMS, answer, cases, normalised, settings_by_function

pytestmark = pytest.mark.racket

HERE = Path(__file__).parent


def ask(script: str, *arguments: str, environ: dict[str, str], given: object = None, cwd: Path | None = None) -> Any:
    """What a script prints as JSON; ``None`` if Racket does not start."""
    done = subprocess.run(
        ["racket", *arguments, str(HERE / script)],
        env=environ,
        input=json.dumps(given),
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
        cwd=cwd,
    )
    return json.loads(done.stdout) if done.returncode == 0 and done.stdout else None


@dataclass
class Setup:
    """An environment: variables and text of ``config.rktd`` (``ROOTS`` stands for the compiled-file roots, so that
    Racket finds its compiled files), folders made in the home directory, and options as Racket and we name them."""

    environ: dict[str, str] = field(default_factory=dict)
    config: str | None = None
    folders: tuple[str, ...] = ()
    files: dict[str, str] = field(default_factory=dict)
    arguments: tuple[str, ...] = ()
    options: dict[str, Any] = field(default_factory=dict)


SEARCHES = """#hash(ROOTS (installation-name . "mine") (collects-search-dirs . ("cs1" #f #"cs2" "/abs/../cs3"))
  (lib-dir . "../mylib") (lib-search-dirs . (#f "extra")) (share-dir . "../share") (share-search-dirs . ("s0" #f))
  (links-search-files . (#f "../o/links.rktd")) (pkgs-search-dirs . (#f "../o/pkgs")) (doc-search-dirs . (#f "../d2"))
  (include-search-dirs . ("inc" #f)) (man-search-dirs . ()) (bin-search-dirs . (#f "b2" #f)) (other . 5)
  (doc-open-url . "http://x/") (absolute-installation? . 7) (cs-suffix . "ZZ") (build-stamp . "b"))"""
DIRECTORIES = """#hash(ROOTS (lib-dir . "ll") (share-dir . "ss") (doc-dir . "dd/../d") (include-dir . #"ii")
  (man-dir . "m") (bin-dir . "bb") (gui-bin-dir . "gg") (apps-dir . "aa") (pkgs-dir . "pp") (links-file . "kk.rktd")
  (dll-dir . "zz")
  (config-tethered-console-bin-dir . "t1") (config-tethered-gui-bin-dir . "t2") (config-tethered-apps-dir . "/t3"))"""
SETUPS = {
    "plain": Setup(),
    "own home": Setup({"PLTUSERHOME": "$HOME/u", "XDG_DATA_HOME": "/x/d", "XDG_CACHE_HOME": "/x/c"}),
    "xdg": Setup({"XDG_DATA_HOME": "/x/d", "XDG_CONFIG_HOME": "/x//k", "XDG_CACHE_HOME": "/x/c", "TMPDIR": "$HOME"}),
    "relative xdg": Setup({"XDG_DATA_HOME": "x/d", "XDG_CACHE_HOME": "", "TMPDIR": "/none"}),
    "older places": Setup(folders=(".racket",), files={".racketrc": ""}),
    "older and newer places": Setup(folders=(".racket", ".local/share/racket", ".config/racket")),
    "empty home": Setup({"HOME": ""}),
    "no home": Setup({"HOME": "UNSET"}),
    "home of another user": Setup({"HOME": "UNSET", "USER": "nobody", "LOGNAME": "root"}),
    "relative add-on": Setup({"PLTADDONDIR": "rel/../x"}),
    "untidy add-on": Setup({"PLTADDONDIR": "/tmp//a/./b/../c/"}),
    "add-on through a link": Setup({"PLTADDONDIR": "$HOME/link/../y"}, files={"link": "-> deep/er"}),
    "options": Setup(
        {"PLTADDONDIR": "/x/y"},
        arguments=("-A", "/x/z", "-S", "/e/1", "-S", "e/../2"),
        options={"addon_dir": Path("/x/z"), "search": (Path("/e/1"), Path("e/../2"))},
    ),
    "no user paths": Setup({"PLTCOLLECTS": "rel"}, arguments=("-U",), options={"user_paths": False}),
    "PLTCOLLECTS": Setup({"PLTCOLLECTS": "/c/1::/c/2/../3:"}),
    "PLTCOMPILEDROOTS": Setup({"PLTCOMPILEDROOTS": ":/x/@(version)"}),
    "search lists": Setup(config=SEARCHES),
    "all directories": Setup(config=DIRECTORIES),
    "byte strings": Setup(config='#hasheq(ROOTS (lib-dir . #"../bl") (links-file . #"bk") (pkgs-dir . #"bp"))'),
    "gui search only": Setup(config='#hasheqv(ROOTS (gui-bin-search-dirs . ("g" #f)) (doc-search-url . #f))'),
    "empty lists": Setup(config="#hash(ROOTS (collects-search-dirs . (#f)) (links-search-files . ()))"),
    "tethered": Setup(
        files={
            ".local/share/racket/etc/config.rktd": '#hash((addon-tethered-console-bin-dir . "t")'
            ' (addon-tethered-gui-bin-dir . #"b") (addon-tethered-apps-dir . "/a/../b") (lib-dir . "/z"))'
        }
    ),
    "relative PLTCONFIGDIR": Setup({"PLTCONFIGDIR": "../../etc/racket"}),
    "error: empty add-on": Setup({"PLTADDONDIR": ""}),
    "error: relative home": Setup({"HOME": "rel"}),
    "error: relative own home": Setup({"PLTUSERHOME": "u"}),
    "error: empty PLTCONFIGDIR": Setup({"PLTCONFIGDIR": ""}),
    "error: relative PLTCOLLECTS": Setup({"PLTCOLLECTS": "c:"}),
    "error: name": Setup(config="#hash(ROOTS (installation-name . #f))"),
    "error: empty name": Setup(config='#hash(ROOTS (installation-name . ""))'),
    "error: absolute name": Setup(config='#hash(ROOTS (installation-name . "/n"))'),
    "error: share-dir": Setup(config='#hash(ROOTS (share-dir . #"bs"))'),
}


@pytest.fixture(scope="module")
def real(racket: str) -> Installation:
    """The installation under test."""
    return Installation.discover(racket=Path(racket))


def prepare(setup: Setup, home: Path, real: Installation) -> dict[str, str]:
    """Make the home directory of a set-up; returns its environment."""
    for name in setup.folders:
        (home / name).mkdir(parents=True)
    for name, text in setup.files.items():
        file = home / name
        file.parent.mkdir(parents=True, exist_ok=True)
        if text.startswith("-> "):
            (home / text[3:]).mkdir(parents=True)
            file.symlink_to(text[3:])
        else:
            file.write_text(text)
    environ = {"PATH": os.environ["PATH"], "HOME": str(home)}
    environ |= {name: value.replace("$HOME", str(home)) for name, value in setup.environ.items()}
    environ = {name: value for name, value in environ.items() if value != "UNSET"}
    if setup.config is not None:
        roots = " ".join("same" if root == Path() else f'"{root}"' for root in real.compiled_file_roots)
        (home / "etc").mkdir()
        text = setup.config.replace("ROOTS", f"(compiled-file-roots . ({roots}))")
        (home / "etc/config.rktd").write_text(text)
        environ["PLTCONFIGDIR"] = str(home / "etc")
    return environ


def test_directories(real: Installation, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    homes = {label: tmp_path / str(number) for number, label in enumerate(SETUPS)}
    for home in homes.values():
        home.mkdir()
    environs = {label: prepare(setup, homes[label], real) for label, setup in SETUPS.items()}

    def racket_says(label: str) -> Any:
        return ask("dirs.rkt", *SETUPS[label].arguments, environ=environs[label], cwd=homes[label])

    with ThreadPoolExecutor(2) as pool:
        recorded = dict(zip(SETUPS, pool.map(racket_says, SETUPS), strict=True))
    settings = settings_by_function()
    for label, setup in SETUPS.items():
        monkeypatch.chdir(homes[label])
        assert (recorded[label] is None) == label.startswith("error:"), label
        if recorded[label] is None:
            with pytest.raises(InstallationError):
                Installation.discover(environ=environs[label], **setup.options)
            continue
        found = Installation.discover(environ=environs[label], **setup.options)
        expected = {name: normalised(value) for name, value in recorded[label].items()}
        ours = {name: answer(found, settings[SYNONYMS.get(name, name)]) for name in expected}
        assert ours == expected, label


def every_collection(installation: Installation) -> list[list[str]]:
    """The path of every directory that may be a collection, below the collection directories and packages."""
    roots = [path for path in installation.collection_paths if path.is_dir()]
    roots += [package.directory for package in installed_packages(installation).values()]
    found: set[tuple[str, ...]] = set()
    for root in roots:
        for place, folders, _ in os.walk(root):
            folders[:] = [name for name in folders if name != "compiled"]
            elements = Path(place).relative_to(root).parts
            found |= {elements[start:] for start in range(len(elements))}
    found |= {(package.collection,) for package in installed_packages(installation).values() if package.collection}
    return [list(elements) for elements in sorted(found)] + [["no"], ["racket", "no"], [""], ["/racket"]]


MAIN_PACKAGES = """#hash(ROOTS (catalogs . ("rel" #f "http://x/")) (default-scope . "installation")
  (download-cache-dir . "dl") (download-cache-max-files . 5) (download-cache-max-bytes . 7.5))"""
OWN_PACKAGES = '#hash((catalogs . (#f "a/b")) (download-cache-dir . "own") (default-scope . "user"))'


@pytest.mark.parametrize("own", [None, OWN_PACKAGES], ids=["main", "own"])
def test_package_settings(own: str | None, real: Installation, tmp_path: Path) -> None:
    files = {} if own is None else {f".local/share/racket/{real.version}/pkgs/config.rktd": own}
    environ = prepare(Setup(config=MAIN_PACKAGES, files=files), tmp_path, real)
    shown = subprocess.run(["raco", "pkg", "config"], env=environ, capture_output=True, text=True, check=True).stdout
    said: dict[str, list[str]] = {}
    for line in shown.splitlines():
        if line.startswith(" "):
            said[list(said)[-1]].append(line.strip())
        else:
            said[line.removesuffix(":")] = []
    settings = package_settings(Installation.discover(environ=environ))
    for field_ in fields(settings):
        value = getattr(settings, field_.name).value
        assert said[field_.name.replace("_", "-")] == list(map(str, value if isinstance(value, tuple) else [value]))


def test_every_collection(real: Installation) -> None:
    questions = every_collection(real)
    assert len(questions) > 100
    (recorded,) = ask(
        "collection_path.rkt", environ=dict(os.environ), given=[{"links": None, "collections": questions}]
    )
    index = CollectionIndex(real)
    for collection, expected in zip(questions, recorded, strict=True):
        assert index.find(collection) == (Path(expected) if expected else None), collection


@pytest.mark.parametrize(
    "variables", [{"PLTCOLLECTS": "$HOME/c1:"}, {"PLTCOLLECTS": ":$HOME/c1"}, {"PLTCOLLECTS": "$HOME/c1"}, {}], ids=str
)
def test_collections_of_the_user(variables: dict[str, str], real: Installation, tmp_path: Path) -> None:
    for name in ("c1/json", "c1/one/sub", "c2/mine", "c2/two/sub", "c3/one/other"):
        (tmp_path / name).mkdir(parents=True)
    user = tmp_path / ".local/share/racket" / real.version
    (user / "collects/json/sub").mkdir(parents=True)
    (user / "links.rktd").write_text(
        f'(("mine" "{tmp_path}/c2/mine") (root "{tmp_path}/c2") (root (up up up up up #"c3")))'
    )
    environ = {"PATH": os.environ["PATH"], "HOME": str(tmp_path)}
    environ |= {name: value.replace("$HOME", str(tmp_path)) for name, value in variables.items()}
    if ":" not in environ.get("PLTCOLLECTS", ":"):
        # without the main collection directory Racket itself would not find json, which the script needs
        environ["PLTCOLLECTS"] += f":{real.collects_dir}"
    names = ("json", "json/sub", "mine", "mine/sub", "two", "two/sub", "one", "one/sub", "one/other", "racket", "xml")
    elements = [name.split("/") for name in names]
    given = [{"links": None, "collections": elements}]
    (recorded,) = ask("collection_path.rkt", environ=environ, given=given)
    index = CollectionIndex(Installation.discover(environ=environ))
    assert [str(path) if (path := index.find(one)) else None for one in elements] == recorded


# Orders and corners that the recorded cases do not have.
LINKS = [
    '(("a" "n1") (root "r1") ("a" "n2") (root "r2"))',
    '((root "r1") ("a" "n1") (root "r2") ("a" "n2"))',
    '((static-root "r1") (root "r2") ("a" "n1"))',
    '((root "r2") (static-root "r1") ("a" "n1"))',
    '((static-root "none") ("a" "n1"))',
    '((root "none") ("a" "n1"))',
    '(("a" "n1/../n2") (root "./r1//"))',
    '(("a" (#"n1" up #"n2" same)))',
    '(("a" "n1" #rx"^[0-9]") ("a" "n2" #px"\\\\d"))',
    '(("a" "n1" #rx"\\\\d") ("a" "n2"))',
    '(("a" "n1" #px"^[[:digit:]]+[.]\\\\p{Nd}") ("a" "n2"))',
    '(("a" "n1" #px"{2}") ("a" "n2"))',
    '(("a" "n1" #rx"(") ("a" "n2"))',
    '(("a" "n1" #rx"[]]") ("a" "n2"))',
    '(("a" "n1" #rx"[^]]") ("a" "n2"))',
    '(("a" "n1" #px"(?i:8)(?=[.])") ("a" "n2"))',
    '(("a" (#"")))',
    '(("a" #""))',
    '(("a" "n1\\0"))',
    '(("a" (up)))',
    '(("a" (same)))',
    '(("a" (up same)))',
    "()",
    '#;() (("a" "n1")) ;',
    '(("a" "n1")) #:x',
    '((#"a" "n1") ("a" "n2"))',
    "#lang racket",
    '(("a" . ("n1")))',
    '(("a" "link/../n1"))',
    '(("A" "n1") (root "r1"))',
]


def test_links_files(real: Installation, tmp_path: Path) -> None:
    for name in ("n1/sub", "n2/sub2", "r1/a/sub2", "r1/b", "r2/a/sub3", "r2/c", "deep/er", "deep/n1/deep-sub"):
        (tmp_path / name).mkdir(parents=True)
    (tmp_path / "link").symlink_to("deep/er")
    elements = [["a"], ["a", "sub"], ["a", "sub2"], ["a", "sub3"], ["a", "deep-sub"], ["b"], ["c"], ["A"]]
    texts = LINKS + [case["links"] for case in cases("links-cases.json")]
    questions = []
    for number, text in enumerate(texts):
        file = tmp_path / f"{number}.rktd"
        file.write_text(text)
        questions.append({"links": str(file), "collections": elements})
    recorded = ask("collection_path.rkt", environ=dict(os.environ), given=questions)
    for question, text, expected in zip(questions, texts, recorded, strict=True):
        index = CollectionIndex(real)
        vars(index)["links_files"] = (LinksFile.read(Path(str(question["links"])), real.version),)
        found = [str(path) if (path := index.find(one)) else None for one in elements]
        assert found == [normalised(path) for path in expected], text
