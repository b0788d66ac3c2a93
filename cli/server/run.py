"""``pltpack server run``: the server itself, or only its workers."""

from __future__ import annotations

import logging
import os
import signal
import stat
import threading
from typing import TYPE_CHECKING, Annotated, Any

import typer

from pltpack.errors import DatabaseError, EntryExistsError

from .. import options
from ..console import usage_error, write_line
from .server_options import Config, Root, needed, opened

if TYPE_CHECKING:
    import socket

    import uvicorn

    from pltpack.server.room import Room


def run(
    config: Config = None,
    root: Root = None,
    port: Annotated[
        int | None, typer.Option("--port", min=0, max=65535, metavar="N", help="The port; 0: one that is free.")
    ] = None,
    host: Annotated[str | None, typer.Option("--host", metavar="ADDRESS", help="The address to listen at.")] = None,
    path: Annotated[
        str | None,
        typer.Option("--socket", metavar="PATH", help="A Unix socket to listen at; takes over one that is there."),
    ] = None,
    workers: Annotated[
        int | None, typer.Option("--workers", min=0, metavar="N", help="Threads that publish; 0: none here.")
    ] = None,
    worker: Annotated[
        bool, typer.Option("--worker", help="Do jobs, and answer no requests: a second process beside the server.")
    ] = False,
    quiet: options.Quiet = False,
) -> None:
    """Run a catalog server until it is interrupted; what is under way is finished then.

    Its log is lines of JSON on standard error. Several processes may run on one database.

    \b
    pltpack server run --config server.toml
    pltpack server run --config server.toml --worker
    pltpack server run --config server.toml --socket /run/pltpack/one.sock
    """
    if worker and (port is not None or host is not None or path is not None or workers == 0):
        usage_error("--worker answers no requests: it has no port, and does jobs")
    if path is not None and (port is not None or host is not None):
        usage_error("--socket listens at a path: it has no --host and no --port")
    with opened(config, root) as room, needed():
        from pltpack.server.database.migrations import pending_steps
        from pltpack.server.logs import log_to

        if pending_steps(room.database):
            raise DatabaseError("the database is not of this version", hint="pltpack server migrate")
        log_to(level=logging.WARNING if quiet else logging.INFO)
        if worker:
            _work(room, room.config.server.workers or 1 if workers is None else workers, quiet=quiet)
        else:
            _serve(room, workers, host=host, port=port, path=path, quiet=quiet)


def _work(room: Room, threads: int, *, quiet: bool) -> None:
    from functools import partial

    from pltpack.server.jobs.schedule import tick
    from pltpack.server.jobs.worker import working
    from pltpack.signals import Terminated, termination_raises

    with termination_raises():
        try:
            with working(room, threads, tick=partial(tick, room)):
                if not quiet:
                    write_line("working")
                _flush()
                rest()
        except (KeyboardInterrupt, Terminated):
            return  # it is how a worker ends


def rest() -> None:
    """Do nothing until a signal comes."""
    threading.Event().wait()


def _serve(
    room: Room, workers: int | None, *, host: str | None, port: int | None, path: str | None, quiet: bool
) -> None:
    import uvicorn
    from uvicorn.middleware.proxy_headers import ProxyHeadersMiddleware

    from pltpack.server.asgi import AtSocket, create_app

    settings = room.config.server
    app: Any = create_app(room, workers=workers)
    if settings.proxies:
        app = ProxyHeadersMiddleware(app, trusted_hosts=list(settings.proxies))
    config = uvicorn.Config(
        AtSocket(app),
        host=host or settings.bind,
        port=settings.port if port is None else port,
        uds=path or (settings.socket or None if host is None and port is None else None),
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=False,  # where it is wanted it is done already
        timeout_keep_alive=75,
        timeout_graceful_shutdown=60,
        h11_max_incomplete_event_size=64 << 10,
    )
    listening = _listening(config)
    if not quiet:
        where = config.uds or "http://{}:{}/".format(*listening.getsockname()[:2])
        write_line(f"catalog server: {where}")
        _flush()
    # After it has ended well uvicorn raises the signal again that has ended it.
    signal.signal(signal.SIGTERM, _end)
    uvicorn.Server(config).run(sockets=[listening])


def _listening(config: uvicorn.Config) -> socket.socket:
    """A socket of a server. One with a path takes over what another process has there, at no moment is there none."""
    if config.uds is None:
        listening = config.bind_socket()
        listening.listen(1024)
        return listening
    place = config.uds
    if os.path.lexists(place) and not stat.S_ISSOCK(os.lstat(place).st_mode):
        raise EntryExistsError("there is something that is no socket", file=place)
    config.uds = f"{place}.{os.getpid()}"
    listening = config.bind_socket()
    listening.listen(1024)
    os.rename(config.uds, place)
    config.uds = place
    return listening


def _end(_number: int, _frame: object) -> None:
    raise SystemExit(0)


def _flush() -> None:
    import sys

    sys.stdout.flush()
