"""``pltpack planet serve``: a folder of archives, served as PLaneT's server did."""

from __future__ import annotations

import contextlib
from typing import Annotated

import typer

from pltpack.codec.limits import Limits
from pltpack.signals import termination_raises

from .. import options
from ..console import complain, print_json, write_line
from ..documents import document
from ..limits import limited
from . import options as planet_options


@limited
def serve(
    folder: planet_options.Folder,
    table: planet_options.Table = None,
    port: Annotated[
        int, typer.Option("--port", min=0, max=65535, metavar="N", help="The port (default: one that is free).")
    ] = 0,
    quiet: options.Quiet = False,
    json: options.Json = False,
    limits: Limits = Limits(),
) -> None:
    """Serve packages to PLaneT's client on this machine, from PLT Scheme 4.2.4 to today's Racket.

    It says what PLTPLANETURL is to be, and serves until it is interrupted. Only this machine is answered; for others,
    pltpack.planet_app makes an application for any ASGI server (pip install 'pltpack[server]').

    \b
    pltpack planet serve archives/ --port 9450
    PLTPLANETURL=http://127.0.0.1:9450/servlets/planet-servlet.ss racket old-program.rkt
    """
    import sys

    from pltpack.planet.server.loopback import PlanetServer
    from pltpack.planet.server.protocol import PlanetShelf

    found = planet_options.find_index(folder, table)
    report = None if quiet else complain
    with termination_raises(), PlanetServer(PlanetShelf(found, limits=limits), port, report=report) as server:
        if json:
            print_json(document("planet-serve", url=server.url, port=server.server_port, releases=len(found.releases)))
        else:
            write_line(f"PLTPLANETURL={server.url}")
        sys.stdout.flush()
        with contextlib.suppress(KeyboardInterrupt):
            server.serve_forever()
