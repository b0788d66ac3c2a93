"""From an input to an archive that can be served, and what is known of it. Runs in any process, one input a call."""

from __future__ import annotations

import os
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal, TypeAlias
from urllib.parse import urlsplit

from pltpack.codec.limits import Limits
from pltpack.errors import PltError
from pltpack.formats.formats import FORMATS, Format, format_of
from pltpack.pkg.checksum import SUFFIX
from pltpack.pkg.create import create_package
from pltpack.site.checks.refusals import plt_refusals
from pltpack.site.facts import Facts, examine
from pltpack.site.inputs import Item
from pltpack.site.layout import archive_path
from pltpack.site.pages.content import archive_content, keep_content

PltAs: TypeAlias = Literal["auto", "plt", "zip"]
"""How a ``.plt`` archive is served: as it is, as the zip that today's Racket installs, or ``auto``: as it is where
Racket takes it, and as a zip where it does not."""


READY: Final = "ready"
"""Where archives stand ready in the folder in which they were prepared: all that is in it belongs into the site."""


@dataclass(frozen=True, slots=True)
class Prepared:
    """An archive that stands ready, at its place in the site, and what its page shows of it."""

    item: Item
    facts: Facts
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Failed:
    """An input of which no package could be made, and why."""

    item: Item
    error: PltError | OSError


def prepare(item: Item, *, folder: str, plt_as: PltAs = "auto", limits: Limits = Limits()) -> Prepared | Failed:
    """Make the archive of an item below ``folder``, with its ``.CHECKSUM`` if it is to be kept, and look at it.

    Archives are copied as they are, directories packed as zip (reproducibly), ``.plt`` as ``plt_as`` says. What is
    examined is the copy, so that the record speaks of the very bytes that are served.
    """
    work = Path(folder, f"{item.name}.work")
    try:
        work.mkdir()
        made, notes = _archive(item, work, plt_as, limits)
        facts = examine(made, item.name, limits=limits)
        if (content := archive_content(made, facts)) is not None:
            keep_content(content, Path(folder), item.name)
        if not item.kept:
            return Prepared(item, facts, notes)
        place = Path(folder, READY, archive_path(facts.sha1, facts.file))
        place.parent.mkdir(parents=True, exist_ok=True)
        # Another input may have the very same bytes and name: then it stands there already.
        made.replace(place)
        place.with_name(place.name + SUFFIX).write_text(facts.sha1, "ascii")
        return Prepared(item, facts, notes)
    except (PltError, OSError) as error:
        return Failed(item, error)
    finally:
        shutil.rmtree(work, ignore_errors=True)


def _archive(item: Item, work: Path, plt_as: PltAs, limits: Limits) -> tuple[Path, tuple[str, ...]]:
    """The archive to serve, in ``work``, and what there is to say of it."""
    format = _format(item)
    if format == "dir":
        package = create_package(item.path, name=item.name, dest=work)
        return package.path, package.warnings
    if format == "plt" and (plt_as == "zip" or (plt_as == "auto" and not _installs(item, limits))):
        from pltpack.conversion.convert import convert

        made = work / f"{item.name}.zip"
        converted = convert(item.path, made, name=item.name, limits=limits)
        losses = tuple(f"the zip does not hold: {loss.kind} {loss.detail}" for loss in converted.losses)
        return made, ("served as a zip", *losses)
    made = work / f"{item.name}{FORMATS[format].suffixes[0]}"
    shutil.copyfile(item.path, made)
    return made, ()


def _format(item: Item) -> Format:
    """The format of an input: that of its name, which what was fetched has not kept."""
    if os.path.isdir(item.path):
        return "dir"
    return format_of(urlsplit(item.origin).path if "://" in item.origin else item.origin)


def _installs(item: Item, limits: Limits) -> bool:
    """Whether today's Racket installs a ``.plt`` archive as it is, as far as can be told without it."""
    from pltpack.pkg.staging import open_package

    if any(plt_refusals(item.path, limits=limits)):
        return False
    package = open_package(item.path, name=item.name, check=False, limits=limits)
    return package.collection is None and not package.problems
