"""Checking that a published site is what its publisher signed."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Iterator

from pltpack.errors import PltError
from pltpack.site.checks.findings import Finding
from pltpack.site.publishing.signing import SIGNATURE, SUMS, parse_sums, require_signing, verify_signature


def check_signed(read: Callable[[str], bytes], allowed_signers: str | os.PathLike[str]) -> Iterator[Finding]:
    """Whether the sums are signed by an allowed key, and every file has the sum that it should have.

    ``read`` gives the bytes of a file by its path in the site; it raises ``PltError`` or ``OSError``. Raises
    ``PltError`` where signatures cannot be checked at all, which says nothing of the copy.
    """
    require_signing()
    try:
        sums = read(SUMS)
        verify_signature(sums, read(SIGNATURE).decode("ascii", "replace"), allowed_signers)
        expected = parse_sums(sums)
    except (PltError, OSError) as error:
        yield Finding("signature", SIGNATURE, _reason(error))
        return
    for name, sum in expected.items():
        try:
            found = hashlib.sha256(read(name)).hexdigest()
        except (PltError, OSError) as error:
            yield Finding("signature", name, _reason(error))
            continue
        if found != sum:
            yield Finding("signature", name, f"its SHA-256 is {found}, the signed one {sum}")


def _reason(error: PltError | OSError) -> str:
    return error.message if isinstance(error, PltError) else error.strerror or str(error)
