"""What there is to say about an archive, as labels and texts: for the terminal and for the page."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Final, TypeAlias

from pltpack.codec.encoding import EncodingFacts
from pltpack.conversion.header_fields import requirement
from pltpack.inspection.summary import PltFacts, Summary
from pltpack.inspection.wording import counted, moment, totals

if TYPE_CHECKING:
    from pltpack.inspection.package import PackageView
    from pltpack.inspection.places import Places

Facts: TypeAlias = Iterator[tuple[str, str]]

_SYSTEMS: Final = {0: "FAT", 3: "Unix", 7: "Macintosh", 10: "NTFS", 11: "NTFS", 255: "an unknown system"}
_LAYERS: Final = {"base64+gzip": "base64 of gzip data", "gzip": "gzip data, without base64", "raw": "none"}
_PLACES: Final = {
    "main": "the Racket installation",
    "user": "the user's add-ons",
    "local": "the current directory",
}


def facts(summary: Summary, name: str, places: Places | None = None, package: PackageView | None = None) -> Facts:
    """Labels and texts, in the order to show them; an empty label goes on with the one above."""
    yield "archive", f"{name} ({summary.format})"
    if summary.size is not None:
        yield "size", counted(summary.size, "byte")
    if summary.plt is not None:
        yield from _plt_facts(summary.plt)
    if places is not None:
        yield from _place_facts(places)
    if package is not None:
        yield from _package_facts(package)
    yield "content", totals(summary) + (" before the damage" if summary.damage is not None else "")
    for path, reason in summary.ignored:
        yield "passed over", f"{path}: {reason}"
    yield from _judgement_facts(summary)
    if summary.plt is not None and summary.plt.raw_sha256 is not None:
        yield "raw SHA-256", summary.plt.raw_sha256
    if summary.sha256 is not None and summary.sha1 is not None:
        yield "SHA-256", summary.sha256
        yield "SHA-1", summary.sha1
    if summary.sidecar is not None:
        yield "checksum file", f"{summary.sidecar.path} {summary.sidecar.problem or 'agrees'}"
    if summary.damage is not None:
        yield "damage", str(summary.damage)


def _judgement_facts(summary: Summary) -> Facts:
    judgement = summary.judgement
    for path, reason in judgement.offenders:
        yield "unsafe", f"{path}: {reason}"
    for difference in judgement.differences:
        yield "in doubt", f"{difference.entry or 'the archive'}: {difference}"
    for entry, reason in judgement.refusals:
        yield "refused", f"{entry}: {reason}, which raco pkg install refuses"
    for label, more in (("unsafe", judgement.offenders.more), ("in doubt", judgement.differences.more)):
        if more:
            yield label, f"and {counted(more, 'other')}"


def _plt_facts(plt: PltFacts) -> Facts:
    header = plt.header
    if header is None:
        yield "header", f"of no known shape: {plt.header_problem}"
        from pltpack.datum.pretty import pretty_lines

        for datum in (plt.preamble.info, plt.preamble.unit):
            for line in pretty_lines(datum):
                yield "", line
    else:
        yield "name", header.name
        for label, texts in (
            ("requires", [requirement(path, version) for path, version in header.requires]),
            ("conflicts", ["/".join(path) for path in header.conflicts]),
            ("sets up", ["/".join(path) for path in header.collections]),
        ):
            yield label, ", ".join(texts) or "nothing"
    if plt.planet:
        yield "for PLaneT", "a package, by its looks: pltpack planet show says what it wants, planet rescue renews it"
    if plt.installer is not None:
        yield "for PLaneT", f"an auto-installer, which holds nothing and had {plt.installer} fetched"
    yield "encoding", ", ".join(_encoding(plt.encoding))


def _encoding(found: EncodingFacts) -> Iterator[str]:
    yield _LAYERS[found.layers]
    gzip = found.gzip
    if gzip.seen:
        yield f"made on {_SYSTEMS.get(gzip.system, f'system {gzip.system}')}"
        yield f"at {moment(gzip.mtime)} UTC" if gzip.mtime else "without a time"
        if gzip.name is not None:
            yield f"of a file called {gzip.name.decode('utf-8', 'replace')}"
        if gzip.crc is not None:
            yield f"CRC-32 {gzip.crc:08x}"
    yield f"{counted(found.raw_bytes, 'byte')} inside"


def _place_facts(places: Places) -> Facts:
    text = _PLACES[(places.mode or places.wanted).value]
    if places.mode is not None and places.mode is not places.wanted:
        text += f" ({_PLACES[places.wanted.value]} cannot be written to)"
    yield "goes to", text
    for head, directory in places.directories.items():
        yield "", f"{head}: {directory}" if head else directory
    if places.problem is not None:
        yield "", f"which one is not known: {places.problem}"


def _package_facts(viewed: PackageView) -> Facts:
    package = viewed.package
    if package is None:
        yield "as a package", f"none: {viewed.problem}"
        return
    name = package.name if viewed.named else "no name can be told from that of the file"
    kind = f"collection {package.collection}" if package.collection is not None else "multi-collection"
    yield "as a package", f"{name}, version {package.metadata.version}, {kind}"
    if package.collection is None:
        yield "", f"collections: {', '.join(package.collections) or 'none'}"
    yield "", counted(len(package.modules), "module")
    dependencies = [dependency.source for dependency in package.metadata.dependencies]
    yield "", f"depends on {', '.join(dependencies) or 'nothing'}"
    for problem in package.problems:
        yield "", f"problem: {problem}"
