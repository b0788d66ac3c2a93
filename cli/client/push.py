"""``pltpack push``: archives to a catalog server."""

from __future__ import annotations

from typing import Annotated, Literal

import typer

from .. import options
from ..console import print_json, usage_error
from ..documents import Json, document
from .client_options import Server, Wait, connected, sign_in, tell_done, waited


def push(
    files: Annotated[list[str], typer.Argument(metavar="FILE...", help="Archives of packages, or directories.")],
    server: Server = None,
    name: Annotated[
        str | None, typer.Option("--name", metavar="NAME", help="What the package is called (default: as the file).")
    ] = None,
    plt_as: Annotated[Literal["plt", "zip"], typer.Option("--plt-as", help="How a .plt archive is served.")] = "plt",
    new: Annotated[bool, typer.Option("--new", help="Only if there is no package of that name yet.")] = False,
    if_version: Annotated[
        int | None, typer.Option("--if-version", metavar="N", help="Only if the record has this version.")
    ] = None,
    wait: Wait = False,
    dry_run: options.DryRun = False,
    quiet: options.Quiet = False,
    json: options.Json = False,
) -> None:
    """Push packages to a catalog server. The same bytes again change nothing.

    The token comes from PLTPACK_TOKEN, from `pltpack login`, or from netrc; a build in GitHub Actions or GitLab gets
    one by itself, if it is a publisher of the package. A directory is packed as by `create`.

    \b
    pltpack push games.zip --server http://127.0.0.1:9004
    pltpack push . --name games --server https://pkgs.example.org --wait
    """
    if name is not None and len(files) > 1:
        usage_error("--name is for one FILE")
    if new and if_version is not None:
        usage_error("--new and --if-version exclude each other")
    import os
    import tempfile

    from pltpack.client.packing import name_of, packed

    rows: list[Json] = []
    with connected(server) as client, tempfile.TemporaryDirectory() as folder:
        if not client.has_token and not dry_run:
            sign_in(client, [name_of(file, name) for file in files])
        for file in files:
            called, archive, digest = packed(file, name, folder)
            if dry_run:
                rows.append({"name": called, "file": file, "sha256": digest, "version": None, "changed": None})
                tell_done(f"{called} would be pushed", published=True, quiet=quiet or json)
                continue
            done = client.push(called, archive, plt_as=plt_as, new=new, version=if_version)
            published = waited(client, done.job, wait=wait)
            rows.append(
                {
                    "name": called,
                    "file": file,
                    "sha256": done.sha256,
                    "version": done.version,
                    "changed": done.job is not None,
                    "job": done.job,
                    "published": published,
                    "notes": list(done.notes),
                }
            )
            what = f"{called} {'pushed' if done.job is not None else 'is there already'}"
            tell_done(what, published=published, quiet=quiet or json)
            if archive != file:
                os.unlink(archive)
    if json:
        print_json(document("client-push", dryRun=dry_run, pushed=rows))
