"""Logs as lines of JSON, each with the request that it belongs to."""

from __future__ import annotations

import functools
import json
import logging
import sys
import threading
from datetime import UTC, datetime
from typing import Final, TextIO

_OWN: Final = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "color_message"}
_JSON: Final = json.JSONEncoder(default=str)


class JsonLines(logging.Formatter):
    """A record as one line of JSON; what was passed as ``extra`` are fields of it."""

    def format(self, record: logging.LogRecord) -> str:
        """The line of a record."""
        fields: dict[str, object] = {
            "time": f"{_second(int(record.created))}.{int(record.created % 1 * 1000):03}+00:00",
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
        }
        fields |= {key: value for key, value in vars(record).items() if key not in _OWN and value is not None}
        if record.exc_info:
            fields["trace"] = self.formatException(record.exc_info)
        return _JSON.encode(fields)


@functools.lru_cache(maxsize=2)
def _second(time: int) -> str:
    return datetime.fromtimestamp(time, UTC).strftime("%Y-%m-%dT%H:%M:%S")


def log_to(stream: TextIO | None = None, *, level: int = logging.INFO) -> None:
    """Write logs to a stream (default: standard error), those of the HTTP server too, from ``level`` on."""
    # What no line tells need not be found out for each.
    logging.logThreads = logging.logProcesses = logging.logMultiprocessing = False
    handler = logging.StreamHandler(stream or sys.stderr)
    handler.setFormatter(JsonLines())
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(logging.WARNING)
    threading.excepthook = _of_thread
    for name in ("pltpack.server", "uvicorn"):
        logging.getLogger(name).setLevel(level)
    for name in ("uvicorn", "uvicorn.error", "uvicorn.access"):
        logging.getLogger(name).handlers.clear()
        logging.getLogger(name).propagate = True


def _of_thread(ended: threading.ExceptHookArgs) -> None:
    """Write down what has ended a thread."""
    error = ended.exc_value
    if error is not None:
        name = None if ended.thread is None else ended.thread.name
        logging.getLogger("pltpack.server").error("a mistake has ended thread %s", name, exc_info=error)
