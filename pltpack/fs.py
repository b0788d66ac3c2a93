"""Archives as a filesystem of fsspec: ``fsspec.open("plt://collects/kit/main.rkt::games.plt")``. Read-only.

fsspec finds this module by its entry point, and the extra ``fs`` installs fsspec; nothing else in pltpack needs it.
"""

from __future__ import annotations

from typing import Any, BinaryIO, ClassVar, Literal, cast

from fsspec import open_files
from fsspec.archive import AbstractArchiveFileSystem

from pltpack.codec.limits import Limits
from pltpack.pltfile import PltFile
from pltpack.pltinfo import PltInfo


class PltFileSystem(AbstractArchiveFileSystem):  # type: ignore[misc]  # fsspec is untyped
    """The members of an archive, which may lie in any filesystem that fsspec knows.

    Paths are those of the members, ``.`` dropped. Nothing is written, and nothing unpacked.
    """

    root_marker = ""
    protocol = "plt"
    cachable = False
    _extra_tokenize_attributes: ClassVar[tuple[str, ...]] = ()

    def __init__(
        self,
        fo: str | BinaryIO = "",
        mode: str = "r",
        target_protocol: str | None = None,
        target_options: dict[str, Any] | None = None,
        limits: Limits = Limits(),
        unsafe: Literal["refuse", "sanitize"] = "refuse",
        **kwargs: Any,
    ) -> None:
        """``fo``: the archive, a URL or path (``target_protocol`` and ``target_options`` say how it is opened), or a
        seekable binary stream. ``unsafe``: paths that lead out of a directory are refused
        (:class:`~pltpack.errors.UnsafePathError` for the first question), or made safe.

        Raises ``ValueError`` for a ``mode`` other than ``"r"``, and what :class:`~pltpack.pltfile.PltFile` raises."""
        super().__init__(**kwargs)
        if unsafe not in ("refuse", "sanitize"):  # what is fetched from here is written somewhere
            raise ValueError(f"unsafe {unsafe!r}: unsafe paths are refused or made safe here")
        if mode != "r":
            raise ValueError(f"mode {mode!r}: plt archives can only be read here")
        self._opened: Any = None
        if isinstance(fo, str):
            files = open_files(fo, protocol=target_protocol, **(target_options or {}))
            if len(files) != 1:
                raise ValueError(f"{fo!r} is {len(files)} files, and an archive is one")
            self._opened = files[0]
            fo = self._opened.__enter__()
        self.plt = PltFile(fo, limits=limits, unsafe=unsafe)
        self.dir_cache: dict[str, dict[str, Any]] | None = None

    @classmethod
    def _strip_protocol(cls, path: str) -> str:
        return str(super()._strip_protocol(path)).lstrip("/")

    def close(self) -> None:
        """Let go of the archive."""
        self.plt.close()
        if self._opened is not None:
            self._opened.close()

    def _get_dirs(self) -> None:
        """Fill the cache of what is where; called by the base class before every question."""
        if self.dir_cache is not None:
            return
        entries = {}
        for member in self.plt:
            path = _path(member)
            if path:
                entries[path] = _entry(path, member)
        for path in self._all_dirnames(list(entries)):
            entries.setdefault(path, {"name": path, "size": 0, "type": "directory"})
        self.dir_cache = entries

    def _open(self, path: str, mode: str = "rb", **_: Any) -> BinaryIO:
        path = self._strip_protocol(path)
        if mode != "rb":
            raise OSError(30, "plt archives can only be read here", path)
        found = self.info(path)
        if found["type"] == "directory":
            raise IsADirectoryError(21, "is a directory in the archive", path)
        stream: Any = self.plt.open(path)
        stream.size = found["size"]  # fsspec counts from the end with it
        return cast("BinaryIO", stream)


def _path(member: PltInfo) -> str:
    return "/".join(part for part in member.name.split("/") if part not in ("", "."))


def _entry(path: str, member: PltInfo) -> dict[str, Any]:
    kind = "directory" if member.directory else "file"
    return {"name": path, "size": member.size, "type": kind, "replace": member.replace}
