"""What is at the sources of packages: local ones are looked at, catalogs asked, all others fetched, many at once."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Final, TypeVar

from pltpack.errors import CatalogError, PackageError, PltError, SourceError, UnknownPackageError, UnsafePathError
from pltpack.pkg.checksum import SUFFIX, digests
from pltpack.pkg.source import PackageSource, SourceType, parse_source
from pltpack.scope.access import Access
from pltpack.scope.found import Found
from pltpack.scope.plan import wording
from pltpack.scope.plan.origins import expected_origin, local_path
from pltpack.scope.plan.resolve import CORE
from pltpack.scope.plan.values import Content, Options, Wish
from pltpack.scope.state.records import Origin
from pltpack.scope.state.settings import Settings
from pltpack.scope.state.surroundings import Surroundings

if TYPE_CHECKING:
    from pltpack.catalog.record import Record
    from pltpack.catalog.search_path import SearchPath
    from pltpack.fetch.transport import NetworkPolicy
    from pltpack.scope.ahead import RecordsAhead
    from pltpack.scope.look import Looker
    from pltpack.scope.remote import Remote

T = TypeVar("T")

_LOCAL: Final = ("file", "dir", "link", "static-link")
_LOCAL_OR_NAME: Final = ("name", *_LOCAL)
_AT_ONCE: Final = 32
"""As many look-ups and downloads as Racket has look-ups."""


class PackageSources:
    """The sources of one plan: a :class:`~pltpack.scope.plan.planner.Sources`."""

    def __init__(
        self,
        surroundings: Surroundings,
        options: Options,
        settings: Settings,
        access: Access,
        rooms: contextlib.ExitStack,
    ) -> None:
        self.surroundings = surroundings
        self.options = options
        self.settings = settings
        self.access = access
        self.rooms = rooms

    @cached_property
    def looker(self) -> Looker:
        """What looks into packages; an update that finds nothing new does not need it."""
        from pltpack.scope.look import Looker

        return Looker(self.surroundings, self.options, self.rooms)

    @cached_property
    def catalogs(self) -> SearchPath:
        """The catalogs that are asked."""
        from pltpack.catalog.locations import open_catalogs

        catalogs = self.settings.catalogs() if self.access.catalogs is None else list(self.access.catalogs)
        remote = any(catalog.startswith(("http://", "https://")) for catalog in catalogs)
        transport = self.remote.transport if remote else None
        path = open_catalogs(catalogs, version=self._version, transport=transport)
        self.rooms.enter_context(path)
        return path

    @cached_property
    def _ahead(self) -> RecordsAhead | None:
        """Records that come before they are asked for, where each is waited for and all will be wanted."""
        if not self.catalogs.remote or self.options.deps != "search-auto":
            return None
        from pltpack.scope.ahead import RecordsAhead

        situation = self.surroundings.situation()
        ahead = RecordsAhead(
            self._record,
            lambda name: name != CORE and situation.find(name) is None,
            self.access.jobs or _AT_ONCE,
        )
        self.rooms.callback(ahead.close)
        return ahead

    def _record(self, name: str) -> Record:
        return self.catalogs[name].for_version(self._version)

    @property
    def _version(self) -> str | None:
        """The version of Racket that catalogs are asked for."""
        known = self.surroundings.installation.known_version
        return None if known is None else known.value

    @cached_property
    def policy(self) -> NetworkPolicy:
        """How patient to be."""
        from pltpack.fetch.transport import NetworkPolicy

        return NetworkPolicy(retries=max(0, int(self.settings.number("network-retries"))))

    @cached_property
    def remote(self) -> Remote:
        """What fetches from other machines."""
        from pltpack.scope.remote import Remote

        remote = Remote(self.surroundings, self.options, self.access, self.policy)
        self.rooms.callback(remote.close)
        return remote

    # what a plan asks

    def contents(self, wishes: Sequence[Wish]) -> Sequence[Content | Exception]:
        """What is at each source. An error stands for one that cannot be had."""
        return self._each(self._content, wishes)

    def checksums(self, wishes: Sequence[Wish]) -> Sequence[str | Exception | None]:
        """The checksum that each source has today."""
        return self._each(self._checksum, wishes)

    def _each(self, one: Callable[[Wish], T], wishes: Sequence[Wish]) -> list[T | Exception]:
        def attempt(wish: Wish) -> T | Exception:
            try:
                return one(wish)
            except (PltError, OSError) as error:
                return error

        if len(wishes) < 2 or not (
            self._catalogs_are_remote or any(wish.type not in _LOCAL_OR_NAME for wish in wishes)
        ):
            return [attempt(wish) for wish in wishes]
        from concurrent.futures import ThreadPoolExecutor

        with ThreadPoolExecutor(self.access.jobs or _AT_ONCE) as pool:
            return list(pool.map(attempt, wishes))

    @property
    def _catalogs_are_remote(self) -> bool:
        return self.catalogs.remote

    # contents

    def _content(self, wish: Wish) -> Content:
        if wish.type == "name" and wish.clone is not None:
            wish = self._clone_of_name(wish)
        found = self._named(wish) if wish.type == "name" else self._found(wish)
        return self.looker.look(wish, found)

    def _clone_of_name(self, wish: Wish) -> Wish:
        """The wish for a clone of the repository that a catalog says."""
        _, source = self._look_up(wish)
        if source.repository is None:
            raise PackageError(
                "catalog mapping for package name is not a Git repository",
                details=(f"  package: {wish.source}", f"  mapping: {source.text}"),
            )
        return replace(wish, source=source.text, type="clone")

    def _found(self, wish: Wish) -> Found:
        match wish.type:
            case "file":
                return self._file(wish)
            case "dir" | "link" | "static-link":
                return self._directory(wish)
        return self.remote.found(wish)

    def _file(self, wish: Wish) -> Found:
        path = local_path(wish)
        if not path.is_file():
            raise _nothing_there("file", wish)
        sha1 = digests(path).sha1
        self._compare(wish, path, sha1)
        return _archive(path, sha1, expected_origin(wish, self.surroundings.places.packages))

    def _compare(self, wish: Wish, path: Path, sha1: str) -> None:
        """Hold an archive against the ``CHECKSUM`` beside it and against what was asked for."""
        if self.options.ignore_checksums:
            return
        said: str | None = None
        with contextlib.suppress(FileNotFoundError):
            said = Path(f"{path}{SUFFIX}").read_bytes().decode("latin-1")[:200]
        # Racket compares what was asked for with the file beside only, and with nothing if there is none.
        compared = sha1 if said is None and not self.options.as_racket else said
        if wish.checksum is not None and compared is not None and wish.checksum != compared:
            wording.wrong_checksum("unexpected checksum on package", wish.source, wish.checksum, said or sha1)
        if said is not None and said != sha1:
            wording.wrong_checksum("mismatched checksum on package", wish.source, said, sha1)

    def _directory(self, wish: Wish) -> Found:
        path = local_path(wish)
        if not path.is_dir():
            raise _nothing_there("directory", wish)
        origin = expected_origin(wish, self.surroundings.places.packages)
        return Found(path, "dir", wish.checksum, origin)

    # names

    def _named(self, wish: Wish) -> Found:
        record, source = self._look_up(wish)
        given = wish.checksum
        checksum = record.checksum
        if given is not None and not self.options.ignore_checksums and given != checksum:
            wording.wrong_checksum("unexpected checksum on package", wish.source, given, checksum or "none")
        inner = Wish(source.text, _placed(source), wish.name, None, wish.auto, wish.clone)
        if inner.type in ("link", "static-link"):
            return self._linked(inner, checksum)
        if inner.type == "dir":
            found = self._directory(inner)
        elif inner.type == "file":
            path = local_path(inner)
            if not path.is_file():
                raise _nothing_there("file", inner)
            sha1 = digests(path).sha1
            if checksum is not None and checksum != sha1 and not self.options.ignore_checksums:
                wording.wrong_checksum("incorrect checksum on package", wish.source, checksum, sha1)
            found = _archive(path, sha1, Origin("file", ()))
        else:
            expected = Wish(source.text, inner.type, wish.name, checksum, wish.auto, wish.clone)
            found = self.remote.found(expected, listed=wish.source)
        repository = source.text if source.repository is not None else None
        origin = expected_origin(wish, self.surroundings.places.packages, repository)
        recorded = checksum if checksum is not None else found.checksum
        return Found(found.place, found.format, recorded, origin)

    def _linked(self, inner: Wish, checksum: str | None) -> Found:
        found = self._directory(inner)
        return Found(found.place, "dir", checksum, found.origin)

    def _look_up(self, wish: Wish) -> tuple[Record, PackageSource]:
        """What the catalogs say of a name, and the source that it leads to."""
        try:
            record = self._record(wish.source) if self._ahead is None else self._ahead[wish.source]
        except UnknownPackageError as error:
            raise UnknownPackageError(
                "cannot find package on catalogs", details=(f"  package: {wish.source}",), hint=error.hint
            ) from None
        self.access.tell(f'Resolved "{wish.source}" via {record.catalog}')
        text = record.source
        if text is None:
            raise CatalogError(f"the record of package {wish.source} has no source", file=record.catalog)
        source = parse_source(text, name=wish.name, strict=False)
        if source.type is None or source.problem is not None:
            details = (f" {source.problem}", f"  given: {text}", f"  for package name: {wish.name}")
            raise PackageError("invalid package source;", details=details)
        if source.type == "name":
            raise CatalogError(f"the source of package {wish.source} is another name, {text}", file=record.catalog)
        if source.type in _LOCAL and _is_remote(record.catalog) and not self.options.as_racket:
            reason = "a catalog of another host names a file of this one"
            raise UnsafePathError(f"{text!r} is not used: {reason}", paths=[(text, reason)], file=record.catalog)
        return record, source

    # checksums

    def _checksum(self, wish: Wish) -> str | None:
        match wish.type:
            case "name":
                return self._look_up(wish)[0].checksum
            case "file":
                path = local_path(wish)
                if not path.is_file():
                    raise _nothing_there("file", wish)
                sha1 = digests(path).sha1
                self._compare(wish, path, sha1)
                return sha1
            case "dir" | "link" | "static-link":
                return wish.checksum
        return self.remote.checksum(wish)


def _archive(path: Path, sha1: str, origin: Origin) -> Found:
    from pltpack.formats.formats import format_of

    return Found(path, format_of(path), sha1, origin)


def _is_remote(catalog: str | None) -> bool:
    return catalog is not None and catalog.startswith(("http://", "https://"))


def _placed(source: PackageSource) -> SourceType:
    """The type of a source in a catalog: a directory is copied, unless it says that it is a link."""
    assert source.type is not None
    return source.type


def _nothing_there(kind: str, wish: Wish) -> SourceError:
    shown = os.path.join(wish.source, "") if kind == "directory" and "://" not in wish.source else wish.source
    return SourceError(f"no such {kind}", details=(f"  path: {shown}",))
