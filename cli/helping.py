"""Help for people: every summary whole, the commands by what they are for, the options in their sections, the limits in
one of their own at the end, and examples behind all."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from typer.core import TyperCommand, TyperGroup

from .examples import EXAMPLES

_VERSION: Final = ("--version", "Show the version and exit.")
"""Answered before anything is loaded (see :mod:`.programs`), so no option of a command."""

_LAST: Final = "Limits"


class HelpfulCommand(TyperCommand):
    """A command whose help has sections."""

    def format_options(self, ctx: Any, formatter: Any) -> None:
        """Arguments, options without a section, the other sections, the limits."""
        _write_options(self, ctx, formatter)

    def format_epilog(self, ctx: Any, formatter: Any) -> None:
        """Examples, each on a line of its own however long it is."""
        if calls := EXAMPLES.get(ctx.command_path):
            with formatter.section("Examples"):
                for call in calls:
                    formatter.write(f"{'':{formatter.current_indent}}{call}\n")


class HelpfulGroup(TyperGroup):
    """Commands whose help tells what each of them is for, to the end of the sentence.

    Those of a program with ``doors`` stand below the door that leads to them. A word that is no command here may be one
    of another program, which is said.
    """

    doors: Mapping[str, Sequence[str]] = {}

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        """The command that the words name, and the words behind it."""
        if args and self.get_command(ctx, args[0]) is None:
            from .elsewhere import elsewhere

            if meant := elsewhere(ctx.command_path, args):
                ctx.fail(f"No such command {args[0]!r}. Did you mean {' or '.join(meant)}?")
        return super().resolve_command(ctx, args)

    def format_options(self, ctx: Any, formatter: Any) -> None:
        """Options, and the commands behind them."""
        _write_options(self, ctx, formatter)
        self.format_commands(ctx, formatter)

    def format_commands(self, ctx: Any, formatter: Any) -> None:
        """The commands with their summaries, which are never cut."""
        rows = {}
        for name in self.list_commands(ctx):
            command = self.get_command(ctx, name)
            if command is not None and not command.hidden:
                rows[name] = (name, command.get_short_help_str(limit=10_000))
        width = max(map(len, rows), default=0)
        behind = {name for names in self.doors.values() for name in names}
        sections = {door: [name for name in names if name in rows] for door, names in self.doors.items()}
        sections["Other commands" if sections else "Commands"] = [name for name in rows if name not in behind]
        for door, names in sections.items():
            if names:
                with formatter.section(door):
                    formatter.write_dl([(name.ljust(width), rows[name][1]) for name in names])


def _write_options(command: Any, ctx: Any, formatter: Any) -> None:
    arguments: list[tuple[str, str]] = []
    sections: dict[str, list[tuple[str, str]]] = {"": []}
    for parameter in command.get_params(ctx):
        record = parameter.get_help_record(ctx)
        if record is None:
            continue
        if parameter.param_type_name == "argument":
            arguments.append(record)
        else:
            sections.setdefault(getattr(parameter, "rich_help_panel", None) or "", []).append(record)
    if ctx.parent is None:
        sections[""].append(_VERSION)
    if arguments:
        with formatter.section("Arguments"):
            formatter.write_dl(arguments)
    for name in sorted(sections, key=lambda name: name == _LAST):
        if sections[name]:
            with formatter.section(name or "Options"):
                formatter.write_dl(sections[name])
