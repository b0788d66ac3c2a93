"""The modules that a package provides (``directory->module-paths`` of the package manager)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final

from pltpack.errors import InfoError
from pltpack.pkg.names import is_module_path
from pltpack.racket.info.info import Info

_SOURCES: Final = (".rkt", ".ss", ".scrbl")
_BYTECODE: Final = ("_rkt.zo", "_ss.zo", "_scrbl.zo")
MODULE_FILES: Final = (*_SOURCES, *_BYTECODE)
"""How the names of all files end that can stand for a module."""
_INFO: Final = ("info.rkt", "info.ss")
_COMPILED: Final = "compiled"


def module_paths(files: Iterable[str], collection: str | None, infos: Mapping[str, Info]) -> tuple[str, ...]:
    """The paths ``P`` for which the package provides ``(lib "P")``, sorted.

    ``files`` are the paths of its files, ``collection`` the name of its single collection or ``None``, ``infos`` the
    info files of its directories by path. Sources count, and below a directory that says ``assume-virtual-sources``
    bytecode, too; info files do not, nor files that are in no collection.
    """
    prefix = "" if collection is None else f"{collection}/"
    virtual = [f"{directory}/" for directory, info in infos.items() if directory and _virtual(info)]
    found = set()
    for path in files:
        module = _module(path, virtual)
        if module is not None and (collection is not None or "/" in path):
            module = prefix + module
            if is_module_path(module):
                found.add(module)
    return tuple(sorted(found))


def _virtual(info: Info) -> bool:
    try:
        return info.get("assume-virtual-sources", False) is not False
    except InfoError:
        return False


def _module(path: str, virtual: Iterable[str]) -> str | None:
    """The file that a path stands for as a module, ``.rkt`` for ``.ss``."""
    directory, _, name = path.rpartition("/")
    if name in _INFO:
        return None
    if name.endswith(_SOURCES):
        return f"{path[:-3]}.rkt" if name.endswith(".ss") else path
    above, _, last = directory.rpartition("/")
    if not name.endswith(_BYTECODE) or last != _COMPILED or not above or not path.startswith(tuple(virtual)):
        return None
    source = f"{name[: name.rindex('_')]}.rkt"
    return None if source == "info.rkt" else f"{above}/{source}"
