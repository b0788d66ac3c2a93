"""``pltpack diff``: what is different between two archives, packages or directories."""

from __future__ import annotations

from typing import Annotated, Final

import typer

from pltpack.codec.limits import Limits
from pltpack.conversion.compare import Change, Comparison, State, compare, text_diff
from pltpack.inspection.wording import counted
from pltpack.pkg.view import View

from .. import options
from ..console import DIFFERENT, Colour, complain, print_json, usage_error, write_coloured, write_line
from ..documents import Json, document
from ..inputs import readable, shown
from ..limits import limited
from ..progress import progress

_COLOURS: Final[dict[str, Colour]] = {"+": "green", "-": "red", "~": "yellow", "@": "cyan"}
"""By what a line begins with."""


@limited
def diff(
    a: Annotated[str, typer.Argument(metavar="A", help="A .plt, zip, tgz, tar or directory; - is stdin.")],
    b: Annotated[str, typer.Argument(metavar="B", help="Another one, of any format.")],
    content: Annotated[bool, typer.Option("--content", help="Show how texts differ, as a unified diff.")] = False,
    as_package: options.AsPackage = False,
    as_stored: options.AsStored = False,
    quiet: options.Quiet = False,
    json: options.Json = False,
    limits: Limits = Limits(),
) -> None:
    """Compare two archives or directories of any format.

    Told is what only one of them has, and what has changed: data, kinds, permissions. A .plt and another format are
    compared as the packages that raco pkg install would find in them; two of a kind as they are stored. The exit code
    is 0 if there is no difference, 1 if there is, and 2 or more on errors.

    \b
    pltpack diff old.plt new.plt --content
    pltpack diff games.plt games.zip
    pltpack diff games.tgz games/
    """
    if as_package and as_stored:
        usage_error("--as-package and --as-stored exclude each other")
    view: View | None = "package" if as_package else "stored" if as_stored else None
    if a == b == "-":
        usage_error("standard input can be one side only")
    with readable(a) as one, readable(b) as other:
        with progress(f"Comparing {shown(a)} and {shown(b)}", quiet=quiet) as watch:
            comparison = compare(one, other, view=view, limits=limits, progress=watch)
        if json:
            print_json(_json(comparison, a, b))
        elif not quiet:
            for line in _lines(comparison):
                write_coloured(line, _COLOURS[line[0]])
            names = (shown(a).rstrip("/"), shown(b).rstrip("/"))
            for line in text_diff(one, other, comparison, names=names, limits=limits) if content else ():
                if line[:1] in ("+", "-", "@"):
                    write_coloured(line, _COLOURS[line[0]])
                else:
                    write_line(line)
            if hint := _hint(comparison, view):
                complain(hint)
    if not comparison.equal:
        raise typer.Exit(DIFFERENT)


def _hint(comparison: Comparison, view: View | None) -> str | None:
    """What else may have been meant, where all that is in the one is missing in the other, and the reverse."""
    if view is None and comparison.view == "package" and not comparison.same and comparison.added:
        return "looked at as packages, they have nothing in common: --as-stored compares paths as they are stored"
    return None


def _lines(comparison: Comparison) -> list[str]:
    """A line for each difference: ``+`` and ``-`` for what one side has alone, ``~`` for what has changed."""
    lines = [f"~ header {name}: {before} -> {after}" for name, before, after in comparison.header]
    paths = [(path, f"- {_shown(path, state)}") for path, state in comparison.removed.items()]
    paths += [(path, f"+ {_shown(path, state)}") for path, state in comparison.added.items()]
    paths += [(change.path, f"~ {change.path}: {', '.join(_aspects(change))}") for change in comparison.changed]
    return lines + [line for _, line in sorted(paths)]


def _shown(path: str, state: State) -> str:
    if state.kind == "link":
        return f"{path} -> {state.target}"
    return f"{path}/" if state.kind == "directory" else f"{path} ({counted(state.size, 'byte')})"


def _aspects(change: Change) -> list[str]:
    before, after = change.before, change.after
    texts = {
        "kind": f"{before.kind} -> {after.kind}",
        "content": f"content ({before.size:,} -> {counted(after.size, 'byte')})",
        "mode": f"mode {before.mode or 0:04o} -> {after.mode or 0:04o}",
        "target": f"link {before.target} -> {after.target}",
        "replace": "replaces files now" if after.replace else "no longer replaces files",
    }
    return [texts[aspect] for aspect in change.aspects]


def _json(comparison: Comparison, a: str, b: str) -> dict[str, Json]:
    return document(
        "diff",
        a={"archive": a, "format": comparison.formats[0]},
        b={"archive": b, "format": comparison.formats[1]},
        view=comparison.view,
        equal=comparison.equal,
        header=[{"field": name, "before": before, "after": after} for name, before, after in comparison.header],
        added=[_state_json(path, state) for path, state in comparison.added.items()],
        removed=[_state_json(path, state) for path, state in comparison.removed.items()],
        changed=[
            {
                "path": change.path,
                "aspects": list(change.aspects),
                "before": _state_json(change.path, change.before),
                "after": _state_json(change.path, change.after),
            }
            for change in comparison.changed
        ],
        same=comparison.same,
    )


def _state_json(path: str, state: State) -> dict[str, Json]:
    value: dict[str, Json] = {"kind": {"directory": "dir"}.get(state.kind, state.kind), "path": path}
    if state.kind == "file":
        value |= {"kind": "file-replace" if state.replace else "file", "size": state.size, "sha256": state.sha256}
    if state.mode is not None:
        value["mode"] = f"{state.mode:04o}"
    if state.kind == "link":
        value["target"] = state.target
    return value
