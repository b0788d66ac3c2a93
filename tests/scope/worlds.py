"""The recorded cases of ``fixtures/package-manager``, replayed: the same world, the same command, run by us."""

from __future__ import annotations

import contextlib
import hashlib
import importlib
import json
import os
import pkgutil
import re
import secrets
import shutil
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from types import ModuleType
from typing import Any
from unittest import mock

FOLDER = Path(__file__).parents[2] / "fixtures" / "package-manager"
NOBODY = 65534
GROUPS = sorted(path.stem for path in FOLDER.glob("*.json") if path.stem != "inputs")

_VOLATILE = re.compile(r"\$SECONDS|\$N\b|\$TMP|\(binary\)|^sha1:")
_LEADING = re.compile(r"raco pkg [-a-z]*: ")


def recorded(group: str) -> list[dict[str, Any]]:
    """The cases of a group."""
    cases: list[dict[str, Any]] = json.loads((FOLDER / f"{group}.json").read_text("utf-8"))
    return cases


UNPRIVILEGED = {"half:remove", "half:show-unwritable", "place:plus-one", "place:plus-one-multi", "place:read-only"}
"""Cases about what one may not do: whoever may do everything runs them as somebody else."""


@dataclass
class Result:
    """What our program did."""

    exit: int
    stdout: str
    stderr: str


@dataclass
class Replay:
    """The folder in which cases are replayed, and the modules that make them. Its name has 13 characters, as when they
    were recorded: paths have a part in the columns of tables."""

    world: Path
    far: Path
    port: int
    generate: ModuleType
    cases: dict[str, dict[str, Any]] = field(default_factory=dict)
    now: float = field(default_factory=time.time)

    def scenario(self, id: str) -> dict[str, Any]:
        """How a case was made."""
        return self.cases[id]


@contextlib.contextmanager
def replaying(port: int) -> Iterator[Replay]:
    """Have a place for worlds while the block runs."""
    # Its end can be seen in a column that is cut.
    world = Path(f"/tmp/plt{secrets.token_hex(2)}d")
    far = Path(f"/var/tmp/plt{secrets.token_hex(2)[:3]}")
    environment = {"WORLD": str(world), "FAR": str(far), "WORLD_PORT": str(port)}
    saved = {name: os.environ.get(name) for name in environment}
    os.environ.update(environment)
    sys.path.insert(0, str(FOLDER))
    try:
        generate = importlib.import_module("generate")
        importlib.import_module("combined")
        generate.World.person = lambda _: {}  # everything is done by the one who runs the tests
        yield Replay(world, far, port, generate, {case["id"]: case for case in generate.CASES})
    finally:
        sys.path.remove(str(FOLDER))
        for name in ("combined", "generate", "scenarios"):
            sys.modules.pop(name, None)
        for name, value in saved.items():
            os.environ.pop(name, None) if value is None else os.environ.__setitem__(name, value)
        shutil.rmtree(world, ignore_errors=True)
        shutil.rmtree(far, ignore_errors=True)


def _sums(generate: ModuleType) -> dict[str, str]:
    """The checksums of archives that hold the port, to those that were recorded with another port."""
    made = json.loads((FOLDER / "inputs.json").read_text("utf-8"))["made"]
    return {one["sha1"]: made[name]["sha1"] for name, one in generate.MADE.items() if name in made}


def run_ours(world: Any, replay: Replay, command: list[str], one: dict[str, Any]) -> Result:
    """Run our program in this process, as the recorded command was run."""
    environment = {
        "PATH": os.environ["PATH"],
        "HOME": str(replay.world / "home"),
        "PLTADDONDIR": str(replay.world / "addon"),
        "PLTCONFIGDIR": str(replay.world / "etc"),
        "TMPDIR": str(replay.world / "tmp"),
        "LANG": "C.UTF-8",
        "TZ": "UTC",
        "LOGNAME": replay.generate.user(),
        **replay.generate.GIT_ENV,
        **{key: world.real(value) for key, value in (one["env"] or {}).items()},
    }
    arguments = ["raco-pkg", *(world.real(argument) for argument in command)]
    replay.now += 2  # each command has seconds of its own
    clock = mock.patch("time.time", return_value=replay.now)
    folder = replay.world / one["cwd"]
    somebody = as_nobody(replay) if one["id"] in UNPRIVILEGED else contextlib.nullcontext()
    with clock, _streams(one["stdin"]) as said, _process(environment, folder, one["umask"], arguments), somebody:
        code = _main()
    return Result(code, *map(world.plain, said))


@contextlib.contextmanager
def as_nobody(replay: Replay) -> Iterator[None]:
    """Be a normal user inside the block. All that may be imported there has to be there before."""
    if os.geteuid():
        yield
        return
    for package in ("pltpack", "pltpack_cli.packages"):
        for module in pkgutil.walk_packages(importlib.import_module(package).__path__, f"{package}."):
            if module.name not in ("pltpack.fs", "pltpack.pltfile"):
                importlib.import_module(module.name)
    for place, names, leaves in os.walk(replay.world):
        for path in (place, *(os.path.join(place, leaf) for leaf in (*names, *leaves))):
            os.chown(path, NOBODY, NOBODY, follow_symlinks=False)
    os.setegid(NOBODY)
    os.seteuid(NOBODY)
    try:
        yield
    finally:
        os.seteuid(0)
        os.setegid(0)


def _main() -> int:
    program = importlib.import_module("pltpack_cli.packages.main")
    try:
        program.main()
    except SystemExit as end:
        code = end.code
        return code if isinstance(code, int) else 0 if code is None else 1
    return 0


@contextlib.contextmanager
def _process(environment: dict[str, str], folder: Path, umask: int, arguments: list[str]) -> Iterator[None]:
    saved, argv, here, mask = dict(os.environ), sys.argv, os.getcwd(), os.umask(umask)
    temporary = tempfile.tempdir
    os.environ.clear()
    os.environ.update(environment)
    tempfile.tempdir = None
    os.chdir(folder)
    sys.argv = arguments
    try:
        yield
    finally:
        os.umask(mask)
        sys.argv = argv
        tempfile.tempdir = temporary
        os.chdir(here)
        os.environ.clear()
        os.environ.update(saved)


@contextlib.contextmanager
def _streams(text: str) -> Iterator[list[str]]:
    """Files for the three standard streams, also of programs that are started. What was said is there at the end."""
    said: list[str] = []
    with contextlib.ExitStack() as stack:
        files = [stack.enter_context(tempfile.TemporaryFile()) for _ in range(3)]
        files[0].write(text.encode())
        files[0].seek(0)
        saved = [os.dup(number) for number in range(3)]
        streams = sys.stdin, sys.stdout, sys.stderr
        for number, file in enumerate(files):
            os.dup2(file.fileno(), number)
        sys.stdin = open(0, closefd=False, encoding="utf-8")  # noqa: SIM115
        sys.stdout = open(1, "w", closefd=False, encoding="utf-8")  # noqa: SIM115
        sys.stderr = open(2, "w", closefd=False, encoding="utf-8", buffering=1)  # noqa: SIM115

        try:
            yield said
        finally:
            for stream in (sys.stdout, sys.stderr):
                stream.flush()
            for stream in (sys.stdin, sys.stdout, sys.stderr):
                stream.close()
            sys.stdin, sys.stdout, sys.stderr = streams
            for number, descriptor in enumerate(saved):
                os.dup2(descriptor, number)
                os.close(descriptor)
            for file in files[1:]:
                file.seek(0)
                said.append(file.read().decode("utf-8", "replace"))


def prepare(replay: Replay, case: dict[str, Any]) -> tuple[Any, dict[str, Any]]:
    """The world as it was before the command of a case: made in the same way, then made equal to what is recorded."""
    one = replay.scenario(case["id"])
    world = replay.generate.World()
    for path, what in {**(one["world"] or {}), **(one["inputs"] or {})}.items():
        world.put(path, what)
    if one["catalog"]:
        world.catalog(one["catalog"])
    for step in one["setup"] or []:
        if isinstance(step, dict):
            _place(world, step)
        else:
            quiet = {**one, "env": {}, "stdin": "", "umask": 0o022}
            run_ours(world, replay, [*replay.generate.split(step)], quiet)
    _place(world, one["then"] or {})
    _overlay(replay, world, case)
    return world, one


def _place(world: Any, step: dict[str, Any]) -> None:
    for path, what in step.items():
        world.catalog({path[8:]: what}) if path.startswith("catalog:") else world.put(path, what)


def _overlay(replay: Replay, world: Any, case: dict[str, Any]) -> None:
    """Have what was recorded of the state before, except for names and data that differ from run to run."""
    wanted = {path: text for path, text in case["before"]["files"].items() if not _VOLATILE.search(path + text)}
    here = world.state(tuple(one for one in (replay.scenario(case["id"])["extra"] or ())))["files"]
    for path, text in wanted.items():
        if path.startswith(("home/", "tmp/")):
            continue
        if here.get(path) != text:
            target = replay.world / world.real(path)
            target.parent.mkdir(parents=True, exist_ok=True)
            if text.startswith("-> "):
                continue
            target.write_text(world.real(text_of(replay, text)), encoding="utf-8")
    for path in here:
        if path.startswith(("addon/", "inst/")) and path not in case["before"]["files"] and not _VOLATILE.search(path):
            (replay.world / world.real(path)).unlink()


def text_of(replay: Replay, text: str) -> str:
    """A text, which may be named as that of a file of a tree."""
    if text.startswith("@base:"):
        return str(replay.generate.BASE[text[6:]])
    if text.startswith("@"):
        name, _, path = text[1:].partition("/")
        return str(replay.generate.TREES[name][path])
    return text


def after(case: dict[str, Any]) -> tuple[dict[str, str], set[str]]:
    """What was recorded of the state after the command: files, empty directories."""
    changes = case["changes"]
    files = {path: text for path, text in case["before"]["files"].items() if path not in changes["removed"]}
    files.update(changes["written"])
    empty = {*case["before"]["empty_directories"], *changes.get("empty_directories", ())}
    return _compared(files), _kept_empty(empty - set(changes.get("no_longer_empty_directories", ())))


def ours(replay: Replay, world: Any, one: dict[str, Any], case: dict[str, Any]) -> tuple[dict[str, str], set[str]]:
    """What is there after our command, in the same form."""
    state = world.state(one["extra"] or ())
    state["files"] = {path: _as_recorded(text, replay, case) for path, text in state["files"].items()}
    if one["id"].startswith("new:"):
        replay.generate.conceal(state["files"])
    return _compared(state["files"]), _kept_empty(set(state["empty_directories"]))


def _as_recorded(text: str, replay: Replay, case: dict[str, Any]) -> str:
    """A text with the checksums of the archives that were recorded: some hold the port, or what zlib made of them."""
    for found, recorded_sum in _sums(replay.generate).items():
        text = text.replace(found, recorded_sum)
    for path, what in case["inputs"].items():
        if path.endswith(".plt"):
            data = (replay.world / path).read_bytes()
            text = text.replace(hashlib.sha1(data).hexdigest(), hashlib.sha1(what.encode()).hexdigest())
    return text


_OF_NO_ACCOUNT = re.compile(
    r"^(?:home|tmp)/"  # downloads, and what Racket leaves behind
    r"|/\.LOCKpkgs\.rktd$"  # which Racket makes for reading, too
    r"|/\.trash/[^/]*\.rktd$"  # what we write beside a package in the trash
    r"|^src/\.racket|^inst/share/|/\.git/"
)


def _compared(files: dict[str, str]) -> dict[str, str]:
    return {path: text for path, text in files.items() if not _OF_NO_ACCOUNT.search(path)}


def _kept_empty(directories: set[str]) -> set[str]:
    kept = {path for path in directories if path.startswith(("addon/8", "inst/pkgs"))}
    return {path for path in kept if not path.endswith("/.trash/")}


def leading(text: str, *, recorded: bool) -> str:
    """The leading line of an error, without the name of the program."""
    for line in text.splitlines():
        if recorded and (found := _LEADING.match(line)):
            return line[found.end() :]
        if (
            not recorded
            and line.startswith("raco-pkg: ")
            and not line.startswith(("raco-pkg: warning", "raco-pkg: WARN"))
        ):
            return line.removeprefix("raco-pkg: ")
    return ""
