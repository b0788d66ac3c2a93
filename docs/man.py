"""Writes the manual pages into ``man/``, from the texts that ``--help`` shows: ``python docs/man.py``.

A page for each program and for each command of ``pltpack`` and ``raco-pkg``. The wheel installs them where ``man``
finds those of a virtual environment or of the system: below ``share/man/man1``. A test holds them to the help.
"""

from __future__ import annotations

import contextlib
import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import typer
from pltpack_cli import main as pltpack_main
from pltpack_cli.archives.pack import pack
from pltpack_cli.archives.unpack import unpack
from pltpack_cli.commands import build
from pltpack_cli.console import reporting
from pltpack_cli.examples import EXAMPLES
from pltpack_cli.helping import HelpfulCommand
from pltpack_cli.packages import main as raco_pkg_main

from pltpack import __version__

FOLDER: Final = Path(__file__).parents[1] / "man"

_CONTEXT: Final = {"help_option_names": ["-h", "--help"]}


def pages() -> dict[str, str]:
    """All pages: the names of their files, without a folder, and their text."""
    found: dict[str, str] = {}
    for module, name in ((pltpack_main, "pltpack"), (raco_pkg_main, "raco-pkg")):
        app = build(module.COMMANDS, module.overview, groups=getattr(module, "GROUPS", {}))
        found |= _pages_of(typer.main.get_command(app), name, None)
    for name, function in (("raco-pack", pack), ("raco-unpack", unpack), ("unpack", unpack)):
        app = typer.Typer(add_completion=False, rich_markup_mode=None)
        app.command(cls=HelpfulCommand, context_settings=_CONTEXT)(reporting(function))
        found |= _pages_of(typer.main.get_command(app), name, None)
    return dict(sorted(found.items()))


def _pages_of(command: Any, name: str, parent: Any) -> dict[str, str]:
    context = command.make_context(name, [], parent=parent, resilient_parsing=True)
    path = name if parent is None else f"{parent.command_path} {name}"
    title = path.replace(" ", "-")
    found = {f"{title}.1": "\n".join(_lines(command, context, path, title)) + "\n"}
    if hasattr(command, "list_commands"):
        for word in command.list_commands(context):
            found |= _pages_of(command.get_command(context, word), word, context)
    return found


def _lines(command: Any, context: Any, path: str, title: str) -> Iterator[str]:
    summary = command.get_short_help_str(limit=10_000).rstrip(".")
    yield f'.TH "{title.upper()}" 1 "" "pltpack {__version__}" "User Commands"'
    yield ".SH NAME"
    yield f"{_text(title)} \\- {_text(summary)}"
    yield ".SH SYNOPSIS"
    yield f".B {_text(path)}"
    yield _text(" ".join(command.collect_usage_pieces(context)))
    yield ".SH DESCRIPTION"
    yield from _paragraphs(command.help or "")
    sections = _sections(command, context)
    for section, rows in sections.items():
        yield f'.SH "{section.upper()}"'
        for term, text in rows:
            yield ".TP"
            yield f"\\fB{_text(term)}\\fR"
            yield _text(" ".join(text.split()))
    if calls := EXAMPLES.get(path):
        yield ".SH EXAMPLES"
        yield ".nf"
        yield from map(_text, calls)
        yield ".fi"
    yield ".SH SEE ALSO"
    others = ["pltpack", "raco-pack", "raco-unpack", "raco-pkg"]
    yield ", ".join(f"\\fB{_text(other)}\\fR(1)" for other in others if other != title)


def _sections(command: Any, context: Any) -> dict[str, list[tuple[str, str]]]:
    """What the help has in its sections, as they stand in it."""

    class Sections:
        """Takes what the help writes."""

        def __init__(self) -> None:
            self.found: dict[str, list[tuple[str, str]]] = {}
            self._name = ""

        @contextlib.contextmanager
        def section(self, name: str) -> Iterator[None]:
            self._name = name
            yield

        def write_dl(self, rows: Any) -> None:
            self.found[self._name] = list(rows)

    taken = Sections()
    command.format_options(context, taken)
    return taken.found


def _paragraphs(text: str) -> Iterator[str]:
    """The paragraphs of a docstring; those behind a line with a backspace stay as they are."""
    lines = [line.strip(" ") if line.strip(" ") == "\b" else line for line in text.splitlines()]
    for number, paragraph in enumerate(re.split(r"\n\s*\n", "\n".join(lines).strip("\n"))):
        if number:
            yield ".PP"
        if paragraph.startswith("\b"):
            yield ".nf"
            yield from map(_text, paragraph.removeprefix("\b").strip("\n").splitlines())
            yield ".fi"
        else:
            yield _text(" ".join(paragraph.split()))


def _text(text: str) -> str:
    """Text as roff takes it: nothing in it is a request or an escape."""
    escaped = text.replace("\\", "\\e").replace("-", "\\-")
    return f"\\&{escaped}" if escaped.startswith((".", "'")) else escaped


def write(folder: Path = FOLDER) -> None:
    """Write all pages, and remove those of commands that are gone."""
    folder.mkdir(exist_ok=True)
    written = pages()
    for old in folder.glob("*.1"):
        if old.name not in written:
            old.unlink()
    for name, text in written.items():
        (folder / name).write_text(text)


if __name__ == "__main__":
    os.environ["COLUMNS"] = "80"
    write()
