"""Changes of a scope other than those of plans: its settings, its trash."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from pltpack.errors import BlockedError
from pltpack.scope.scope import Scope
from pltpack.scope.state import trash
from pltpack.scope.state.links import LinkEntries
from pltpack.scope.state.lock import ScopeLock, patiently
from pltpack.scope.state.places import TRASH
from pltpack.scope.state.records import read_records, write_records
from pltpack.scope.state.settings import Settings
from pltpack.transaction.destination import BytesData, Existing, Root
from pltpack.transaction.directory import DirectoryDestination
from pltpack.transaction.file import replacing


def _lock(scope: Scope) -> ScopeLock:
    return ScopeLock(scope.places.packages, timeout=scope.manner.lock_timeout, waiting=scope.manner.waiting)


def change_setting(scope: Scope, key: str, values: Sequence[str], *, dry_run: bool = False) -> bytes:
    """Set a key of the scope's ``config.rktd``; returns the text of the file.

    Raises :class:`~pltpack.errors.PackageError` for a key or value that Racket does not take,
    :class:`~pltpack.errors.BlockedError`, :class:`~pltpack.errors.ConfigError` for a damaged file, and ``OSError``.
    """
    text = scope.settings.changed(key, values)
    if dry_run:
        return text
    with _lock(scope):
        # another process may have set another key since
        text = Settings(scope.installation, scope.places).changed(key, values)
        scope.places.config.parent.mkdir(parents=True, exist_ok=True)
        with replacing(scope.places.config) as stream:
            stream.write(text)
    return text


def clear_trash(scope: Scope) -> list[Path]:
    """Delete what is in the trash; returns what was there.

    Waits for other processes, as plans do. Raises :class:`~pltpack.errors.BusyError` and ``OSError``.
    """
    return patiently(lambda: _clear_trash(scope), timeout=scope.manner.lock_timeout)


def _clear_trash(scope: Scope) -> list[Path]:
    place = scope.places.trash
    place.mkdir(parents=True, exist_ok=True)
    names = trash.list_trash(place) or []
    with DirectoryDestination(lock=_lock(scope)) as destination:
        root = Root(scope.places.packages, "packages")
        for name in sorted(path.name for path in place.iterdir()):
            destination.remove(root, (TRASH, name))
        destination.commit()
    return [place / name for name in names]


def restore(scope: Scope, name: str, *, dry_run: bool = False) -> Path:
    """Put the package of that name back that went into the trash last; returns where it lay there.

    What is installed under the name now goes into the trash. Waits for other processes, as plans do. Raises
    :class:`~pltpack.errors.BlockedError` if there is no such package, or nothing is known of it;
    :class:`~pltpack.errors.BusyError` and ``OSError``.
    """
    return patiently(lambda: _restore(scope, name, dry_run=dry_run), timeout=scope.manner.lock_timeout)


def _restore(scope: Scope, name: str, *, dry_run: bool) -> Path:
    found = [one for one in trash.read_trash(scope.places.trash) if one.name == name]
    known = [one for one in found if one.record is not None]
    if not known:
        hint = "Racket's own commands do not write down what they remove" if found else None
        raise BlockedError(f"there is nothing to restore of package {name} in the trash", hint=hint)
    last = max(known, key=lambda one: (one.seconds or 0, one.path.name))
    if dry_run:
        return last.path
    assert last.record is not None
    record, places = last.record, scope.places
    root = Root(places.packages, "packages")
    beside = root if places.links.parent == places.packages else Root(places.links.parent, "links")
    folder = record.folder or name
    now = scope.manner.now()
    with DirectoryDestination(lock=_lock(scope)) as destination:
        records = read_records(places.table)
        links = LinkEntries.read(places.links)
        current = records.get(name)
        if current is not None:
            links.remove(current.directory(name, places.packages), current)
        if (places.packages / folder).exists():
            there = trash.trash_name(name, now, trash.list_trash(places.trash) or ())
            destination.move(root, (folder,), root, (TRASH, there))
            if current is not None and not current.origin.linked:
                note = trash.sidecar(name, current)
                path = (TRASH, there + trash.SIDECAR)
                destination.write_file(root, path, len(note), BytesData(note), Existing.REPLACE)
        destination.move(root, (TRASH, last.path.name), root, (folder,))
        destination.remove(root, (TRASH, last.path.name + trash.SIDECAR))
        records[name] = record
        links.add(places.packages / folder, record.collection)
        for where, file, text in (
            (beside, places.links.name, links.text()),
            (root, places.table.name, write_records(records)),
        ):
            destination.write_file(where, (file,), len(text), BytesData(text), Existing.REPLACE)
        destination.commit()
    return last.path
