"""``pltpack status``: how it goes with a server, or with a package of it."""

from __future__ import annotations

from typing import Annotated, Any

import msgspec
import typer

from .. import options
from ..console import print_json, write_line
from ..documents import document
from .client_options import Server, connected


def status(
    package: Annotated[str | None, typer.Argument(metavar="[PACKAGE]", help="A package of it.")] = None,
    server: Server = None,
    quiet: options.Quiet = False,
    json: options.Json = False,
) -> None:
    """Tell how it goes with a catalog server, and who one is to it; or with a package.

    \b
    pltpack status --server https://pkgs.example.org
    pltpack status games --server https://pkgs.example.org
    """
    with connected(server) as client:
        found = client.status() if package is None else client.package(package)
    fields: dict[str, Any] = msgspec.to_builtins(found)
    if json:
        # The version of a document is that of its shape.
        shown = {
            ("serverVersion" if package is None else "recordVersion") if key == "version" else key: value
            for key, value in fields.items()
        }
        print_json(document("client-status", **shown))
    elif not quiet:
        for key, value in fields.items():
            if value not in (None, (), [], {}, ""):
                write_line(f"{key}: {_text(value)}")


def _text(value: object) -> str:
    if isinstance(value, dict):
        return ", ".join(f"{key} {_text(item)}" for key, item in value.items() if item not in (None, ""))
    return " ".join(map(_text, value)) if isinstance(value, list | tuple) else str(value)
