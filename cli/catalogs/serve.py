"""``pltpack catalog serve``: a site over HTTP."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from pltpack.errors import PltError

from .. import options
from ..console import write_line
from .site_options import Site


def serve(
    site: Site,
    port: Annotated[
        int, typer.Option("--port", min=0, max=65535, metavar="N", help="The port; 0: one that is free.")
    ] = 9440,
    host: Annotated[
        str, typer.Option("--host", metavar="ADDRESS", help="The address to listen at (default: this machine alone).")
    ] = "127.0.0.1",
    metrics: Annotated[bool, typer.Option("--metrics", help="Tell figures for Prometheus at /metrics.")] = False,
    quiet: options.Quiet = False,
) -> None:
    """Serve a site, read-only, until Ctrl-C.

    Any web server can do that as well; docs/catalog.md has the settings.

    \b
    pltpack catalog serve site/ --port 9440
    raco pkg install --catalog http://127.0.0.1:9440/catalog/ mypkg
    """
    try:
        import uvicorn

        from pltpack.site.asgi import create_app
    except ImportError as error:
        raise PltError(
            f"serving needs {error.name}, which is not installed", hint="pip install 'pltpack[server]'"
        ) from None
    if not (Path(site) / "catalog").is_dir():
        raise PltError("there is no catalog", file=site, hint="pltpack catalog build makes one")
    settings = uvicorn.Config(
        create_app(site, metrics=metrics),
        host=host,
        port=port,
        log_level="warning" if quiet else "info",
        access_log=not quiet,
        server_header=False,
    )
    socket = settings.bind_socket()
    socket.listen()
    if not quiet:
        number = socket.getsockname()[1]
        write_line(f"catalog: http://{host}:{number}/catalog/")
    uvicorn.Server(settings).run(sockets=[socket])
