"""What the content modes leave out and keep (``pkg/strip``): the decision for one path, and the lists behind it."""

from __future__ import annotations

from collections.abc import Container, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Final, Literal, TypeAlias, get_args

from pltpack.dataclass import dataclass
from pltpack.racket.info.info import Info

Mode: TypeAlias = Literal["source", "built", "binary", "binary-lib"]
"""The content modes, beside as-is, in the words of ``package-content-state``."""

MODES: Final[tuple[Mode, ...]] = get_args(Mode)
BINARY: Final = ("binary", "binary-lib")

COMPILED: Final = "compiled"


def default_drop(name: str, mode: Mode, *, parent: str, compiled: Container[str]) -> str | None:
    """Why the mode leaves out a file or directory called ``name``, or ``None``.

    ``parent`` is the name of the directory that it is in; ``compiled`` the names of the files in the ``compiled``
    directory there.
    """
    if name.startswith(".git") or name == ".svn":
        return "it belongs to version control"
    if name.endswith("~") or (len(name) > 1 and name[0] == name[-1] == "#"):
        return "it is a backup file"
    if name == "synced.rktd":
        return "it is a mark in rendered documentation"
    if mode == "source":
        return f"{mode} packages hold no {name}" if name in (COMPILED, "doc") else None
    if name.endswith((".css", ".js")) and parent == "doc":
        return "it is made anew by the installation's own documentation"
    return _binary_drop(name, mode, compiled) if mode in BINARY else None


def _binary_drop(name: str, mode: Mode, compiled: Container[str]) -> str | None:
    if name in ("tests", "scribblings") or (name == "doc" and mode == "binary-lib"):
        return f"{mode} packages hold no {name}"
    if name.endswith((".scrbl", ".dep", "_scrbl.zo")):
        return f"{mode} packages hold no such files"
    if name != "info.rkt" and name.endswith((".rkt", ".ss")) and bytecode_name(name) in compiled:
        return "it is there compiled"
    if name in ("info_rkt.zo", "info_rkt.dep"):
        return "it is compiled anew"
    return None


def bytecode_name(source: str) -> str:
    """The name of a source's bytecode file.

    >>> bytecode_name("a.b.rkt")
    'a.b_rkt.zo'
    """
    stem, _, suffix = source.rpartition(".")
    return f"{stem}_{suffix}.zo"


@dataclass(frozen=True, slots=True)
class Lists:
    """The omit and keep lists in force: package-relative paths, each with the field and file that names it."""

    omit: Mapping[str, str]
    keep: Mapping[str, str]

    def within(self, directory: str, info: Info | None, mode: Mode) -> Lists:
        """The lists inside ``directory`` (``""``: the package), whose ``info.rkt`` says ``info``."""
        if info is None:
            return self
        file = f"{directory}/info.rkt" if directory else "info.rkt"
        omit, keep = _fields_of(mode)
        omitted = [list(info.paths(field)) for field in omit]
        if mode == "built":
            # What is neither source nor binary.
            omitted = [[path for path in omitted[0] if path in omitted[1]]]
        kept = [list(info.paths(field)) for field in keep]
        return replace(
            self,
            omit={**self.omit, **_located(directory, omitted, f"{' and '.join(omit)} of {file}")},
            keep={**self.keep, **_located(directory, kept, f"{' or '.join(keep)} of {file}")},
        )


def _fields_of(mode: Mode) -> tuple[Sequence[str], Sequence[str]]:
    """The fields whose paths are left out and kept."""
    if mode == "source":
        return ["source-omit-files"], ["source-keep-files"]
    if mode == "built":
        return ["source-omit-files", "binary-omit-files"], ["source-keep-files", "binary-keep-files"]
    if mode == "binary":
        return ["binary-omit-files"], ["binary-keep-files"]
    return ["binary-omit-files", "binary-lib-omit-files"], ["binary-keep-files", "binary-lib-keep-files"]


def _located(directory: str, lists: Iterable[list[str]], origin: str) -> dict[str, str]:
    # Paths are compared as they are written: "sub/" and "./a" are the names of nothing.
    prefix = f"{directory}/" if directory else ""
    return {prefix + path: origin for paths in lists for path in paths}


@dataclass(frozen=True, slots=True)
class Decision:
    """Whether a path is in the package; ``reason`` says why, where that is not because all is."""

    keep: bool
    reason: str = ""


def decide(path: str, mode: Mode, lists: Lists, *, parent_dropped: bool, dropped_by_default: str | None) -> Decision:
    """The decision for one path below the package.

    ``parent_dropped``: the directory that it is in is left out; ``dropped_by_default`` is what :func:`default_drop`
    says.
    """
    if path in lists.omit:
        return Decision(False, lists.omit[path])
    if path in lists.keep:
        return Decision(True, lists.keep[path])
    if parent_dropped:
        return Decision(_kept_for_documentation(path, mode), "its directory is left out")
    return Decision(dropped_by_default is None, dropped_by_default or "")


def _kept_for_documentation(path: str, mode: Mode) -> bool:
    """``doc`` and ``info.rkt`` below a ``scribblings`` directory may belong to documentation that is to be shown."""
    *directories, name = path.split("/")
    return (
        mode == "binary" and name in ("doc", "info.rkt") and "scribblings" in directories and "tests" not in directories
    )
