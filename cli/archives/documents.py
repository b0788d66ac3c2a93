"""The JSON documents of the commands that look into archives; their shapes are written down in ``docs/json.md``."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..documents import Json, document
from .listing import elements_json

if TYPE_CHECKING:
    from pltpack.codec.encoding import EncodingFacts
    from pltpack.inspection.findings import Finding, Report
    from pltpack.inspection.members import Member
    from pltpack.inspection.package import PackageView
    from pltpack.inspection.places import Places
    from pltpack.inspection.summary import PltFacts, Summary
    from pltpack.racket.info.info import Dependency


def member_json(member: Member) -> dict[str, Json]:
    """A member, as :func:`~pltpack_cli.archives.listing.entry_json` shows an entry, without what its format lacks."""
    kind = {"directory": "dir", "link": "link"}.get(member.kind, "file-replace" if member.replace else "file")
    value: dict[str, Json] = {"kind": kind, "path": member.path}
    if member.elements is not None:
        value["elements"] = elements_json(member.elements)
    if member.kind == "file":
        value["size"] = member.size
    if member.sha256 is not None:
        value["sha256"] = member.sha256
    if member.mode is not None:
        value["mode"] = f"{member.mode:04o}"
    if member.mtime is not None:
        value["mtime"] = member.mtime
    if member.kind == "link":
        value["target"] = member.target
    return value


def counts_json(summary: Summary) -> dict[str, Json]:
    """How many members there are of each kind, and the bytes of all files."""
    return {
        "files": summary.count("file"),
        "directories": summary.count("directory"),
        "links": summary.count("link"),
        "bytes": summary.content_bytes,
    }


def _planet_json(plt: PltFacts | None) -> Json:
    """What it is to PLaneT."""
    if plt is not None and plt.installer is not None:
        found = plt.installer
        stands: dict[str, Json] = {
            "owner": found.owner,
            "package": found.package,
            "major": found.major,
            "minor": found.minor,
        }
        return {"kind": "auto-installer", "standsFor": stands}
    return {"kind": "package", "standsFor": None} if plt is not None and plt.planet else None


def encoding_json(facts: EncodingFacts) -> dict[str, Json]:
    """What was found around the raw stream."""
    gzip = facts.gzip
    return {
        "layers": facts.layers,
        "rawBytes": facts.raw_bytes,
        "base64": {
            "foreignBytes": facts.base64.foreign,
            "carriageReturns": facts.base64.carriage_returns,
            "paddingMissing": facts.base64.padding_missing,
            "textAfterPadding": facts.base64.text_after_padding,
            "surplusCharacter": facts.base64.surplus_character,
        },
        "gzip": {
            "mtime": gzip.mtime,
            "system": gzip.system,
            "extraFlags": gzip.extra_flags,
            "name": None if gzip.name is None else gzip.name.decode("latin-1"),
            "comment": None if gzip.comment is None else gzip.comment.decode("latin-1"),
            "crc32": None if gzip.crc is None else f"{gzip.crc:08x}",
            "size": gzip.size,
        }
        if gzip.seen
        else None,
    }


def places_json(places: Places | None) -> Json:
    """Where the archive would be installed."""
    if places is None:
        return None
    return {
        "wanted": places.wanted.value,
        "mode": None if places.mode is None else places.mode.value,
        "directories": dict(places.directories),
        "problem": places.problem,
    }


def package_json(viewed: PackageView | None) -> Json:
    """What an installer would make of it."""
    if viewed is None or viewed.package is None:
        return None if viewed is None else {"problem": viewed.problem}
    package = viewed.package
    return {
        "name": package.name if viewed.named else None,
        "packageVersion": package.metadata.version,
        "collection": package.collection,
        "collections": list(package.collections),
        "modules": list(package.modules),
        "dependencies": [_dependency_json(dependency) for dependency in package.metadata.dependencies],
        "buildDependencies": [_dependency_json(dependency) for dependency in package.metadata.build_dependencies],
        "problems": list(package.problems),
    }


def _dependency_json(dependency: Dependency) -> dict[str, Json]:
    return {"source": dependency.source, "version": dependency.version}


def summary_json(
    summary: Summary, name: str, places: Places | None, package: PackageView | None = None
) -> dict[str, Json]:
    """The document of ``pltpack show``."""
    from .headers import header_json

    plt, sidecar = summary.plt, summary.sidecar
    return document(
        "show",
        archive=name,
        format=summary.format,
        size=summary.size,
        digests={
            "sha256": summary.sha256,
            "sha1": summary.sha1,
            "rawSha256": None if plt is None else plt.raw_sha256,
        },
        checksumFile=None
        if sidecar is None
        else {"path": sidecar.path, "text": sidecar.text, "problem": sidecar.problem},
        header=None if plt is None else header_json(plt.preamble),
        places=places_json(places),
        package=package_json(package),
        planet=_planet_json(plt),
        encoding=None if plt is None else encoding_json(plt.encoding),
        counts=counts_json(summary),
        entries=[member_json(member) for member in summary.members],
        ignored=[{"path": path, "reason": reason} for path, reason in summary.ignored],
        unsafe=[{"path": path, "reason": reason} for path, reason in summary.judgement.offenders],
        differences=[
            {"path": difference.entry, "readers": difference.readers, "reason": difference.reason}
            for difference in summary.judgement.differences
        ],
        refusals=[{"path": path, "reason": reason} for path, reason in summary.judgement.refusals],
        damage=None if summary.damage is None else str(summary.damage),
    )


def finding_json(finding: Finding) -> dict[str, Json]:
    """One finding of a verification."""
    return {
        "level": finding.level.value,
        "code": finding.code,
        "message": finding.message,
        "entry": finding.entry,
        "offset": finding.offset,
        "layer": finding.layer,
    }


def report_json(report: Report, name: str) -> dict[str, Json]:
    """One archive in the document of ``pltpack verify``."""
    return {
        "archive": name,
        "format": report.format,
        "whole": report.whole,
        "clean": report.clean,
        "size": report.size,
        "digests": {"sha256": report.sha256, "rawSha256": report.raw_sha256},
        "counts": {
            "files": report.files,
            "directories": report.directories,
            "links": report.links,
            "bytes": report.content_bytes,
        },
        "findings": [finding_json(finding) for finding in report.findings],
    }
