"""The converting side of ``convert``: one package, and what is printed of it."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from pltpack.codec.limits import Limits
from pltpack.conversion.conversion import Conversion
from pltpack.conversion.convert import convert, package_name, target_format
from pltpack.conversion.losses import Loss
from pltpack.formats.formats import Format
from pltpack.formats.recognise import recognise
from pltpack.inspection.wording import amounts, counted
from pltpack.pkg.view import View

from ..console import DIFFERENT, DONE, complain, write_line
from ..documents import Json
from ..inputs import is_stream, readable, shown
from ..outputs import check_output
from ..progress import progress

_SHOWN_PATHS = 3

STANDARD_OUTPUT: Final = ("-", "/dev/stdout")

NO_CHECKSUM: Final = "--checksum is for archives: a directory has none"


@dataclass(frozen=True, slots=True)
class Converted:
    """What became of a package: ``refused`` is why it was left alone, if it was."""

    source: str
    dest: str
    conversion: Conversion
    written: bool
    refused: str | None

    @property
    def code(self) -> int:
        """The exit code."""
        return DIFFERENT if self.refused else DONE

    def tell(self, *, lines: bool, verbose: bool) -> None:
        """Say what became of it; without ``lines`` only what an installer refuses, and if it was left alone."""
        if lines:
            for line in _lines(self.conversion, shown(self.source), self.dest, verbose=verbose):
                write_line(line)
        for problem in self.conversion.problems:
            complain(f"warning: {self.dest}: raco pkg install will object: {problem}")
        if self.refused:
            complain(f"{self.dest}: not written, as {self.refused}")

    def json(self) -> dict[str, Json]:
        """The fields of the document about it."""
        conversion = self.conversion
        return {
            "source": {"archive": self.source, "format": conversion.source_format},
            "dest": {"archive": self.dest, "format": conversion.format, "name": conversion.name},
            "view": conversion.view,
            "written": self.written,
            "lossless": conversion.lossless,
            "losses": [
                {"kind": loss.kind, "field": loss.field or None, "detail": loss.detail, "paths": list(loss.paths)}
                for loss in conversion.losses
            ],
            "added": list(conversion.added),
            "dropped": list(conversion.dropped),
            "notes": list(conversion.notes),
            "problems": list(conversion.problems),
            "counts": {
                "files": conversion.files,
                "directories": conversion.directories,
                "links": conversion.links,
                "bytes": conversion.content_bytes,
            },
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Converting:
    """How packages are to be converted; the fields are the options of the same names."""

    format: Format | None
    source_format: Format | None
    name: str | None
    view: View
    checksum: bool
    force: bool
    lossless: bool
    strict: bool
    dry_run: bool
    quiet: bool
    limits: Limits

    def __call__(self, source: str, dest: str) -> Converted:
        """Convert a package. Raises as :func:`pltpack.convert` does, and for a ``dest`` that is something else."""
        check_output(dest, self.format or target_format(dest), inputs=[source], force=self.force)
        with readable(source) as opened, progress(f"Converting {shown(source)}", quiet=self.quiet) as watch:

            def run(*, dry_run: bool) -> Conversion:
                return convert(
                    opened,
                    sys.stdout.buffer if dest == "-" else dest,
                    source_format=self.source_format,
                    format=self.format,
                    name=self.name or (_stem(source) if dest in STANDARD_OUTPUT else None),
                    view=self.view,
                    checksum=self.checksum,
                    dry_run=dry_run,
                    limits=self.limits,
                    progress=watch,
                )

            careful = self.lossless or self.strict
            conversion = run(dry_run=self.dry_run or careful)
            refused = self._objection(conversion)
            if careful and not refused and not self.dry_run:
                conversion = run(dry_run=False)
        return Converted(source, dest, conversion, written=not (self.dry_run or refused), refused=refused)

    def _objection(self, conversion: Conversion) -> str | None:
        """Why a package is not to be written."""
        if self.lossless and not conversion.lossless:
            return "it would lose something"
        if self.strict and conversion.problems:
            return "raco pkg install would refuse it"
        return None


def _stem(source: str) -> str:
    """What to call a package that goes where nothing has a name."""
    return "archive" if is_stream(source) else package_name(source, recognise(source))


def _lines(conversion: Conversion, source: str, dest: str, *, verbose: bool) -> Iterator[str]:
    amount = amounts(conversion.files, conversion.directories, conversion.links, conversion.content_bytes)
    yield f"{source} ({conversion.source_format}) -> {dest} ({conversion.format}): {amount}"
    for path in conversion.added:
        yield (
            f"added: {path}, as raco pkg install would add it"
            if conversion.source_format == "plt"
            else (f"added: {path}, which says that the package has none")
        )
    for path in conversion.dropped:
        yield f"dropped: {path}, which says no more than none would"
    for loss in conversion.losses:
        yield f"lost: {_loss(loss, verbose=verbose)}"
    for note in conversion.notes:
        yield f"note: {note}"


def _loss(loss: Loss, *, verbose: bool) -> str:
    if loss.kind == "header":
        return f"header {loss.field}: {loss.detail}"
    paths = loss.paths if verbose else loss.paths[:_SHOWN_PATHS]
    more = f" and {counted(len(loss.paths) - len(paths), 'other')}" if len(paths) < len(loss.paths) else ""
    return f"{loss.kind} of {', '.join(paths)}{more}: {loss.detail}"
