"""All that a site is made from, and the keys that tell whether what is made of it is still right."""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

import msgspec

from pltpack.catalog.record import read_first
from pltpack.datum.values import HashTable
from pltpack.errors import PltError
from pltpack.site.config import Overrides, PackageOverride, SiteConfig
from pltpack.site.enrich import Fields, by_name, enrich, find_conflicts
from pltpack.site.pages.feed import FeedSettings
from pltpack.site.record import record_fields
from pltpack.site.state import PackageState


@dataclass(frozen=True)
class Knowledge:
    """All that a site is made from, besides the archives. ``snapshots`` says of each package in which of them it is,
    with its checksum in each; ``look`` is a digest of the templates of the pages."""

    states: Mapping[str, PackageState]
    overrides: Overrides
    config: SiteConfig
    summary: HashTable | None = None
    snapshots: Mapping[str, list[tuple[str, str]]] = field(default_factory=dict)
    look: str = ""

    @cached_property
    def names(self) -> list[str]:
        """All packages, in the order in which they are listed."""
        return sorted(self.states, key=by_name)

    def override(self, name: str) -> PackageOverride:
        """What the operator says of a package."""
        return self.overrides.packages.get(name, PackageOverride())

    @cached_property
    def conflicts(self) -> Mapping[str, list[str]]:
        """For each package the curated ones that have a module of the same path."""
        ring = self.config.build.ring
        rings = {name: ring if (own := self.override(name).ring) is None else own for name in self.states}
        return find_conflicts({name: state.facts.modules for name, state in self.states.items()}, rings)

    @cached_property
    def dependents(self) -> Mapping[str, list[str]]:
        """For each name the packages that depend on it."""
        found: defaultdict[str, list[str]] = defaultdict(list)
        for name in self.names:
            for need in self.states[name].facts.needs:
                found[need].append(name)
        return found

    def records(self, names: Collection[str] | None = None, *, now: int = 0) -> dict[str, Fields]:
        """The records of all packages or of those with ``names``, complete, in the order in which they are listed."""
        wanted = self.names if names is None else [name for name in self.names if name in names]
        ring = self.config.build.ring
        plain = {name: record_fields(self.states[name], self.override(name), ring=ring) for name in wanted}
        addresses = self.config.site.addresses == "public"
        return enrich(plain, self.conflicts, now=now, summary=self.summary, addresses=addresses)

    @cached_property
    def _common(self) -> bytes:
        return f"{self.look}\0{self.config!r}\0{self.summary!r}".encode()

    def key(self, name: str) -> str:
        """The digest of all that the files of a package are made from."""
        state = self.states[name]
        here = [need for need in state.facts.needs if need in self.states]
        parts = (self.override(name), self.conflicts.get(name), here, self.dependents.get(name))
        digest = hashlib.sha256(self._common)
        digest.update(repr((parts, self.snapshots.get(name))).encode())
        # Where it was made is nobody's business.
        digest.update(msgspec.json.encode(msgspec.structs.replace(state, input=None)))
        return digest.hexdigest()[:32]

    @cached_property
    def keys(self) -> Mapping[str, str]:
        """The key of each package."""
        return {name: self.key(name) for name in self.names}

    @cached_property
    def key_of_all(self) -> str:
        """The digest of all that is made of all packages together."""
        return hashlib.sha256(self._common + repr(list(self.keys.items())).encode()).hexdigest()[:32]

    def feed_settings(self) -> FeedSettings:
        """What the feed says of itself; with a public URL all addresses are complete."""
        url, atom = self.config.site.url, self.config.atom
        return FeedSettings(
            self_link=atom.self_link or f"{url}atom.xml",
            link=atom.link or url or "./",
            id=atom.id or url or "urn:pltpack:catalog",
            package_url=(atom.package_url or f"{url}package/{{name}}/").replace("~a", "{name}"),
            title=self.config.site.title,
        )


def read_summary(site: Path, config: SiteConfig) -> HashTable | None:
    """The table of a package build that the configuration names. Raises ``PltError`` and ``OSError``."""
    if not config.build.summary:
        return None
    path = site / config.build.summary
    try:
        table = read_first(path.read_bytes())
    except PltError as error:
        raise error.within(file=str(path)) from None
    return table if isinstance(table, HashTable) else None
