"""What every catalog is: a mapping of names to records."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator, Mapping
from types import TracebackType
from typing import Protocol, Self

from pltpack.catalog.record import Record
from pltpack.errors import UnknownPackageError


class Catalog(Mapping[str, Record], ABC):
    """A catalog that is read. ``url`` is where it is; ``remote`` tells whether others than this host fill it.

    Looking up a name asks for that one record; iterating asks for the names, in their order; :meth:`records` asks for
    all of it at once. Sources are absolute. Only :class:`~pltpack.catalog.search_path.SearchPath` remembers anything.

    Everything raises :class:`~pltpack.errors.CatalogError` (what is there is no catalog, or no record),
    :class:`~pltpack.errors.LimitError`, :class:`~pltpack.errors.FetchError` (the server), and ``OSError``; looking up
    a name that is not there :class:`~pltpack.errors.UnknownPackageError`, a ``KeyError``.
    """

    url: str
    remote: bool = False

    @abstractmethod
    def __getitem__(self, name: str) -> Record: ...

    @abstractmethod
    def names(self) -> list[str]:
        """All names that the catalog lists, in any order."""

    @abstractmethod
    def records(self) -> dict[str, Record]:
        """All records by their names."""

    def __iter__(self) -> Iterator[str]:
        return iter(sorted(set(self.names())))

    def __len__(self) -> int:
        return len(set(self.names()))

    def __contains__(self, name: object) -> bool:
        try:
            return isinstance(name, str) and self[name] is not None
        except UnknownPackageError:
            return False

    def close(self) -> None:
        """Let go of what is open."""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.url}>"


class CatalogWriter(Protocol):
    """Writes catalogs to one place; each appears whole, in the place of the one before."""

    def write(self, records: Iterable[Record]) -> None:
        """Have exactly these records there. Raises :class:`~pltpack.errors.CatalogError` for what cannot be written,
        :class:`~pltpack.errors.BlockedError` and ``OSError``; then the old catalog stays."""


def unknown(name: str, catalog: str | None = None) -> UnknownPackageError:
    """The error for a name that is not there."""
    return UnknownPackageError(f"there is no package {name} in the catalog", file=catalog)
