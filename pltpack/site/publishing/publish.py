"""Publishing a site: what has changed, in an order in which clients that read meanwhile never fail."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import msgspec

from pltpack.errors import FormatError
from pltpack.site.config import read_config
from pltpack.site.headers import cache_control, content_type
from pltpack.site.layout import ALL, ARCHIVES, CATALOG, SNAPSHOTS, STATE
from pltpack.site.publishing.signing import SIGNATURE, SUMS, sign, sums_text
from pltpack.site.publishing.stores import Store, file_sha256, open_store
from pltpack.site.retention import current_stamp
from pltpack.site.snapshots import stamps
from pltpack.site.write import change_time, locked
from pltpack.transaction.file import replacing

_PRIVATE: Final = ("catalog.toml", "overrides.toml")
_BEGUN: Final = "begun"
"""Stands in the manifest for the list of all records that was to be put last."""

_UNNEEDED: Final = "unneeded "
"""Stands in the manifest before the key of an archive that is in the site no more, with the time when that was seen."""


@dataclass(slots=True)
class Published:
    """What was published, or with ``dry_run`` would be: keys that were put and removed; ``skipped`` counts those that
    are there already as they should be."""

    put: list[str] = field(default_factory=list)
    deleted: list[str] = field(default_factory=list)
    waiting: list[str] = field(default_factory=list)
    """Archives that are not in the site any more, and stay for their time of grace."""
    skipped: int = 0
    size: int = 0


def publish_site(
    site: str | os.PathLike[str],
    target: str | None = None,
    *,
    options: Mapping[str, str] | None = None,
    delete: bool = False,
    adopt: bool = False,
    key: str | os.PathLike[str] | None = None,
    dry_run: bool = False,
    store: Store | None = None,
    progress: Callable[[str], object] | None = None,
) -> Published:
    """Copy what has changed since the last time to ``target`` (default: that of ``catalog.toml``).

    Archives come first, then records, then the lists, then what people read; with ``delete`` at last what was
    published before and is not in the site any more is removed, and nothing else: archives when they have been seen so
    for ``grace_days`` of ``catalog.toml``, since a client may have read the record that was there until now. What was
    published is remembered in the site, so that the target is never listed. ``adopt`` takes over a target that
    somebody else has published to. ``key``: a private key, by which the sums of all files are signed.

    Raises :class:`~pltpack.errors.BlockedError` if somebody else has published there meanwhile,
    :class:`~pltpack.errors.BusyError`, ``PltError`` and ``OSError``; another call goes on where this one ended.
    """
    path = Path(site)
    if key is not None:
        sign(b"", key)  # a key that cannot be used is told before anything is sent
    with locked(path):
        config = read_config(path).publish
        target = target or config.target
        if store is None:
            if not target:
                raise ValueError("the target is neither given nor in catalog.toml")
            store = open_store(target, config.options if options is None else options)
        manifest = _Manifest(path, store.name)
        published = Published()
        files = dict(_files(path))
        sums = {name: file_sha256(file) for name, file in files.items()}
        try:
            for name, file in files.items():
                known = manifest.sent.get(name)
                if known == sums[name]:
                    published.skipped += 1
                    continue
                published.put.append(name)
                published.size += file.stat().st_size
                if not dry_run:
                    _put(store, manifest, name, file, sums[name], adopt=adopt)
                    if progress is not None:
                        progress(name)
            if key is not None and not dry_run:
                _sign(path, sums, key, store)
            if delete:
                grace = config.grace_days * 86400
                published.deleted, published.waiting = manifest.beyond(files, change_time(), grace)
                for name in () if dry_run else published.deleted:
                    store.delete(name)
                    manifest.forget(name)
        finally:
            if not dry_run:
                manifest.write()
    return published


def _put(store: Store, manifest: _Manifest, name: str, file: Path, sha256: str, *, adopt: bool) -> None:
    """Put one file; the list of all records only over what was put last, so that two publishers notice each other."""
    over = None
    if name == ALL and not adopt:
        over = {manifest.sent.get(name, sha256), manifest.sent.get(_BEGUN, sha256), sha256}
        # Should this process die now, the next one knows what it may find.
        manifest.sent[_BEGUN] = sha256
        manifest.write()
    headers = {"Content-Type": content_type(name), "Cache-Control": cache_control(name)}
    store.put(name, file, absent=name.startswith(f"{ARCHIVES}/"), over=over, headers=headers)
    manifest.sent[name] = sha256


def _sign(site: Path, sums: dict[str, str], key: str | os.PathLike[str], store: Store) -> None:
    text = sums_text(sums)
    for name, content in ((SUMS, text), (SIGNATURE, sign(text, key).encode())):
        file = site / STATE / name
        with replacing(file) as stream:
            stream.write(content)
        store.put(name, file, headers={"Content-Type": "text/plain", "Cache-Control": "no-cache"})


class _Manifest:
    """What was published to one target, as the site remembers it: the SHA-256 of each file."""

    def __init__(self, site: Path, target: str) -> None:
        digest = hashlib.sha256(target.encode()).hexdigest()[:16]
        self._path = site / STATE / f"published-{digest}.json"
        try:
            self.sent = msgspec.json.decode(self._path.read_bytes(), type=dict[str, str])
        except FileNotFoundError:
            self.sent = {}
        except msgspec.MsgspecError as error:
            raise FormatError(
                f"what was published cannot be told: {error}",
                file=os.fspath(self._path),
                hint="remove the file; everything is published again then, with --adopt",
            ) from None

    def beyond(self, files: Collection[str], now: int, grace: int) -> tuple[list[str], list[str]]:
        """What was published and is not among ``files``: what can go ``now``, and archives that were first seen to be
        so less than ``grace`` seconds ago."""
        gone: list[str] = []
        waiting: list[str] = []
        for name in list(self.sent):
            if name == _BEGUN or name.startswith(_UNNEEDED):
                continue
            if name in files:
                self.sent.pop(_UNNEEDED + name, None)
            elif name.startswith(f"{ARCHIVES}/"):
                since = self.sent.setdefault(_UNNEEDED + name, str(now))
                seen = int(since) if since.isdecimal() else now
                (gone if now - seen >= grace else waiting).append(name)
            else:
                gone.append(name)
        return gone, waiting

    def forget(self, name: str) -> None:
        """It is not there any more."""
        del self.sent[name]
        self.sent.pop(_UNNEEDED + name, None)

    def write(self) -> None:
        with replacing(self._path) as stream:
            stream.write(msgspec.json.encode(self.sent))


def _files(site: Path) -> Iterator[tuple[str, Path]]:
    """What is published, by key, in the order that is safe for clients.

    A link cannot be published everywhere: ``snapshots/current`` is a copy of the snapshot it leads to.
    """
    found = {path.relative_to(site).as_posix(): path for path in _walk(site)}
    current = current_stamp(site)
    if current is not None and current in stamps(site):
        for path in (site / SNAPSHOTS / current / CATALOG).rglob("*"):
            if path.is_file():
                found[f"{SNAPSHOTS}/current/{path.relative_to(site / SNAPSHOTS / current).as_posix()}"] = path
    return iter(sorted(found.items(), key=lambda item: (_turn(item[0]), item[0])))


def _walk(folder: Path, *, top: bool = True) -> Iterator[Path]:
    for entry in os.scandir(folder):
        if entry.name.startswith(".") or (top and entry.name in _PRIVATE):
            continue
        if entry.is_dir(follow_symlinks=False):
            yield from _walk(Path(entry.path), top=False)
        elif entry.is_file(follow_symlinks=False):
            yield Path(entry.path)


def _turn(key: str) -> int:
    """When a file is published: what is named comes before what names it."""
    if key.startswith(f"{ARCHIVES}/"):
        return 0
    if "/pkg/" in key or (key.startswith(SNAPSHOTS) and not key.endswith(("/pkgs", "/pkgs-all", "/done"))):
        return 1
    if key.endswith("/pkgs-all"):
        return 2
    if key.endswith(("/pkgs", "/done")):
        return 3
    return 4 if key.endswith((".json", ".gz", ".xml")) else 5
