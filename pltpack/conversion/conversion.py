"""What a conversion has come to."""

from __future__ import annotations

from dataclasses import dataclass, field

from pltpack.conversion.losses import Loss
from pltpack.formats.formats import Format
from pltpack.pkg.view import View


@dataclass(slots=True)
class Conversion:
    """What a conversion has come to, or with ``dry_run`` would come to.

    ``losses`` is what the target does not hold; ``added`` lists generated files, ``dropped`` those that said nothing
    but what is said without them; ``notes`` are for people;
    ``problems`` is what an installer refuses in the result. ``entries`` counts what was written.
    """

    source_format: Format
    format: Format
    view: View
    name: str
    losses: list[Loss] = field(default_factory=list)
    added: list[str] = field(default_factory=list)
    dropped: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)
    files: int = 0
    directories: int = 0
    links: int = 0
    content_bytes: int = 0

    @property
    def lossless(self) -> bool:
        """Whether converting back would bring everything."""
        return not self.losses
