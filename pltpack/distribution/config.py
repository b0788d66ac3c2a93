"""``site.toml``: what the operator of a distribution site says, checked before anything is done."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Final

import msgspec

from pltpack.distribution.aliases import AliasParts, Parts
from pltpack.distribution.layout import CONFIG
from pltpack.site.config import read_toml

Count = Annotated[int, msgspec.Meta(ge=0)]


class SiteSection(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """``[site]``: the title of the page, the public URL, a line on top of it, where the documentation is, and the file
    that ``README`` is copied from (default: one is made)."""

    title: str = "Racket downloads"
    url: str = ""
    notice: str = ""
    docs_url: str = ""
    readme: str = ""


class Alias(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Another name; what is not said is as in the installer's own."""

    base: str | None = None
    suffix: str | None = None
    vm: str | None = None


class AliasSection(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """``[aliases]``: the parts that the names of installers have, and ``also`` those of their other names."""

    base: str = "racket"
    suffix: str = ""
    vm: str = ""
    also: tuple[Alias, ...] = ()

    @property
    def main(self) -> Parts:
        """The parts of the installers' own names."""
        return Parts(self.base, self.suffix, self.vm)

    @property
    def others(self) -> tuple[AliasParts, ...]:
        """The parts of their other names."""
        return tuple(AliasParts(alias.base, alias.suffix, alias.vm) for alias in self.also)


class PackageSection(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """``[packages]``: those that the catalog is for; it holds them and all that they need (none: all there are)."""

    choose: tuple[str, ...] = ()


class SnapshotSection(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """``[snapshots]``: how many are kept (0: all), or by how many weeks instead (0: by number), and whether installers
    get names with ``current`` instead of their version."""

    keep: Count = 5
    weeks: Count = 0
    links: bool = True


class MirrorSection(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """``[mirror]``: the site that is mirrored, which of its files, and how many versions are kept (0: all)."""

    url: str = ""
    only: tuple[str, ...] = ()
    keep: Count = 0


class DistributionConfig(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """``site.toml``. ``help`` are texts for groups and installers, by their levels as they are shown."""

    site: SiteSection = SiteSection()
    help: dict[str, str] = {}
    aliases: AliasSection = AliasSection()
    packages: PackageSection = PackageSection()
    snapshots: SnapshotSection = SnapshotSection()
    mirror: MirrorSection = MirrorSection()


def read_distribution_config(site: Path) -> DistributionConfig:
    """The configuration of a site; all defaults if there is none. Raises :class:`~pltpack.errors.ConfigError`, which
    names the key and the line."""
    return read_toml(site / CONFIG, DistributionConfig)


TEMPLATE: Final = """\
# Settings of a distribution site; each line shows the value that holds without it. What concerns packages is in
# catalog.toml.

[site]
# title = "Racket downloads"
# url = ""                  # where the site is published, with a slash at its end: https://host/
# notice = ""               # shown on top of the page
# docs_url = ""             # where the documentation of these versions is
# readme = ""               # a file that becomes README; without one it is made

[help]                      # texts for groups and installers, by what the page shows
# "Minimal Racket" = "The language and its package manager."

[aliases]                   # what the names of installers are made of: BASE-VERSION-PLATFORM[-SUFFIX][-VM].EXT
# base = "racket"
# suffix = ""
# vm = ""
# also = []                 # other names for all of them: [{ vm = "" }]

[packages]
# choose = []               # the catalog holds these and what they need; empty: all there are

[snapshots]
# keep = 5                  # how many stay when pruning; 0: all
# weeks = 0                 # instead: one a day for a week, and one a week for so many weeks
# links = true              # racket-current-... beside racket-8.7-...

[mirror]
# url = ""                  # the installers that `pltpack site mirror` keeps a copy of
# only = []                 # patterns of file names
# keep = 0                  # versions that stay; 0: all
"""
"""A ``site.toml`` that says what may be set."""

CATALOG_TEMPLATE: Final = """\
# Settings of the catalog of this distribution site. `pltpack catalog init` elsewhere shows what else may be set.

[site]
index = "packages.html"     # index.html is the page of the installers
"""
"""The ``catalog.toml`` that a distribution site begins with."""
