"""The programs that an installation puts on the search path.

``--version`` is answered here, before anything else is loaded; then the program's own module is imported and run.
"""

from __future__ import annotations

import gc
import importlib
import os
import sys
from collections.abc import Callable
from typing import NoReturn

from pltpack import __version__


def pltpack() -> NoReturn:
    """``pltpack``: all commands under one roof."""
    _start("main")


def raco_pack() -> NoReturn:
    """``raco-pack``: like ``raco pack``."""
    _start("archives.pack")


def raco_unpack() -> NoReturn:
    """``raco-unpack``: like ``raco unpack``."""
    _start("archives.unpack")


def unpack() -> NoReturn:
    """``unpack``: ``raco-unpack``, under a shorter name."""
    _start("archives.unpack")


def raco_pkg() -> NoReturn:
    """``raco-pkg``: like ``raco pkg``."""
    _start("packages.main")


def _start(module: str) -> NoReturn:
    _open_closed_streams()
    try:
        if sys.argv[1:] == ["--version"]:
            sys.stdout.write(f"pltpack {__version__}\n")
            sys.stdout.flush()
        else:
            _speak_utf8()
            _load(module)()
    except (KeyboardInterrupt, OSError, MemoryError) as error:
        # Not of the command, which has reported its own: while it was loaded, or its help was written.
        from .console import exit_code, tell

        tell(error)
        raise SystemExit(exit_code(error)) from None
    raise SystemExit(0)


def _load(module: str) -> Callable[[], None]:
    """The function that runs the program."""
    _keep_freed_memory()
    gc.disable()
    main: Callable[[], None] = importlib.import_module(f".{module}", __package__).main
    # What was imported stays to the end: looking for garbage in it would be in vain, now and each time later. And the
    # command will import more, tens of thousands of objects that stay.
    gc.freeze()
    gc.set_threshold(50_000, 20, 20)
    gc.enable()
    return main


def _speak_utf8() -> None:
    """Names in archives are UTF-8 whatever the locale says: where Python takes names otherwise, start again.

    In its UTF-8 mode every name of the disk and the command line passes through unchanged.
    """
    if sys.getfilesystemencoding() != "utf-8" and sys.executable:
        os.execv(sys.executable, [sys.executable, "-X", "utf8", *sys.orig_argv[1:]])


def _open_closed_streams() -> None:
    """Open standard streams that the program was started without: no other file may take their numbers.

    Standard input and output are opened for the wrong direction, so that using them fails as if they were closed.
    """
    for name, flags, mode in (
        ("stdin", os.O_WRONLY, "r"),
        ("stdout", os.O_RDONLY, "w"),
        ("stderr", os.O_WRONLY, "w"),
    ):
        if getattr(sys, name) is None:
            setattr(sys, name, os.fdopen(os.open(os.devnull, flags), mode))


def _keep_freed_memory() -> None:
    """Keep memory that was freed for what comes next, instead of giving it back and fetching it anew, page by page.

    The GNU C library does so for blocks no larger than the largest one that was ever freed (up to 32 MiB), see
    ``M_MMAP_THRESHOLD`` in mallopt(3). Blocks of data come and go by the megabyte here, and the page faults were a
    tenth of the time of packing. This one is never touched, so it costs nothing.
    """
    bytes(31 << 20)
