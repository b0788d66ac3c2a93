"""Every exception that pltpack raises on its own account.

::

    PltError
    ├── FormatError (ValueError)           the bytes are not what they should be
    │   ├── EncodingError                  base64 or gzip layer
    │   ├── DatumError                     Racket notation
    │   ├── HeaderError                    info procedure or unpacking unit
    │   ├── EntryError                     an entry of the archive
    │   ├── TruncatedError (EOFError)      the data ends too early
    │   ├── AmbiguityError                 other programs read another content in it
    │   ├── InfoError                      an info.rkt file
    │   ├── CatalogError                   a catalog, or a record in one
    │   └── LockError                      a lock file
    ├── LimitError                         larger than the limits allow
    ├── UnsafePathError                    a path that may not be written
    ├── BlockedError                       something stands in the way
    │   ├── EntryExistsError (FileExistsError)
    │   ├── RequirementError               a required collection is missing or of another version
    │   ├── ConflictError                  a conflicting collection is installed
    │   └── BusyError                      another process works on the same destination
    ├── SourceError                        a file or directory that cannot be packed
    │   └── UnknownCollectionError (LookupError)
    ├── CallError                          a value that an option or an environment variable cannot have
    ├── InstallationError                  a Racket installation that cannot be found or read
    │   ├── SettingError (CallError)       an option or variable with which Racket would not start
    │   └── ConfigError                    config.rktd, a links file or pkgs.rktd
    ├── PackageError                       a package that cannot be made or read
    │   └── ChecksumError                  content that is not what its checksum says
    ├── FetchError                         something cannot be had from a server, a repository or the cache
    ├── DatabaseError                      the database of a catalog server cannot be reached or used
    ├── UnknownPackageError (KeyError)     no catalog has a package of that name
    └── MemberError (KeyError)             an archive has no member of that name

Misuse by a programmer stays ``TypeError`` or ``ValueError``; errors of the operating system stay ``OSError``.
:class:`LeftoverWarning` is a warning and no error.
"""

from __future__ import annotations

import re
from collections.abc import Sequence


class PltError(Exception):
    """Base of all errors of pltpack: what is wrong, where, and what to do.

    ``message`` says what is wrong. ``file`` names the archive or source file, ``entry`` the entry of the archive (as
    it is listed), ``offset`` the byte offset, in ``layer`` if that is given (such as ``gzip data``), else in what is
    being read (for archives the raw stream), ``hint`` what the user can do, ``details`` are lines that
    go below. All but the message are optional; file and
    entry may be filled in later by a caller who knows more (see :meth:`within`).
    """

    def __init__(
        self,
        message: str,
        *,
        file: str | None = None,
        entry: str | None = None,
        offset: int | None = None,
        layer: str | None = None,
        hint: str | None = None,
        details: Sequence[str] = (),
    ) -> None:
        super().__init__(message)
        self.message = message
        self.file = file
        self.entry = entry
        self.offset = offset
        self.layer = layer
        self.hint = hint
        self.details = tuple(details)

    def within(self, *, file: str | None = None, entry: str | None = None) -> PltError:
        """Fill in the file or the entry if they are not known yet; returns the error itself."""
        self.file = self.file if self.file is not None else file
        self.entry = self.entry if self.entry is not None else entry
        return self

    def __reduce__(self) -> tuple[object, ...]:
        return _restored, (type(self), self.args, self.__dict__)

    def __str__(self) -> str:
        where = [self.file] if self.file is not None else []
        if self.entry is not None:
            where.append(f"entry {self.entry}")
        if self.offset is not None:
            where.append(f"byte {self.offset} of the {self.layer}" if self.layer else f"byte {self.offset}")
        text = f"{', '.join(where)}: {self.message}" if where else self.message
        return f"{text} ({self.hint})" if self.hint else text


def _restored(kind: type[PltError], args: tuple[object, ...], state: dict[str, object]) -> PltError:
    """An error that comes from another process, without the keywords that its class asks for."""
    error = kind.__new__(kind)
    error.args = args
    error.__dict__.update(state)
    return error


class FormatError(PltError, ValueError):
    """The bytes are not what they should be."""


class EncodingError(FormatError):
    """The base64 or gzip layer is damaged, or the file is no archive at all."""


class DatumError(FormatError):
    """The text is not Racket data, or not data that may be read from a stranger."""


class HeaderError(FormatError):
    """The info procedure or the unpacking unit has a shape that is needed but not there."""


class EntryError(FormatError):
    """An entry is malformed: unknown tag, bad path list, bad size, no star."""


class TruncatedError(FormatError, EOFError):
    """The data ends before it should."""


class AmbiguityError(FormatError):
    """An archive in which other programs find another content than pltpack does."""


class InfoError(FormatError):
    """An ``info.rkt`` cannot be evaluated. ``category`` is ``read``, ``shape``, ``syntax`` or ``runtime``.

    ``line`` counts from 1, ``column`` from 0 in characters, as Racket's do.
    """

    def __init__(
        self,
        message: str,
        *,
        category: str,
        line: int | None = None,
        column: int | None = None,
        file: str | None = None,
        hint: str | None = None,
    ) -> None:
        super().__init__(message, file=file, hint=hint)
        self.category = category
        self.line = line
        self.column = column

    def __str__(self) -> str:
        place = ":".join(str(part) for part in (self.file, self.line, self.column) if part is not None)
        text = f"{place}: {self.message}" if place else self.message
        return f"{text} ({self.hint})" if self.hint else text


class CatalogError(FormatError):
    """A catalog, or a record in one, is not what it should be."""


class LockError(FormatError):
    """A lock file is not what it should be."""


class LimitError(PltError):
    """Larger, deeper or more than the limits allow; ``hint`` names the option that raises the limit."""


class _PathsError(PltError):
    """An error about one or more paths; ``paths`` lists every offender with its reason."""

    def __init__(
        self,
        message: str,
        *,
        paths: Sequence[tuple[str, str]] = (),
        file: str | None = None,
        entry: str | None = None,
        hint: str | None = None,
    ) -> None:
        super().__init__(message, file=file, entry=entry, hint=hint)
        self.paths = tuple(paths)


class UnsafePathError(_PathsError):
    """One or more paths that may not be written; ``paths`` lists every offender with its reason."""


class BlockedError(PltError):
    """Something stands in the way: an existing file, a requirement, a conflict, another process."""


class EntryExistsError(BlockedError, _PathsError, FileExistsError):
    """Something exists already and may not be replaced; ``paths`` lists every offender with its reason."""


class RequirementError(BlockedError):
    """A required collection is missing or has another version.

    ``collection`` is its path, ``required`` the version asked for, ``installed`` the one found (``None``:
    no such collection).
    """

    def __init__(
        self,
        message: str,
        *,
        collection: Sequence[str],
        required: Sequence[object],
        installed: Sequence[object] | None,
        file: str | None = None,
        hint: str | None = None,
    ) -> None:
        super().__init__(message, file=file, hint=hint)
        self.collection = tuple(collection)
        self.required = tuple(required)
        self.installed = None if installed is None else tuple(installed)


class ConflictError(BlockedError):
    """A collection that the archive conflicts with is installed; ``collection`` is its path."""

    def __init__(
        self, message: str, *, collection: Sequence[str], file: str | None = None, hint: str | None = None
    ) -> None:
        super().__init__(message, file=file, hint=hint)
        self.collection = tuple(collection)


class BusyError(BlockedError):
    """Another process is at work on the same destination."""


class LeftoverWarning(UserWarning):
    """A hidden folder in a destination that is left alone, because it is not known to be ours or resists removal."""


class SourceError(PltError):
    """A file or directory that cannot be packed."""


class UnknownCollectionError(SourceError, LookupError):
    """No such collection in the collection directories, links files and packages that were searched."""


class CallError(PltError):
    """A value that an option or an environment variable cannot have."""


class InstallationError(PltError):
    """A Racket installation, or a directory of one, cannot be found or read."""


class SettingError(CallError, InstallationError):
    """An option or an environment variable with which Racket would not start."""


class ConfigError(InstallationError):
    """A ``config.rktd``, a links file or a ``pkgs.rktd`` is not what it should be."""


class PackageError(PltError):
    """A package that cannot be made, read or converted."""


class ChecksumError(PackageError):
    """Content that is not what its checksum says: damaged on the way, or replaced by something else."""


class FetchError(PltError):
    """Something cannot be had from a server, a repository or the cache.

    ``status`` is what an HTTP server answered, if one did, and ``retry_after`` for how many seconds it asked for
    patience.
    """

    def __init__(
        self,
        message: str,
        *,
        file: str | None = None,
        hint: str | None = None,
        status: int | None = None,
        retry_after: int | None = None,
    ) -> None:
        super().__init__(message, file=file, hint=hint)
        self.status = status
        self.retry_after = retry_after


class DatabaseError(PltError):
    """The database of a catalog server cannot be reached or used."""


class UnknownPackageError(PltError, KeyError):
    """No catalog that was asked has a package of that name."""


class MemberError(PltError, KeyError):
    """An archive has no member of that name; ``hint`` names those that are spelled alike."""


def error_code(error: BaseException) -> str:
    """The kind of an error for programs, which does not change between versions: the name of its class, in small
    letters.

    >>> error_code(UnsafePathError("x")), error_code(FileNotFoundError()), error_code(OSError())
    ('unsafe-path', 'file-not-found', 'input-output')
    """
    kind = type(error)
    if kind is OSError:
        return "input-output"
    words = re.findall("[A-Z]+(?![a-z])|[A-Z][a-z]*", kind.__name__.removesuffix("Error"))
    return "-".join(words).lower()
