"""What is fuzzed: one function for each kind of input, which takes any bytes and asserts what must hold.

Only errors of pltpack may come out of pltpack, whatever the input; each function drops those, and lets everything
else pass: other exceptions are defects, as is an assertion that fails here.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final, TypeAlias

from tests.fuzz import archive_targets, package_targets, text_targets

Target: TypeAlias = Callable[[bytes], object]

TARGETS: Final[Mapping[str, Target]] = {
    "archive": archive_targets.archive,
    "raw": archive_targets.raw,
    "header": archive_targets.header,
    "checked": archive_targets.checked,
    "extract": archive_targets.extract,
    "leftovers": archive_targets.leftovers,
    "datum": text_targets.datum,
    "info": text_targets.info,
    "settings": text_targets.settings,
    "source": text_targets.source,
    "zip": package_targets.zip,
    "tar": package_targets.tar,
    "converted": package_targets.converted,
}
"""Every target by its name."""
