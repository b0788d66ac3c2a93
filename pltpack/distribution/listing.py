"""What a page of installers says, as values: groups, installers with their sums, and what failed."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final, Literal, TypeAlias
from urllib.parse import quote

from pltpack.distribution.aliases import alias_name, all_names
from pltpack.distribution.config import DistributionConfig
from pltpack.distribution.grammar import MinimalCounterparts, Row, log_name, rows
from pltpack.distribution.layout import INSTALLERS, LOGS, SIGNATURES, name_objection
from pltpack.distribution.tables import Installer, Tables

Kind: TypeAlias = Literal["group", "installer", "missing"]

_SYSTEMS: Final = (
    ("windows", re.compile(r"win32|windows|\bwin\b|\.exe\b", re.IGNORECASE)),
    ("macosx", re.compile(r"macosx?|mac os|\.dmg\b|\.pkg\b", re.IGNORECASE)),
    ("linux", re.compile(r"linux", re.IGNORECASE)),
)
_MACHINES: Final = (
    ("x86_64", re.compile(r"x86_64|amd64|x64", re.IGNORECASE)),
    ("aarch64", re.compile(r"aarch64|arm64", re.IGNORECASE)),
    ("i386", re.compile(r"i[36]86|32-bit", re.IGNORECASE)),
    ("ppc", re.compile(r"ppc|powerpc", re.IGNORECASE)),
    ("arm", re.compile(r"\barm", re.IGNORECASE)),
)


@dataclass(frozen=True, slots=True)
class Past:
    """The last success of a build that failed: the snapshot that has the installer, its file, and the version there."""

    stamp: str
    file: str
    version: str | None = None


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a page.

    A ``missing`` one is an installer whose build failed: ``log`` tells why, ``past`` when it last went well. Addresses
    (``href``, ``signature``, ``log``, those of ``aliases``) are relative to the page. ``size`` counts bytes.
    ``platform`` is what the file runs on, as far as its name and description tell: ``linux x86_64``.
    """

    kind: Kind
    depth: int
    text: str
    detail: str = ""
    help: str = ""
    description: str | None = None
    file: str | None = None
    href: str | None = None
    size: int | None = None
    sha1: str = ""
    sha256: str = ""
    signature: str | None = None
    log: str | None = None
    aliases: tuple[tuple[str, str], ...] = ()
    platform: str = ""
    minimal: str | None = None
    """The description of the minimal distribution for the same platform."""
    past: Past | None = None


def listing(
    site: Path,
    tables: Tables,
    config: DistributionConfig,
    *,
    top: str = "",
    past: Mapping[str, Past] | None = None,
    current: bool = False,
) -> list[Line]:
    """The lines of the page of a site, in order.

    ``top`` is the address of the site, relative to the page. ``past``: the last successes of what failed, by
    descriptions. ``current``: installers have names with ``current`` in the place of the version, too.
    """
    past = past or {}
    files = {text: name for text, name in tables.files.items() if name_objection(name) is None}
    failed = {text for text in {*tables.logs, *past} if text not in files}
    make = _Lines(site, tables, config, top, past, current=current)
    return [make.line(row, texts) for row, texts in _with_texts(rows([*files, *failed]))]


def _with_texts(found: list[Row]) -> Iterator[tuple[Row, tuple[str, ...]]]:
    """Each row with the texts of the levels that lead to it."""
    texts: list[str] = []
    for row in found:
        texts[row.depth :] = [row.level.text]
        yield row, tuple(texts)


class _Lines:
    """Makes lines from rows."""

    def __init__(
        self,
        site: Path,
        tables: Tables,
        config: DistributionConfig,
        top: str,
        past: Mapping[str, Past],
        *,
        current: bool,
    ) -> None:
        self._site = site
        self._tables = tables
        self._config = config
        self._top = top
        self._past = past
        self._current = current
        self._minimal = MinimalCounterparts(tables.files)
        self._taken = set(tables.files.values())

    def line(self, row: Row, texts: tuple[str, ...]) -> Line:
        """The line of a row; ``texts`` are those of the levels that lead to it."""
        description, level = row.description, row.level
        line = Line("group", row.depth, level.text, level.detail, self._config.help.get(" | ".join(texts), ""))
        if description is None:
            return line
        log = _log_of(self._site, self._tables, description)
        line = replace(line, description=description, log=None if log is None else f"{self._top}{LOGS}/{quote(log)}")
        file = self._tables.files.get(description)
        if file is None or name_objection(file) is not None:
            return replace(line, kind="missing", past=self._past.get(description))
        return self._installer(line, description, file)

    def _installer(self, line: Line, description: str, file: str) -> Line:
        installer = self._tables.installers.get(description, Installer(None))
        base = f"{self._top}{INSTALLERS}/"
        names = alias_names(file, self._tables.version, self._config, self._taken, current=self._current)
        ends = (end for end in SIGNATURES if (self._site / INSTALLERS / f"{file}{end}").is_file())
        signed = next(ends, None)
        return replace(
            line,
            kind="installer",
            file=file,
            href=base + quote(file),
            size=installer.size if installer.file is not None else None,
            sha1=installer.sha1,
            sha256=installer.sha256,
            signature=None if signed is None else base + quote(file + signed),
            aliases=tuple((name, base + quote(name)) for name in names),
            platform=platform_of(f"{file} {description}"),
            minimal=self._minimal.of(description),
        )


def alias_names(
    file: str, version: str | None, config: DistributionConfig, taken: Collection[str], *, current: bool = False
) -> list[str]:
    """The other names of an installer that are not ``taken``: those that the configuration asks for, and with
    ``current`` that with ``current`` in the place of the ``version``."""
    main = config.aliases.main
    found = [alias_name(file, main, alias) for alias in all_names(main, config.aliases.others)]
    if current:
        found.append(current_name(file, version))
    return [name for name in dict.fromkeys(found) if name is not None and name not in taken]


def current_name(file: str, version: str | None) -> str | None:
    """The name of an installer with ``current`` in the place of its version; ``None`` if it has not this version.

    >>> current_name("racket-8.7-x86_64-linux.sh", "8.7"), current_name("racket-8.7.0.3-src.tgz", "8.7")
    ('racket-current-x86_64-linux.sh', None)
    """
    if version is None:
        return None
    name, count = re.subn(rf"(?<![0-9.]){re.escape(version)}(?![0-9]|\.[0-9])", "current", file, count=1)
    return name if count else None


def _log_of(site: Path, tables: Tables, description: str) -> str | None:
    """The file of the log of a build: the recorded one, or the one that has its name."""
    name = tables.logs.get(description)
    if name is None:
        name = log_name(description)
        if not name or not (site / LOGS / name).is_file():
            return None
    return name if name_objection(name) is None else None


def has_log(site: Path, tables: Tables, description: str) -> bool:
    """Whether a build has left a log: then it was tried."""
    return _log_of(site, tables, description) is not None


def platform_of(text: str) -> str:
    """The system and the machine that a name speaks of, as far as it does.

    >>> platform_of("racket-8.7-x86_64-linux-cs.sh"), platform_of("racket-src.tgz")
    ('linux x86_64', '')
    """
    kinds = (_first(text, _SYSTEMS), _first(text, _MACHINES))
    return " ".join(filter(None, kinds)) if kinds[0] else ""


def _first(text: str, kinds: Collection[tuple[str, re.Pattern[str]]]) -> str | None:
    return next((name for name, pattern in kinds if pattern.search(text)), None)
