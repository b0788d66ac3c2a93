"""``.plt`` as a format of :mod:`shutil`: ``make_archive(..., "plt")`` and ``unpack_archive("x.plt")``.

Registration is for the whole process, so it happens only when it is asked for, never on import.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from typing import Any, Final

from pltpack.errors import FormatError
from pltpack.packer.pack import PackOptions, pack_plt
from pltpack.unpacker.unpack import extract

NAME: Final = "plt"
SUFFIXES: Final = [".plt"]


def register_archive_formats() -> None:
    """Make ``plt`` known to :mod:`shutil`; registering again does nothing.

    Raises :class:`shutil.RegistryError` if another library has taken the suffix.
    """
    if NAME not in {name for name, *_ in shutil.get_unpack_formats()}:
        shutil.register_unpack_format(NAME, SUFFIXES, unpack_archive, description="Racket archive")
    if NAME not in {name for name, _ in shutil.get_archive_formats()}:
        shutil.register_archive_format(NAME, make_archive, description="Racket archive")


def unregister_archive_formats() -> None:
    """Undo :func:`register_archive_formats`; without it this does nothing."""
    if NAME in {name for name, *_ in shutil.get_unpack_formats()}:
        shutil.unregister_unpack_format(NAME)
    if NAME in {name for name, _ in shutil.get_archive_formats()}:
        shutil.unregister_archive_format(NAME)


def make_archive(
    base_name: str,
    base_dir: str,
    *,
    root_dir: str | os.PathLike[str] | None = None,
    dry_run: bool = False,
    logger: Any = None,
    owner: str | None = None,  # noqa: ARG001  shutil passes it
    group: str | None = None,  # noqa: ARG001
) -> str:
    """What :func:`shutil.make_archive` calls: pack ``base_dir``, relative to ``root_dir``, into ``base_name.plt``.

    As in the other formats of shutil everything is packed, without a filter. An archive has no owner and no group.
    """
    path = f"{base_name}.plt"
    folder = os.path.dirname(path)
    if logger is not None:
        logger.info("creating %s", path)
    if not dry_run:
        if folder:
            os.makedirs(folder, exist_ok=True)
        options = PackOptions(directory="" if root_dir is None else os.fspath(root_dir))
        pack_plt(path, "archive", [base_dir], file_filter=lambda _: True, plt_relative=False, options=options)
    return path


make_archive.supports_root_dir = True  # type: ignore[attr-defined]  # what shutil looks for: it need not change directory


def unpack_archive(filename: str, extract_dir: str, *, filter: str | Callable[..., Any] | None = None) -> None:
    """What :func:`shutil.unpack_archive` calls: unpack all or nothing, and nothing outside of ``extract_dir``.

    As in the other formats of shutil existing files are replaced. Of the tar filters, ``data`` and ``tar`` change
    nothing, as an archive has neither permissions nor links; ``fully_trusted`` does not lift the safety, either.
    Others raise ``ValueError``. What is no archive, or a damaged one, raises :class:`shutil.ReadError`, as there.
    """
    if filter not in (None, "data", "tar", "fully_trusted"):
        raise ValueError(f"the filter {filter!r} cannot be applied to .plt archives")
    try:
        extract(filename, extract_dir, force=True)
    except FormatError as error:
        raise shutil.ReadError(str(error)) from error
