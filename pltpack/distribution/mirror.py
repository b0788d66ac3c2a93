"""A copy of another site's installers: chosen files, checked while they are fetched, the last versions kept."""

from __future__ import annotations

import contextlib
import hashlib
import os
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Final
from urllib.parse import quote, urlsplit

from pltpack.datum.values import Datum
from pltpack.distribution.change import Change, changing
from pltpack.distribution.folder import FolderTransport
from pltpack.distribution.grammar import levels, plain
from pltpack.distribution.layout import INSTALLERS, name_objection
from pltpack.distribution.record import TABLES
from pltpack.distribution.tables import (
    MOST,
    Installer,
    Tables,
    installers_in,
    names_in,
    read_tables,
    table_files,
    version_in,
)
from pltpack.errors import CallError, ChecksumError, EntryExistsError, FetchError, LimitError, PltError, SettingError
from pltpack.fetch.transport import BLOCK, HttpTransport, NetworkPolicy, Transport, read_all
from pltpack.patterns import matcher
from pltpack.pkg.checksum import Digests, digests
from pltpack.racket.version import checked_version, version_key
from pltpack.site.write import Written

_FROM: Final = "mirrored-from"
"""The entry that says of an installer in ``installers.rktd`` that it is a copy, and of which site."""

_EARLIER: Final = "{~} Earlier versions"
_ABSENT: Final = (404, 410)

OnFile = Callable[[str, int, int | None], object]
"""Called with the name of a file, the bytes that are there, and how many there will be (``None``: unknown)."""


@dataclass(slots=True)
class Mirrored:
    """What became of the files of the other site, by names: ``fetched``, ``kept`` (they were there already),
    ``removed``, ``failed`` with the error, and ``unchecked``, those of which no sums are told."""

    version: str | None = None
    fetched: list[str] = field(default_factory=list)
    kept: list[str] = field(default_factory=list)
    removed: list[str] = field(default_factory=list)
    failed: dict[str, PltError | OSError] = field(default_factory=dict)
    unchecked: list[str] = field(default_factory=list)
    size: int = 0
    written: Written = field(default_factory=Written)


@dataclass(frozen=True, slots=True)
class _Remote:
    """The tables of the other site."""

    base: str
    tables: Tables


def mirror_installers(
    url: str,
    site: str | os.PathLike[str],
    *,
    only: Sequence[str] = (),
    keep: int = 0,
    transport: Transport | None = None,
    policy: NetworkPolicy = NetworkPolicy(),
    dry_run: bool = False,
    progress: OnFile | None = None,
) -> Mirrored:
    """Have the installers of another site in this one, with its tables.

    ``url`` is that of its ``installers/``, or a folder that is it. ``only``: patterns of file names (as in
    ``.gitignore``). What is there with the right sums is not fetched again; what comes with wrong ones is not taken.
    When the other site has a new version, installers of the old one stay under *Earlier versions*, ``keep`` versions in
    all (0: all). Installers that were recorded here by hand stay as they are. What cannot be fetched is in the report,
    and the rest is there.

    Raises :class:`~pltpack.errors.FetchError` where the tables cannot be had, ``FormatError`` where they cannot be
    read, :class:`~pltpack.errors.CallError`, :class:`~pltpack.errors.BusyError` and ``OSError``.
    """
    if os.path.isdir(url):
        base, transport = Path(url).resolve().as_uri() + "/", FolderTransport(Path(url))
    elif urlsplit(url).scheme in ("http", "https"):
        base = url.partition("?")[0].partition("#")[0].rstrip("/") + "/"
    else:
        raise CallError(f"{url!r} is neither an address of a server nor a folder", hint="https://host/installers/")
    path, report = Path(site), Mirrored()
    wanted = matcher(only) if only else lambda _name: True
    with contextlib.ExitStack() as stack:
        send = transport if transport is not None else stack.enter_context(contextlib.closing(HttpTransport(policy)))
        remote = _Remote(base, _remote_tables(send, base))
        report.version = remote.tables.version
        change = stack.enter_context(changing(path, tables=TABLES, dry_run=dry_run))
        before = read_tables(path)
        after = _aged(before, remote)
        for description, name in remote.tables.files.items():
            if name_objection(name) is not None:
                report.failed[name] = PltError(f"{name!r} {name_objection(name)}", file=f"{base}table.rktd")
            elif wanted(name):
                try:
                    after = _with_one(change, after, description, name, remote, send, policy, report, progress)
                except (PltError, OSError) as error:
                    report.failed[name] = error
        after = _pruned(_without_gone(after, remote, wanted), keep)
        _remove_files(change, before, after, report)
        if remote.tables.version is not None and not report.failed:
            after = replace(after, version=remote.tables.version)
        change.put(table_files(after, changed=before))
        change.commit()
        report.written = change.written
    return report


def _remote_tables(send: Transport, base: str) -> Tables:
    files = names_in(_get(send, f"{base}table.rktd", needed=True), f"{base}table.rktd")
    sums = installers_in(_get(send, f"{base}installers.rktd"), f"{base}installers.rktd")
    version = version_in(_get(send, f"{base}version.rktd"), f"{base}version.rktd")
    with contextlib.suppress(SettingError):
        return Tables(files, sums, {}, None if version is None else checked_version(version, base))
    return Tables(files, sums)


def _get(send: Transport, url: str, *, needed: bool = False) -> bytes | None:
    with send.get(url) as answer:
        if answer.status in _ABSENT and not needed:
            return None
        if answer.status != 200:
            raise FetchError(f"the answer is {answer.status}", file=url, status=answer.status)
        return read_all(answer, MOST)


def _is_mirrored(installer: Installer | None, base: str) -> bool:
    return installer is not None and (_FROM, base) in installer.others


def _aged(tables: Tables, remote: _Remote) -> Tables:
    """The tables with what was mirrored of an older version moved to the earlier ones."""
    old, new = tables.version, remote.tables.version
    if old is None or new is None or old == new:
        return tables
    files, installers = dict(tables.files), dict(tables.installers)
    for description, name in tables.files.items():
        if description.startswith(_EARLIER) or not _is_mirrored(installers.get(description), remote.base):
            continue
        del files[description]
        installer = installers.pop(description)
        if name not in remote.tables.files.values():
            earlier = f"{_EARLIER} | {old} | {plain(description)}"
            files[earlier], installers[earlier] = name, installer
    return replace(tables, files=files, installers=installers)


def _without_gone(tables: Tables, remote: _Remote, wanted: Callable[[str], bool]) -> Tables:
    """The tables without what was mirrored and is not there, or not wanted, any more."""
    gone = [
        description
        for description, name in tables.files.items()
        if not description.startswith(_EARLIER)
        and _is_mirrored(tables.installers.get(description), remote.base)
        and (description not in remote.tables.files or not wanted(name))
    ]
    return _without(tables, gone)


def _pruned(tables: Tables, keep: int) -> Tables:
    """The tables with the latest ``keep - 1`` earlier versions."""
    earlier = {text: levels(text)[1].text for text in tables.files if text.startswith(_EARLIER)}
    versions = sorted({*filter(_is_version, earlier.values())}, key=version_key, reverse=True)
    kept = versions if not keep else versions[: keep - 1]
    return _without(tables, [text for text, version in earlier.items() if version in versions and version not in kept])


def _is_version(text: str) -> bool:
    with contextlib.suppress(SettingError):
        return checked_version(text, "") == text
    return False


def _without(tables: Tables, descriptions: Sequence[str]) -> Tables:
    gone = {*descriptions}
    return replace(
        tables,
        files={text: name for text, name in tables.files.items() if text not in gone},
        installers={text: one for text, one in tables.installers.items() if text not in gone},
    )


def _remove_files(change: Change, before: Tables, after: Tables, report: Mirrored) -> None:
    left = {*before.files.values()} - {*after.files.values()}
    for name in sorted(name for name in left if name_objection(name) is None):
        change.remove(f"{INSTALLERS}/{name}")
        report.removed.append(name)


def _with_one(
    change: Change,
    tables: Tables,
    description: str,
    name: str,
    remote: _Remote,
    send: Transport,
    policy: NetworkPolicy,
    report: Mirrored,
    progress: OnFile | None,
) -> Tables:
    """The tables with one installer, which is fetched if it is not there as it should be."""
    _check_free(tables, description, name, remote.base)
    said = remote.tables.installers.get(description, Installer(name))
    others: tuple[tuple[str, Datum], ...] = ((_FROM, remote.base),)
    there = change.site / INSTALLERS / name
    found = digests(there) if there.is_file() and not there.is_symlink() else None
    if found is not None and (said.sha1 or said.sha256) and _differs(found, said) is None:
        report.kept.append(name)
    elif change.dry_run:
        report.fetched.append(name)
        report.size += said.size
        return tables
    else:
        url = f"{remote.base}{quote(name)}"
        found = _fetch(change, url, name, said, send, policy, progress)
        report.fetched.append(name)
        report.size += found.size
        if not (said.sha1 or said.sha256):
            report.unchecked.append(name)
    installer = Installer(name, found.sha1, found.sha256, found.size, others)
    return replace(
        tables,
        files={**tables.files, description: name},
        installers={**tables.installers, description: installer},
    )


def _check_free(tables: Tables, description: str, name: str, base: str) -> None:
    """What was recorded here by hand is not replaced. Raises :class:`~pltpack.errors.EntryExistsError`."""
    for text, file in tables.files.items():
        if (text == description or file == name) and not _is_mirrored(tables.installers.get(text), base):
            raise EntryExistsError(
                f"{text!r} was recorded here by hand", file=name, hint="pltpack site forget removes it"
            )


def _fetch(
    change: Change,
    url: str,
    name: str,
    said: Installer,
    send: Transport,
    policy: NetworkPolicy,
    progress: OnFile | None,
) -> Digests:
    """Fetch a file to where it waits for the commit; what breaks off is begun again."""
    place = change.make(f"{INSTALLERS}/{name}")
    assert place is not None
    for attempt in range(policy.retries + 1):
        try:
            with place.open("wb") as stream:
                found = _receive(url, stream.write, said, send, name, progress)
        except FetchError as error:
            place.unlink(missing_ok=True)
            if error.status is not None or attempt == policy.retries:
                raise
        except BaseException:
            place.unlink(missing_ok=True)
            raise
        else:
            if problem := _differs(found, said):
                place.unlink()
                raise ChecksumError(problem, file=url, hint="the site is damaged, or was changed on the way")
            return found
    raise AssertionError("unreachable")


def _receive(
    url: str,
    write: Callable[[bytes], object],
    said: Installer,
    send: Transport,
    name: str,
    progress: OnFile | None,
) -> Digests:
    sha1, sha256, size = hashlib.sha1(usedforsecurity=False), hashlib.sha256(), 0
    with send.get(url) as answer:
        if answer.status != 200:
            raise FetchError(f"the answer is {answer.status}", file=url, status=answer.status)
        for block in _bounded(answer.blocks(), said.size, url):
            write(block)
            sha1.update(block)
            sha256.update(block)
            size += len(block)
            if progress is not None:
                progress(name, size, said.size or None)
    return Digests(sha1.hexdigest(), sha256.hexdigest(), size)


def _bounded(blocks: Iterator[bytes], most: int, url: str) -> Iterator[bytes]:
    """No more than the table says that there is."""
    size = 0
    for block in blocks:
        size += len(block)
        if most and size > most + BLOCK:
            raise LimitError(f"it is larger than the {most} bytes that the table says", file=url)
        yield block


def _differs(found: Digests, said: Installer) -> str | None:
    if said.size and said.size != found.size:
        return f"it has {found.size} bytes, and should have {said.size}"
    if said.sha256 and said.sha256 != found.sha256:
        return f"its SHA-256 is {found.sha256}, and should be {said.sha256}"
    if said.sha1 and said.sha1 != found.sha1:
        return f"its SHA-1 is {found.sha1}, and should be {said.sha1}"
    return None
