"""Where a site is published to: a folder, or a bucket of an object store."""

from __future__ import annotations

import hashlib
import os
import re
import shutil
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Literal, Protocol

from pltpack.errors import BlockedError, PltError

if TYPE_CHECKING:
    from obstore import UpdateVersion
    from obstore.store import ObjectStore

_BLOCK: Final = 1 << 18
_BUCKET: Final = re.compile(r"(s3|s3a|gs|az|adl|abfs|abfss|memory)://")

_OF_CLIENT: Final = frozenset({"allow_http", "allow_invalid_certificates", "connect_timeout", "proxy_url", "timeout"})
"""Options that are about the connection and not about the store."""


class Store(Protocol):
    """Takes files under keys, which are paths with ``/``; each appears whole."""

    name: str

    def put(
        self,
        key: str,
        path: Path,
        *,
        absent: bool = False,
        over: Collection[str] | None = None,
        headers: Mapping[str, str] = {},
    ) -> None:
        """Put a file.

        With ``absent`` what is there already stays: its key tells its content. ``over``: only what has one of these
        SHA-256 may be replaced, or nothing be there; else ``BlockedError`` is raised, also if somebody puts another one
        there at this very moment. ``headers`` are for whoever asks for it later. Raises ``PltError`` and ``OSError``.
        """
        ...

    def delete(self, key: str) -> None:
        """Remove a file; one that is not there is no error."""
        ...


def is_bucket(target: str) -> bool:
    """Whether a text is the URL of a bucket, or of something in one."""
    return _BUCKET.match(target) is not None


def open_store(target: str, options: Mapping[str, str] = {}) -> Store:
    """The store at a URL (``s3://bucket/prefix``, ``gs://``, ``az://``, with ``options`` as obstore takes them), or the
    folder at a path. Raises :class:`~pltpack.errors.PltError`."""
    if is_bucket(target):
        return BucketStore(target, options)
    if "://" in target and not target.startswith("file://"):
        raise PltError(
            "no site can be published to such a URL", file=target, hint="use a folder, s3://, gs:// or az://"
        )
    return FolderStore(Path(os.path.abspath(target.removeprefix("file://"))))


def file_sha256(path: Path) -> str:
    """The SHA-256 of a file, as hexadecimal digits."""
    digest = hashlib.sha256()
    with path.open("rb", buffering=0) as stream:
        while block := stream.read(_BLOCK):
            digest.update(block)
    return digest.hexdigest()


def another_publisher(key: str, store: str) -> BlockedError:
    """The error where what is there is not what was published last from here."""
    return BlockedError(
        f"{key} is not as it was published last: somebody else publishes there, too",
        file=store,
        hint="compare the two; --adopt takes over what is there",
    )


class FolderStore:
    """A folder of the disk; everything is written beside its place and renamed. Headers are for its web server."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.name = os.fspath(folder)

    def put(
        self,
        key: str,
        path: Path,
        *,
        absent: bool = False,
        over: Collection[str] | None = None,
        headers: Mapping[str, str] = {},
    ) -> None:
        del headers
        from pltpack.transaction.file import replacing

        target = self._folder / key
        if absent and target.exists():
            return
        if over is not None and target.exists() and file_sha256(target) not in over:
            raise another_publisher(key, self.name)
        target.parent.mkdir(parents=True, exist_ok=True)
        with path.open("rb") as source, replacing(target) as sink:
            shutil.copyfileobj(source, sink, _BLOCK)

    def delete(self, key: str) -> None:
        target = self._folder / key
        target.unlink(missing_ok=True)
        for parent in list(Path(key).parents)[:-1]:
            try:
                (self._folder / parent).rmdir()
            except OSError:
                break


def open_bucket(url: str, options: Mapping[str, str] = {}) -> ObjectStore:
    """A bucket, or the part of it below a prefix. What ``options`` do not say the environment does, as for obstore.

    Raises :class:`~pltpack.errors.PltError`.
    """
    try:
        from obstore.store import from_url
    except ImportError:
        raise PltError("a bucket needs obstore", file=url, hint="pip install 'pltpack[s3]'") from None
    from obstore.exceptions import BaseError

    try:
        opened: Any = from_url  # each kind of store has its own options
        client = {key: value for key, value in options.items() if key in _OF_CLIENT}
        others = {key: value for key, value in options.items() if key not in _OF_CLIENT}
        store: ObjectStore = opened(url, **others, **({"client_options": client} if client else {}))
    except BaseError as error:
        raise PltError(first_line(error), file=url) from None
    return store


class BucketStore:
    """A bucket, by obstore."""

    def __init__(self, url: str, options: Mapping[str, str] = {}) -> None:
        self.name = url
        self._store = open_bucket(url, options)

    def put(
        self,
        key: str,
        path: Path,
        *,
        absent: bool = False,
        over: Collection[str] | None = None,
        headers: Mapping[str, str] = {},
    ) -> None:
        import obstore
        from obstore.exceptions import AlreadyExistsError, BaseError, PreconditionError

        mode: Literal["create", "overwrite"] | UpdateVersion = "create" if absent else "overwrite"
        try:
            if over is not None:
                mode = self._replaceable(key, over)
            obstore.put(self._store, key, path, attributes=dict(headers), mode=mode)
        except AlreadyExistsError:
            if not absent:
                raise another_publisher(key, self.name) from None
        except PreconditionError:
            raise another_publisher(key, self.name) from None
        except BaseError as error:
            raise PltError(first_line(error), file=f"{self.name}/{key}") from None

    def _replaceable(self, key: str, over: Collection[str]) -> Literal["create"] | UpdateVersion:
        """How to put something over what is there, and over nothing else."""
        import obstore

        try:
            there = obstore.get(self._store, key)
        except FileNotFoundError:
            return "create"
        if hashlib.sha256(there.bytes()).hexdigest() not in over:
            raise another_publisher(key, self.name)
        return {"e_tag": there.meta["e_tag"]}

    def delete(self, key: str) -> None:
        import obstore
        from obstore.exceptions import BaseError

        try:
            obstore.delete(self._store, key)
        except FileNotFoundError:
            return
        except BaseError as error:
            raise PltError(first_line(error), file=f"{self.name}/{key}") from None


def first_line(error: BaseException) -> str:
    """What a library says of an error, without its details."""
    return str(error).strip().partition("\n")[0] or type(error).__name__
