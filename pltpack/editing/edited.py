"""What an edit has come to."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(slots=True, repr=False)
class Edited:
    """What an edit has come to, or with ``dry_run`` would come to. Lists hold paths.

    ``kept`` counts the entries that stayed as they are spelled; ``header`` lists the fields that say something else:
    name, before, after. ``files``, ``directories`` and ``content_bytes`` are those of the new archive.
    """

    kept: int = 0
    added: list[str] = field(default_factory=list)
    replaced: list[str] = field(default_factory=list)
    removed: list[str] = field(default_factory=list)
    renamed: list[tuple[str, str]] = field(default_factory=list)
    filtered: list[str] = field(default_factory=list)
    header: list[tuple[str, str, str]] = field(default_factory=list)
    files: int = 0
    directories: int = 0
    content_bytes: int = 0
    raw_bytes: int = 0

    def __repr__(self) -> str:
        return (
            f"Edited({self.kept} kept, {len(self.added)} added, {len(self.replaced)} replaced, "
            f"{len(self.removed)} removed, {len(self.renamed)} renamed, {len(self.filtered)} filtered, "
            f"{len(self.header)} fields of the header)"
        )

    @property
    def changed(self) -> bool:
        """Whether the new archive says anything else than the old one."""
        return bool(self.added or self.replaced or self.removed or self.renamed or self.filtered or self.header)
