"""Some members of a package, in any order: their data set aside in one pass, as archives give theirs only in turn."""

from __future__ import annotations

import contextlib
import shutil
import tempfile
from collections.abc import Iterator, Sequence
from typing import BinaryIO, cast

from pltpack.errors import MemberError
from pltpack.formats.entries import CHUNK, ExactReader
from pltpack.pkg.view import PackageReader
from pltpack.suggestions import did_you_mean

_IN_MEMORY = 1 << 20


@contextlib.contextmanager
def spooled(package: PackageReader, names: Sequence[str]) -> Iterator[list[BinaryIO]]:
    """The data of the files called ``names``, in that order, as streams at their beginnings; gone with the block.

    Raises :class:`~pltpack.errors.MemberError` for a name that is there as no file, and what reading raises.
    """
    wanted = {name.strip("/") for name in names}
    found: dict[str, BinaryIO] = {}
    with contextlib.ExitStack() as stack:
        for entry in package.entries() if wanted else ():
            if entry.kind == "file" and entry.path in wanted:
                data = stack.enter_context(tempfile.SpooledTemporaryFile(_IN_MEMORY))
                with ExactReader.of(entry) as reader:
                    shutil.copyfileobj(reader, data, CHUNK)
                found[entry.path] = cast("BinaryIO", data)
        for name in names:
            if name.strip("/") not in found:
                known = [path for path, entry in package.survey.entries.items() if entry.kind == "file"]
                raise MemberError(f"there is no file {name!r}", file=package.name, hint=did_you_mean(name, known))
        yield [_rewound(found[name.strip("/")]) for name in names]


def _rewound(stream: BinaryIO) -> BinaryIO:
    stream.seek(0)
    return stream
