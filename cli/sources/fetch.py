"""``pltpack fetch``: package sources become local files."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, cast

import typer

from .. import network_options, options
from ..catalogs.choice import AsRacket, Version, chosen
from ..console import complain_of, describe, exit_code, print_json, usage_error, write_line
from ..documents import Json, document
from ..network_options import JOBS, RETRIES, TIMEOUT, network_policy, remembering

if TYPE_CHECKING:
    from pltpack.errors import PltError
    from pltpack.fetch.fetched import Fetched
    from pltpack.fetch.git import GitChoice


def fetch(
    sources: Annotated[list[str], typer.Argument(metavar="SOURCE...", help="Package sources: names, URLs, paths.")],
    into: Annotated[
        Path | None, typer.Option("--into", metavar="DIR", help="Copy each into DIR, under the name of its package.")
    ] = None,
    type: Annotated[
        str | None, typer.Option("--type", "-t", metavar="TYPE", help="Take sources for that type, do not guess.")
    ] = None,
    checksum: Annotated[
        str | None, typer.Option("--checksum", metavar="SUM", help="What the content must have; of one source only.")
    ] = None,
    only_checksum: Annotated[
        bool, typer.Option("--only-checksum", help="Fetch nothing; print the checksum that each source has now.")
    ] = False,
    catalog: Annotated[
        list[str], typer.Option("--catalog", metavar="CATALOG", help="Where names are looked for; repeatable.")
    ] = [],  # noqa: B006  typer copies it
    version: Version = None,
    git: Annotated[
        str, typer.Option("--git", metavar="HOW", help="Repositories by: program, dulwich, or auto (the default).")
    ] = "auto",
    allow_local: Annotated[
        bool, typer.Option("--allow-local", help="Let catalogs of other hosts name files of this one.")
    ] = False,
    racket_cache: Annotated[
        bool, typer.Option("--racket-cache", help="Leave what is fetched in Racket's own download cache, too.")
    ] = False,
    as_racket: AsRacket = False,
    quiet: options.Quiet = False,
    json: options.Json = False,
    jobs: network_options.Connections = JOBS,
    timeout: network_options.Timeout = TIMEOUT,
    retries: network_options.Retries = RETRIES,
    offline: network_options.Offline = False,
    cache: network_options.CacheDirectory = None,
) -> None:
    """Fetch package sources of every type, checked, through the cache.

    Prints where each is: an archive, or a directory. What lies in the cache must not be changed; --into makes copies.
    All sources are tried; the exit code is that of the first that failed.

    \b
    pltpack fetch games https://host/x.zip 'git+https://host/r.git?path=lib#v2' --into vendor/
    pltpack fetch --only-checksum --catalog http://127.0.0.1:9440/catalog/ games
    """
    from pltpack.pkg.source import SOURCE_TYPES

    if type is not None and type not in SOURCE_TYPES:
        usage_error(f"--type is one of {', '.join(SOURCE_TYPES)}, not {type}")
    if git not in ("auto", "program", "dulwich"):
        usage_error(f"--git is auto, program or dulwich, not {git}")
    if checksum is not None and len(sources) > 1:
        usage_error("--checksum is for one source only")
    from concurrent.futures import ThreadPoolExecutor

    from pltpack.errors import PltError
    from pltpack.fetch.cache import Cache
    from pltpack.racket.installation import Installation

    from .copies import copied
    from .downloads import downloads
    from .fetchers import make_fetcher

    installation = Installation.discover()
    policy, store = network_policy(timeout, retries, jobs), Cache(cache)
    transport = remembering(policy, store, offline=offline)
    failure: PltError | OSError | None = None
    rows: list[Json] = []
    with (
        chosen(catalog, version, transport, as_racket=as_racket) as lookup,
        make_fetcher(
            installation,
            store,
            policy,
            lookup=lookup,
            offline=offline,
            local=allow_local,
            share=racket_cache,
            git=cast("GitChoice", git),
        ) as fetcher,
        downloads(quiet=quiet or json) as watch,
        ThreadPoolExecutor(jobs) as executor,
    ):

        def one(source: str) -> Fetched | str | PltError | OSError:
            try:
                if only_checksum:
                    return fetcher.checksum(source, type=type, checksum=checksum) or "none"
                found = fetcher.fetch(
                    source, type=type, checksum=checksum, progress=lambda done, total: watch(source, done, total)
                )
                return found if into is None else copied(found, into)
            except (PltError, OSError) as error:
                return error

        for source, outcome in zip(sources, executor.map(one, sources), strict=True):
            if isinstance(outcome, PltError | OSError):
                failure = failure or outcome
                complain_of(outcome)
                rows.append({"asked": source, "error": describe(outcome)})
                continue
            known = outcome if isinstance(outcome, str) else str(outcome.path)
            rows.append({"asked": source, **({"checksum": outcome} if isinstance(outcome, str) else _json(outcome))})
            if not json and not quiet:
                write_line(known)
    transport.close()
    if json:
        print_json(document("fetch", sources=rows))
    if failure is not None:
        raise typer.Exit(exit_code(failure))


def _json(fetched: Fetched) -> dict[str, Json]:
    return {
        "name": fetched.name,
        "source": fetched.source,
        "type": fetched.type,
        "path": str(fetched.path),
        "kind": fetched.kind,
        "checksum": fetched.checksum,
        "sha256": fetched.sha256,
        "size": fetched.size,
        "cached": fetched.cached,
    }
