"""A package as ``raco pkg install`` finds it: the content of an archive or directory, checked, nothing unpacked."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import field, replace
from typing import Final

from pltpack.codec.limits import Limits
from pltpack.dataclass import dataclass
from pltpack.errors import InfoError, LimitError, PackageError
from pltpack.formats.entries import Entry, chunks
from pltpack.formats.formats import Format, format_of
from pltpack.formats.judgement import Purpose
from pltpack.packer.filters import std_filter
from pltpack.pkg.checksum import check_checksum, digests
from pltpack.pkg.metadata import Metadata, read_metadata
from pltpack.pkg.modules import module_paths
from pltpack.pkg.objections import info_objections, link_objections
from pltpack.pkg.source import parse_source
from pltpack.pkg.view import PackageReader
from pltpack.racket.info.info import INFO_NAMES, Dependency, Info, parse_info

LONGEST_INFO: Final = 1 << 20
_LINK_STEPS: Final = 40


@dataclass(frozen=True, slots=True)
class StagedPackage:
    """A package, read once and known to be whole.

    ``checksum`` is the SHA-1 of an archive, and ``checksum_confirmed`` whether a ``CHECKSUM`` beside it says the same;
    ``collection`` is ``None`` for a multi-collection package; ``modules`` are the paths ``P`` of all ``(lib "P")``;
    ``entries`` lists the content, without data, under the names that it has in the package; ``top`` is the directory
    around it that an installer drops. ``problems`` is what an installer refuses or does not understand.
    """

    path: str
    name: str
    format: Format
    checksum: str | None
    checksum_confirmed: bool
    info: Info | None
    metadata: Metadata
    modules: tuple[str, ...]
    entries: tuple[Entry, ...]
    top: str | None
    problems: tuple[str, ...]
    infos: Mapping[str, Info] = field(default_factory=dict)
    """The info files of all directories that can be used, by the path of the directory (the package's own: ``""``)."""

    @property
    def collection(self) -> str | None:
        """The collection of a single-collection package."""
        return self.metadata.collection

    @property
    def collections(self) -> tuple[str, ...]:
        """The collections that the package puts modules into: its own one, or its directories."""
        if self.collection is not None:
            return (self.collection,)
        names = {
            entry.path.partition("/")[0] for entry in self.entries if "/" in entry.path or entry.kind == "directory"
        }
        return collection_names(names)

    @property
    def dependencies(self) -> tuple[Dependency, ...]:
        """What it needs to run."""
        return self.metadata.dependencies

    @property
    def build_dependencies(self) -> tuple[Dependency, ...]:
        """What else is needed to build it."""
        return self.metadata.build_dependencies


def collection_names(directories: Iterable[str]) -> tuple[str, ...]:
    """The collections that the directories at the top of a multi-collection package are, sorted."""
    return tuple(sorted(filter(std_filter, directories)))


@dataclass(frozen=True, slots=True)
class Description:
    """What the info files of a package and the names of its files say, see :class:`StagedPackage`."""

    metadata: Metadata
    modules: tuple[str, ...]
    infos: Mapping[str, Info]
    problems: tuple[str, ...]


def describe(name: str, files: Iterable[str], texts: Mapping[str, bytes | None]) -> Description:
    """What is said by the files of a package called ``name``, links to files included, and by the ``texts`` of its info
    files, by their paths (``None``: one of an unusual length)."""
    infos, problems = _infos(texts)
    metadata = read_metadata(name, infos.get(""))
    modules = module_paths(files, metadata.collection, infos)
    return Description(metadata, modules, infos, (*problems, *metadata.problems, *info_objections(infos)))


def open_package(
    source: str | os.PathLike[str],
    *,
    name: str | None = None,
    check: bool = True,
    format: Format | None = None,
    limits: Limits = Limits(),
) -> StagedPackage:
    """Look at an archive (``zip``, ``tar``, ``tgz``, ``tar.gz``, ``plt``, by its suffix) or a directory as a package.

    A single directory at the top of an archive is dropped; of a ``.plt`` those are that stand for Racket's own
    directories, and it gets an ``info.rkt`` if it has none. ``name`` is that of the package (default: from the name
    of the file), ``format`` its format (default: by its suffix). With ``check`` a ``CHECKSUM`` beside an archive must
    say its SHA-1.

    Raises :class:`~pltpack.errors.PackageError` (no name can be told, wrong checksum),
    :class:`~pltpack.errors.FormatError` (damaged), :class:`~pltpack.errors.UnsafePathError`,
    :class:`~pltpack.errors.LimitError`, and ``OSError``.
    """
    path = os.fspath(source)
    format = format or format_of(path)
    if name is None:
        name = _inferred_name(path, format)
    checksum = None if format == "dir" else digests(path).sha1
    confirmed = checksum is not None and check and check_checksum(path, checksum)
    package = PackageReader(path, format=format, limits=limits, purpose=Purpose.INSTALL)
    return stage(package, path, name, checksum=checksum, confirmed=confirmed, limits=limits)


def stage(
    package: PackageReader,
    path: str,
    name: str,
    *,
    checksum: str | None = None,
    confirmed: bool = False,
    limits: Limits = Limits(),
) -> StagedPackage:
    """Look at a package called ``name`` as :func:`open_package` does, through its reader, for
    :attr:`~pltpack.formats.judgement.Purpose.INSTALL`; its checksum is taken as it is given."""
    texts = _texts(package)
    entries = tuple(_as_unpacked(entry, package.format) for entry in package.survey.entries.values())
    said = describe(name, _files(entries), texts)
    return StagedPackage(
        path=path,
        name=name,
        format=package.format,
        checksum=checksum,
        checksum_confirmed=confirmed,
        info=said.infos.get(""),
        metadata=said.metadata,
        modules=said.modules,
        entries=entries,
        top=package.survey.top,
        problems=(*said.problems, *_refused(package, entries, limits)),
        infos=said.infos,
    )


def _inferred_name(path: str, format: Format) -> str:
    source = parse_source(path, type="dir" if format == "dir" else "file", strict=False)
    if source.name is None:
        raise PackageError(
            f"no package name can be told from it: {source.problem}", file=path, hint="give the name of the package"
        )
    return source.name


def info_text(entry: Entry) -> bytes | None:
    """The text of an info file; ``None`` if it is of an unusual length."""
    return entry.read() if entry.size <= LONGEST_INFO else None


def is_info(entry: Entry) -> bool:
    """Whether an entry is an info file."""
    return entry.kind == "file" and entry.path.endswith(INFO_NAMES) and entry.path.rpartition("/")[2] in INFO_NAMES


def _texts(package: PackageReader) -> dict[str, bytes | None]:
    """The texts of all info files, once all of the package has been read."""
    texts: dict[str, bytes | None] = {}
    for entry in package.entries():
        if is_info(entry):
            texts[entry.path] = info_text(entry)
        elif entry.kind == "file" and package.format == "zip":
            for _ in chunks(entry):
                pass  # to check it, which the readers of other archives do in passing
    return texts


def _infos(texts: Mapping[str, bytes | None]) -> tuple[dict[str, Info], list[str]]:
    """The info files of all directories; those that cannot be used are told, and passed over as Racket does."""
    found: dict[str, Info] = {}
    problems = []
    for path, text in texts.items():
        directory, _, name = path.rpartition("/")
        if name != INFO_NAMES[0] and f"{path[: -len(name)]}{INFO_NAMES[0]}" in texts:
            continue
        try:
            if text is None:
                raise LimitError(f"it has more than {LONGEST_INFO} bytes")
            found[directory] = parse_info(text, file=path)
        except (InfoError, LimitError) as error:
            problems.append(f"{path} cannot be used, and counts as missing: {error}")
    return found, problems


def _as_unpacked(entry: Entry, format: Format) -> Entry:
    # Racket's unzip knows no links: it makes files of them that hold the name of the target.
    if entry.kind == "link" and format == "zip":
        return replace(entry, kind="file", size=len(os.fsencode(entry.target)), target="")
    return entry


def _files(entries: tuple[Entry, ...]) -> Iterator[str]:
    """The paths of all files, links to files included."""
    kinds = {entry.path: entry for entry in entries}
    for entry in entries:
        target: Entry | None = entry
        for _ in range(_LINK_STEPS):
            if target is None or target.kind != "link":
                break
            target = kinds.get(os.path.normpath(os.path.join(os.path.dirname(target.path), target.target)))
        if target is not None and target.kind == "file":
            yield entry.path


def _refused(package: PackageReader, entries: tuple[Entry, ...], limits: Limits) -> Iterator[str]:
    """What is in an archive that Racket's own readers refuse or pass over."""
    survey = package.survey
    for path, reason in survey.ignored:
        yield f"{path}: {reason}"
    yield from survey.judgement.problems()
    if package.format in ("tgz", "tar"):
        yield from link_objections({entry.path: entry for entry in entries}, limits=limits)
