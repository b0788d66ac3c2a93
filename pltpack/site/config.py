"""``catalog.toml`` and ``overrides.toml``: what a site's operator says, checked before anything is done."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path
from typing import Annotated, Final, Literal, TypeVar

import msgspec

from pltpack.errors import ConfigError
from pltpack.site.layout import KEPT

CONFIG: Final = "catalog.toml"
OVERRIDES: Final = "overrides.toml"

Ring = Annotated[int, msgspec.Meta(ge=0, le=2)]


class SiteSection(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """``[site]``: the title of the pages, the public URL, a folder whose templates go before the built-in ones, the
    notice that is shown on top, whether authors' addresses are given away, and the file of the page of all packages."""

    title: str = "Racket packages"
    url: str = ""
    index: Annotated[str, msgspec.Meta(pattern=r"^[A-Za-z0-9_-]+\.html$")] = "index.html"
    theme: str = ""
    notice: str = ""
    addresses: Literal["hidden", "public"] = "hidden"
    docs_url: str = "https://docs.racket-lang.org/"


class AtomSection(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """``[atom]``: the keys of the original catalog server; what is not said follows from the site's URL."""

    self_link: str = ""
    link: str = ""
    id: str = ""
    package_url: str = ""


class BuildSection(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """``[build]``: how ``.plt`` archives are served, how many processes work (0: one a core), the ring of packages that
    do not say theirs, the table of a package build, and settings of the stores from which archives are read."""

    plt_as: Literal["auto", "plt", "zip"] = "auto"
    jobs: int = 0
    ring: Ring = 2
    summary: str = ""
    options: dict[str, str] = {}


class CheckSection(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """``[check]``: the catalogs that clients ask besides this one, in which dependencies may be found."""

    upstream: tuple[str, ...] = ()


class PublishSection(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """``[publish]``: where to, and how long (days) archives stay that no catalog needs any more."""

    target: str = ""
    grace_days: Annotated[int, msgspec.Meta(ge=0)] = 7
    options: dict[str, str] = {}


class SnapshotSection(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """``[snapshots]``: how many are kept (0: all), and by how many weeks instead (0: by number)."""

    keep: Annotated[int, msgspec.Meta(ge=0)] = 0
    weeks: Annotated[int, msgspec.Meta(ge=0)] = 0


class SiteConfig(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """``catalog.toml``."""

    site: SiteSection = SiteSection()
    atom: AtomSection = AtomSection()
    build: BuildSection = BuildSection()
    check: CheckSection = CheckSection()
    publish: PublishSection = PublishSection()
    snapshots: SnapshotSection = SnapshotSection()


class VersionOverride(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A source for one version of Racket."""

    source: str
    checksum: str


class PackageOverride(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What an archive cannot say, or says wrongly: what is given here goes before it."""

    author: str | None = None
    description: str | None = None
    tags: tuple[Annotated[str, msgspec.Meta(pattern=r"^[-_a-zA-Z0-9]+$")], ...] | None = None
    ring: Ring | None = None
    license: str | None = None
    versions: dict[str, VersionOverride] = {}


class Overrides(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """``overrides.toml``: a table ``[packages.NAME]`` for each package."""

    packages: dict[str, PackageOverride] = {}


_T = TypeVar("_T")
_PATH: Final = re.compile(r" - at `\$([^`]*)`")
_UNKNOWN: Final = re.compile(r"unknown field `([^`]+)`")


def read_config(site: Path) -> SiteConfig:
    """The configuration of a site; all defaults if there is none. Raises :class:`~pltpack.errors.ConfigError`, which
    names the key and the line."""
    return read_toml(site / CONFIG, SiteConfig)


def read_overrides(site: Path) -> Overrides:
    """The overrides of a site: what ``overrides.toml`` says, and else what a catalog server has put down there.

    Empty if there are none. Raises as :func:`read_config`.
    """
    said, kept = read_toml(site / OVERRIDES, Overrides), read_kept(site)
    return Overrides({**kept, **{name: override_with(own, kept.get(name)) for name, own in said.packages.items()}})


def read_kept(site: Path) -> dict[str, PackageOverride]:
    """What a catalog server has put down in a site, by package. Raises :class:`~pltpack.errors.ConfigError`."""
    path = site / KEPT
    try:
        return msgspec.json.decode(path.read_bytes(), type=dict[str, PackageOverride])
    except (FileNotFoundError, NotADirectoryError):
        return {}
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        raise ConfigError(
            f"it is damaged: {error}", file=str(path), hint="the server's next publication mends it"
        ) from None


def override_with(own: PackageOverride | None, kept: PackageOverride | None) -> PackageOverride:
    """What an operator says himself, with what is kept where he says nothing."""
    if own is None or kept is None:
        return own or kept or PackageOverride()
    said = {field: value for field in own.__struct_fields__ if (value := getattr(own, field)) not in (None, {})}
    return msgspec.structs.replace(kept, **said)


def read_toml(path: Path, kind: type[_T]) -> _T:
    """The settings in a file, checked; all defaults if there is none. Raises as :func:`read_config`."""
    try:
        text = path.read_text("utf-8")
    except (FileNotFoundError, NotADirectoryError):
        return kind()
    except UnicodeDecodeError as error:
        raise ConfigError(f"it is not UTF-8: {error.reason} at byte {error.start}", file=str(path)) from None
    try:
        return msgspec.convert(tomllib.loads(text), kind)
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(f"it is not TOML: {error}", file=str(path)) from None
    except msgspec.ValidationError as error:
        raise ConfigError(_located(str(error), text), file=str(path)) from None


def _located(message: str, text: str) -> str:
    """The message of the checker with the key and the line that it is about."""
    found = _PATH.search(message)
    path = "" if found is None else re.sub(r"\[\d+\]", "", found[1].replace("[...]", ".*"))
    keys = [key for key in path.split(".") if key]
    if unknown := _UNKNOWN.search(message):
        keys.append(unknown[1])
    plain = _PATH.sub("", message).replace("Object contains unknown field", "there is no key")
    line = line_of(text, keys)
    where = f"line {line}: " if line else ""
    return f"{where}{'.'.join(keys)}: {plain[:1].lower()}{plain[1:]}" if keys else f"{where}{plain}"


def line_of(text: str, keys: list[str]) -> int:
    """The line (from 1) on which a key of a TOML text is set, as far as it can be told; 0 if not. ``*`` is any key.

    >>> line_of('[site]\\ntitle = 1\\n', ["site", "title"])
    2
    """
    table: list[str] = []
    best = 0
    for number, line in enumerate(text.splitlines(), 1):
        if header := re.match(r"\s*\[\[?\s*(.+?)\s*\]\]?\s*(?:#.*)?$", line):
            table = [part.strip(" \"'") for part in header[1].split(".")]
            if _leads(table, keys):
                best = number
        elif setting := re.match(r"\s*([^=#]+?)\s*=", line):
            path = [*table, *(part.strip(" \"'") for part in setting[1].split("."))]
            if _leads(path, keys):
                return number
    return best


def _leads(path: list[str], keys: list[str]) -> bool:
    return len(path) <= len(keys) and all(key in ("*", part) for part, key in zip(path, keys, strict=False))


TEMPLATE: Final = """\
# Settings of a catalog; each line shows the value that holds without it.

[site]
# title = "Racket packages"
# url = ""                  # where the site is published, with a slash at its end: https://host/
# index = "index.html"      # the page of all packages
# theme = ""                # a folder whose templates (*.html) and style.css go before the built-in ones
# notice = ""               # shown on top of every page, and in notice.json
# addresses = "hidden"      # "public": authors' e-mail addresses are in records, JSON and pages
# docs_url = "https://docs.racket-lang.org/"

[atom]                      # the feed of updates; without these lines as [site].url says
# self_link = ""
# link = ""
# id = ""
# package_url = ""          # {name} stands for the package

[build]
# plt_as = "auto"           # how .plt archives are served: "plt", "zip", or "auto"
# jobs = 0                  # processes; 0: one a core
# ring = 2                  # of packages for which overrides.toml says none
# summary = ""              # the summary.rktd of a package build
# options = {}              # settings of the buckets that archives are read from: {region = "eu-central-1"}

[check]
# upstream = []             # catalogs that clients ask besides this one: dependencies may be in them

[publish]
# target = ""               # a folder, "s3://bucket/prefix", "gs://...", "az://..."
# grace_days = 7            # how long archives stay that nobody needs any more
# options = {}              # settings of the store: {region = "eu-central-1"}

[snapshots]
# keep = 0                  # how many stay when pruning; 0: all
# weeks = 0                 # instead: one a day for a week, and one a week for so many weeks
"""
"""A ``catalog.toml`` that says what may be set."""
