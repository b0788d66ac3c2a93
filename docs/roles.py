"""Docstrings as the documentation site shows them: their roles become links, examples become code."""

from __future__ import annotations

import re
from typing import Any, Final

from griffe import Extension, Module, Object

_ROLE: Final = re.compile(r":(?:class|func|meth|attr|data|mod|exc|obj):`(~?)([^`]+)`")
_EXAMPLE: Final = re.compile(r"(?:^[ ]*>>>.*\n(?:^[ ]*(?!>>>)\S.*\n)*)+", re.MULTILINE)


class Roles(Extension):
    """Rewrites every docstring, before it is rendered. Has our own ``dataclass`` taken for that of the library."""

    def on_module_members(self, *, mod: Module, **_: Any) -> None:
        """Called for each module, when all that is in it is known."""
        imported = mod.members.get("dataclass")
        if imported is not None and imported.is_alias and imported.target_path == "pltpack.dataclass.dataclass":
            imported.target_path = "dataclasses.dataclass"

    def on_instance(self, *, obj: Object, **_: Any) -> None:
        """Called for each object that is found."""
        if obj.docstring is not None:
            obj.docstring.value = _rewritten(obj.docstring.value)


def _rewritten(text: str) -> str:
    text = re.sub(r"^::\n\n", "", re.sub(r"::$", ":", text, flags=re.MULTILINE), flags=re.MULTILINE)
    text = re.sub(r"^:\n\n(?= {4})", "", text, flags=re.MULTILINE)
    text = _EXAMPLE.sub(lambda match: f"```pycon\n{match[0]}```\n", text + "\n")
    return _ROLE.sub(_link, text).rstrip()


def _link(match: re.Match[str]) -> str:
    """A reference to something of ours is a link; to something else it is code."""
    short, target = match.groups()
    shown = target.rpartition(".")[2] if short else target
    return f"[`{shown}`][{target}]" if target.startswith("pltpack.") else f"`{shown}`"
