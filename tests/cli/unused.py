"""A place to listen at."""

from __future__ import annotations

import contextlib
import socket

HOST = "127.9.9.9"
"""An address of this machine that nobody else listens at."""
with contextlib.closing(socket.create_server((HOST, 0))) as _server:
    PORT: int = _server.getsockname()[1]
