"""Packing collections: ``pack-collections-plt`` and ``pack-collections`` of ``setup/pack``."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from pltpack.archive import Sink
from pltpack.arguments import check_several
from pltpack.codec.header import CollectionPath, Header
from pltpack.errors import PltError, SourceError
from pltpack.packer.filters import FileFilter, std_filter
from pltpack.packer.pack import Packed, PackOptions, names_of, pack_paths
from pltpack.racket.collections import CollectionIndex
from pltpack.racket.info.info import Info, load_info
from pltpack.racket.installation import Installation


@dataclass(frozen=True, slots=True)
class CollectionsPlan:
    """What an archive of collections will be: its header, the directories, and what each is stored as."""

    header: Header
    paths: tuple[str, ...]
    as_paths: tuple[str, ...]


def pack_collections_plt(
    dest: Sink,
    name: str | None,
    collections: Sequence[Sequence[str]],
    *,
    replace: bool = False,
    at_plt_home: bool = False,
    test_plt_collects: bool = True,
    extra_setup_collections: Sequence[Sequence[str]] = (),
    file_filter: FileFilter = std_filter,
    encode: bool = True,
    installation: Installation | None = None,
    options: PackOptions = PackOptions(),
) -> Packed:
    """Pack collections with what their ``info.rkt`` files say, as ``pack-collections-plt`` of ``setup/pack`` does.

    ``collections`` are paths such as ``("games", "cards")``, looked up in ``installation`` (default: the one that
    :meth:`Installation.discover() <pltpack.racket.installation.Installation.discover>` finds). ``name`` is the
    archive's name, ``None``: the first collection's. The archive conflicts with the collections it holds unless
    ``replace``; those with an ``info.rkt``, behind ``extra_setup_collections``, are to be set up after unpacking. With
    ``at_plt_home`` it goes to the installation, if ``test_plt_collects`` only where its collections are writable.

    Raises, with an old archive at ``dest`` left alone, :class:`~pltpack.errors.UnknownCollectionError`,
    :class:`~pltpack.errors.InfoError`, what :func:`~pltpack.packer.pack.pack_plt` raises, ``ValueError`` without
    any collection, and ``TypeError`` for a collection that is a string.
    """
    plan = plan_collections(
        name,
        collections,
        replace=replace,
        at_plt_home=at_plt_home,
        test_plt_collects=test_plt_collects,
        extra_setup_collections=extra_setup_collections,
        index=CollectionIndex(Installation.discover() if installation is None else installation),
    )
    return pack_paths(
        dest,
        plan.header.preamble(),
        plan.paths,
        as_paths=plan.as_paths,
        file_filter=file_filter,
        encode=encode,
        file_mode="file-replace" if replace else "file",
        options=options,
    )


def pack_collections(
    dest: Sink,
    name: str | None,
    collections: Sequence[Sequence[str]],
    replace: bool,
    extra_setup_collections: Sequence[Sequence[str]],
    file_filter: FileFilter = std_filter,
    at_plt_home: bool = False,
) -> Packed:
    """The old form of :func:`pack_collections_plt`: ``pack-collections`` of ``setup/pack``."""
    return pack_collections_plt(
        dest,
        name,
        collections,
        replace=replace,
        extra_setup_collections=extra_setup_collections,
        file_filter=file_filter,
        at_plt_home=at_plt_home,
    )


def plan_collections(
    name: str | None,
    collections: Sequence[Sequence[str]],
    *,
    index: CollectionIndex,
    replace: bool = False,
    at_plt_home: bool = False,
    test_plt_collects: bool = True,
    extra_setup_collections: Sequence[Sequence[str]] = (),
) -> CollectionsPlan:
    """Everything about the archive that :func:`pack_collections_plt` writes, but the files; raises as that does."""
    check_several("collections", collections, "[['games', 'cards']]")
    check_several("extra_setup_collections", extra_setup_collections, "[['games', 'cards']]")
    wanted = [names_of(collection) for collection in collections]
    if not wanted:
        raise ValueError("no collection to pack")
    directories = [index.path(collection) for collection in wanted]
    infos = [load_info(directory, installation=index.installation) for directory in directories]
    given = [info for info in infos if info is not None]
    requires = [(required, info) for info in given for required in info.requires]
    conflicts = [conflicting for info in given for conflicting in info.conflicts]
    if name is None and infos[0] is not None:
        name = infos[0].name
    header = Header(
        wanted[0][0] if name is None else name,
        requires=tuple((required, _installed_version(required, info, index)) for required, info in requires),
        conflicts=(*(() if replace else wanted), *conflicts),
        collections=(
            *map(names_of, extra_setup_collections),
            *(path for path, info in zip(wanted, infos, strict=True) if info is not None),
        ),
        plt_relative=True,
        plt_home_relative=at_plt_home,
        test_plt_dirs=("collects",) if at_plt_home and test_plt_collects else None,
    )
    stored = tuple("/".join(("collects", *collection)) for collection in wanted)
    return CollectionsPlan(header, tuple(map(str, directories)), stored)


def _installed_version(collection: CollectionPath, required_by: Info, index: CollectionIndex) -> tuple[int, ...]:
    """The version that a required collection has now, ``()`` if it has none."""
    try:
        info = load_info(index.path(collection), installation=index.installation)
    except SourceError as error:
        raise error.within(file=required_by.file) from None
    try:
        return () if info is None else info.version
    except PltError as error:
        error.hint = f"{required_by.file} requires the collection {'/'.join(collection)}"
        raise
