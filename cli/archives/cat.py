"""``pltpack cat``: the data of members, on standard output."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from typing import TYPE_CHECKING, Annotated, BinaryIO

import typer

from pltpack.codec.limits import Limits
from pltpack.formats.recognise import recognise

from ..completion import complete_member
from ..inputs import readable, shown
from ..limits import limited
from ..progress import progress, seen_on_terminal

if TYPE_CHECKING:
    from pltpack.input import Progress


@limited
def cat(
    archive: Annotated[str, typer.Argument(metavar="ARCHIVE", help="A .plt, zip, tgz, tar or directory; - is stdin.")],
    members: Annotated[
        list[str],
        typer.Argument(
            metavar="MEMBER...", help="Files in it, as pltpack list shows them.", autocompletion=complete_member
        ),
    ],
    limits: Limits = Limits(),
) -> None:
    """Print files that are in an archive.

    One after the other, in the order asked for; nothing is unpacked, and nothing printed unless all of them are there.

    \b
    pltpack cat games.plt collects/games/info.rkt
    """
    # On a terminal the data itself is seen.
    bar = progress(f"Reading {shown(archive)}", quiet=seen_on_terminal(streaming=True))
    with readable(archive) as source, bar as watch:
        for data in _opened(source, members, limits, watch):
            shutil.copyfileobj(data, sys.stdout.buffer)


def _opened(source: str | BinaryIO, members: list[str], limits: Limits, watch: Progress | None) -> Iterator[BinaryIO]:
    """The data of each member, in the order in which they were asked for; all of them are there before the first."""
    with ExitStack() as stack:
        if (format := recognise(source)) == "plt":
            from pltpack.formats.readings import check_one_reading
            from pltpack.pltfile import PltFile

            check_one_reading(source, format)
            if watch is not None:
                from pltpack.input import watched

                source = stack.enter_context(watched(source, progress=watch, digests=False))
            plt = stack.enter_context(PltFile(source, limits=limits, unsafe="show"))
            for member in [plt.getmember(name) for name in members]:
                with plt.open(member) as stream:
                    yield stream
        else:
            from pltpack.conversion.spool import spooled
            from pltpack.pkg.view import PackageReader

            package = PackageReader(source, view="stored", limits=limits, progress=watch)
            yield from stack.enter_context(spooled(package, members))
