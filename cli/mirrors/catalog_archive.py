"""``raco-pkg catalog-archive``: mirrors of catalogs with their packages."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, cast

import typer

from .. import network_options, options
from ..catalogs.choice import AsRacket, Version, meant_version, with_configured
from ..console import BLOCKED, complain, print_json, usage_error
from ..network_options import JOBS, RETRIES, TIMEOUT, network_policy

if TYPE_CHECKING:
    from pltpack.catalog.archive import Failing

_WHICH = "Which packages"
_FAILING = ("fail", "skip", "continue")

Exclude = Annotated[
    list[str],
    typer.Option("--exclude", metavar="PKG", rich_help_panel=_WHICH, help="Not this package; repeatable."),
]
Relative = Annotated[
    bool, typer.Option("--relative", help="Have the catalog say where archives are relative to itself.")
]
Durable = Annotated[bool, typer.Option("--durable", help="Wait for the disk, for the case of a power cut.")]


def catalog_archive(
    directory: Annotated[str, typer.Argument(metavar="DEST", help="The directory of the mirror.")],
    catalogs: Annotated[list[str], typer.Argument(metavar="CATALOG...", help="Catalogs to mirror.")] = [],  # noqa: B006
    from_config: Annotated[
        bool, typer.Option("--from-config", help="The configured catalogs, too, behind those named.")
    ] = False,
    state: Annotated[
        Path | None,
        typer.Option(
            "--state", metavar="FILE", help="A .sqlite file that remembers what the sources were: fetch what changed."
        ),
    ] = None,
    version: Version = None,
    relative: Relative = False,
    pkg_fail: Annotated[
        str,
        typer.Option(
            "--pkg-fail", metavar="MODE", help="Packages that fail: fail stops, skip and continue (exit 5) go on."
        ),
    ] = "fail",
    include: Annotated[
        list[str],
        typer.Option("--include", metavar="PKG", rich_help_panel=_WHICH, help="Only this package; repeatable."),
    ] = [],  # noqa: B006  typer copies it
    include_deps: Annotated[
        bool, typer.Option("--include-deps", rich_help_panel=_WHICH, help="What included packages depend on, too.")
    ] = False,
    include_deps_platform: Annotated[
        tuple[str, str] | None,
        typer.Option(
            "--include-deps-platform",
            metavar="SYS SUBPATH",
            rich_help_panel=_WHICH,
            help="Dependencies of one platform only, such as: unix x86_64-linux.",
        ),
    ] = None,
    deps_from: Annotated[
        str,
        typer.Option(
            "--deps-from", metavar="WHO", rich_help_panel=_WHICH, help="Who says dependencies: catalog or archive."
        ),
    ] = "catalog",
    exclude: Exclude = [],  # noqa: B006  typer copies it
    allow_missing: Annotated[
        bool,
        typer.Option("--allow-missing", rich_help_panel=_WHICH, help="Pass over included packages that are not there."),
    ] = False,
    fast_file_copy: Annotated[
        bool, typer.Option("--fast-file-copy", help="Take zip files of this disk as they are, with their CHECKSUM.")
    ] = False,
    allow_local: Annotated[
        bool, typer.Option("--allow-local", help="Let catalogs of other hosts name files of this one.")
    ] = False,
    as_racket: AsRacket = False,
    racket_cache: Annotated[
        bool, typer.Option("--racket-cache", help="Leave what is fetched in Racket's own download cache, too.")
    ] = False,
    durable: Durable = False,
    dry_run: options.DryRun = False,
    quiet: options.Quiet = False,
    json: options.Json = False,
    jobs: network_options.Connections = JOBS,
    timeout: network_options.Timeout = TIMEOUT,
    retries: network_options.Retries = RETRIES,
    offline: network_options.Offline = False,
    cache: network_options.CacheDirectory = None,
) -> None:
    """Copy catalogs with their packages into a directory, as raco pkg catalog-archive does.

    DEST/catalog is a catalog of the packages, which are zip files in DEST/pkgs; served as files it is a mirror, which
    clients may read while it is made anew. Equal content gives equal zip files.

    \b
    raco-pkg catalog-archive --from-config --state s.sqlite --relative mirror/
    raco-pkg catalog-archive --relative --include games --include-deps mirror/ https://host/catalog/
    """
    if pkg_fail not in _FAILING:
        usage_error(f"--pkg-fail is one of {', '.join(_FAILING)}, not {pkg_fail}")
    if deps_from not in ("catalog", "archive"):
        usage_error(f"--deps-from is catalog or archive, not {deps_from}")
    if state is not None and state.suffix != ".sqlite":
        usage_error("--state wants a file that ends with .sqlite")
    from pltpack.catalog.archive import ArchiveOptions, archive_catalog
    from pltpack.catalog.search_path import SearchPath
    from pltpack.catalog.selection import NEVER, Platform, Selection
    from pltpack.fetch.cache import Cache
    from pltpack.racket.installation import Installation

    from ..sources.fetchers import make_fetcher
    from .archiving import Telling, archived_json, tell_plan

    installation = Installation.discover()
    selection = Selection(
        include=tuple(include[-1:] if as_racket else include) if include else None,
        dependencies=include_deps,
        platform=None if include_deps_platform is None else Platform(*include_deps_platform),
        exclude=frozenset(exclude[-1:] if as_racket else exclude),
        allow_missing=allow_missing or as_racket,
    )
    with make_fetcher(
        installation,
        Cache(cache),
        network_policy(timeout, retries, jobs),
        offline=offline,
        local=allow_local,
        share=racket_cache,
    ) as fetcher:
        sources = with_configured(catalogs, version, fetcher.transport, from_config=from_config)
        meant = meant_version(version)
        records = {name: record.for_version(meant) for name, record in SearchPath(sources, jobs=jobs).records().items()}
        if NEVER & (records.keys() if selection.include is None else set(selection.include)) and not quiet:
            complain("note: the package racket is never archived")
        telling = Telling(
            directory,
            quiet=quiet or json,
            going_on={"fail": "", "skip": "skipping", "continue": "continuing"}[pkg_fail],
        )
        archived = archive_catalog(
            records,
            directory,
            fetcher,
            ArchiveOptions(
                selection=selection,
                state=state,
                relative=relative,
                failing=cast("Failing", pkg_fail),
                deps_from="archive" if deps_from == "archive" else "catalog",
                copy_files=fast_file_copy,
                flat=as_racket,
                believe=frozenset({"modules", "dependencies"} if as_racket else ()),
                jobs=jobs,
                durable=durable,
                dry_run=dry_run,
            ),
            watch=telling.package,
            watch_removed=telling.removed,
        )
    if json:
        print_json(archived_json("catalog-archive", archived, dry_run=dry_run))
    elif dry_run:
        tell_plan(archived)
    else:
        telling.catalog()
    if archived.failed and pkg_fail == "continue":
        raise typer.Exit(BLOCKED)
