"""Which package of today has a module of Racket's old distributions.

The table comes with pltpack: ``data/modules.json``. How it was made, and how it is made anew, is told in
``fixtures/planet/README.md``.
"""

from __future__ import annotations

import functools
import json
from collections import defaultdict
from dataclasses import dataclass
from importlib import resources
from typing import Any, Final, Literal, TypeAlias

from pltpack.planet.rescue.modules import Required

Standing: TypeAlias = Literal["known", "likely", "gone", "unknown"]

CATALOG: Final = "catalog:"
"""Marks, in the table, packages that are not part of Racket and come from its public catalog."""

_LATER: Final = {
    "info/main": "base",
    "net/http-client": "base",
    "scribble/example": "scribble-lib",
    "tests/eli-tester": "eli-tester",
}
"""Modules that the table does not have: newer ones, and one for tests that many used."""


@dataclass(frozen=True, slots=True)
class Provider:
    """The package that has a module, and how sure that is.

    ``known``: the table says so. ``likely``: the table does not have the module, but all others of its collection are
    in this one package. ``gone``: the module was in a distribution, and no package has it today. ``unknown``: neither.
    """

    package: str | None
    standing: Standing


@functools.cache
def providers() -> Providers:
    """The table that comes with pltpack."""
    text = (resources.files("pltpack.planet.rescue") / "data" / "modules.json").read_text("utf-8")
    return Providers(json.loads(text))


class Providers:
    """The table: packages of modules. ``data`` has ``packages`` (package, collection, modules) and ``gone``."""

    def __init__(self, data: dict[str, Any]) -> None:
        self._modules: dict[str, list[str]] = defaultdict(list)
        self._collections: dict[str, set[str]] = defaultdict(set)
        self._gone: set[str] = set()
        for package, collections in data["packages"].items():
            for collection, modules in collections.items():
                self._collections[collection].add(package.removeprefix(CATALOG))
                for module in modules:
                    self._modules[f"{collection}/{module}"].append(package)
        for collection, modules in data["gone"].items():
            self._gone.update(f"{collection}/{module}" for module in modules)

    def find(self, required: Required) -> Provider:
        """The package for a required module."""
        names = [required.module]
        if required.language:
            names = [f"{required.module}/lang/reader", required.module, f"{required.module}/main"]
        for name in names:
            if (package := self._package(name)) is not None:
                return Provider(package, "known")
        if any(name in self._gone for name in names):
            return Provider(None, "gone")
        among = self._collections.get(required.module.partition("/")[0], set())
        if len(among) == 1:
            return Provider(next(iter(among)), "likely")
        return Provider(None, "unknown")

    def _package(self, module: str) -> str | None:
        """Of several packages that have a module the first that is part of Racket."""
        found = self._modules.get(module)
        if not found:
            return _LATER.get(module)
        return min(found, key=lambda package: (package.startswith(CATALOG), found.index(package))).removeprefix(CATALOG)
