"""Source, built and binary packages: a package directory stripped as ``pkg/strip`` strips it.

Nothing is copied to find out what a stripped package holds: :func:`stripped` gives the entries, read from where they
are, and :func:`strip_package` writes them to a directory.
"""

from __future__ import annotations

import contextlib
import os
import tempfile
from collections.abc import Iterator
from pathlib import Path

from pltpack.errors import PackageError
from pltpack.pkg.strip.recompile import Recompiler
from pltpack.pkg.strip.rules import BINARY, Mode
from pltpack.pkg.strip.walk import Stripped, Stripper
from pltpack.racket.info.info import load_info
from pltpack.racket.installation import Installation


@contextlib.contextmanager
def stripped(
    directory: str | os.PathLike[str],
    mode: Mode,
    *,
    version: str | None = None,
    installation: Installation | None = None,
    recompile: bool | Recompiler = True,
) -> Iterator[Stripped]:
    """What the package in ``directory`` holds in a content mode: ``with stripped("p", "source") as package: ...``.

    Binary modes compile the ``info.rkt`` files and take test and documentation modules out of bytecode, with the
    Racket of ``installation`` (default: the one that is found); without one, or with ``recompile=False``, that is left
    undone and told in ``warnings``. A :class:`~pltpack.pkg.strip.recompile.Recompiler` serves many packages faster.
    ``version`` is the Racket version that the package is for (default: that of the installation); source packages need
    none.

    Raises :class:`~pltpack.errors.InfoError` for an ``info.rkt`` that Racket could not use,
    :class:`~pltpack.errors.SourceError` for what cannot be packed, :class:`~pltpack.errors.FormatError` for a ``.zo``
    file that is none, and :class:`~pltpack.errors.PackageError`.
    """
    stripper = Stripper(Path(directory), mode, version, installation)
    stripper.walk()
    stripper.add_moved_files()
    stripper.create_infos()
    with contextlib.ExitStack() as stack:
        if stripper.has_work_for_racket():
            _finish(stripper, recompile, stack)
        yield stripper.result()


def _finish(stripper: Stripper, recompile: bool | Recompiler, stack: contextlib.ExitStack) -> None:
    """Have the work done that needs Racket, or tell that it is not done; the ``stack`` keeps its results."""
    if recompile is False:
        stripper.leave_unfinished("it was not asked for")
        return
    if recompile is True:
        racket = stripper.installation.layout.executable
        if racket is None:
            stripper.leave_unfinished("there is no Racket")
            return
        recompile = stack.enter_context(Recompiler(racket))
    stripper.finish(Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="pltpack-"))), recompile)


def strip_package(
    source: str | os.PathLike[str],
    dest: str | os.PathLike[str],
    mode: Mode,
    *,
    version: str | None = None,
    installation: Installation | None = None,
    recompile: bool | Recompiler = True,
) -> Stripped:
    """Write the package in ``source``, stripped, to ``dest``: a new or empty directory, which appears when it is whole.

    Files keep permissions and times, links are followed. Parameters and errors are those of :func:`stripped`, and
    :class:`~pltpack.errors.EntryExistsError`.
    """
    from pltpack.formats.directory import DirectoryWriter

    with stripped(source, mode, version=version, installation=installation, recompile=recompile) as package:
        with DirectoryWriter(dest) as writer:
            for entry in package.entries:
                writer.add(entry)
        return package


def check_strip_compatible(mode: Mode, directory: str | os.PathLike[str], *, version: str, name: str = "") -> None:
    """Raise :class:`~pltpack.errors.PackageError` if a package cannot be made what ``mode`` says.

    As ``raco pkg install --source``, ``--binary`` and so on check: sources cannot be had from a binary package, nor
    bytecode from sources or for another ``version`` of Racket. :func:`stripped` does not check that.
    """
    info = load_info(directory)
    content, built_for = ("source", None) if info is None else info.package_content_state
    same = built_for == version
    if mode == "source":
        fits = content not in BINARY
    elif mode == "built":
        fits = content not in BINARY or same
    else:
        fits = content != "source" and same
    if not fits:
        raise PackageError(
            f"{name or os.fspath(directory)} holds {content} content for Racket {built_for or 'of any version'}, "
            f"which cannot be made {mode} for {version}"
        )
