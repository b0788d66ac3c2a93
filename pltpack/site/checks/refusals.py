"""What of a ``.plt`` archive today's ``raco pkg install`` does not take, as far as can be told without Racket."""

from __future__ import annotations

import os
from collections.abc import Iterator

from pltpack.codec.limits import Limits
from pltpack.pkg.view import PackageReader


def plt_refusals(path: str | os.PathLike[str], *, limits: Limits = Limits()) -> Iterator[str]:
    """Why an archive is refused; nothing if it is not. It is read to its end first, and raises what a
    :class:`~pltpack.pkg.view.PackageReader` does.

    The rules are those of ``setup/unpack``: what the header requires must be installed, in the versions that it names;
    collections of today say no versions, and those of the times of such archives are mostly gone. What it conflicts
    with must not be there. A directory is made by its own entry alone, so a file that comes without is an error.
    """
    survey = PackageReader(path, format="plt", limits=limits).survey
    header = survey.header
    if header is not None:
        for name, version in header.requires:
            yield " ".join(["it requires", "/".join(name), *map(str, version)])
        for conflict in header.conflicts:
            yield f"it conflicts with {'/'.join(conflict)}"
    made = {""}
    for entry in survey.entries.values():
        if entry.kind == "directory":
            parts = entry.path.split("/")
            made.update("/".join(parts[:number]) for number in range(1, len(parts) + 1))
        elif entry.path.rpartition("/")[0] not in made:
            yield f"{entry.path} comes before its directory"
            return
