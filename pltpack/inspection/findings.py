"""What a verification finds, as values."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field
from enum import Enum
from typing import Final

from pltpack.errors import PltError
from pltpack.formats.formats import Format
from pltpack.formats.judgement import MOST_TOLD
from pltpack.visible import html_table


class Level(Enum):
    """How bad a finding is, the worst first."""

    DAMAGE = "damage"
    """The data is not whole, not what its checksums say, or no archive at all."""
    UNSAFE = "unsafe"
    """An entry that no careful program unpacks: pltpack refuses the archive."""
    LENIENCY = "leniency"
    """Not as it should be, but read all the same; another reader may refuse it."""
    TRAP = "trap"
    """Harmless here, but not on every system, or not for every program."""
    NOTE = "note"
    """Worth knowing, and nothing to mend."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was found. ``code`` names its kind and does not change between versions.

    ``entry`` is the member it is about, ``offset`` the byte, in ``layer`` (``None``: the raw stream).
    """

    level: Level
    code: str
    message: str
    entry: str | None = None
    offset: int | None = None
    layer: str | None = None

    def __str__(self) -> str:
        where = [f"entry {self.entry}"] if self.entry is not None else []
        if self.offset is not None:
            where.append(f"byte {self.offset} of the {self.layer or 'raw stream'}")
        return f"{', '.join(where)}: {self.message}" if where else self.message


_FAILING: Final = (Level.DAMAGE, Level.UNSAFE, Level.LENIENCY, Level.TRAP)


@dataclass(slots=True)
class Report:
    """What the verification of one archive found; ``format`` is ``None`` if it could not be opened."""

    name: str | None
    format: Format | None = None
    findings: list[Finding] = field(default_factory=list)
    files: int = 0
    directories: int = 0
    links: int = 0
    content_bytes: int = 0
    size: int | None = None
    sha256: str | None = None
    raw_sha256: str | None = None
    local: bool = False
    """It is a ``.plt`` archive that wants to be unpacked where one stands, which is no package."""
    _counts: dict[tuple[Level, str], int] = field(default_factory=dict)

    def _repr_html_(self) -> str:
        """A table of the findings, as a notebook shows it; of many the first."""
        rows = [(one.level.value, one.code, one.entry, one.message) for one in self.findings]
        entries = self.files + self.directories + self.links
        title = f"{self.name or 'archive'}: {'OK' if self.clean else 'not OK'} ({entries} entries)"
        return html_table(title, ("level", "code", "entry", "message"), rows, len(rows))

    @property
    def whole(self) -> bool:
        """Whether all of it could be read and agrees with its checksums."""
        return not self.of(Level.DAMAGE)

    @property
    def clean(self) -> bool:
        """Whether nothing was found that is worse than a note."""
        return not self.of(*_FAILING)

    def of(self, *levels: Level) -> list[Finding]:
        """The findings of some levels."""
        return [finding for finding in self.findings if finding.level in levels]

    def add(
        self,
        level: Level,
        code: str,
        message: str,
        *,
        entry: str | None = None,
        offset: int | None = None,
        layer: str | None = None,
    ) -> None:
        """Put down one more finding; of those beyond the first hundred of a kind, that there is one more."""
        count = self._counts[level, code] = self._counts.get((level, code), 0) + 1
        if count <= MOST_TOLD:
            self.findings.append(Finding(level, code, message, entry, offset, layer))

    def add_count(self, level: Level, code: str, more: int) -> None:
        """Put down that there are ``more`` of a kind, which nobody has looked at one by one."""
        self._counts[level, code] = self._counts.get((level, code), 0) + more

    def replace(self, other: Report, codes: Collection[str]) -> None:
        """Take the findings of some codes from another report in the place of those that are here."""
        self.findings = [one for one in self.findings if one.code not in codes]
        self.findings += [one for one in other.findings if one.code in codes]
        self._counts = {key: count for key, count in self._counts.items() if key[1] not in codes}
        self._counts |= {key: count for key, count in other._counts.items() if key[1] in codes}

    def finish(self) -> None:
        """Put down how many findings of each kind are not told one by one."""
        for (level, code), count in self._counts.items():
            told = sum(finding.level is level and finding.code == code for finding in self.findings)
            if count > told:
                message = f"and {count - told:,} more like the {told} that are told ({code})"
                self.findings.append(Finding(level, code, message))

    def add_error(self, error: PltError, level: Level, code: str) -> None:
        """Put down an error as a finding."""
        message = f"{error.message} ({error.hint})" if error.hint else error.message
        self.add(level, code, message, entry=error.entry, offset=error.offset, layer=error.layer)
