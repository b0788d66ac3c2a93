"""Racket's own ``raco pack`` and ``raco unpack``, many runs in one process; and trees with awkward names."""

from __future__ import annotations

import functools
import json
import os
import random
import subprocess
import unicodedata
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

ENVIRONMENT = {**os.environ, "LC_ALL": "C.UTF-8"}


@dataclass(frozen=True)
class Question:
    """A run of a command in a directory: ``pack`` or ``unpack``."""

    command: str
    directory: Path
    arguments: Sequence[str]


@dataclass(frozen=True)
class Answer:
    """What the run printed, and the message it failed with."""

    out: str
    error: str | None


def ask(racket: str, questions: Sequence[Question], addon: Path) -> list[Answer]:
    """Run the commands one after the other in one Racket process; ``addon`` is its add-on directory."""
    done = subprocess.run(
        [racket, str(Path(__file__).with_name("commands.rkt"))],
        input=json.dumps(
            [
                {"command": question.command, "directory": str(question.directory), "arguments": [*question.arguments]}
                for question in questions
            ]
        ),
        env={**ENVIRONMENT, "PLTADDONDIR": str(addon)},
        stdout=subprocess.PIPE,
        encoding="utf-8",
        check=True,
    )
    return [Answer(answer["out"], answer["error"] or None) for answer in json.loads(done.stdout)]


@functools.cache
def by_category() -> dict[str, list[str]]:
    """The characters that a file name can have, by their general categories (without the planes that are empty)."""
    characters = defaultdict(list)
    for code in (*range(1, 0x32000), *range(0xE0000, 0xE0200), *range(0x10FF00, 0x110000)):
        category = unicodedata.category(chr(code))
        if category != "Cs" and chr(code) != "/":
            characters[category].append(chr(code))
    return dict(characters)


NAMES = [
    *("a b", "it's", 'q"', "back\\slash", "new\nline", "tab\t", "\r", "\x01", "\x7f", "\x1b[31m", "#", "(", "'x", ";c"),
    *("|bar|", "same", "up", "collects", "doc", "lib", "include", "dir", "file", "...", "..x", ".x", "~x", " ", "  x "),
    *("compiled", "precompiled", "CVS", ".git", ".gitignore", ".svn", "x~", "#x#", ".#x", "x.plt", "x.plt.gz", "docs"),
    *(
        "é",
        "e\u0301",
        "λ",
        "😀",
        "\xad",
        "\u2028",
        "\ufeff",
        "\u202e",
        "\ue000",
        "\uffff",
        "\U0010ffff",
        "ß",
        "SS",
        "İ",
    ),
    *("x" * 255, "語" * 85, "con", "a:b", "a*", "?", "-v", "--list", "++setup", "0", "1*x", "info.rkt", "main.rkt"),
]


class Trees:
    """Makes directories of files for packing; the same seed makes the same ones."""

    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)

    def name(self) -> str:
        """A file name: awkward, plain, or of characters of one category."""
        dice = self.random
        match dice.randrange(4):
            case 0:
                return dice.choice(("a", "b", "ab", "B", "c.rkt", "d.txt", "e1", "e10", "e2"))
            case 1 | 2:
                return dice.choice(NAMES)
            case _:
                characters = by_category()[dice.choice(sorted(by_category()))]
                name = "".join(dice.choices(characters, k=dice.randrange(1, 5)))
                return f"{name}x" if name in (".", "..") else name

    def data(self) -> bytes:
        """The content of a file: often small, sometimes megabytes."""
        dice = self.random
        size = dice.choice((0, 1, 5, dice.randrange(300), dice.randrange(300), dice.randrange(9000)))
        if dice.randrange(120) == 0:
            size = dice.randrange(1 << 20, 2 << 20)
        if dice.randrange(2):
            return dice.randbytes(size)
        return (b'dir\n("x")\nfile\n("x" "y")\n3\n*abc\r\n' * (size // 30 + 1))[:size]

    def grow(self, directory: Path, depth: int = 0) -> None:
        """Fill a directory."""
        dice = self.random
        directory.mkdir()
        for _ in range(dice.randrange(1, 9) if depth == 0 else dice.randrange(6)):
            path = directory / self.name()
            if os.path.lexists(path):
                continue
            if depth < 3 and dice.randrange(3) == 0:
                self.grow(path, depth + 1)
            elif dice.randrange(12) == 0 and (others := sorted(directory.iterdir())):
                path.symlink_to(dice.choice(others).name)
            else:
                path.write_bytes(self.data())

    def arguments(self, directory: Path) -> list[str]:
        """Paths below a directory, as somebody might type them in it."""
        dice = self.random
        paths = sorted(str(path.relative_to(directory)) for path in directory.rglob("*"))
        arguments = []
        for _ in range(dice.choice((0, 1, 1, 1, 2, 4)) if paths else 0):
            path = dice.choice(paths)
            if dice.randrange(3) == 0:
                path = path.partition("/")[0]
            if (directory / path).is_dir():
                path += dice.choice(("", "", "/", "//", "/."))
            path = dice.choice(("", "", "", "./", ".//", "x/../", "././")) + path
            arguments.append(dice.choice((path, path, path, path, ".", "./", "..")))
        return arguments
