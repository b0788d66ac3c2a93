"""``pltpack publisher``: builds that push without a token of their own."""

from __future__ import annotations

from typing import Annotated, Any, Literal

import msgspec
import typer

from .. import options
from ..console import print_json, usage_error, write_line
from ..documents import document
from .client_options import Package, Server, connected


def publisher(
    package: Package,
    add: Annotated[
        Literal["github", "gitlab"] | None, typer.Option("--add", help="Let builds there push the package.")
    ] = None,
    repository: Annotated[
        str | None, typer.Option("--repository", metavar="OWNER/NAME", help="The repository of the builds.")
    ] = None,
    workflow: Annotated[
        str | None,
        typer.Option("--workflow", metavar="FILE", help="Their workflow (GitLab: default .gitlab-ci.yml)."),
    ] = None,
    ref: Annotated[
        str | None, typer.Option("--ref", metavar="GLOB", help="Only builds of such refs: 'refs/tags/v*'.")
    ] = None,
    environment: Annotated[
        str | None, typer.Option("--environment", metavar="NAME", help="Only builds in this environment.")
    ] = None,
    issuer: Annotated[
        str | None, typer.Option("--issuer", metavar="URL", help="Of another GitHub or GitLab than the public one.")
    ] = None,
    remove: Annotated[
        str | None, typer.Option("--remove", metavar="ID", help="Let builds push the package no more.")
    ] = None,
    server: Server = None,
    quiet: options.Quiet = False,
    json: options.Json = False,
) -> None:
    """Tell which builds of GitHub Actions and GitLab may push a package without a secret; let some, or no more.

    The package need not be there: their first push makes it. In the build, `pltpack push` gets its token by itself.

    \b
    pltpack publisher games --add github --repository ann/games --workflow release.yml --environment release
    pltpack publisher games --add gitlab --repository group/games --ref 'refs/tags/v*'
    pltpack publisher games
    """
    told = {
        "--repository": repository,
        "--workflow": workflow,
        "--ref": ref,
        "--environment": environment,
        "--issuer": issuer,
    }
    if add is None and (loose := [option for option, value in told.items() if value is not None]):
        usage_error(f"{loose[0]} needs --add")
    if add is not None and remove is not None:
        usage_error("--add and --remove exclude each other")
    if add is not None and repository is None:
        usage_error("--add needs --repository")
    if add == "github" and workflow is None:
        usage_error("--add github needs --workflow")
    with connected(server) as client:
        if add is not None and repository is not None:
            client.add_publisher(
                package,
                add,
                repository,
                workflow=workflow or "",
                ref=ref,
                environment=environment,
                issuer=issuer or "",
            )
        if remove is not None:
            client.remove_publisher(package, remove)
        found = client.publishers(package)
    if json:
        rows: list[Any] = [msgspec.to_builtins(known) for known in found]
        print_json(document("client-publisher", name=package, publishers=rows))
    elif not quiet:
        for known in found:
            state = (
                "awaits the first push" if known.pending else "counts" if known.counts else "does not count any more"
            )
            said = (known.repository, known.workflow, known.ref or "any ref", known.environment)
            write_line(f"{known.id}  {known.forge}  {', '.join(filter(None, said))}  {state}")
