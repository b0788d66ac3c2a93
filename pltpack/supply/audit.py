"""Which packages of a lock file have known weaknesses, by advisories that somebody gives: no network is asked."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator
from typing import Final, Literal, TypeAlias
from urllib.parse import unquote, urlsplit

from pltpack.dataclass import dataclass
from pltpack.lock.values import Lock, Target
from pltpack.racket.version import version_key
from pltpack.supply.osv import Advisory, OsvAffected, OsvEvent, OsvPackage, OsvRange
from pltpack.supply.parts import Part, parts_of

ECOSYSTEM: Final = "racket"
"""The ecosystem of OSV that packages of Racket are in, in whatever case."""

_CASELESS: Final = ("github.com", "gitlab.com")
"""Hosts for which upper and lower case in a path are the same."""
_VERSION: Final = re.compile(r"[0-9]{1,9}(?:\.[0-9]{1,9}){0,3}")
_PURL: Final = re.compile(r"pkg:(?:racket/|generic/(?:racket/)?)([^/@?#]+)(?:@([^?#]*))?(?:[?#].*)?", re.IGNORECASE)

Standing: TypeAlias = Literal["affected", "possible", "unaffected"]


@dataclass(frozen=True, slots=True)
class Finding:
    """An advisory that is about a package of a lock. ``certain``: not only possibly so, since of a repository's history
    or of a version that is no number nothing can be told here. ``fixed`` are versions or commits without it."""

    advisory: Advisory
    part: Part
    certain: bool
    fixed: tuple[str, ...]

    def __str__(self) -> str:
        block = self.part.block
        maybe = "" if self.certain else " possibly"
        fixed = f"; fixed in {', '.join(self.fixed)}" if self.fixed else ""
        summary = f": {self.advisory.summary}" if self.advisory.summary else ""
        return f"{block.name} {block.version} is{maybe} affected by {self.advisory.id}{summary}{fixed}"


def audit_lock(
    lock: Lock, advisories: Iterable[Advisory], *, ignore: Collection[str] = (), target: Target | None = None
) -> list[Finding]:
    """What the advisories say of the packages of a lock, by package and advisory.

    An advisory is about a package if the ecosystem is ``Racket`` and the name that of the package, if the package URL
    is ``pkg:generic/racket/NAME``, ``pkg:generic/NAME`` or ``pkg:racket/NAME``, or if a range of ``GIT`` is of the
    repository that the package is from. Advisories that were withdrawn are passed over, and those whose name or alias
    ``ignore`` holds.
    """
    shelf = _Shelf(parts_of(lock, target))
    found: dict[tuple[str, str], Finding] = {}
    for advisory in advisories:
        if advisory.withdrawn is not None or any(name in ignore for name in (advisory.id, *advisory.aliases)):
            continue
        for finding in _judged(advisory, shelf):
            key = (finding.part.reference, advisory.id)
            if key not in found or finding.certain:
                found[key] = finding
    return [found[key] for key in sorted(found)]


class _Shelf:
    """The parts of a lock by their names and by their repositories."""

    def __init__(self, parts: Iterable[Part]) -> None:
        self._named: dict[str, list[Part]] = {}
        self._stored: dict[tuple[str, str], list[Part]] = {}
        for part in parts:
            self._named.setdefault(part.block.name, []).append(part)
            if part.revision is not None and part.url is not None:
                self._stored.setdefault(_repository(part.url), []).append(part)

    def about(self, affected: OsvAffected) -> Iterator[Part]:
        """The parts that something may be about, each once."""
        names = {_purl_name(affected.package.purl), affected.package.name}
        repositories = {_repository(one.repo) for one in affected.ranges if one.type == "GIT"}
        found = [part for name in names if name is not None for part in self._named.get(name, ())]
        found += [part for repository in repositories for part in self._stored.get(repository, ())]
        yield from {part.reference: part for part in found}.values()


def _judged(advisory: Advisory, shelf: _Shelf) -> Iterator[Finding]:
    certain: dict[str, bool] = {}
    parts: dict[str, Part] = {}
    fixed: dict[str, dict[str, None]] = {}
    for affected in advisory.affected:
        for part in shelf.about(affected):
            standing = _standing(affected, part)
            if standing == "unaffected":
                continue
            reference = part.reference
            parts[reference] = part
            certain[reference] = certain.get(reference, False) or standing == "affected"
            events = (event for one in affected.ranges for event in one.events)
            fixed.setdefault(reference, {}).update((event.fixed, None) for event in events if event.fixed)
    for reference, part in parts.items():
        yield Finding(advisory, part, certain[reference], tuple(fixed[reference]))


def _standing(affected: OsvAffected, part: Part) -> Standing:
    named = _is_about(affected.package, part)
    ranges = [one for one in affected.ranges if (_same_repository(one, part) if one.type == "GIT" else named)]
    if not named and not ranges:
        return "unaffected"
    version, commit = part.block.version, part.revision
    if (named and version in affected.versions) or (ranges and commit in affected.versions):
        return "affected"
    if named and not affected.ranges and not affected.versions:
        return _by_purl(affected.package, version)
    found = {_in_commits(one, commit) if one.type == "GIT" else _in_range(one.events, version) for one in ranges}
    return "affected" if "affected" in found else "possible" if "possible" in found else "unaffected"


def _is_about(package: OsvPackage, part: Part) -> bool:
    name = part.block.name
    if package.ecosystem.partition(":")[0].lower() == ECOSYSTEM and package.name == name:
        return True
    return _purl_name(package.purl) == name


def _purl_name(purl: str) -> str | None:
    match = _PURL.fullmatch(purl)
    return None if match is None else unquote(match[1])


def _by_purl(package: OsvPackage, version: str) -> Standing:
    """Where neither versions nor ranges are given: all are meant, or the one of the package URL."""
    match = _PURL.fullmatch(package.purl)
    return "unaffected" if match is not None and match[2] and unquote(match[2]) != version else "affected"


def _in_range(events: Iterable[OsvEvent], version: str) -> Standing:
    """By the order of events that OSV prescribes, and Racket's order of versions."""
    if not _VERSION.fullmatch(version):
        return "possible"
    marks: list[tuple[tuple[int, ...], int, bool]] = []
    for event in events:
        for text, rank, begins in (
            (event.introduced, 1, True),
            (event.fixed, 0, False),
            (event.last_affected, 2, False),
        ):
            if text is None:
                continue
            if not _VERSION.fullmatch(text):
                return "possible"
            marks.append((_key(text), rank, begins))
    here, inside = _key(version), False
    for at, rank, begins in sorted(marks):
        if at < here or (at == here and rank < 2):
            inside = begins
    return "affected" if inside else "unaffected"


def _key(version: str) -> tuple[int, ...]:
    parts = version_key(version)
    return (*parts, *(0,) * (4 - len(parts)))


def _in_commits(range: OsvRange, commit: str | None) -> Standing:
    """What can be told of a commit without the history: the events name some, and all before a first fix are meant
    where nothing but a beginning is named."""
    introduced = {event.introduced for event in range.events} - {None}
    ends = {text for event in range.events for text in (event.fixed, event.last_affected, event.limit)} - {None}
    if commit in {event.fixed for event in range.events}:
        return "unaffected"
    if commit in introduced or commit in {event.last_affected for event in range.events}:
        return "affected"
    return "affected" if introduced == {"0"} and not ends else "possible"


def _same_repository(range: OsvRange, part: Part) -> bool:
    return part.revision is not None and part.url is not None and _repository(range.repo) == _repository(part.url)


def _repository(url: str) -> tuple[str, str]:
    """Host and path, as far as they say which repository it is."""
    try:
        split = urlsplit(url.removeprefix("git+"))
        host = split.hostname or ""
    except ValueError:
        return "", url
    path = split.path.strip("/").removesuffix(".git")
    return host, path.lower() if host in _CASELESS else path
