"""The page on what pltpack does otherwise than Racket, made of the tests that hold it.

They are those marked with ``@differs``, the named ones of the recorded runs of catalog commands, and those of the
package manager, which ``installing-packages.md`` explains one by one and a test compares with its cases.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Final, NamedTuple

ROOT: Final = Path(__file__).parents[1]

_AREAS: Final = {"codec": "Reading and writing", "packer": "Packing", "unpacker": "Unpacking", "attacks": "Unpacking"}
_OTHER: Final = "Archives"
_CATALOGS: Final = "tests/catalog/test_scenarios.py"
_PACKAGES: Final = "tests/scope/test_corpus.py"

HEAD: Final = """\
# Where pltpack and Racket differ

Made from the tests that hold it, which compare with Racket 8.7 or with what it was seen to do. Everything else is
meant to be the same: if you find something that is neither here nor the same, it is a fault.
"""


class Difference(NamedTuple):
    """What is otherwise: where, what Racket does (empty: the test says it), what is done here, and the test."""

    area: str
    racket: str
    here: str
    test: str


def marked() -> Iterator[Difference]:
    """Those of the tests that are marked."""
    for path in sorted((ROOT / "tests").rglob("test_*.py")):
        name = path.relative_to(ROOT).as_posix()
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            for decorator in getattr(node, "decorator_list", ()):
                match decorator:
                    case ast.Call(func=ast.Name(id="differs"), keywords=keywords):
                        said = {word.arg: ast.literal_eval(word.value) for word in keywords}
                        area = _AREAS.get(path.parent.name, _OTHER)
                        yield Difference(area, said["racket"], said["here"], f"{name}::{getattr(node, 'name', '')}")


def of_catalogs() -> Iterator[Difference]:
    """The named differences of the recorded runs of commands for catalogs, each once."""
    tree = ast.parse((ROOT / _CATALOGS).read_text("utf-8"))
    for node in tree.body:
        match node:
            case ast.AnnAssign(target=ast.Name(id="NAMED"), value=ast.Dict() as table):
                said: dict[str, str] = ast.literal_eval(table)
                for text in dict.fromkeys(said.values()):
                    cases = ", ".join(case for case, each in said.items() if each == text)
                    yield Difference("Catalogs", "", text, f"{_CATALOGS} ({cases})")


def of_packages() -> Iterator[Difference]:
    """Those of the package manager."""
    text = (ROOT / "docs" / "installing-packages.md").read_text("utf-8")
    for name, racket, here in re.findall(r"^\| `([a-z-]+)` \| (.*?) \| (.*?) \|$", text, re.MULTILINE):
        yield Difference("Packages", racket, here, f"{_PACKAGES} (`{name}`)")


def page() -> str:
    """The whole page."""
    found = [*marked(), *of_catalogs(), *of_packages()]
    parts = [HEAD]
    for area in dict.fromkeys(difference.area for difference in sorted(found, key=_order)):
        parts.append(f"\n## {area}\n")
        if area == "Packages":
            parts.append("\nThose with a star are had back with `--as-racket`.\n")
        rows = [difference for difference in found if difference.area == area]
        if any(row.racket for row in rows):
            parts.append("\n| Racket 8.7 | pltpack | held by |\n| --- | --- | --- |\n")
            parts += [f"| {row.racket} | {row.here} | {_code(row.test)} |\n" for row in rows]
        else:
            parts.append("\n| pltpack, otherwise than Racket 8.7 | held by |\n| --- | --- |\n")
            parts += [f"| {row.here} | {_code(row.test)} |\n" for row in rows]
    return "".join(parts)


def _order(difference: Difference) -> int:
    areas = ["Reading and writing", "Packing", "Unpacking", _OTHER, "Catalogs", "Packages"]
    return areas.index(difference.area)


def _code(test: str) -> str:
    """The test as code; what stands in brackets behind it is not."""
    name, space, rest = test.partition(" ")
    return f"`{name.removeprefix('tests/')}`{space}{rest}"


if __name__ == "__main__":
    print(page(), end="")
