"""Sources on other machines: archives, URL directories, repositories, through the room that fetches."""

from __future__ import annotations

import threading
from functools import cached_property
from typing import TYPE_CHECKING, Final

from pltpack.errors import ChecksumError, FetchError
from pltpack.input import Progress
from pltpack.pkg.source import parse_source
from pltpack.scope.access import Access
from pltpack.scope.found import Found
from pltpack.scope.plan import wording
from pltpack.scope.plan.origins import clone_directory, expected_origin
from pltpack.scope.plan.values import Options, Wish
from pltpack.scope.state.surroundings import Surroundings

if TYPE_CHECKING:
    from pltpack.fetch.cache import Cache
    from pltpack.fetch.fetched import Fetched
    from pltpack.fetch.fetcher import Fetcher
    from pltpack.fetch.transport import HttpTransport, NetworkPolicy, Transport
    from pltpack.formats.formats import Format
    from pltpack.pkg.source import PackageSource

_GIT: Final = ("git", "git-url", "github", "clone")


class Remote:
    """What is at remote sources, for one scope."""

    def __init__(self, surroundings: Surroundings, options: Options, access: Access, policy: NetworkPolicy) -> None:
        self.surroundings = surroundings
        self.options = options
        self.access = access
        self.policy = policy
        self._fetcher: Fetcher | None = None
        self._used = False
        self._lock = threading.Lock()
        self._come: dict[str, int] = {}

    @cached_property
    def fetcher(self) -> Fetcher:
        """What fetches; with the user's settings."""
        from pltpack.fetch.credentials import git_checkout_credentials
        from pltpack.fetch.fetcher import Fetcher
        from pltpack.fetch.racket_cache import RacketCache

        installation = self.surroundings.installation
        self._fetcher = Fetcher(
            cache=self.cache,
            transport=self.connections,
            offline=self.access.offline,
            logins=git_checkout_credentials(installation),
            racket_cache=RacketCache.of(installation) if self.access.use_cache else None,
            share=self.access.use_cache,
            policy=self.policy,
        )
        return self._fetcher

    @cached_property
    def cache(self) -> Cache:
        """What keeps what comes."""
        return self.access.open_cache()

    @cached_property
    def connections(self) -> HttpTransport:
        """What sends requests."""
        from pltpack.fetch.transport import HttpTransport

        self._used = True
        return HttpTransport(self.policy)

    @cached_property
    def transport(self) -> Transport:
        """What remembers short answers, those of catalogs, too."""
        from pltpack.fetch.memory import RememberingTransport

        return RememberingTransport(self.connections, self.cache, offline=self.access.offline)

    def close(self) -> None:
        """Close the connections."""
        if self._fetcher is not None:
            self._fetcher.close()
        if self._used:
            self.connections.close()

    def found(self, wish: Wish, *, listed: str | None = None) -> Found:
        """The content of a source, fetched; its checksum is compared with that of the wish. ``listed`` is the name
        under which a catalog has the source.

        Raises :class:`~pltpack.errors.FetchError`, :class:`~pltpack.errors.ChecksumError`,
        :class:`~pltpack.errors.UnsafePathError`, :class:`~pltpack.errors.LimitError`, and ``OSError``.
        """
        source = parse_source(wish.source, type=wish.type, name=wish.name, strict=False)
        origin = expected_origin(wish, self.surroundings.places.packages)
        if source.type == "file-url":
            fetched, checksum = self._archive(wish, listed)
            return Found(fetched.path, _format(source), checksum, origin)
        if source.type == "dir-url":
            checksum = wish.checksum
            if checksum is None:
                self.access.tell(f"Downloading checksum for {wish.name}")
            self.access.tell(f"Cloning remote directory {wish.source}")
            fetched = self._fetch(wish, checksum)
            return Found(fetched.path, "dir", checksum if checksum is not None else fetched.checksum, origin)
        commit = wish.checksum if wish.checksum else self._commit(wish)
        place, directory = None, None
        if wish.clone is not None:
            from pltpack.scope.cloning import holds

            directory = clone_directory(wish)
            place = directory if holds(wish.clone, commit) and directory.is_dir() else None
        if place is None:
            self.access.tell(f"Downloading repository {wish.source} commit {commit}")
            place = self._fetch(wish, commit).path
        return Found(place, "dir", commit, origin, directory)

    def _archive(self, wish: Wish, listed: str | None) -> tuple[Fetched, str | None]:
        checksum = wish.checksum
        if checksum is None:
            self.access.tell(f"Downloading checksum for {wish.name}")
            checksum = self.fetcher.checksum(wish.source, type="file-url", name=wish.name)
        self.access.tell(f"Downloading {wish.source}")
        if self.options.ignore_checksums:
            return self._unchecked(wish), checksum
        if checksum is None:
            wording.not_as_it_should_be(
                "remote package had no checksum",
                f"  package: {wish.source}",
                hint="publish NAME.zip.CHECKSUM beside it, or use --ignore-checksums",
            )
        try:
            return self._fetch(wish, checksum), checksum
        except ChecksumError as error:
            what = "mismatched" if listed is None else "incorrect"
            details = (f"  package source: {listed or wish.source}", f"  {error.message}")
            raise ChecksumError(f"{what} checksum on package", details=details) from None

    def _unchecked(self, wish: Wish) -> Fetched:
        """An archive as it comes, whatever is said of its checksum."""
        from pltpack.fetch.download import Download, download
        from pltpack.fetch.fetched import Fetched

        entry = download(Download(wish.source), self.cache, self.connections, policy=self.policy)
        return Fetched(wish.name, wish.source, "file-url", entry.path, "file", entry.checksum, entry.sha256, entry.size)

    def _fetch(self, wish: Wish, checksum: str | None) -> Fetched:
        return self.fetcher.fetch(
            wish.source, type=wish.type, name=wish.name, checksum=checksum, progress=self._watched(wish)
        )

    def _watched(self, wish: Wish) -> Progress | None:
        """Told of one download; tells of all of them together."""
        told = self.access.progress
        if told is None:
            return None

        def watch(done: int, _total: int | None) -> None:
            with self._lock:
                self._come[wish.source] = done
                told(sum(self._come.values()), None)

        return watch

    def _commit(self, wish: Wish) -> str:
        self.access.tell(f"Querying Git references for {wish.name} at {wish.source}")
        commit = self.fetcher.checksum(wish.source, type=wish.type, name=wish.name)
        if commit is None:
            raise FetchError("the repository says no commit", file=wish.source)
        return commit

    def checksum(self, wish: Wish) -> str | None:
        """The checksum that a source has now; ``None`` if there is none to be had. Raises as :meth:`found` does."""
        if wish.type in _GIT:
            return wish.checksum or self._commit(wish)
        self.access.tell(f"Downloading checksum for {wish.name}")
        return wish.checksum or self.fetcher.checksum(wish.source, type=wish.type, name=wish.name)


def _format(source: PackageSource) -> Format:
    """The format of an archive by the last element of its URL."""
    from pltpack.formats.formats import FORMATS

    assert source.url is not None
    last = source.url.path[-1] if source.url.path else ""
    name = last if isinstance(last, str) else ""
    return next(format for format, traits in FORMATS.items() if traits.suffixes and name.endswith(traits.suffixes))
