"""``pltpack login``: a token, kept for a server."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from .. import options
from ..console import print_json, usage_error, write_line
from ..documents import document
from ..inputs import first_line
from .client_options import Server, server_url


def login(
    server: Server = None,
    token_file: Annotated[
        str | None, typer.Option("--token-file", metavar="FILE", help="A file with the token (-: standard input).")
    ] = None,
    logout: Annotated[bool, typer.Option("--logout", help="Forget the token for the server.")] = False,
    quiet: options.Quiet = False,
    json: options.Json = False,
) -> None:
    """Keep a token for a catalog server, in the system's keyring if there is one, after a look whether it is good.

    The token is asked for, or read from a file: on the command line others could see it.

    \b
    pltpack login --server https://pkgs.example.org
    pltpack login --server https://pkgs.example.org --token-file - < token
    """
    url = server_url(server)
    if logout and token_file is not None:
        usage_error("--logout and --token-file exclude each other")
    from pltpack.client.client import CatalogClient
    from pltpack.client.credentials import forget_token, keep_token

    if logout:
        known = forget_token(url)
        if json:
            print_json(document("client-login", server=url, user=None, role=None, scopes=[], place=None))
        elif not quiet:
            write_line("forgotten" if known else "there was no token")
        return
    token = _token(token_file)
    with CatalogClient(url, token=token) as client:
        status = client.status()
    if status.user is None:
        usage_error("there is no token")
    place = keep_token(url, token)
    if json:
        who = {"user": status.user, "role": status.role}
        print_json(document("client-login", server=url, scopes=list(status.scopes), place=place, **who))
    elif not quiet:
        write_line(f"{status.user} ({status.role}), good for {', '.join(status.scopes)}; kept in {place}")


def _token(file: str | None) -> str:
    if file is None:
        import getpass

        if not sys.stdin.isatty():
            usage_error("there is nobody to ask for the token: give --token-file FILE")
        return getpass.getpass("token: ").strip()
    return first_line(file, 200).strip()
