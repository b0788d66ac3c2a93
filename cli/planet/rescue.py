"""``pltpack planet rescue``: packages of PLaneT become packages of today."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final, cast

import typer

from pltpack.codec.limits import Limits
from pltpack.signals import termination_raises

from .. import options
from ..console import DONE, complain, complain_of, exit_code, print_json, usage_error, write_line
from ..documents import document
from ..limits import limited
from . import options as planet_options

if TYPE_CHECKING:
    from pltpack.planet.index import Index
    from pltpack.planet.rescue.replacements import Replacements
    from pltpack.planet.rescue.rescue import RescueFormat, RescueOptions
    from pltpack.planet.rescue.rescued import Rescue, Rescued

_FORMATS: Final = ("zip", "tgz", "plt", "dir")
_NAME: Final = re.compile(r"([^/:=\s]+)/([^/:=\s]+):([0-9]{1,9})=([-_a-zA-Z0-9]+)")
_SHIPPED: Final = "shipped"
_WORTH_IT: Final = 24
"""Packages from which on several processes are worth starting."""


@limited
def rescue(
    folder: planet_options.Folder,
    into: Annotated[Path, typer.Option("--into", metavar="DIR", help="Where the packages go.")],
    table: planet_options.Table = None,
    format: Annotated[str, typer.Option("--format", metavar="FMT", help="zip (the default), tgz, plt or dir.")] = "zip",
    replace: Annotated[
        list[str],
        typer.Option(
            "--replace",
            metavar="FILE",
            help="A table of packages that others stand in for; 'shipped' is the one that comes along; repeatable.",
        ),
    ] = [],  # noqa: B006  typer copies it
    name: Annotated[
        list[str],
        typer.Option("--name", metavar="OWNER/PKG:MAJ=NAME", help="NAME instead of PKGMAJ for one; repeatable."),
    ] = [],  # noqa: B006
    quiet_info: Annotated[
        bool,
        typer.Option("--quiet-info", help="Drop what makes raco setup build documentation, tools and launchers."),
    ] = False,
    report: Annotated[
        Path | None, typer.Option("--report", metavar="FILE", help="Write a page about it for the browser.")
    ] = None,
    strict: Annotated[bool, typer.Option("--strict", help="Exit with 1 if a package is missing.")] = False,
    dry_run: options.DryRun = False,
    quiet: options.Quiet = False,
    verbose: Annotated[bool, typer.Option("-v", "--verbose", help="Name every edit and every note.")] = False,
    jobs: options.Processes = None,
    json: options.Json = False,
    limits: Limits = Limits(),
) -> None:
    """Make packages of today of packages of PLaneT.

    Each major version becomes a package planet-OWNER-PKGMAJ with the collection OWNER/PKGMAJ, from its latest minor
    version. Requests for other packages are rewritten, dependencies are inferred; what cannot be decided is left as it
    is and told. A release that cannot be rescued does not stop the others; the exit code is that of the first.

    \b
    pltpack planet rescue archives/ --into pkgs/ --report rescue.html
    pltpack planet rescue archives/ --into pkgs/ --replace shipped --quiet-info
    """
    from pltpack.planet.rescue.rescue import RescueOptions

    if format not in _FORMATS:
        usage_error(f"--format is one of {', '.join(_FORMATS)}, not {format}")
    settings = RescueOptions(
        format=cast("RescueFormat", format),
        quiet_info=quiet_info,
        replacements=_replacements(replace),
        aliases=_aliases(name),
        dry_run=dry_run,
        limits=limits,
    )
    with termination_raises():
        result = _rescue(planet_options.find_index(folder, table), into, settings, jobs, lines=not (json or quiet))
    if report is not None:
        _write_page(report, result)
    if json:
        from .documents import rescue_json

        print_json(document("planet-rescue", written=not dry_run, **rescue_json(result)))
    elif not quiet:
        for line in _lines(result, verbose=verbose):
            write_line(line)
    code = next((exit_code(package.error) for package in result.refused if package.error is not None), DONE)
    if strict and not code and result.missing():
        complain(f"missing: {', '.join(result.missing())}")
        code = 1
    if code:
        raise typer.Exit(code)


def _rescue(found: Index, into: Path, settings: RescueOptions, jobs: int | None, *, lines: bool) -> Rescue:
    """Do it, in several processes if there is much to do, and say of each package what became of it."""
    from pltpack.planet.rescue.rescue import rescue_each, selected
    from pltpack.planet.rescue.rescued import Rescue

    chosen, superseded = selected(found)
    result = Rescue(superseded=superseded, unplaced=found.unplaced, problems=found.problems)

    def take(packages: Iterator[Rescued]) -> None:
        for package in packages:
            result.packages.append(package)
            if package.error is not None:
                complain_of(package.error)
            elif lines:
                _tell(package, dry_run=settings.dry_run)

    if len(chosen) < _WORTH_IT or (jobs or os.cpu_count() or 1) < 2:
        take(rescue_each(chosen, found, into, options=settings))
    else:
        from ..processes import processes

        with processes(jobs, len(chosen)) as executor:
            take(rescue_each(chosen, found, into, options=settings, executor=executor))
    result.finish()
    return result


def _tell(package: Rescued, *, dry_run: bool) -> None:
    from pltpack.inspection.wording import counted

    amount = f"{counted(package.files, 'file')}, {counted(len(package.edits), 'edit')}, "
    amount += counted(len(package.notes), "note")
    place = package.target.name if dry_run or package.path is None else str(package.path)
    write_line(f"{package.release} -> {place}: {amount}")


def _lines(result: Rescue, *, verbose: bool) -> Iterator[str]:
    """What there is to say in the end."""
    from collections import Counter

    from pltpack.planet.report.page import summary
    from pltpack.planet.rescue.notes import KINDS

    if verbose:
        for package in result.made:
            yield f"{package.target.name}:"
            yield from (f"  {edit.file}:{edit.line}: {edit.before} -> {edit.after}" for edit in package.edits)
            yield from (f"  {note}" for note in package.notes)
            for name, reason in (*package.deps.items(), *package.build_deps.items()):
                yield f"  needs {name}: {reason.what}{f' in {reason.file}' if reason.file else ''}"
    kinds = Counter(note.kind for package in result.made for note in package.notes)
    for kind, meaning in KINDS.items():
        if kinds[kind]:
            yield f"{kinds[kind]:>5} {kind}: {meaning}"
    for name, wanting in result.missing().items():
        yield f"missing: {name}, needed by {', '.join(dict.fromkeys(wanting))}"
    for ring in result.cycles():
        yield f"in a ring: {', '.join(ring)}"
    for release in result.superseded:
        yield f"gave way to a later minor version: {release}"
    for path in result.unplaced:
        yield f"unplaced: {path}: nothing says whose it is in which version; --table can"
    for problem in result.problems:
        yield f"passed over: {problem}"
    yield "; ".join(summary(result))


def _replacements(names: list[str]) -> Replacements:
    from pltpack.planet.rescue.replacements import Replacements, read_replacements, shipped_replacements

    tables = [shipped_replacements() if name == _SHIPPED else read_replacements(name) for name in names]
    return Replacements(tuple(row for table in tables for row in table.rows))


def _aliases(names: list[str]) -> dict[tuple[str, str, int], str]:
    from pltpack.planet.request import SUFFIX, short_name

    found: dict[tuple[str, str, int], str] = {}
    for text in names:
        match = _NAME.fullmatch(text)
        if match is None:
            usage_error(f"--name is OWNER/PKG:MAJ=NAME, with letters, digits, - and _ in NAME, not {text}")
        found[match[1], short_name(match[2]) + SUFFIX, int(match[3])] = match[4]
    return found


def _write_page(path: Path, result: Rescue) -> None:
    from pltpack.planet.report.page import rescue_page
    from pltpack.transaction.file import replacing

    with replacing(path) as stream:
        for piece in rescue_page(result):
            stream.write(piece.encode())
