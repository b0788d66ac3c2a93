"""``raco-pkg catalog-show``: what catalogs say of packages."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import cache as remembered
from functools import partial
from typing import TYPE_CHECKING, Annotated

import typer

from pltpack.errors import UnknownPackageError
from pltpack.suggestions import did_you_mean

from .. import network_options, options
from ..console import complain, print_json, usage_error, write_lines
from ..documents import document
from ..network_options import JOBS, RETRIES, TIMEOUT, CatalogTransport
from .choice import AsRacket, Version, chosen, for_meant_version, meant_version

if TYPE_CHECKING:
    from pltpack.catalog.record import Record
    from pltpack.catalog.search_path import SearchPath

Catalogs = Annotated[
    list[str],
    typer.Option("--catalog", metavar="CATALOG", help="A catalog to ask instead of those configured; repeatable."),
]


def catalog_show(
    packages: Annotated[list[str], typer.Argument(metavar="PACKAGE...", help="Names of packages.")] = [],  # noqa: B006
    catalog: Catalogs = [],  # noqa: B006  typer copies it
    all: Annotated[bool, typer.Option("--all", help="All packages of the catalogs.")] = False,
    only_names: Annotated[bool, typer.Option("--only-names", help="Names only.")] = False,
    modules: Annotated[bool, typer.Option("--modules", help="The modules of each package, too.")] = False,
    version: Version = None,
    as_racket: AsRacket = False,
    json: options.Json = False,
    jobs: network_options.Connections = JOBS,
    timeout: network_options.Timeout = TIMEOUT,
    retries: network_options.Retries = RETRIES,
    offline: network_options.Offline = False,
    cache: network_options.CacheDirectory = None,
) -> None:
    """Print what catalogs say of packages, as raco pkg catalog-show does.

    A CATALOG is a directory, a file that ends with .sqlite, or a URL (file://, http://, https://).

    \b
    raco-pkg catalog-show games
    raco-pkg catalog-show --all --only-names --catalog https://host/catalog/
    raco-pkg catalog-show --modules -v 6.0 games chess --json
    """
    if all and packages:
        usage_error("--all and names of packages exclude each other")
    from pltpack.pkg.names import is_package_name

    for name in packages:
        if not is_package_name(name):
            usage_error(f"{name!r} is no name of a package")
    transport = CatalogTransport(timeout, retries, jobs, cache, offline=offline)
    with chosen(catalog, version, transport, as_racket=as_racket) as found:
        meant = remembered(lambda: meant_version(version))
        if all and only_names:
            names = _sorted_names(found)
            if json:
                print_json(document("catalog-show", names=list(names)))
            else:
                write_lines(names)
        elif json:
            records = [for_meant_version(record, meant) for record in _records(found, packages, jobs, all=all)]
            from .text import record_json

            print_json(document("catalog-show", racketVersion=meant(), packages=[record_json(one) for one in records]))
        else:
            _print(_records(found, packages, jobs, all=all), meant, only_names=only_names, modules=modules)
        for url, why in found.complaints.items():
            complain(f"warning: {url} was passed over: {why}")
    transport.close()


def _print(records: Iterator[Record], version: Callable[[], str], *, only_names: bool, modules: bool) -> None:
    if only_names:
        write_lines(record.name for record in records)
    else:
        write_lines(_lines(records, version, modules=modules))


def _lines(records: Iterator[Record], version: Callable[[], str], *, modules: bool) -> Iterator[str]:
    """All packages, line by line, a blank one between two; of one that is wrong there is none."""
    from .text import package_lines

    for number, record in enumerate(records):
        lines = package_lines(for_meant_version(record, version), modules=modules)
        if number:
            yield ""
        yield from lines


def _records(catalog: SearchPath, names: Sequence[str], jobs: int, *, all: bool) -> Iterator[Record]:
    """The packages that are asked for, in order."""
    if all:
        from pltpack.pkg.names import is_package_name

        found = catalog.records()
        _tell_of_foreign([name for name in found if not is_package_name(name)])
        yield from (found[name] for name in sorted(found) if is_package_name(name))
    elif len(names) < 2 or not catalog.remote or jobs < 2:
        for name in names:
            yield _record(catalog, name)
    else:
        from concurrent.futures import ThreadPoolExecutor

        with ThreadPoolExecutor(min(jobs, len(names))) as executor:
            yield from executor.map(partial(_record, catalog), names)


def _record(catalog: SearchPath, name: str) -> Record:
    """The package; if there is none, its error says where to look for its name."""
    try:
        return catalog[name]
    except UnknownPackageError as error:
        if error.hint is None:
            near = None if catalog.remote else did_you_mean(name, catalog.names())
            error.hint = near or "--all --only-names lists those that there are"
        raise


def _sorted_names(catalog: SearchPath) -> list[str]:
    from pltpack.pkg.names import is_package_name

    names = sorted(set(catalog.names()))
    _tell_of_foreign([name for name in names if not is_package_name(name)])
    return [name for name in names if is_package_name(name)]


def _tell_of_foreign(names: Sequence[str]) -> None:
    for name in names:
        complain(f"warning: {name!r} in a catalog is no name of a package, and passed over")
