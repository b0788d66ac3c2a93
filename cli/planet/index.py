"""``pltpack planet index``: which packages are at hand, what they want, and what is missing."""

from __future__ import annotations

from typing import TYPE_CHECKING

import typer

from pltpack.codec.limits import Limits

from .. import options
from ..console import DONE, complain_of, exit_code, print_json, write_line
from ..documents import Json, document
from ..limits import limited
from . import options as planet_options

if TYPE_CHECKING:
    from pltpack.planet.rescue.rescued import Rescue, Rescued


@limited
def index(
    folder: planet_options.Folder,
    table: planet_options.Table = None,
    quiet: options.Quiet = False,
    json: options.Json = False,
    limits: Limits = Limits(),
) -> None:
    """List the packages in a folder: owner, package, version, what each wants, and what is not at hand.

    \b
    pltpack planet index archives/
    pltpack planet index downloads/ --table owners.csv
    """
    from pltpack.planet.rescue.rescue import RescueOptions, rescue_each
    from pltpack.planet.rescue.rescued import Rescue

    found = planet_options.find_index(folder, table)
    result = Rescue(unplaced=found.unplaced, problems=found.problems)
    code = DONE
    for package in rescue_each(found.releases, found, folder, options=RescueOptions(dry_run=True, limits=limits)):
        result.packages.append(package)
        if package.error is not None and package.target.objection is None:
            code = code or exit_code(package.error)
        if not (json or quiet):
            _tell(package)
    if json:
        print_json(_document(result))
    else:
        if not quiet:
            _tell_rest(result)
        for package in result.refused:
            if package.error is not None and package.target.objection is None:
                complain_of(package.error)
    if code:
        raise typer.Exit(code)


def _tell(package: Rescued) -> None:
    write_line(f"{package.release}  {package.release.path}")
    if package.target.objection is not None:
        write_line(f"  no package of today can have its name: {package.target.objection}")
    for name in package.wants:
        write_line(f"  wants {package.wants[name]}")
    for name in package.missing:
        if not any(str(target) == name for target in package.wants.values()):
            write_line(f"  wants {name}")


def _tell_rest(result: Rescue) -> None:
    for name, wanting in result.missing().items():
        write_line(f"missing: {name}, wanted by {', '.join(dict.fromkeys(wanting))}")
    for path in result.unplaced:
        write_line(f"unplaced: {path}: nothing says whose it is in which version; --table can")
    for problem in result.problems:
        write_line(f"passed over: {problem}")


def _document(result: Rescue) -> dict[str, Json]:
    from ..console import describe
    from .documents import release_json

    return document(
        "planet-index",
        releases=[
            {
                **release_json(package.release),
                "name": package.target.name,
                "wants": [str(target) for target in package.wants.values()],
                "missing": list(package.missing),
                "error": None if package.error is None else describe(package.error),
            }
            for package in result.packages
        ],
        missing=[{"package": name, "neededBy": list(names)} for name, names in result.missing().items()],
        unplaced=[str(path) for path in result.unplaced],
        problems=list(result.problems),
    )
