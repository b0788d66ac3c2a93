"""Help for people: every summary whole, the options in their sections, the limits in one of their own at the end."""

from __future__ import annotations

from typing import Any, Final

from typer.core import TyperCommand, TyperGroup

_VERSION: Final = ("--version", "Show the version and exit.")
"""Answered before anything is loaded (see :mod:`.programs`), so no option of a command."""

_LAST: Final = "Limits"


class HelpfulCommand(TyperCommand):
    """A command whose help has sections."""

    def format_options(self, ctx: Any, formatter: Any) -> None:
        """Arguments, options without a section, the other sections, the limits."""
        _write_options(self, ctx, formatter)


class HelpfulGroup(TyperGroup):
    """Commands whose help tells what each of them is for, to the end of the sentence."""

    def format_options(self, ctx: Any, formatter: Any) -> None:
        """Options, and the commands behind them."""
        _write_options(self, ctx, formatter)
        self.format_commands(ctx, formatter)

    def format_commands(self, ctx: Any, formatter: Any) -> None:
        """The commands with their summaries, which are never cut."""
        rows = []
        for name in self.list_commands(ctx):
            command = self.get_command(ctx, name)
            if command is not None and not command.hidden:
                rows.append((name, command.get_short_help_str(limit=10_000)))
        if rows:
            with formatter.section("Commands"):
                formatter.write_dl(rows)


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
