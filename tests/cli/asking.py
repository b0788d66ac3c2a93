"""Commands that serve until they are interrupted, in this process: one question is answered, and Ctrl-C is heard."""

from __future__ import annotations

import asyncio
import contextlib
import importlib
import logging
import signal
import socket
import socketserver
import threading
from collections.abc import Iterator

import pytest
import uvicorn

_LOGGERS = (None, "pltpack.server", "uvicorn", "uvicorn.error", "uvicorn.access")


@contextlib.contextmanager
def asked_once(path: str, answers: list[str]) -> Iterator[None]:
    """Have servers asked for a path by one client, and what a worker waits for be its end; ``answers`` gets what was
    answered."""

    def serve(server: socketserver.TCPServer) -> None:
        with socket.create_connection(server.server_address[:2], timeout=60) as client:  # type: ignore[arg-type]  # IPv4
            client.sendall(_request(path))
            server.handle_request()
            found = bytearray()
            while block := client.recv(1 << 16):
                found += block
        answers.append(found.decode("latin-1"))
        raise KeyboardInterrupt

    def run(server: uvicorn.Server, sockets: list[socket.socket]) -> None:
        answers.append(asyncio.run(_asked(server, sockets, path)))

    def rest() -> None:
        raise KeyboardInterrupt

    with pytest.MonkeyPatch.context() as patch, _as_it_was():
        patch.setattr(socketserver.TCPServer, "serve_forever", serve)
        patch.setattr(uvicorn.Server, "run", run)
        patch.setattr(importlib.import_module("pltpack_cli.server.run"), "rest", rest)
        yield


async def _asked(server: uvicorn.Server, sockets: list[socket.socket], path: str) -> str:
    # They listen already: who connects is served as soon as it has started.
    serving = asyncio.create_task(server.serve(sockets))
    if server.config.uds is not None:
        reader, writer = await asyncio.open_unix_connection(server.config.uds)
    else:
        reader, writer = await asyncio.open_connection(*sockets[0].getsockname()[:2])
    writer.write(_request(path))
    answer = await reader.read()
    writer.close()
    await writer.wait_closed()
    server.should_exit = True
    await serving
    return answer.decode("latin-1")


def _request(path: str) -> bytes:
    return f"GET {path} HTTP/1.0\r\n\r\n".encode()


@contextlib.contextmanager
def _as_it_was() -> Iterator[None]:
    """Logs and signals of this process are what they were before, whatever a server sets."""
    loggers = [logging.getLogger(name) for name in _LOGGERS]
    before = [(logger.handlers[:], logger.level, logger.propagate) for logger in loggers]
    ending, dying = signal.getsignal(signal.SIGTERM), threading.excepthook
    told = logging.logThreads, logging.logProcesses, logging.logMultiprocessing
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, ending)
        threading.excepthook = dying
        logging.logThreads, logging.logProcesses, logging.logMultiprocessing = told
        for logger, (handlers, level, propagate) in zip(loggers, before, strict=True):
            logger.handlers[:] = handlers
            logger.setLevel(level)
            logger.propagate = propagate
