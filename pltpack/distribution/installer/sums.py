"""What an installer's sums should be: as a site's tables, a file of sums, or a digest say."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import Final

from pltpack.distribution.layout import SUMS
from pltpack.distribution.tables import MOST, Installer, installers_in
from pltpack.errors import CallError, FormatError
from pltpack.pkg.checksum import Digests

_DIGEST: Final = re.compile(r"[0-9a-fA-F]{40}|[0-9a-fA-F]{64}")
_SUM_LINE: Final = re.compile(r"(?:\\?)([0-9a-f]{40}|[0-9a-f]{64}) [ *](.+)")


def expected_sums(source: str) -> dict[str, Installer]:
    """The sums in ``source``, by names of files: a site, an ``installers.rktd``, what ``sha256sum`` or ``sha1sum`` has
    written, or a digest, which is that of any file (``""``).

    Raises :class:`~pltpack.errors.FormatError`, :class:`~pltpack.errors.CallError` and ``OSError``.
    """
    path = Path(source)
    if not path.exists():
        if not _DIGEST.fullmatch(source):
            raise CallError(f"{source!r} is no file, and no SHA-1 or SHA-256")
        return {"": _of_digest("", source)}
    file = path / f"{SUMS}.rktd" if path.is_dir() else path
    with file.open("rb") as stream:
        text = stream.read(MOST + 1)
    if len(text) > MOST:
        raise FormatError("too large for a file of sums", file=os.fspath(file))
    if text.lstrip().startswith(b"#hash"):
        table = installers_in(text, os.fspath(file))
        return {installer.file: installer for installer in table.values() if installer.file is not None}
    found = {}
    for number, line in enumerate(text.decode("utf-8", "replace").splitlines(), 1):
        match = _SUM_LINE.fullmatch(line)
        if match is None:
            raise FormatError(f"line {number} holds no digest and name", file=os.fspath(file))
        found[os.path.basename(match[2])] = _of_digest(match[2], match[1])
    return found


def _of_digest(name: str, digest: str) -> Installer:
    digest = digest.lower()
    return Installer(name, digest, "") if len(digest) == 40 else Installer(name, "", digest)


def sums_problem(found: Digests, said: Installer | None) -> str | None:
    """What differs from what is said of a file; ``None`` if nothing does."""
    if said is None:
        return "its sums are not told"
    if said.size and said.size != found.size:
        return f"it has {found.size} bytes, and should have {said.size}"
    for name, ours, theirs in (("SHA-256", found.sha256, said.sha256), ("SHA-1", found.sha1, said.sha1)):
        if theirs and ours != theirs:
            return f"its {name} is {ours}, and should be {theirs}"
    return None if said.sha1 or said.sha256 else "its sums are not told"
