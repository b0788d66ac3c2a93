"""What a catalog server keeps of packages becomes the site: many packages in one change, with what is said of them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

import msgspec

from pltpack.codec.limits import Limits
from pltpack.errors import PltError
from pltpack.site.change import BuildReport, Change, StrPath, changing
from pltpack.site.config import PackageOverride, read_kept
from pltpack.site.inputs import Item
from pltpack.site.layout import KEPT
from pltpack.site.prepare import Failed, prepare
from pltpack.site.state import PackageState, Yank


@dataclass(frozen=True, slots=True)
class Kept:
    """A package as it shall be in a site.

    ``item`` is its content, whose SHA-256 is ``sha256``; it is read if the site has another one, and may be ``None`` if
    it has the same. A package that is not kept there names its ``source`` and ``checksum``. ``added`` and ``checked``
    are seconds since 1970; ``error`` says why the source could not be had.
    """

    name: str
    item: Item | None = None
    sha256: str | None = None
    source: str | None = None
    checksum: str | None = None
    override: PackageOverride = field(default_factory=PackageOverride)
    added: int | None = None
    checked: int | None = None
    yanked: Yank | None = None
    removed: int | None = None
    error: str | None = None


def keep_packages(
    site: StrPath, packages: Iterable[Kept], forgotten: Iterable[str] = (), *, limits: Limits = Limits()
) -> BuildReport:
    """Have packages in the site as they are described, and some no more, all in one transaction. Archives are served
    as they are.

    One of which nothing can be made is in the report as failed, and there as it was before. Raises as
    :func:`~pltpack.site.build.build_site` does.
    """
    with changing(site, dry_run=False) as change:
        kept = read_kept(change.site)
        for package in packages:
            if _take(change, package, limits):
                kept[package.name] = package.override
                change.overrides.packages[package.name] = change.said_of(package.name, package.override)
        for name in forgotten:
            kept.pop(name, None)
            if change.states.pop(name, None) is not None:
                change.forgotten.append(name)
                change.report.removed.append(name)
        text = msgspec.json.format(msgspec.json.encode(dict(sorted(kept.items()))), indent=1) + b"\n"
        change.commit(durable=True, first=[(KEPT, text)])
    return change.report


def _take(change: Change, package: Kept, limits: Limits) -> bool:
    if package.item is not None and not _is_there(change, package):
        change.take(prepare(package.item, folder=str(change.folder), plt_as="plt", limits=limits), "plt")
        if change.report.failed and change.report.failed[-1].item is package.item:
            return False
    state = change.states.get(package.name)
    if state is None:
        item = Item(package.name, "", package.source or "", "")
        change.report.failed.append(Failed(item, PltError(f"nothing is known of package {package.name} here")))
        return False
    change.states[package.name] = _kept(state, package, change.now)
    if package.name not in (*change.report.added, *change.report.updated, *change.report.unchanged):
        change.report.updated.append(package.name)
    return True


def _is_there(change: Change, package: Kept) -> bool:
    """Whether the site has the content of a package already."""
    state = change.states.get(package.name)
    if state is None or state.facts.sha256 != package.sha256 or (state.source is None) != (package.source is None):
        return False
    return state.archive is None or (change.site / state.archive).is_file()


def _kept(state: PackageState, package: Kept, now: int) -> PackageState:
    """The state with what the server says; its time of change moves on if anything but the last look changed."""
    said = msgspec.structs.replace(
        state,
        input=None,
        source=package.source,
        checksum=package.checksum if package.source is not None else None,
        added=state.added if package.added is None else package.added,
        yanked=package.yanked,
        removed=package.removed,
        error=package.error,
    )
    same = said == msgspec.structs.replace(state, input=None)
    checked = state.checked if package.checked is None else package.checked
    updated = state.updated if same else max(now, state.updated)
    return msgspec.structs.replace(said, checked=checked, updated=updated)
