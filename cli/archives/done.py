"""What ``unpack`` does with one archive: list, extract or install it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

from ..console import DONE
from ..documents import Json

if TYPE_CHECKING:
    from pltpack.codec.header import CollectionPath
    from pltpack.codec.reader import ArchiveReader


@dataclass(slots=True)
class Done:
    """What became of an archive: its exit code, the document for ``--json`` and the collections to set up."""

    code: int = DONE
    document: Json = None
    collections: tuple[CollectionPath, ...] = ()


Action: TypeAlias = "Callable[[str, ArchiveReader], Done]"
"""Takes an archive and the name it was given, and says what it did on the console, or else in a document."""
