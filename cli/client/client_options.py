"""What the commands that speak with a catalog server share: which one, and how long they wait."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Annotated, TypeAlias
from urllib.parse import urlsplit

import typer

from pltpack.errors import FetchError, PltError

from ..console import usage_error, write_line

if TYPE_CHECKING:
    from pltpack.client.client import CatalogClient

VARIABLE = "PLTPACK_SERVER_URL"

Server: TypeAlias = Annotated[
    str | None,
    typer.Option("--server", metavar="URL", help="The catalog server (default: PLTPACK_SERVER_URL)."),
]
Wait: TypeAlias = Annotated[bool, typer.Option("--wait", help="Wait until it is in the catalog.")]
Package: TypeAlias = Annotated[str, typer.Argument(metavar="PACKAGE", help="The name of the package.")]


def server_url(server: str | None) -> str:
    """The server that the option or the variable names."""
    url = server or os.environ.get(VARIABLE)
    if not url:
        usage_error(f"give --server URL, or set {VARIABLE}")
    shown = url.rpartition("@")[2]  # without a password
    if not url.startswith(("http://", "https://")):
        usage_error(f"a server has an http:// or https:// URL, not {shown}")
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname, parts.port
    except ValueError as error:
        usage_error(f"{shown} is no URL: {error}")
    if not host:
        usage_error(f"{shown} names no server")
    return url


def connected(server: str | None) -> CatalogClient:
    """A client of that server, with the token that the user has for it."""
    from pltpack.client.client import CatalogClient
    from pltpack.client.credentials import find_token

    url = server_url(server)
    return CatalogClient(url, token=find_token(url))


def sign_in(client: CatalogClient, packages: list[str]) -> None:
    """Let a build that has no token of its own push packages. Raises ``PltError`` if this is none that can."""
    from pltpack.client.build import how_to_sign_in

    if not client.sign_in_as_build(packages):
        raise FetchError("there is no token for this server", file=client.url, hint=how_to_sign_in())


def waited(client: CatalogClient, job: int | None, *, wait: bool) -> bool:
    """Wait for a publication, if that is wanted; whether it has happened. Raises ``PltError`` if it failed."""
    if job is None:
        return True
    if not wait:
        return False
    done = client.wait(job)
    if done.state == "failed":
        raise PltError(f"it is taken, and could not be published: {done.error}", hint="the server tries no more")
    return True


def tell_done(what: str, *, published: bool, quiet: bool) -> None:
    """Say what was done, and whether the catalog has it."""
    if not quiet:
        write_line(what if published else f"{what}; the catalog has it soon")
