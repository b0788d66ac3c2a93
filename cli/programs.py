"""The programs that an installation puts on the search path.

``--version`` is answered here, before anything else is loaded; then the program's own module is imported and run.
"""

from __future__ import annotations

import gc
import importlib
import sys
from collections.abc import Callable
from typing import NoReturn

from pltpack import __version__


def pltpack() -> NoReturn:
    """``pltpack``: all commands under one roof."""
    _start("main")


def raco_pack() -> NoReturn:
    """``raco-pack``: like ``raco pack``."""
    _start("pack")


def raco_unpack() -> NoReturn:
    """``raco-unpack``: like ``raco unpack``."""
    _start("unpack")


def unpack() -> NoReturn:
    """``unpack``: ``raco-unpack``, under a shorter name."""
    _start("unpack")


def raco_pkg() -> NoReturn:
    """``raco-pkg``: like ``raco pkg create``."""
    _start("pkg")


def _start(module: str) -> NoReturn:
    if sys.argv[1:] == ["--version"]:
        sys.stdout.write(f"pltpack {__version__}\n")
        raise SystemExit(0)
    gc.disable()
    main: Callable[[], None] = importlib.import_module(f".{module}", __package__).main
    # What was imported stays to the end: looking for garbage in it would be in vain, now and each time later.
    gc.freeze()
    gc.enable()
    main()
    raise SystemExit(0)
