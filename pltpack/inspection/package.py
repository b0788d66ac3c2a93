"""An archive or directory as a package, for those who only look: what an installer would make of it, or why not."""

from __future__ import annotations

import os
from dataclasses import dataclass

from pltpack.codec.limits import Limits
from pltpack.errors import PltError
from pltpack.formats.formats import SUFFIXES
from pltpack.pkg.names import is_package_name
from pltpack.pkg.staging import StagedPackage, open_package

_ANY_NAME = "package"


@dataclass(frozen=True, slots=True)
class PackageView:
    """The package, or the ``problem`` that an installer has with it. ``named``: its name is that of the file."""

    package: StagedPackage | None
    problem: str | None
    named: bool


def view_package(path: str | os.PathLike[str], *, limits: Limits = Limits()) -> PackageView | None:
    """Look at ``path`` as a package; ``None`` for a file that no installer takes for one, by its suffix.

    A ``CHECKSUM`` file is not looked at. Raises ``OSError``.
    """
    name = os.path.basename(os.path.abspath(path))
    if not os.path.isdir(path):
        suffix = next((suffix for suffix in SUFFIXES if name.endswith(suffix)), None)
        if suffix is None:
            return None
        name = name.removesuffix(suffix)
    named = is_package_name(name)
    try:
        return PackageView(
            open_package(path, name=name if named else _ANY_NAME, check=False, limits=limits), None, named
        )
    except PltError as error:
        return PackageView(None, error.message, named)
