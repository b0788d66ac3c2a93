"""The options of the commands on installed packages: each on a small world of its own, without Racket."""

from __future__ import annotations

import hashlib
import os
import zipfile
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from pathlib import Path

import msgspec

from pltpack.fetch.cache import Cache
from pltpack.lock.write import write_lock
from tests.cli.options.row import Effect, Left, Row, code, holds, lacks, prints, refuses, says, silent, spares, tells
from tests.cli.options.row import writes as there
from tests.formats.trees import BYTECODE
from tests.scope.scopes import catalog, make_package
from tests.supply.locks import LOCK
from tests.trees import write_tree

VERSION = {"PLTPACK_RACKET_VERSION": "8.7"}
PKGS = "home/.local/share/racket/8.7/pkgs"
TABLE = f"{PKGS}/pkgs.rktd"
AFAR = "http://127.0.0.1:1/far.zip"
_KIND = "#s((sc-pkg-info pkg-info 3)"


def prepare(folder: Path) -> None:
    """A catalog with something newer, for the user ``a`` with ``b``, which came along, and ``kept``, in no catalog."""
    made = [
        make_package(folder / "p/a.zip", "1.1", '"b"'),
        make_package(folder / "p/b.zip", "1.1"),
        make_package(folder / "p/c.zip", "1.0", '"d"'),
        make_package(folder / "p/d.zip"),
        make_package(folder / "p/e.zip", "1.0", '"b"', **{"info.rkt": _info('"b"', '(define update-implies \'("b"))')}),
        make_package(folder / "p/w.zip", "1.0", '("d" #:platform windows)'),
        make_package(folder / "p/same.zip", "1.0", "", **{"info.rkt": '#lang info\n(define collection "a")\n'}),
        make_package(folder / "p/m.zip", "1.0", "", **{"info.rkt": _info("", '(define scribblings \'(("x.scrbl")))')}),
        make_package(folder / "p/n.zip", "1.0", "", **{"info.rkt": _info("", '(define scribblings \'(("x.scrbl")))')}),
    ]
    catalog(folder / "cat", made)
    (folder / "cat/pkg/bad").write_text(f'#hash((checksum . "{"0" * 40}") (source . "../p/d.zip"))')
    write_tree(folder / "src", {"info.rkt": b"#lang info\n(define deps '())\n", "main.rkt": b"#lang racket/base\n"})
    write_tree(folder / "c", {"main.rkt": b"#lang racket/base\n"})
    records = [_record("a", "a"), _record("b", "b", auto=True), _record("kept", "kept")]
    _scope(
        folder / PKGS, records, {"a": '"b"', "b": "", "kept": ""}, config='(network-retries . 0) (catalogs . ("cat/"))'
    )
    old = folder / PKGS / ".trash/1700000000-0-gone"
    write_tree(old, {"main.rkt": b"#lang racket/base\n"})
    (old.with_name(f"{old.name}.rktd")).write_text(f"#hash({_record('gone', 'gone')})")


def _info(deps: str, more: str) -> str:
    return f'#lang info\n(define version "1.0")\n(define deps \'({deps}))\n{more}\n'


def _record(name: str, source: str, *, auto: bool = False) -> str:
    return f'("{name}" . {_KIND} (catalog "{source}") "{"1" * 40}" #{"t" if auto else "f"} "{name}"))'


def _scope(packages: Path, records: list[str], deps: dict[str, str], *, config: str = "") -> None:
    """A scope with its table, links and packages."""
    for name, needed in deps.items():
        write_tree(
            packages / name,
            {"info.rkt": _info(needed, "").encode(), "main.rkt": b"#lang racket/base\n(provide it)\n"},
        )
    write_tree(
        packages, {"pkgs.rktd": f"#hash({' '.join(records)})".encode(), "config.rktd": f"#hash({config})".encode()}
    )
    links = " ".join(f'("{name}" (#"pkgs" #"{name}"))' for name in deps)
    beside = packages.parent if packages.name == "pkgs" else packages
    (beside / "links.rktd").write_text(f"({links})")


def racket(folder: Path) -> None:
    """A Racket with a package of its own, whose programs say how they were called."""
    for place in ("r/collects/racket", "r/bin", "r/etc"):
        (folder / place).mkdir(parents=True)
    (folder / "r/etc/config.rktd").write_text('#hash((default-scope . "installation"))')
    _scope(folder / "r/share/pkgs", [_record("wide", "wide")], {"wide": ""})
    write_tree(folder / "r/share/pkgs/stray", {"x": b"x"})
    (folder / "r/bin/racket").write_text('#!/bin/sh\necho "called: $*"\n')
    os.chmod(folder / "r/bin/racket", 0o755)


def image(folder: Path) -> None:
    """A Racket in an image, which is not this machine's."""
    for place in ("usr/share/racket/collects", "usr/bin", "etc/racket"):
        (folder / "image" / place).mkdir(parents=True)
    (folder / "image/etc/racket/config.rktd").write_text('#hash((share-dir . "/usr/share/racket"))')
    _scope(folder / "image/usr/share/racket/pkgs", [_record("wide", "wide")], {"wide": ""})
    write_tree(folder / "image/usr/share/racket/pkgs/stray", {"x": b"x"})


def elsewhere(folder: Path) -> None:
    """A scope in a directory, with a package, an outdated one, and one in the trash."""
    _scope(folder / "scope", [_record("own", "d")], {"own": ""}, config='(catalogs . ("../cat/"))')
    write_tree(folder / "scope/mislaid", {"x": b"x"})
    old = folder / "scope/.trash/1700000000-0-own-gone"
    write_tree(old, {"main.rkt": b"#lang racket/base\n"})
    (old.with_name(f"{old.name}.rktd")).write_text(f"#hash({_record('own-gone', 'gone')})")


def cached(folder: Path) -> None:
    """An archive that was downloaded before from a server that is there no more."""
    data = make_package(folder / "p/far.zip").read_bytes()
    staged = folder / "staged"
    staged.write_bytes(data)
    sha1 = hashlib.sha1(data).hexdigest()
    Cache(folder / "home/.cache/pltpack").add_file(("archive", AFAR, sha1), staged)
    (folder / "cat/pkg/far").write_text(f'#hash((checksum . "{sha1}") (source . "{AFAR}"))')
    (folder / "cat/pkg/a").write_text(f'#hash((checksum . "{sha1}") (source . "{AFAR}"))')


def executable(folder: Path) -> None:
    """A file that may be run, in an archive."""
    with zipfile.ZipFile(folder / "x.zip", "w") as archive:
        info = zipfile.ZipInfo("run.sh")
        info.external_attr = 0o755 << 16
        info.create_system = 3
        archive.writestr(info, "#!/bin/sh\n")


def in_the_way(folder: Path) -> None:
    """What no record knows where a package is to be."""
    write_tree(folder / PKGS / "lost", {"x": b"x"})


def old_version(*names: str) -> Callable[[Path], None]:
    """Makes the packages of another version."""

    def make(folder: Path) -> None:
        records = [_record(name, name) for name in names]
        _scope(folder / "home/.local/share/racket/8.6/pkgs", records, dict.fromkeys(names, ""))

    return make


def both(*makers: Callable[[Path], object]) -> Callable[[Path], None]:
    """One after the other."""

    def make(folder: Path) -> None:
        for maker in makers:
            maker(folder)

    return make


def is_executable(left: Left) -> bool:
    """The file may be run when it is installed."""
    return bool((left.folder / PKGS / "x/run.sh").stat().st_mode & 0o100)


def version_of(name: str, version: str) -> Effect:
    """A package is installed, in this version."""
    return holds(f"{PKGS}/{name}/info.rkt", f'"{version}"'.encode())


def schema(name: str) -> Effect:
    """A JSON document of this kind."""
    return tells(lambda document: (document["schema"], document["version"]) == (f"pltpack.{name}", 1))


def nothing_in_trash(name: str, among: str = PKGS) -> Effect:
    """No package of that name is in the trash, after a call that ended well."""
    return lambda left: left.code == 0 and not list((left.folder / among / ".trash").glob(f"*-{name}"))


INSTALL = "raco-pkg install --batch --catalog cat"
UPDATE = "raco-pkg update --batch --catalog cat"
REMOVE = "raco-pkg remove --batch"
SET = "raco-pkg config -u --set network-retries 7"
MIGRATE = "raco-pkg migrate 8.6 --batch --catalog cat"


def row(command: str, option: str, line: str, given: str, effect: Effect, **more) -> Row:  # type: ignore[no-untyped-def]
    """A row of a command of ``raco-pkg``."""
    environment = {**VERSION, **more.pop("environment", {})}
    return Row(f"packages.{command}", option, line, given, effect, environment=environment, **more)


def where(command: str, line: str, user: Effect, wide: Effect, own: Effect, below: Effect) -> Iterator[Row]:
    """Rows for the options that say which scope of which Racket is meant, with what is seen of the user's scope, of
    an installation's, of a directory's, and of one in an image."""
    made = both(racket, elsewhere, in_the_way)
    yield row(command, "--scope", f"{line} --racket r", "--scope user", user, before=made, lacking="-i")
    yield row(command, "--installation", f"{line} --racket r", "-i", wide, before=made, lacking="-u")
    yield row(command, "--user", f"{line} --racket r", "-u", user, before=made, lacking="-i")
    yield row(command, "--scope-dir", line, "--scope-dir scope", own, before=made)
    yield row(command, "--racket", f"{line} -i", "--racket r", wide, before=made)
    other = {"PLTPACK_RACKET_VERSION": "8.5"}
    yield row(command, "--racket-version", line, "--racket-version 8.7", user, before=in_the_way, environment=other)
    yield row(command, "--root", f"{line} -i", "--root image", below, before=image)


def changing(command: str, line: str, done: Effect, name: str, would: str) -> Iterator[Row]:
    """Rows for what all commands have that change something: ``done`` is seen of it, on ``name``."""
    yield row(command, "--dry-run", line, "--dry-run", lambda left: not done(left) and would in left.out)
    yield row(command, "--quiet", line, "-q", silent)
    yield row(command, "--json", line, "--json", schema(name))
    yield row(command, "--lock-timeout", line, "--lock-timeout=-1", refuses("--lock-timeout", code=2))


def setting_up(command: str, line: str) -> Iterator[Row]:
    """Rows for what is done with ``raco setup``, of a Racket that prints how it is called."""
    line = f"{line} --racket r -u"
    run = f"{line} --setup"
    yield row(command, "--setup", line, "--setup", prints("raco setup"), before=racket)
    yield row(command, "--no-setup", run, "--no-setup", lacks("raco setup"), before=racket)
    yield row(command, "--jobs", run, "-j 3", prints("-j 3"), before=racket)
    yield row(command, "--no-docs", run, "-D", prints(" -D "), before=racket)
    yield row(command, "--recompile-only", run, "--recompile-only", prints("--recompile-only"), before=racket)


def fetching(command: str, line: str, wanted: str, done: Effect) -> Iterator[Row]:
    """Rows for how packages are looked up and fetched; ``line`` names nothing yet, ``wanted`` is in the catalog."""
    yield row(command, "--catalog", f"{line.replace(' --catalog cat', '')} {wanted}", "--catalog cat", done)
    far = f"{line} far" if command == "install" else f"{line} a"
    yield row(command, "--no-cache", f"{far} --offline", "--no-cache", refuses("network", code=6), before=cached)


def new_user(folder: Path) -> None:
    """A package that needs ``b``, and nothing more."""
    catalog(folder / "cat", [make_package(folder / "p/m2.zip", "1.0", '"b"')])


def same_a(folder: Path) -> None:
    """The catalog has the ``a`` that is installed."""
    (folder / "cat/pkg/a").write_text(f'#hash((checksum . "{"1" * 40}") (source . "../p/a.zip"))')


def wrong_a(folder: Path) -> None:
    """The catalog has a wrong checksum for ``a``."""
    (folder / "cat/pkg/a").write_text(f'#hash((checksum . "{"2" * 40}") (source . "../p/a.zip"))')


def local_a(folder: Path) -> None:
    """``a`` came from a file."""
    table = folder / TABLE
    table.write_text(table.read_text().replace('(catalog "a")', '(file "/p/a.zip")'))


def documented(folder: Path) -> None:
    """An installed package has a document."""
    info = _info("", '(define scribblings \'(("x.scrbl")))')
    (folder / PKGS / "kept/info.rkt").write_text(info)


COMPILED = {
    "info.rkt": b'#lang info\n(define package-content-state \'(built "8.7"))\n',
    "main.rkt": b"#lang racket/base\n",
    "compiled/main_rkt.zo": BYTECODE,
    "compiled/main_rkt.dep": b'(("8.7" chez-scheme) ("x" . "y"))',
}


def compiled(folder: Path) -> None:
    """A package with bytecode, in a directory."""
    write_tree(folder / "built", COMPILED)


def compiled_archive(folder: Path) -> None:
    """The same in the catalog."""
    with zipfile.ZipFile(folder / "p/with.zip", "w") as archive:
        for name, data in COMPILED.items():
            archive.writestr(name, data)
    catalog(folder / "cat", [folder / "p/with.zip"])


def differing(folder: Path) -> None:
    """A package is not as the archive is that it came from."""
    file = make_package(folder / "p/kept.zip")
    sha1 = hashlib.sha1(file.read_bytes()).hexdigest()
    table = folder / TABLE
    table.write_text(table.read_text().replace(f'(catalog "kept") "{"1" * 40}"', f'(file "{file}") "{sha1}"'))


def locked(folder: Path) -> None:
    """Locks of other packages than those that are there, and of none."""
    write_lock(LOCK, folder / "racket.lock")
    write_lock(msgspec.structs.replace(LOCK, packages=()), folder / "other.lock")


def without_source(name: str) -> Effect:
    """A package is there with its bytecode, and without the source of it."""
    return lambda left: (
        (left.folder / PKGS / name / "compiled/main_rkt.zo").is_file()
        and not (left.folder / PKGS / name / "main.rkt").exists()
    )


def only_source(name: str) -> Effect:
    """A package is there without its bytecode."""
    return lambda left: (
        (left.folder / PKGS / name / "main.rkt").is_file() and not (left.folder / PKGS / name / "compiled").exists()
    )


def migrating(  # type: ignore[no-untyped-def]
    option: str, given: str, effect: Effect, *names: str, line: str = MIGRATE, **more
) -> Iterator[Row]:
    """A row of ``raco-pkg migrate``, for packages that another version has."""
    made = both(cached, compiled_archive, old_version(*(names or ("c",))))
    yield row("migrate", option, line, given, effect, before=made, **more)


def migrated(rows: Iterable[Row]) -> Iterator[Row]:
    """The same rows with a package that another version has."""
    for one in rows:
        yield replace(one, before=old_version("c") if one.before is None else both(old_version("c"), one.before))


DOC = ("category: doc",)
DONE = there(f"{PKGS}/d")
INSTALL_D = f"{INSTALL} d"

ROWS = [
    # install
    row("install", "--type", f"{INSTALL} d", "--type dir", refuses("no such directory", code=6)),
    row("install", "--name", f"{INSTALL} p/d.zip", "--name other", there(f"{PKGS}/other")),
    row("install", "--checksum", INSTALL_D, f"--checksum {'2' * 40}", refuses("checksum", code=3)),
    row("install", "--deps", f"{INSTALL} c", "--deps force", there(f"{PKGS}/c")),
    row("install", "--auto", f"{INSTALL} c", "--auto", there(f"{PKGS}/d")),
    row(
        "install",
        "--update-deps",
        f"{INSTALL} --auto m2",
        "--update-deps",
        version_of("b", "1.1"),
        before=new_user,
    ),
    row("install", "--ignore-implies", f"{INSTALL} --auto e", "--ignore-implies", version_of("b", "1.0")),
    row("install", "--link", f"{INSTALL} --deps force c", "--link", holds(TABLE, b"(link ")),
    row("install", "--static-link", f"{INSTALL} ./src", "--static-link", holds(TABLE, b"(static-link ")),
    row("install", "--copy", f"{INSTALL} ./src", "--copy", there(f"{PKGS}/src")),
    row("install", "--clone", INSTALL_D, "--clone out", refuses("not a Git repository", code=3)),
    row("install", "--source", f"{INSTALL} ./built", "--source", only_source("built"), before=compiled),
    row("install", "--binary", f"{INSTALL} ./built", "--binary", without_source("built"), before=compiled),
    row("install", "--binary-lib", f"{INSTALL} ./built", "--binary-lib", without_source("built"), before=compiled),
    row("install", "--skip-installed", f"{INSTALL} a", "--skip-installed", code(0)),
    row("install", "--pkgs", "raco-pkg install --batch", "--pkgs", silent),
    row("install", "--all-platforms", f"{INSTALL} --auto w", "--all-platforms", there(f"{PKGS}/d")),
    row("install", "--force", f"{INSTALL} same", "--force", there(f"{PKGS}/same")),
    row("install", "--ignore-checksums", f"{INSTALL} bad", "--ignore-checksums", there(f"{PKGS}/bad")),
    row(
        "install",
        "--strict-doc-conflicts",
        f"{INSTALL} m n",
        "--strict-doc-conflicts",
        refuses(*DOC, code=5),
    ),
    row("install", "--keep-modes", f"{INSTALL} x.zip", "--keep-modes", is_executable, before=executable),
    row(
        "install", "--offline", f"{INSTALL} far", "--offline", there(f"{PKGS}/far"), before=cached, lacking="--no-cache"
    ),
    *fetching("install", INSTALL, "d", DONE),
    row("install", "--multi-clone", INSTALL_D, "--multi-clone often", refuses("invalid <mode>", code=2)),
    row("install", "--pull", INSTALL_D, "--pull often", refuses("invalid <mode>", code=2)),
    row(
        "install",
        "--no-trash",
        f"{INSTALL} --auto --update-deps m2",
        "--no-trash",
        nothing_in_trash("b"),
        before=new_user,
    ),
    row("install", "--batch", "raco-pkg install --catalog cat c", "--batch", code(5)),
    row("install", "--as-racket", f"{INSTALL} a", "--as-racket", code(1)),
    row(
        "install",
        "--fail-fast",
        f"{INSTALL_D} --racket r -u --setup",
        "--fail-fast",
        prints("--fail-fast"),
        before=racket,
    ),
    *changing("install", INSTALL_D, DONE, "packages", "would install d"),
    *setting_up("install", INSTALL_D),
    *where(
        "install", INSTALL_D, DONE, there("r/share/pkgs/d"), there("scope/d"), there("image/usr/share/racket/pkgs/d")
    ),
    # update
    row("update", "--all", UPDATE, "--all", version_of("b", "1.1")),
    row("update", "--lookup", f"{UPDATE} a", "--lookup", version_of("a", "1.1"), before=local_a),
    row("update", "--skip-uninstalled", f"{UPDATE} d", "--skip-uninstalled", code(0)),
    row("update", "--type", f"{UPDATE} a", "--type dir", refuses("no such directory", code=6)),
    row("update", "--name", f"{UPDATE} --deps force p/d.zip", "--name a", code(0)),
    row(
        "update", "--checksum", f"{UPDATE} --deps force p/a.zip", f"--checksum {'2' * 40}", refuses("checksum", code=3)
    ),
    row("update", "--deps", f"{UPDATE} p/c.zip --name a", "--deps force", code(0)),
    row("update", "--auto", f"{UPDATE} p/c.zip --name a", "--auto", there(f"{PKGS}/d")),
    row("update", "--update-deps", f"{UPDATE} a", "--update-deps", version_of("b", "1.1"), before=same_a),
    row("update", "--ignore-implies", f"{UPDATE} p/e.zip --name a", "--ignore-implies", version_of("b", "1.0")),
    row("update", "--link", f"{UPDATE} --name a --deps force p/a.zip", "--link --type dir", refuses("", code=6)),
    row("update", "--static-link", f"{UPDATE} --name a ./src", "--static-link", holds(TABLE, b"(static-link ")),
    row("update", "--copy", f"{UPDATE} --name a ./src", "--copy", holds(TABLE, b"(dir ")),
    row("update", "--clone", f"{UPDATE} a", "--clone out", refuses("from a repository", code=5)),
    row("update", "--source", f"{UPDATE} --name a --copy ./built", "--source", only_source("a"), before=compiled),
    row("update", "--binary", f"{UPDATE} --name a ./built", "--binary", without_source("a"), before=compiled),
    row("update", "--binary-lib", f"{UPDATE} --name a ./built", "--binary-lib", without_source("a"), before=compiled),
    row("update", "--all-platforms", f"{UPDATE} --auto --name a p/w.zip", "--all-platforms", there(f"{PKGS}/d")),
    row("update", "--force", f"{UPDATE} --name b p/same.zip", "--force", code(0)),
    row(
        "update",
        "--ignore-checksums",
        f"{UPDATE} a",
        "--ignore-checksums",
        version_of("a", "1.1"),
        before=wrong_a,
    ),
    row(
        "update",
        "--strict-doc-conflicts",
        f"{UPDATE} --name b p/n.zip",
        "--strict-doc-conflicts",
        refuses(*DOC, code=5),
        before=documented,
    ),
    row(
        "update",
        "--keep-modes",
        f"{UPDATE} --name a x.zip",
        "--keep-modes",
        lambda left: bool((left.folder / PKGS / "a/run.sh").stat().st_mode & 0o100),
        before=executable,
    ),
    row("update", "--offline", f"{UPDATE} a", "--offline", code(0), before=cached, lacking="--no-cache"),
    *fetching("update", UPDATE, "a", version_of("a", "1.1")),
    row("update", "--multi-clone", f"{UPDATE} a", "--multi-clone often", refuses("invalid <mode>", code=2)),
    row("update", "--pull", f"{UPDATE} a", "--pull often", refuses("invalid <mode>", code=2)),
    row("update", "--no-trash", f"{UPDATE} a", "--no-trash", nothing_in_trash("a")),
    row("update", "--batch", "raco-pkg update --catalog cat p/c.zip --name a", "--batch", code(5)),
    row("update", "--as-racket", f"{UPDATE} nothing", "--as-racket", code(1)),
    *changing("update", f"{UPDATE} a", version_of("a", "1.1"), "packages", "would replace a"),
    *setting_up("update", f"{UPDATE} a"),
    *where(
        "update",
        f"{UPDATE} --all",
        version_of("a", "1.1"),
        prints("No updates"),
        prints("Re-installing own"),
        prints("No updates"),
    ),
    # remove
    row("remove", "--demote", f"{REMOVE} a", "--demote", prints("Demoting a")),
    row("remove", "--force", f"{REMOVE} b", "--force", prints("Removing b")),
    row("remove", "--auto", f"{REMOVE} a", "--auto", prints("Removing b")),
    row("remove", "--no-trash", f"{REMOVE} a", "--no-trash", nothing_in_trash("a")),
    row("remove", "--batch", "raco-pkg remove a", "--batch", code(0), lacking="--no-batch"),
    row("remove", "--as-racket", f"{REMOVE} b", "--as-racket", code(1)),
    *changing("remove", f"{REMOVE} a", spares(f"{PKGS}/a"), "packages", "would remove a"),
    *setting_up("remove", f"{REMOVE} a"),
    *where("remove", f"{REMOVE} kept", prints("Removing kept"), code(5), code(5), code(5)),
    # new
    row("new", "--dry-run", "raco-pkg new mylib", "--dry-run", spares("mylib")),
    row("new", "--quiet", "raco-pkg new mylib", "-q", silent),
    row("new", "--json", "raco-pkg new mylib", "--json", schema("new-package")),
    row("new", "--as-racket", "raco-pkg new c", "--as-racket", code(1)),
    # show
    row("show", "--all", "raco-pkg show -u", "--all", prints("b*")),
    row("show", "--long", "raco-pkg show -u", "--long", prints('(catalog "a")')),
    row(
        "show",
        "--full-checksum",
        "raco-pkg show -u",
        "--full-checksum",
        prints("1" * 40),
        environment={"COLUMNS": "40"},
    ),
    row("show", "--rx", "raco-pkg show -u ke.t", "--rx", prints("kept")),
    row("show", "--dir", "raco-pkg show -u", "--dir", prints("pkgs/a")),
    row("show", "--version", "raco-pkg show", "-v 8.6", prints("older"), before=old_version("older")),
    row("show", "--json", "raco-pkg show", "--json", schema("installed")),
    row("show", "--as-racket", "raco-pkg show --rx -u", "--as-racket", code(1)),
    *where("show", "raco-pkg show -a", prints("kept"), prints("wide"), prints("own"), prints("wide")),
    # migrate
    *migrating("--same-checksums", "--same-checksums", refuses("checksum", code=3)),
    *migrating("--deps", "--deps fail", code(5)),
    *migrating("--auto", "--auto", there(f"{PKGS}/d"), lacking="--deps fail"),
    *migrating("--ignore-implies", "--ignore-implies", version_of("b", "1.0"), "e"),
    *migrating("--source", "--source", only_source("with"), "with"),
    *migrating("--binary", "--binary", without_source("with"), "with"),
    *migrating("--binary-lib", "--binary-lib", without_source("with"), "with"),
    *migrating("--all-platforms", "--all-platforms", there(f"{PKGS}/d"), "w"),
    *migrating("--force", "--force", there(f"{PKGS}/same"), "same"),
    *migrating("--ignore-checksums", "--ignore-checksums", there(f"{PKGS}/bad"), "bad"),
    *migrating("--strict-doc-conflicts", "--strict-doc-conflicts", refuses(*DOC, code=5), "m", "n"),
    *migrating("--no-cache", "--no-cache", refuses("no answer", code=6), "far"),
    *migrating("--catalog", "--catalog cat", there(f"{PKGS}/c"), line="raco-pkg migrate 8.6 --batch"),
    *migrating("--no-trash", "--no-trash", nothing_in_trash("b"), "e"),
    *migrating("--batch", "--batch", code(5), line="raco-pkg migrate 8.6 --catalog cat --deps search-ask"),
    *migrating("--as-racket", "--as-racket", code(1), "bad"),
    *migrated(changing("migrate", MIGRATE, there(f"{PKGS}/c"), "packages", "would install c")),
    *migrated(setting_up("migrate", MIGRATE)),
    *migrated(
        where(
            "migrate",
            MIGRATE,
            there(f"{PKGS}/c"),
            there("r/share/pkgs/c"),
            there("scope/c"),
            prints("No packages"),  # the user's directories are below the image, too
        )
    ),
    # config
    row("config", "--set", "raco-pkg config -u network-retries 7", "--set", holds(f"{PKGS}/config.rktd", b". 7)")),
    row("config", "--dry-run", SET, "--dry-run", prints("would write")),
    row("config", "--quiet", f"{SET} --dry-run", "-q", silent),
    row("config", "--json", SET, "--json", schema("package-settings")),
    row("config", "--lock-timeout", SET, "--lock-timeout=-1", refuses("--lock-timeout", code=2)),
    row("config", "--as-racket", "raco-pkg config -u nothing", "--as-racket", code(1)),
    *where(
        "config",
        "raco-pkg config --set network-retries 7",
        holds(f"{PKGS}/config.rktd", b". 7)"),
        holds("r/etc/config.rktd", b". 7)"),
        holds("scope/config.rktd", b". 7)"),
        holds("image/etc/racket/config.rktd", b". 7)"),
    ),
    # empty-trash
    row("empty_trash", "--list", "raco-pkg empty-trash", "-l", there(f"{PKGS}/.trash/1700000000-0-gone")),
    *changing("empty_trash", "raco-pkg empty-trash", spares(f"{PKGS}/.trash/1700000000-0-gone"), "trash", "gone"),
    row("empty_trash", "--as-racket", "raco-pkg empty-trash --scope none", "--as-racket", code(1)),
    *where(
        "empty_trash",
        "raco-pkg empty-trash -l",
        prints("-0-gone"),
        prints("r/share/pkgs"),
        prints("own-gone"),
        prints("usr/share/racket"),
    ),
    # why, tree
    row("why", "--json", "raco-pkg why b", "--json", schema("why")),
    *where("why", "raco-pkg why kept", prints("user scope"), code(1), code(1), code(1)),
    row("tree", "--invert", "raco-pkg tree b", "--invert", prints("a")),
    row("tree", "--json", "raco-pkg tree", "--json", schema("package-tree")),
    *where("tree", "raco-pkg tree", prints("kept"), prints("wide"), prints("own"), prints("wide")),
    # outdated
    row("outdated", "--exit-code", "raco-pkg outdated --catalog cat", "--exit-code", code(1)),
    row("outdated", "--catalog", "raco-pkg outdated", "--catalog cat", prints("a")),
    row("outdated", "--jobs", "raco-pkg outdated --catalog cat", "-j 0", refuses("-j", code=2)),
    row("outdated", "--json", "raco-pkg outdated --catalog cat", "--json", schema("outdated")),
    *where(
        "outdated", "raco-pkg outdated --catalog cat", prints("a: "), says("wide: "), prints("own: "), says("wide: ")
    ),
    # check
    row("check", "--repair", "raco-pkg check", "--repair", code(0), before=in_the_way),
    row("check", "--no-content", "raco-pkg check", "--no-content", code(0), before=differing),
    row(
        "check", "--content", "raco-pkg check", "--content", prints("a is installed, and is not locked"), before=locked
    ),
    row("check", "--file", "raco-pkg check --content", "--file other.lock", lacks("games"), before=locked),
    row("check", "--quiet", "raco-pkg check", "-q", silent),
    row("check", "--json", "raco-pkg check", "--json", schema("package-check")),
    row("check", "--lock-timeout", "raco-pkg check", "--lock-timeout=-1", refuses("--lock-timeout", code=2)),
    *where("check", "raco-pkg check", prints("lost"), prints("stray"), prints("mislaid"), prints("stray")),
    # restore
    *changing("restore", "raco-pkg restore gone", there(f"{PKGS}/gone"), "restored", "really"),
    *where("restore", "raco-pkg restore gone", there(f"{PKGS}/gone"), code(5), code(5), code(5)),
]
