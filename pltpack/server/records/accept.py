"""From the bytes of an upload to an archive that may be published, or to all that speaks against it."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from pltpack.conversion.convert import convert
from pltpack.errors import InfoError, LimitError, PltError, UnsafePathError
from pltpack.formats.formats import FORMATS
from pltpack.formats.recognise import by_content
from pltpack.pkg.checksum import digests
from pltpack.server.problems import Problem, unprocessable
from pltpack.server.records.package import Archive
from pltpack.server.records.spool import incoming, put_in_spool
from pltpack.server.room import Room
from pltpack.site.facts import examine
from pltpack.site.prepare import PltAs
from pltpack.visible import visible

_HEAD = 4096
_MOST_PROBLEMS = 50


@dataclass(frozen=True, slots=True)
class Accepted:
    """An archive that was looked at, and is in the spool; ``notes`` say what was done to it."""

    archive: Archive
    notes: tuple[str, ...] = ()


def accept(
    room: Room, upload: Path, name: str, *, plt_as: PltAs = "plt", actor: str | None = None, source: str = ""
) -> Accepted:
    """Look at an uploaded file, and have it ready to be published as package ``name``.

    Raises a :class:`~pltpack.server.problems.Problem`: 413 for one that is too large when it is unpacked, 415 for one
    that is damaged, unsafe or no archive, 422 for one that ``raco pkg`` would refuse to install.
    """
    with upload.open("rb") as stream:
        format = by_content(stream.read(_HEAD))
    if format is None:
        raise Problem(415, "no-archive", "the body is no archive: send zip, tar, tgz or plt")
    with incoming(room) as folder, _told():
        made = folder / f"{name}{FORMATS[format].suffixes[0]}"
        upload.replace(made)
        notes: tuple[str, ...] = ()
        if format == "plt" and plt_as == "zip":
            zipped = folder / f"{name}.zip"
            losses = convert(made, zipped, name=name, limits=room.archive_limits).losses
            notes = ("served as a zip", *(f"the zip does not hold: {loss.kind} {loss.detail}" for loss in losses))
            made = zipped
        facts = examine(made, name, limits=room.archive_limits)
        if facts.problems:
            raise unprocessable("raco pkg would not install it", _shown(facts.problems))
        archive = Archive(
            sha256=facts.sha256,
            sha1=facts.sha1,
            file=facts.file,
            size=facts.size,
            facts=facts,
            source=source,
            created=room.now,
            actor=actor,
        )
        put_in_spool(room, made, archive)
    return Accepted(archive, notes)


def check_digests(upload: Path, wanted: dict[str, str]) -> None:
    """Compare an upload with the digests that its sender told, by algorithm, in hexadecimal digits.

    Raises a :class:`~pltpack.server.problems.Problem` (400) if it was damaged on the way.
    """
    found = digests(upload)
    for name, value in wanted.items():
        if getattr(found, name) != value:
            raise Problem(400, "wrong-digest", f"the body has the {name} {getattr(found, name)}, not {value}")


@contextlib.contextmanager
def _told() -> Iterator[None]:
    """What is wrong with an archive, as an answer."""
    try:
        yield
    except LimitError as error:
        raise Problem(413, "too-large", visible(error.message)) from None
    except UnsafePathError as error:
        shown = [f"{path}: {reason}" for path, reason in error.paths] or [error.message]
        raise Problem(415, "unsafe", "the archive holds what may not be unpacked", _shown(shown)) from None
    except InfoError as error:
        raise unprocessable("its info.rkt cannot be used", _shown([error.message])) from None
    except PltError as error:
        where = f"{error.entry}: " if error.entry else ""
        raise Problem(415, "damaged", "the archive cannot be read", _shown([f"{where}{error.message}"])) from None


def _shown(lines: list[str] | tuple[str, ...]) -> list[str]:
    return [visible(line)[:500] for line in lines[:_MOST_PROBLEMS]]
