"""What the commands on a server of one's own share: where its configuration is."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
from typing import TYPE_CHECKING, Annotated, TypeAlias

import typer

from pltpack.errors import PltError

from ..console import usage_error

if TYPE_CHECKING:
    from pltpack.server.room import Room

Config: TypeAlias = Annotated[
    str | None,
    typer.Option("--config", metavar="FILE", help="The server's configuration (default: PLTPACK_SERVER, server.toml)."),
]
Root: TypeAlias = Annotated[
    str | None, typer.Option("--root", metavar="DIR", help="The folder with the server's server.toml.")
]


def config_path(config: str | None, root: str | None = None) -> str:
    """The configuration that the options name."""
    if config is not None and root is not None:
        usage_error("--config and --root exclude each other")
    if root is not None:
        return os.path.join(root, "server.toml")
    return config or os.environ.get("PLTPACK_SERVER") or "server.toml"


@contextlib.contextmanager
def opened(config: str | None, root: str | None = None) -> Iterator[Room]:
    """The server that the options name."""
    with needed():
        from pltpack.server.room import Room
    with Room.open(config_path(config, root)) as room:
        yield room


@contextlib.contextmanager
def needed() -> Iterator[None]:
    """Say what to install where something of the server's is missing."""
    try:
        yield
    except ImportError as error:
        raise PltError(
            f"the server needs {error.name}, which is not installed", hint="pip install 'pltpack[server]'"
        ) from None
