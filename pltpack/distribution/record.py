"""Entering installers and logs into the tables of a site, and taking them out again."""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Final, Literal, TypeAlias

from pltpack.distribution.change import Change, changing
from pltpack.distribution.grammar import log_name
from pltpack.distribution.layout import (
    INSTALLERS,
    LOG_TABLE,
    LOGS,
    SIGNATURES,
    SUMS,
    TABLE,
    check_name,
    name_objection,
)
from pltpack.distribution.tables import Installer, Tables, read_tables, table_files
from pltpack.errors import CallError, EntryExistsError, MemberError, SourceError
from pltpack.pkg.checksum import digests
from pltpack.racket.version import checked_version
from pltpack.site.write import Written
from pltpack.suggestions import did_you_mean

StrPath: TypeAlias = str | os.PathLike[str]
Outcome: TypeAlias = Literal["added", "changed", "unchanged", "removed"]

TABLES: Final = (TABLE, SUMS)


@dataclass(frozen=True, slots=True)
class Recorded:
    """What became of one description, and its entry as it is then."""

    description: str
    outcome: Outcome
    installer: Installer


@dataclass(slots=True)
class RecordReport:
    """What a change of the tables came to, or with ``dry_run`` would come to."""

    installers: list[Recorded] = field(default_factory=list)
    logs: dict[str, str] = field(default_factory=dict)
    version: str | None = None
    written: Written = field(default_factory=Written)


@dataclass(frozen=True, slots=True)
class NewInstaller:
    """An installer to be recorded: its file, what it is called, and a signature of it.

    ``name`` is that of the file in the site (default: the one it has).
    """

    description: str
    file: Path
    name: str = ""
    signature: Path | None = None


def record_installer(
    site: StrPath,
    file: StrPath,
    description: str,
    *,
    signature: StrPath | None = None,
    log: StrPath | None = None,
    version: str | None = None,
    link: bool = False,
    allow_missing: bool = False,
    force: bool = False,
    dry_run: bool = False,
) -> RecordReport:
    """Enter an installer into the tables of a site; its file is copied to the others, unless it is there already.

    ``signature`` is put beside it, ``log`` recorded as that of its build; ``version`` is that of Racket. With ``link``
    the file becomes the very same one. With ``allow_missing`` the file need not be there yet: it is entered without
    sums, as the original does. ``force``: a file of the same name that another description has may be replaced.

    Raises :class:`~pltpack.errors.UnsafePathError` for a name that cannot be served,
    :class:`~pltpack.errors.EntryExistsError`, :class:`~pltpack.errors.BusyError`, ``PltError`` and ``OSError``; the
    site is as it was then.
    """
    path = Path(site)
    new = NewInstaller(description, Path(file), signature=None if signature is None else Path(signature))
    logs = {description: Path(log)} if log is not None else {}
    return record_all(
        path, [new], logs, version=version, link=link, allow_missing=allow_missing, force=force, dry_run=dry_run
    )


def record_log(
    site: StrPath, log: StrPath, description: str, *, version: str | None = None, dry_run: bool = False
) -> RecordReport:
    """Record the log of a build, also of one that failed. Raises as :func:`record_installer`."""
    return record_all(Path(site), (), {description: Path(log)}, version=version, dry_run=dry_run)


def record_version(site: StrPath, version: str, *, dry_run: bool = False) -> RecordReport:
    """Say which version of Racket the installers have. Raises as :func:`record_installer`."""
    return record_all(Path(site), (), {}, version=version, dry_run=dry_run)


def record_all(
    site: Path,
    installers: Sequence[NewInstaller],
    logs: dict[str, Path],
    *,
    version: str | None = None,
    link: bool = False,
    allow_missing: bool = False,
    force: bool = False,
    dry_run: bool = False,
) -> RecordReport:
    """Record several installers and logs in one change. Raises as :func:`record_installer`."""
    report = RecordReport()
    tables = (*(TABLES if installers or version else ()), *((LOG_TABLE,) if logs else ()))
    with changing(site, tables=tables, dry_run=dry_run) as change:
        before = read_tables(site)
        after = before if version is None else replace(before, version=checked_version(version, "--racket-version"))
        report.version = version
        for new in installers:
            after = _with_installer(change, after, new, report, link=link, missing=allow_missing, force=force)
        for description, file in logs.items():
            name = check_name(log_name(description) or "log", "the description")
            change.take(f"{LOGS}/{name}", file)
            report.logs[description] = name
        after = replace(after, logs={**after.logs, **report.logs})
        change.put(table_files(after, changed=before))
        change.commit()
        report.written = change.written
    return report


def _with_installer(
    change: Change, tables: Tables, new: NewInstaller, report: RecordReport, *, link: bool, missing: bool, force: bool
) -> Tables:
    check_description(new.description)
    name = check_name(new.name or new.file.name, os.fspath(new.file))
    if name in _OWN:
        raise EntryExistsError(f"{name} is the name of a table", file=os.fspath(new.file))
    _check_free(tables, new.description, name, force=force)
    there = change.site / INSTALLERS / name
    file = new.file if new.file.exists() or not there.exists() else there
    if file.is_file():
        if not (there.exists() and file.samefile(there)):
            change.take(f"{INSTALLERS}/{name}", file, link=link)
        taken = change.taken(f"{INSTALLERS}/{name}")
        # What was copied, so that the sums are those of what is served; on a dry run there is no copy.
        sums = digests(taken if not change.dry_run else file)
        old = tables.installers.get(new.description)
        others = () if old is None else old.others
        installer = Installer(name, sums.sha1, sums.sha256, sums.size, others)
    elif file.exists():
        raise SourceError("an installer is a file", file=os.fspath(file))
    elif missing:
        installer = Installer(None)
    else:
        raise SourceError("no such file", file=os.fspath(file), hint="--allow-missing records it all the same")
    if new.signature is not None:
        _take_signature(change, new.signature, name)
    same = tables.installers.get(new.description) == installer and tables.files.get(new.description) == name
    outcome: Outcome = "unchanged" if same else "changed" if new.description in tables.files else "added"
    report.installers.append(Recorded(new.description, outcome, installer))
    return replace(
        tables,
        files={**tables.files, new.description: name},
        installers={**tables.installers, new.description: installer},
    )


_OWN: Final = frozenset(f"{table.rpartition('/')[2]}{suffix}" for table in TABLES for suffix in (".rktd", ".json")) | {
    "version.rktd"
}


def check_description(description: str) -> None:
    """Whether something can be called like this. Raises :class:`~pltpack.errors.CallError`."""
    if not description.strip() or not description.isprintable():
        raise CallError(f"{description!r} cannot be a description: it has no text, or characters that cannot be seen")


def _check_free(tables: Tables, description: str, name: str, *, force: bool) -> None:
    other = next((text for text, file in tables.files.items() if file == name and text != description), None)
    if other is not None and not force:
        raise EntryExistsError(
            f"{name} is recorded as {other!r} already", file=name, hint="-f records it under both descriptions"
        )


def _take_signature(change: Change, signature: Path, name: str) -> None:
    suffix = signature.suffix
    if suffix not in SIGNATURES:
        raise SourceError(
            "not a signature by its name", file=os.fspath(signature), hint=f"it ends in {', '.join(SIGNATURES)}"
        )
    change.take(f"{INSTALLERS}/{name}{suffix}", signature)


def forget_installers(
    site: StrPath, descriptions: Iterable[str], *, keep_files: bool = False, dry_run: bool = False
) -> RecordReport:
    """Take installers out of the tables, and their files away unless ``keep_files``; logs stay.

    Raises :class:`~pltpack.errors.MemberError` for a description that is not there, and as :func:`record_installer`.
    """
    path = Path(site)
    report = RecordReport()
    with changing(path, tables=TABLES, dry_run=dry_run) as change:
        before = read_tables(path)
        files, installers = dict(before.files), dict(before.installers)
        for description in descriptions:
            if description not in files and description not in installers:
                raise MemberError(
                    f"no installer is called {description!r}",
                    file=os.fspath(path),
                    hint=did_you_mean(description, [*files]),
                )
            name = files.pop(description, None)
            installer = installers.pop(description, None) or Installer(name)
            report.installers.append(Recorded(description, "removed", installer))
            # Names that lead elsewhere are nobody's to remove.
            if name is not None and not keep_files and name_objection(name) is None and name not in files.values():
                for suffix in ("", *SIGNATURES):
                    change.remove(f"{INSTALLERS}/{name}{suffix}")
        change.put(table_files(replace(before, files=files, installers=installers), changed=before))
        change.commit()
        report.written = change.written
    return report


def refresh_sums(site: StrPath, *, dry_run: bool = False) -> RecordReport:
    """Have the sums of all installers as their files are now.

    Entries of files that are not there stay as they are, and so do those that ``table.rktd`` does not name. What was
    recorded before it was there is completed. Raises as :func:`record_installer`.
    """
    path = Path(site)
    report = RecordReport()
    with changing(path, tables=TABLES, dry_run=dry_run) as change:
        before = read_tables(path)
        installers = dict(before.installers)
        for description, name in before.files.items():
            old = before.installers.get(description)
            file = path / INSTALLERS / check_name(name, f"{TABLE}.rktd")
            if not file.is_file():
                continue
            sums = digests(file)
            new = Installer(name, sums.sha1, sums.sha256, sums.size, () if old is None else old.others)
            installers[description] = new
            if new != old:
                report.installers.append(Recorded(description, "added" if old is None else "changed", new))
        change.put(table_files(replace(before, installers=installers), changed=before))
        change.commit()
        report.written = change.written
    return report
