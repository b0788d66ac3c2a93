"""Packages as ``raco pkg create`` makes them: the same entries, contents and modes; and real installers take ours."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import tarfile
import zipfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import pytest
from hypothesis import HealthCheck, Phase, given, settings

from pltpack.errors import PltError
from pltpack.pkg.checksum import checksum_path
from pltpack.pkg.create import create_package
from pltpack.pkg.package import ContentMode, PackageFormat, ResultKind
from pltpack.pkg.strip.recompile import Recompiler
from pltpack.pkg.strip.rules import MODES
from pltpack.racket.installation import Installation
from tests.formats.trees import STRIP_CASES, build
from tests.oracle.package_trees import Batch, batches
from tests.pkg.test_create import raw_stream

pytestmark = pytest.mark.racket

FORMATS: tuple[PackageFormat, ...] = ("zip", "tgz", "plt")
ALL_MODES: tuple[ContentMode, ...] = ("as-is", *MODES)

_CREATE = """
(require json pkg/lib)
(define (create format dir mode dest)
  (with-handlers ([exn:fail? (lambda (e) (exn-message e))])
    (parameterize ([current-output-port (open-output-nowhere)])
      (pkg-create (string->symbol format) dir #:mode (string->symbol mode) #:dest dest #:quiet? #t))
    "done"))
(write-json (for/list ([task (read-json)]) (apply create task)))
"""


@dataclass(frozen=True)
class Task:
    """One package to be made by both, into directories of its own."""

    source: Path
    format: ResultKind
    mode: ContentMode
    out: Path

    @property
    def archive(self) -> PackageFormat:
        assert self.format != "MANIFEST"
        return self.format

    @property
    def theirs(self) -> Path:
        return self.out / "theirs" / f"{self.source.name}.{self.format}"

    @property
    def ours(self) -> Path:
        return self.out / "ours" / f"{self.source.name}.{self.format}"

    def __str__(self) -> str:
        return f"{self.source.name} {self.mode} {self.format}"


def tasks_for(sources: list[Path], out: Path) -> Iterator[Task]:
    """All modes of each package as zip; as tgz and plt it as it is, and in one content mode after the other."""
    for number, source in enumerate(sources):
        content_mode = MODES[number % len(MODES)]
        combinations: list[tuple[PackageFormat, ContentMode]] = [("zip", mode) for mode in ALL_MODES]
        for format in FORMATS[1:]:
            combinations += [(format, "as-is"), (format, content_mode)]
        for format, mode in combinations:
            place = out / f"{source.name}-{mode}-{format}"
            (place / "theirs").mkdir(parents=True)
            (place / "ours").mkdir()
            yield Task(source, format, mode, place)


def made_by_racket(racket: str, tasks: list[Task], *, addon: Path | None = None, processes: int = 2) -> list[str]:
    """What each task came to: ``done`` or Racket's message; ``addon`` is the user's add-ons directory."""
    environment = os.environ | ({} if addon is None else {"PLTADDONDIR": str(addon)})

    def run(part: list[Task]) -> list[str]:
        question = [[task.format, str(task.source), task.mode, str(task.theirs.parent)] for task in part]
        done = subprocess.run(
            [racket, "-l", "racket/base", "-l", "racket/port", "-e", _CREATE],
            input=json.dumps(question),
            capture_output=True,
            encoding="utf-8",
            env=environment,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        answer: list[str] = json.loads(done.stdout)
        return answer

    parts = [tasks[number::processes] for number in range(processes)]
    with ThreadPoolExecutor(processes) as pool:
        answers = [iter(answer) for answer in pool.map(run, parts)]
    return [next(answers[number % processes]) for number in range(len(tasks))]


def content(package: Path) -> object:
    """Entries in order with kind, permissions, link target and data; of a plt the raw stream."""
    if package.suffix == ".plt":
        return raw_stream(package)
    if package.suffix == ".zip":
        with zipfile.ZipFile(package) as archive:
            # Racket writes UTF-8 without the flag that says so, and no type for files.
            return [
                (zip_name(info), (info.external_attr >> 16) & 0o40777, archive.read(info))
                for info in archive.infolist()
            ]
    with tarfile.open(package) as tar:
        return [(info.name, info.type, info.mode, info.linkname, tar_data(tar, info)) for info in tar]


def zip_name(info: zipfile.ZipInfo) -> bytes:
    return info.orig_filename.encode("utf-8" if info.flag_bits & 0x800 else "cp437")


def tar_data(tar: tarfile.TarFile, info: tarfile.TarInfo) -> bytes:
    stream = tar.extractfile(info) if info.isreg() else None
    return stream.read() if stream is not None else b""


def compare(racket: str, tasks: list[Task], recompiler: Recompiler, addon: Path | None = None) -> int:
    """Make all packages both ways and compare them; returns how many both made."""
    installation = None if addon is None else Installation.discover(addon_dir=addon)
    made = 0
    for task, answer in zip(tasks, made_by_racket(racket, tasks, addon=addon), strict=True):
        error = made_by_us(task, recompiler, installation)
        assert (answer == "done") == (error is None), (str(task), answer, error)
        if error is None:
            assert content(task.ours) == content(task.theirs), str(task)
            made += 1
    return made


def made_by_us(task: Task, recompiler: Recompiler, installation: Installation | None) -> PltError | None:
    try:
        create_package(
            task.source,
            format=task.archive,
            mode=task.mode,
            dest=task.ours.parent,
            recompile=recompiler,
            installation=installation,
        )
    except PltError as error:
        return error
    return None


@pytest.fixture(scope="module")
def recompiler(racket: str) -> Iterator[Recompiler]:
    with Recompiler(Path(racket)) as one:
        yield one


@pytest.fixture(scope="module")
def bytecode(racket: str, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A directory with bytecode, without and with submodules that binary packages leave out."""
    place = tmp_path_factory.mktemp("bytecode")
    module = "#lang racket/base\n(provide x)\n(define x 1)\n"
    extras = "(module+ test (define y 1))\n(module* main #f (module doc racket/base))\n"
    for name, text in (("plain", module), ("extras", module + extras)):
        (place / f"{name}.rkt").write_text(text)
    program = "(require compiler/cm) (for-each managed-compile-zo (vector->list (current-command-line-arguments)))"
    subprocess.run([racket, "-e", program, place / "plain.rkt", place / "extras.rkt"], check=True)
    return place / "compiled"


@settings(
    max_examples=2,
    derandomize=True,
    phases=[Phase.generate],
    suppress_health_check=list(HealthCheck),
)
@given(trees=batches(12))
def test_generated_packages(
    racket: str,
    recompiler: Recompiler,
    bytecode: Path,
    tmp_path_factory: pytest.TempPathFactory,
    trees: Batch,
) -> None:
    place = tmp_path_factory.mktemp("generated")
    codes = {f"<{name}>": (bytecode / f"{name}_rkt.zo").read_bytes() for name in ("plain", "extras")}
    for number, tree in enumerate(trees):
        build(place / "in" / f"p{number}", tree, bytecode=codes)
    compare(racket, list(tasks_for(sorted((place / "in").iterdir()), place / "out")), recompiler)


def compiled_copy(package: Path, place: Path) -> Path:
    """A copy of an installed package with its bytecode, which Debian keeps elsewhere."""
    copy = place / package.name
    shutil.copytree(package, copy, symlinks=True, ignore=shutil.ignore_patterns("compiled"))
    elsewhere = Path(f"/usr/lib/racket/compiled{package}")
    if elsewhere.is_dir():
        shutil.copytree(elsewhere, copy, dirs_exist_ok=True)
    return copy


def test_installed_packages(racket: str, recompiler: Recompiler, tmp_path: Path) -> None:
    pkgs = Installation.discover(racket=Path(racket)).pkgs_dir
    assert pkgs is not None
    sizes = {path: sum(file.stat().st_size for file in path.rglob("*") if file.is_file())
             for path in pkgs.iterdir() if path.is_dir()}  # fmt: skip
    some = sorted(sizes, key=lambda path: (sizes[path], path))[:132:2]
    (tmp_path / "in").mkdir()
    copies = [compiled_copy(path, tmp_path / "in") for path in some]
    tasks = list(tasks_for(copies, tmp_path / "out"))
    assert len(some) >= 60
    assert compare(racket, tasks, recompiler) >= len(some) * 7


def test_recorded_trees(racket: str, recompiler: Recompiler, bytecode: Path, tmp_path: Path) -> None:
    """The trees of the strip cases again, bytecode of info files included this time."""
    codes = {"<zo>": (bytecode / "extras_rkt.zo").read_bytes()}
    for number, case in enumerate(STRIP_CASES):
        tree = {path: text for path, text in case["tree"].items() if not path.endswith(("info_rkt.zo", "info_rkt.dep"))}
        build(tmp_path / "in" / f"c{number}", tree, bytecode=codes)
    assert compare(racket, list(tasks_for(sorted((tmp_path / "in").iterdir()), tmp_path / "out")), recompiler) > 100


def odd_trees(place: Path) -> None:
    """Links, long and foreign names, empty directories, permissions, one directory at the top."""
    build(place / "links", {"info.rkt": "#lang info\n(define collection 'multi)\n", "a/f.rkt": "1", "a/deep/g": "2"})
    (place / "links" / "file").symlink_to("a/f.rkt")
    (place / "links" / "a" / "up").symlink_to("../a/deep/g")
    (place / "links" / "dir").symlink_to("a")
    long = "x" * 90
    names = (
        f"{long}/{long}/{long}",
        f"{long}y{long}",
        "naïve λ.txt",
        "日本/語",
        "a b",
        "a-b",
        "a.b/c",
        "a/d",
        "_",
        "Z",
    )
    build(place / "names", {name: name for name in names} | {"empty": None, "more/empty": None})
    (place / "names" / "run").write_text("#!/bin/sh\n")
    (place / "names" / "run").chmod(0o755)
    (place / "names" / "private").write_text("")
    (place / "names" / "private").chmod(0o600)
    build(place / "layer", {"only/in/f.txt": "hi", "only/g": ""})
    build(place / "linked-layer", {})
    (place / "linked-layer" / "only").symlink_to("../layer")
    build(place / "hollow", {"empty": None})


def test_odd_trees(racket: str, recompiler: Recompiler, tmp_path: Path) -> None:
    odd_trees(tmp_path / "in")
    assert compare(racket, list(tasks_for(sorted((tmp_path / "in").iterdir()), tmp_path / "out")), recompiler) > 30


def test_moved_files(racket: str, recompiler: Recompiler, tmp_path: Path) -> None:
    """Files that setup has moved into the user's directories."""
    info = '#lang info\n(define move-{} \'("{}" "here" "dir" "lost"))\n'
    for field, place in (("foreign-libs", "lib"), ("shared-files", "share"), ("man-pages", "man")):
        tree: dict[str, str | None] = {
            "info.rkt": info.format(field, "a.1"), "here": "1", "sub/info.rkt": info.format(field, "b.1"),
        }  # fmt: skip
        build(tmp_path / "in" / place, tree)
        moved: dict[str, str | None] = {"a.1": "moved", "b.1": "too", "here": "other", "dir/deep/f": "f"}
        build(tmp_path / "addon" / "8.7" / place, moved)
    tasks = list(tasks_for(sorted((tmp_path / "in").iterdir()), tmp_path / "out"))
    assert compare(racket, tasks, recompiler, tmp_path / "addon") > 15


def test_manifests(racket: str, tmp_path: Path) -> None:
    odd_trees(tmp_path / "in")
    tasks = []
    for source in sorted((tmp_path / "in").iterdir()):
        modes: tuple[ContentMode, ...] = ("as-is", "source")
        for mode in modes:
            place = tmp_path / "out" / f"{source.name}-{mode}"
            (place / "theirs").mkdir(parents=True)
            (place / "ours").mkdir()
            tasks.append(Task(source, "MANIFEST", mode, place))
    assert set(made_by_racket(racket, tasks)) == {"done"}
    for task in tasks:
        create_package(task.source, manifest=True, mode=task.mode, dest=task.out / "ours")
        ours, theirs = (task.out / side / "MANIFEST" for side in ("ours", "theirs"))
        assert ours.read_bytes() == theirs.read_bytes(), str(task)


INSTALLED: tuple[tuple[str, PackageFormat, ContentMode], ...] = (
    ("zipped", "zip", "as-is"),
    ("tarred", "tgz", "as-is"),
    ("platted", "plt", "as-is"),
    ("sourced", "zip", "source"),
    ("built", "tgz", "built"),
    ("binary", "zip", "binary"),
    ("binlib", "tgz", "binary-lib"),
)


def test_real_installers_take_ours(racket: str, recompiler: Recompiler, tmp_path: Path) -> None:
    """``raco pkg install`` of packages in every format and mode, into a fresh user scope; then their modules run."""
    environment = {**os.environ, "PLTADDONDIR": str(tmp_path / "addon")}
    module = "#lang racket/base\n(provide said)\n(define said {!r})\n(module+ main (display said))\n"
    info = '#lang info\n(define collection {})\n(define version "1.2")\n(define deps \'("base"))\n'
    made: dict[str, Path] = {}
    for name, format, mode in INSTALLED:
        source = tmp_path / "in" / name
        multi = format == "plt" or mode == "binary"
        build(source, {"info.rkt": info.format("'multi" if multi else f'"{name}"'), "doc/näme λ.txt": "1"})
        place = source / name if multi else source
        place.mkdir(exist_ok=True)
        (place / "main.rkt").write_text(module.format(name).replace("'", '"'))
        if mode != "as-is":
            subprocess.run(["raco", "make", place / "main.rkt"], check=True, env=environment)
        (tmp_path / "out").mkdir(exist_ok=True)
        package = create_package(source, format=format, mode=mode, dest=tmp_path / "out", recompile=recompiler)
        assert package.problems == ()
        made[name] = package.path
    command = ["raco", "pkg", "install", "--scope", "user", "--no-setup", "--deps", "fail", "--batch"]
    wrong = checksum_path(made["zipped"])
    right = wrong.read_bytes()
    wrong.write_bytes(right[::-1])
    refused = subprocess.run([*command, made["zipped"]], env=environment, capture_output=True, check=False)
    assert refused.returncode != 0
    assert b"checksum" in refused.stderr
    wrong.write_bytes(right)
    subprocess.run([*command, *made.values()], env=environment, check=True, capture_output=True)
    program = "".join(f"(display (dynamic-require '{name}/main 'said)) (newline)" for name in made)
    done = subprocess.run(
        [racket, "-l", "racket/base", "-e", program], env=environment, capture_output=True, check=True, text=True
    )
    assert done.stdout.split() == list(made)
