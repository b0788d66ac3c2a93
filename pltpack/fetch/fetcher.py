"""Fetching: any package source becomes local content that was checked."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Final, Self

from pltpack.arguments import check_several
from pltpack.codec.limits import Limits
from pltpack.datum.values import Datum
from pltpack.errors import PackageError, PltError, UnknownPackageError
from pltpack.fetch.cache import Cache, CacheEntry, Key
from pltpack.fetch.credentials import Credentials, credentials_for
from pltpack.fetch.download import Download, download, mismatch, remote_checksum
from pltpack.fetch.fetched import Fetched, Listed
from pltpack.fetch.git import GitChoice, open_git
from pltpack.fetch.git_tree import write_tree
from pltpack.fetch.local import local_directory, local_file
from pltpack.fetch.memory import RememberingTransport, missing
from pltpack.fetch.racket_cache import RacketCache, archive_key, repository_key
from pltpack.fetch.repository import Git, find_commit, first_that_works, repository_url
from pltpack.fetch.sources import GIT_TYPES, check_not_local, checked_sha1, is_remote, parse_fetchable
from pltpack.fetch.transport import HttpTransport, NetworkPolicy, Transport, shown
from pltpack.fetch.url_directory import directory_checksum, fetch_directory
from pltpack.input import Progress
from pltpack.pkg.checksum import digests
from pltpack.pkg.source import PackageSource, SourceType

_STEPS: Final = 8


class Fetcher:
    """Fetches sources through a cache; may be used from several threads at once.

    ``lookup`` finds what a catalog says of a name: a mapping such as :class:`~pltpack.catalog.catalog.Catalog`.
    ``offline`` uses nothing but local files and the cache. ``repositories``, or else what ``git`` chooses, works on
    repositories, with ``logins`` in turn. ``local`` allows catalogs of other hosts to name files of ours.
    ``racket_cache`` is read where the cache has nothing, and with ``share`` gets what is fetched, when this is closed.
    ``limits`` bounds directories and repositories, ``policy`` everything on the network.
    """

    def __init__(
        self,
        *,
        cache: Cache | None = None,
        transport: Transport | None = None,
        lookup: Mapping[str, Listed] | None = None,
        offline: bool = False,
        git: GitChoice = "auto",
        logins: Sequence[Credentials] = (),
        local: bool = False,
        racket_cache: RacketCache | None = None,
        share: bool = False,
        limits: Limits = Limits(),
        policy: NetworkPolicy = NetworkPolicy(),
        repositories: Git | None = None,
    ) -> None:
        self.cache = cache or Cache()
        self._raw = transport or HttpTransport(policy)
        self.transport: Transport = RememberingTransport(self._raw, self.cache, offline=offline, policy=policy)
        self.lookup, self._own_transport = lookup, transport is None
        self._offline = offline
        self._git_choice: GitChoice = git
        self._git: Git | None = repositories
        self._logins = tuple(logins)
        self._local = local
        self._racket_cache = racket_cache
        self._share = share
        self._shared: list[tuple[Datum, Path]] = []
        self._limits = limits
        self._policy = policy

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close the connections, unless the transport was given; Racket's cache gets what was fetched."""
        if self._racket_cache is not None and self._shared:
            self._racket_cache.add(*self._shared)
            self._shared.clear()
        if self._own_transport:
            self._raw.close()

    def fetch(
        self,
        source: str,
        *,
        type: SourceType | None = None,
        name: str | None = None,
        checksum: str | None = None,
        catalog: str | None = None,
        progress: Progress | None = None,
    ) -> Fetched:
        """Have the content of a source here, checked.

        ``type`` and ``name`` are those of the package where they are not to be guessed; ``checksum`` is what the
        content must have: the SHA-1 of an archive, a commit, the text of a URL directory. ``catalog`` is the URL of the
        one that says all this. ``progress`` is called with the bytes that have come, and their number if it is known.

        Raises :class:`~pltpack.errors.FetchError` (a server, a repository, the cache),
        :class:`~pltpack.errors.UnknownPackageError`, :class:`~pltpack.errors.ChecksumError`,
        :class:`~pltpack.errors.PackageError` (no source), :class:`~pltpack.errors.UnsafePathError`,
        :class:`~pltpack.errors.LimitError`, ``OSError``.
        """
        parsed, wanted = self._resolved(source, type, name, checksum, catalog)
        match parsed.type:
            case "file":
                return local_file(parsed, wanted)
            case "dir" | "link" | "static-link":
                return local_directory(parsed)
            case "file-url":
                return self._archive(parsed, wanted, progress)
            case "dir-url":
                return self._url_directory(parsed, wanted, progress)
            case _:
                return self._repository(parsed, wanted, progress)

    def checksum(
        self, source: str, *, type: SourceType | None = None, name: str | None = None, checksum: str | None = None
    ) -> str | None:
        """The checksum that the source has now, without fetching it, as for an update; ``None``: none can be told.

        ``checksum`` is the one that a catalog says. Raises as :meth:`fetch` does.
        """
        parsed, wanted = self._resolved(source, type, name, checksum, None)
        if wanted:
            return wanted
        match parsed.type:
            case "file" if parsed.path is not None:
                return digests(parsed.path).sha1
            case "file-url":
                return remote_checksum(parsed.text, self.transport)
            case "dir-url":
                return directory_checksum(parsed.text, self.transport)
            case kind if kind in GIT_TYPES:
                return self._commit(parsed, repository_url(parsed))[0]
            case _:
                return None

    def fetch_all(
        self,
        sources: Iterable[str],
        *,
        jobs: int = 16,
        progress: Callable[[str, int, int | None], object] | None = None,
    ) -> Iterator[Fetched | PltError | OSError]:
        """Fetch several sources, ``jobs`` at once; what each has come to, or its error, in their order."""
        from concurrent.futures import ThreadPoolExecutor

        check_several("sources", sources)

        def one(source: str) -> Fetched | PltError | OSError:
            try:
                watch = None if progress is None else lambda done, total: progress(source, done, total)
                return self.fetch(source, progress=watch)
            except (PltError, OSError) as error:
                return error

        with ThreadPoolExecutor(max(jobs, 1)) as executor:
            try:
                yield from executor.map(one, sources)
            finally:
                executor.shutdown(cancel_futures=True)

    # What a source is

    def _resolved(
        self, source: str, type: SourceType | None, name: str | None, checksum: str | None, catalog: str | None
    ) -> tuple[PackageSource, str | None]:
        """A source that is no name any more, and the checksum that it must have."""
        remote = is_remote(catalog)
        for _ in range(_STEPS):
            parsed = parse_fetchable(source, type, name)
            if parsed.type != "name":
                if remote and not self._local:
                    check_not_local(parsed)
                return parsed, checksum
            listed = self._listed(source)
            if listed.source is None:
                raise PackageError(f"the catalog says no source of package {source}", file=listed.catalog)
            if checksum is not None and listed.checksum is not None and checksum != listed.checksum:
                raise mismatch(source, checksum, listed.checksum)
            remote = remote or is_remote(listed.catalog)
            source, type, name = listed.source, None, name or parsed.name
            checksum = listed.checksum if checksum is None else checksum
        raise PackageError(f"package {name} leads from one name to another and to no source")

    def _listed(self, name: str) -> Listed:
        if self.lookup is None:
            raise UnknownPackageError(
                f"{name} is a name, and there is no catalog to look for it", hint="give a catalog"
            )
        return self.lookup[name]

    # Each type

    def _archive(self, source: PackageSource, wanted: str | None, progress: Progress | None) -> Fetched:
        url = source.text
        checksum = checked_sha1(source, wanted) if wanted is not None else remote_checksum(url, self.transport)
        asked = Download(url, checksum)
        # Without a checksum nobody knows whether what was fetched before is still what is there.
        entry = self.cache.get(asked.key) if checksum is not None or self._offline else None
        cached = entry is not None
        if entry is None and checksum is not None:
            entry = self._from_racket(asked, checksum)
            cached = entry is not None
        if entry is None:
            if self._offline:
                raise missing(url)
            entry = download(asked, self.cache, self._raw, policy=self._policy, progress=progress)
            if self._share and self._racket_cache is not None:
                self._shared.append((archive_key(url, entry.checksum), entry.path))
        return self._fetched(source, entry, entry.checksum, cached=cached, url=url)

    def _from_racket(self, asked: Download, checksum: str) -> CacheEntry | None:
        """An archive that Racket has fetched, if it is whole."""
        key = archive_key(asked.url, checksum)
        if self._racket_cache is None or not self._racket_cache.has(key):
            return None
        with self.cache.staging() as place:
            if not self._racket_cache.copy(key, staged := place / "archive"):
                return None
            found = digests(staged)
            return self.cache.add_file(asked.key, staged, found) if found.sha1 == checksum else None

    def _url_directory(self, source: PackageSource, wanted: str | None, progress: Progress | None) -> Fetched:
        url = source.text
        checksum = wanted if wanted is not None else directory_checksum(url, self.transport)
        # Without a text that changes with the content nothing tells whether the cache has what is there now.
        key: Key = ("directory", shown(url), checksum or "")
        entry = self.cache.get(key) if checksum or self._offline else None
        cached = entry is not None
        if entry is None:
            if self._offline:
                raise missing(url)
            with self.cache.staging() as place:
                tree = place / "tree"
                tree.mkdir()
                fetch_directory(url, tree, self._raw, limits=self._limits, progress=progress)
                entry = self.cache.add_tree(key, tree, checksum or "")
        return self._fetched(source, entry, checksum, cached=cached, url=url)

    def _repository(self, source: PackageSource, wanted: str | None, progress: Progress | None) -> Fetched:
        url = repository_url(source)
        assert source.repository is not None
        if wanted == "":
            raise PackageError("a repository cannot have an empty checksum", file=shown(url))
        reference = None
        commit = wanted
        if commit is None:
            commit, reference = self._commit(source, url)
        path = source.repository.path
        key: Key = ("repository", shown(url), commit, "/".join(path))
        entry = self.cache.get(key)
        cached = entry is not None
        if entry is None:
            entry = self._repository_from_racket(source, key, commit)
            cached = entry is not None
        if entry is None:
            if self._offline:
                raise missing(source.text)
            known = reference or (f"refs/heads/{source.repository.branch}" if source.repository.branch else "HEAD")
            entry = first_that_works(
                url, self._all_logins(url), lambda login: self._checkout(url, commit, known, login, path, key, progress)
            )
        return self._fetched(source, entry, commit, cached=cached, url=source.text)

    def _checkout(
        self,
        url: str,
        commit: str,
        reference: str,
        login: Credentials | None,
        path: tuple[str, ...],
        key: Key,
        progress: Progress | None,
    ) -> CacheEntry:
        with self.cache.staging() as place, self._git_here().commit(url, commit, reference, login) as files:
            tree = place / "tree"
            tree.mkdir()
            write_tree(files, tree, url=shown(url), path=path, limits=self._limits, progress=progress)
            return self.cache.add_tree(key, tree, commit)

    def _repository_from_racket(self, source: PackageSource, key: Key, commit: str) -> CacheEntry | None:
        """A checkout that Racket has made, as the ``.tgz`` that it keeps."""
        if self._racket_cache is None or source.repository is None:
            return None
        from pltpack.fetch.checkout import tree_of_archive

        with self.cache.staging() as place:
            archive = place / "repository.tgz"
            if not self._racket_cache.copy(repository_key(source.repository, commit), archive):
                return None
            tree = tree_of_archive(archive, place / "tree", source.repository.path, self._limits)
            return None if tree is None else self.cache.add_tree(key, tree, commit)

    def _commit(self, source: PackageSource, url: str) -> tuple[str, str | None]:
        """The commit that a source means now; without a network the one that it was when it was last asked."""
        assert source.repository is not None
        branch = source.repository.branch
        key: Key = ("commit", shown(url), branch or "")
        if self._offline:
            if source.checksum is not None:
                return source.checksum, None
            entry = self.cache.get(key)
            if entry is None:
                raise missing(source.text)
            return entry.path.read_text("ascii"), None
        commit, reference = find_commit(self._git_here(), url, branch, self._all_logins(url))
        with self.cache.staging() as place:
            staged = place / "commit"
            staged.write_text(commit, "ascii")
            self.cache.add_file(key, staged)
        return commit, reference

    def _git_here(self) -> Git:
        if self._git is None:
            self._git = open_git(self._git_choice, self._policy)
        return self._git

    def _all_logins(self, url: str) -> tuple[Credentials | None, ...]:
        own = credentials_for(url)
        return (own, *self._logins) if own is not None else (None, *self._logins)

    def _fetched(
        self, source: PackageSource, entry: CacheEntry, checksum: str | None, *, cached: bool, url: str
    ) -> Fetched:
        assert source.type is not None
        return Fetched(
            name=source.name,
            source=shown(url),
            type=source.type,
            path=entry.path,
            kind=entry.kind,
            checksum=checksum,
            sha256=entry.sha256,
            size=entry.size,
            cached=cached,
        )
