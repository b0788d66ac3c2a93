"""A lock file as data for other builders: Nix, Guix, Bazel.

The three say the same of each package, in the notation that each builder reads without more: name, version, where it is
from (an archive's URL and SHA-256, or a repository's with its commit and directory), and what it needs.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Final, TypeAlias

from pltpack.lock.values import Lock, Target
from pltpack.supply.parts import Part, parts_of

Value: TypeAlias = "str | int | bool | Sequence[Value] | Mapping[str, Value] | None"

_HEAD: Final = "made from a lock file of Racket packages by raco-pkg export; not edited by hand"


def nix_text(lock: Lock, target: Target | None = None) -> bytes:
    """An attribute set by the name of each package, for ``import``.

    What a package of several blocks is on one Racket says the ``target``; without one there is a list of all of them.
    """
    return f"# {_HEAD}\n{_nix(_by_name(lock, target), 0)}\n".encode()


def guix_text(lock: Lock, target: Target | None = None) -> bytes:
    """An association list in Scheme, one datum: each name with its fields, for ``read``."""
    rows = "\n ".join(_scheme([name, *[dict(one) for one in blocks]]) for name, blocks in _blocks(lock, target))
    return f";; {_HEAD}\n({rows})\n".encode()


def bazel_text(lock: Lock, target: Target | None = None) -> bytes:
    """A Starlark file that defines ``RACKET_PACKAGES``, a dictionary by name, for ``load``."""
    return f'"""{_HEAD}"""\n\nRACKET_PACKAGES = {_starlark(_by_name(lock, target), 0)}\n'.encode()


def _blocks(lock: Lock, target: Target | None) -> list[tuple[str, list[dict[str, Value]]]]:
    found: dict[str, list[dict[str, Value]]] = {}
    for part in parts_of(lock, target):
        found.setdefault(part.block.name, []).append(_facts(part))
    return sorted(found.items())


def _by_name(lock: Lock, target: Target | None) -> dict[str, Value]:
    return {name: blocks[0] if len(blocks) == 1 else blocks for name, blocks in _blocks(lock, target)}


def _facts(part: Part) -> dict[str, Value]:
    block = part.block
    facts: dict[str, Value] = {
        "name": block.name,
        "version": block.version,
        "type": "archive" if part.is_archive else "git" if part.revision is not None else block.type,
        "url": part.url or block.source,
        "sha256": block.sha256,
        "revision": part.revision,
        "directory": part.directory or None,
        "content": block.content,
        "license": block.license,
        "racket": list(block.racket),
        "platforms": list(block.platforms),
        "dependencies": list(part.needs),
        "build_dependencies": list(part.build_needs),
        "provided": list(part.provided),
    }
    return {name: value for name, value in facts.items() if name == "dependencies" or value not in (None, [])}


_NIX_ESCAPES: Final = {"\\": "\\\\", '"': '\\"', "${": "\\${", "\n": "\\n", "\r": "\\r", "\t": "\\t"}
_STARLARK_ESCAPES: Final = {"\\": "\\\\", '"': '\\"', "\n": "\\n", "\r": "\\r", "\t": "\\t"}


def _escaped(text: str, escapes: Mapping[str, str]) -> str:
    for plain, written in escapes.items():
        text = text.replace(plain, written)
    return f'"{text}"'


def _nix(value: Value, depth: int) -> str:
    if isinstance(value, str):
        return _escaped(value, _NIX_ESCAPES)
    if isinstance(value, Mapping):
        return _braced(value, depth, "{", "}", lambda name, inner: f"{_nix(name, 0)} = {_nix(inner, depth + 1)};")
    if isinstance(value, Sequence):
        return f"[ {' '.join(_nix(one, depth) for one in value)} ]" if value else "[ ]"
    return str(value).lower() if value is not None else "null"


def _starlark(value: Value, depth: int) -> str:
    if isinstance(value, str):
        return _escaped(value, _STARLARK_ESCAPES)
    if isinstance(value, Mapping):
        return _braced(
            value, depth, "{", "}", lambda name, inner: f"{_starlark(name, 0)}: {_starlark(inner, depth + 1)},"
        )
    if isinstance(value, Sequence):
        return f"[{', '.join(_starlark(one, depth) for one in value)}]"
    return str(value)


def _braced(
    value: Mapping[str, Value], depth: int, opening: str, closing: str, row: Callable[[str, Value], str]
) -> str:
    if not value:
        return f"{opening} {closing}"
    indent = "  " * (depth + 1)
    rows = "".join(f"{indent}{row(name, inner)}\n" for name, inner in value.items())
    return f"{opening}\n{rows}{'  ' * depth}{closing}"


def _scheme(value: Value) -> str:
    """Strings, and lists: a mapping is a list of pairs of a symbol and the value."""
    if isinstance(value, str):
        return _escaped(value, _STARLARK_ESCAPES)
    if isinstance(value, Mapping):
        return f"({' '.join(f'({name} {_scheme(inner)})' for name, inner in value.items())})"
    if isinstance(value, Sequence):
        return f"({' '.join(map(_scheme, value))})"
    return "#f" if value is None else str(value)
