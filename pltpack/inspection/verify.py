"""Verifying archives: everything is read, and everything that is odd, unsafe or damaged is told."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator, Sequence
from typing import BinaryIO, cast

from pltpack.codec.encoding import EncodingFacts
from pltpack.codec.entries import Directory, display_path
from pltpack.codec.header import Header
from pltpack.codec.limits import Limits
from pltpack.codec.reader import ArchiveReader
from pltpack.errors import AmbiguityError, FormatError, HeaderError, LimitError, UnsafePathError
from pltpack.formats.entries import chunks
from pltpack.formats.formats import SUFFIXES, Format, format_of, open_entries
from pltpack.formats.judgement import Judgement, Purpose
from pltpack.formats.planet import PlanetShape, auto_installer
from pltpack.formats.readings import other_readings, two_readings
from pltpack.formats.recognise import recognise
from pltpack.given import seekable
from pltpack.input import Progress, StrPath, Watched, watched
from pltpack.inspection.findings import Level, Report
from pltpack.inspection.names import TOGETHER, Names
from pltpack.inspection.package import PassingPackage, package_name, view_package
from pltpack.inspection.sidecar import read_sidecar
from pltpack.inspection.spelling import Spelling


def verify(
    archive: StrPath | BinaryIO,
    *,
    format: Format | None = None,
    limits: Limits = Limits(),
    progress: Progress | None = None,
) -> Report:
    """Read an archive, package or directory to its end and report what is wrong with it.

    ``archive`` is a path or a binary stream; one that cannot seek is read into a temporary file. Damage, unsafe paths
    and exceeded limits are findings and no errors; ``OSError`` passes through. A ``.CHECKSUM`` file beside a path is
    compared with it.
    """
    with seekable("archive", archive, most=limits.total_bytes) as found:
        return _verify(found, format, limits, progress)


def _verify(archive: StrPath | BinaryIO, format: Format | None, limits: Limits, progress: Progress | None) -> Report:
    name = os.fspath(archive) if isinstance(archive, str | os.PathLike) else getattr(archive, "name", None)
    report = Report(name if isinstance(name, str) else None, format or recognise(archive))
    names = Names(report, limits)
    start = 0 if isinstance(archive, str | os.PathLike) else archive.tell()
    if report.format is not None and (others := other_readings(archive, report.format)):
        report.add(Level.UNSAFE, "read-differently", two_readings(report.format, others))
    told: frozenset[str] = frozenset()
    passing: PassingPackage | None = None
    if report.format == "dir":
        told = _read_entries(cast("StrPath", archive), report, names, limits)
    else:
        with watched(archive, progress=progress) as stream:
            if report.format == "plt":
                passing = _read_plt(stream, report, names, limits)
            else:
                told = _read_entries(stream, report, names, limits)
            report.size, report.sha256, sha1 = cast("Watched", stream).finish()
        if isinstance(archive, str | os.PathLike) and sha1 is not None:
            _check_sidecar(archive, sha1, report)
    names.finish()
    if names.unsure:
        if not isinstance(archive, str | os.PathLike):
            archive.seek(start)
        _judge_together(archive, report, limits)
        passing = None
    if isinstance(archive, str | os.PathLike) and not report.of(Level.DAMAGE, Level.UNSAFE):
        _check_package(archive, report, limits, told, passing)
    report.finish()
    return report


def _judge_together(archive: StrPath | BinaryIO, report: Report, limits: Limits) -> None:
    """Read an archive of very many members once more, and put down what is wrong with their names together."""
    found = Report(report.name, report.format)
    names = Names(found, limits, all=True)
    with contextlib.suppress(FormatError, LimitError, UnsafePathError), contextlib.ExitStack() as stack:
        if report.format == "plt":
            stream = stack.enter_context(watched(archive, digests=False))
            for member in stack.enter_context(ArchiveReader(stream, limits=limits)):
                names.add(member.path, "directory" if isinstance(member, Directory) else "file")
        else:
            for entry in stack.enter_context(
                open_entries(archive, format=report.format, limits=limits, purpose=Purpose.LOOK)
            ):
                names.add_judged(entry.path)
    names.finish()
    report.replace(found, TOGETHER)


def _read_plt(stream: BinaryIO, report: Report, names: Names, limits: Limits) -> PassingPackage | None:
    """Read a ``.plt`` archive; what it is as a package, unless it is none."""
    spelling = Spelling()
    encoding = EncodingFacts()
    passing: PassingPackage | None = None
    try:
        with ArchiveReader(stream, limits=limits, digest=spelling) as reader:
            encoding = reader.encoding
            header = _check_header(reader, spelling, report)
            if header is not None and header.plt_relative:
                passing = PassingPackage(plt_relative=True)
            shape = PlanetShape(lambda: reader.preamble)
            for entry in reader:
                shape.add(entry.path)
                place = names.add(entry.path, "directory" if isinstance(entry, Directory) else "file")
                plain = reader.plain_entry and names.ordinary
                if not (spelling.plain_entry if plain else spelling.entry)(entry, reader.offset):
                    message = "is spelled in a way that Racket reads, but does not write"
                    report.add(
                        Level.LENIENCY, "odd-entry", message, entry=display_path(entry.path), offset=entry.offset
                    )
                if isinstance(entry, Directory):
                    report.directories += 1
                else:
                    report.files += 1
                    report.content_bytes += entry.size
                if place is None:
                    passing = None  # what is there twice, or unsafe, is looked at more closely
                elif passing is not None:
                    passing.add(place, entry)
            if not spelling.end():
                report.add(Level.LENIENCY, "odd-end", "white space or comments follow the last entry")
            report.raw_sha256 = spelling.sha256.hexdigest()
            if shape.likely:
                report.add(Level.NOTE, "planet", "a package of PLaneT, by its looks: pltpack planet show says more")
    except FormatError as error:
        report.add_error(error, Level.DAMAGE, _CODES.get(type(error).__name__, "damaged"))
    except LimitError as error:
        report.add_error(error, Level.UNSAFE, "limit")
    for level, code, message in _encoding_findings(encoding):
        report.add(level, code, message)
    return passing if passing is not None and passing.sure else None


_CODES = {
    "EncodingError": "encoding",
    "DatumError": "notation",
    "HeaderError": "header",
    "EntryError": "entry",
    "TruncatedError": "truncated",
}


def _check_header(reader: ArchiveReader, spelling: Spelling, report: Report) -> Header | None:
    """Judge the header, and say what it means; ``None`` if that is not known."""
    plain = reader.plain_header
    if plain is not None and spelling.plain_header(reader.plain_text):
        report.local = not plain.plt_relative
        return plain
    if not spelling.preamble(reader.preamble):
        report.add(Level.LENIENCY, "odd-header", "the header is spelled in a way that Racket reads, but does not write")
    try:
        header = reader.preamble.header()
    except HeaderError as error:
        report.add(Level.LENIENCY, "unknown-header", f"{error.message}: raco setup and raco pkg refuse the archive")
        installer = auto_installer(reader.preamble)
        if installer is not None:
            report.add(
                Level.NOTE, "planet", f"an auto-installer of PLaneT: it holds nothing and had {installer} fetched"
            )
        return None
    if not header.plt_relative:
        report.local = True
    if header.preamble() != reader.preamble:
        report.add(Level.NOTE, "old-header", "the header has a shape that today's Racket reads, but does not write")
    return header


def _encoding_findings(facts: EncodingFacts) -> Iterator[tuple[Level, str, str]]:
    """What the layers around the raw stream show; only what was met before any damage."""
    if facts.layers == "raw" and facts.raw_bytes:
        yield Level.LENIENCY, "raw", "a raw stream, without gzip and base64: no Racket reads it"
    elif facts.layers == "gzip":
        yield Level.LENIENCY, "gzip-only", "gzip data without base64: no Racket reads it"
    base64, gzip = facts.base64, facts.gzip
    if base64.foreign:
        yield Level.LENIENCY, "foreign-bytes", f"{base64.foreign} bytes that are not base64 were skipped"
    if base64.padding_missing:
        yield Level.LENIENCY, "no-padding", "the padding at the end of the base64 text is missing"
    if base64.surplus_character:
        yield Level.LENIENCY, "surplus-character", "a character too many stands at the end of the base64 text"
    if base64.text_after_padding:
        yield Level.LENIENCY, "text-after-padding", "text follows the end of the base64 data; it was ignored"
    if base64.carriage_returns:
        yield Level.NOTE, "carriage-returns", "the lines end with CR LF, as a mail or a Windows program leaves them"
    if gzip.name is not None:
        yield Level.NOTE, "gzip-name", f"the gzip header holds a file name: {gzip.name.decode('utf-8', 'replace')!r}"
    if gzip.comment is not None:
        yield Level.NOTE, "gzip-comment", "the gzip header holds a comment"
    if gzip.mtime:
        yield Level.NOTE, "gzip-time", "the gzip header holds a time, so packing again gives other bytes"


def _read_entries(source: StrPath | BinaryIO, report: Report, names: Names, limits: Limits) -> frozenset[str]:
    """Read a zip or tar archive or a directory; what of it :func:`_check_package` would tell once more."""
    judgement = None
    try:
        with open_entries(source, format=report.format, limits=limits, purpose=Purpose.LOOK) as entries:
            judgement = entries.judgement
            for entry in entries:
                names.add_judged(entry.path)
                if entry.kind == "file":
                    for _ in chunks(entry):
                        pass
                    report.files += 1
                    report.content_bytes += entry.size
                else:
                    report.directories += entry.kind == "directory"
                    report.links += entry.kind == "link"
            for path, reason in entries.ignored:
                report.add(Level.LENIENCY, "ignored", reason, entry=path)
    except AmbiguityError as error:
        report.add_error(error, Level.UNSAFE, "read-differently")
    except FormatError as error:
        report.add_error(error, Level.DAMAGE, _CODES.get(type(error).__name__, "damaged"))
    except UnsafePathError as error:  # of a directory, which nobody only looks at
        for path, reason in error.paths:
            report.add(Level.UNSAFE, "unsafe-path", f"the path {reason}", entry=path)
    except LimitError as error:
        report.add_error(error, Level.UNSAFE, "limit")
    if judgement is None:
        return frozenset()
    _add_judgement(judgement, report)
    ignored = (f"{path}: {reason}" for path, reason in entries.ignored)
    return frozenset((*judgement.problems(), *ignored))


def _add_judgement(judgement: Judgement, report: Report) -> None:
    """What the reader has found wrong with the members."""
    for path, reason in judgement.offenders:
        report.add(Level.UNSAFE, "unsafe-path", f"the path {reason}", entry=path)
    report.add_count(Level.UNSAFE, "unsafe-path", judgement.offenders.more)
    for difference in judgement.differences:
        level = Level.TRAP if difference.minor else Level.UNSAFE
        report.add(level, "read-differently", str(difference), entry=difference.entry)
    report.add_count(Level.UNSAFE, "read-differently", judgement.differences.more)
    for entry, reason in judgement.refusals:
        message = f"{reason}: raco pkg install refuses the package"
        report.add(Level.LENIENCY, "racket-refuses", message, entry=entry)
    report.add_count(Level.LENIENCY, "racket-refuses", judgement.refusals.more)


def _check_sidecar(archive: StrPath, sha1: str, report: Report) -> None:
    sidecar = read_sidecar(archive, sha1)
    if sidecar is not None and sidecar.problem is not None:
        report.add(
            Level.LENIENCY,
            "checksum-file",
            f"{os.path.basename(sidecar.path)} {sidecar.problem}: raco pkg install refuses the package",
        )


def _same_reader(one: Format, other: Format | None) -> bool:
    """Whether Racket reads both with the same reader: it looks itself whether a tar archive is compressed."""
    return one == other or {one, other} == {"tar", "tgz"}


def _check_package(
    archive: StrPath, report: Report, limits: Limits, told: frozenset[str], passing: PassingPackage | None
) -> None:
    """What an installer would not understand. An archive that wants to be unpacked where one stands is no package."""
    if report.local:
        return
    found = package_name(archive)
    if found is None:
        if os.path.basename(os.path.abspath(archive)).lower().endswith(SUFFIXES):
            message = "its suffix is not in lower case: raco pkg install takes the file for a directory"
            report.add(Level.LENIENCY, "suffix", message)
        return
    name, is_named = found
    named = format_of(archive)
    if report.format != "dir" and not _same_reader(named, report.format):
        message = f"its name is that of a {named}, but it is a {report.format}: raco pkg install goes by the name"
        report.add(Level.LENIENCY, "suffix", message)
        return
    if not is_named:
        level = Level.NOTE if report.format in ("dir", "plt") else Level.LENIENCY
        message = "no package name can be told from that of the file: raco pkg install wants --name"
        report.add(level, "package-name", message)
    if any(finding.code == "unknown-header" for finding in report.findings):
        return
    for problem in passing.describe(name).problems if passing is not None else _problems(archive, limits):
        if problem not in told:
            report.add(Level.LENIENCY, "package", f"as a package: {problem}")


def _problems(archive: StrPath, limits: Limits) -> Sequence[str]:
    """What an installer finds wrong with a package, which is read once more for that."""
    viewed = view_package(archive, limits=limits)
    assert viewed is not None
    return viewed.package.problems if viewed.package is not None else (viewed.problem or "",)
