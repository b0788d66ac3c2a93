"""What transactions remember outside of any destination, where nobody else can write: claims, journals and locks.

What stands in a destination is not believed: a checkout, an archive or a shared folder can carry anything. So it is
written down in a directory of the user's own which hidden folders are his, each by device and inode, and what was
moved. Nothing that is not claimed there is ever removed.
"""

from __future__ import annotations

import contextlib
import errno
import json
import os
from collections.abc import Iterator, Sequence
from typing import Any, Final, NamedTuple, Self, TypeAlias

from pltpack.dataclass import dataclass
from pltpack.errors import PltError
from pltpack.transaction.folders import close
from pltpack.transaction.lock import Lock, read_json, this_process
from pltpack.transaction.writing import write_whole

Identity: TypeAlias = tuple[int, int]
"""Device and inode."""

_DIRECTORY: Final = os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC
_CLAIM: Final = ".claim"
_JOURNAL: Final = ".journal"
_NOT_THERE: Final = (
    errno.EACCES,
    errno.EPERM,
    errno.EROFS,
    errno.ENOENT,
    errno.ENOTDIR,
    errno.ELOOP,
    errno.ENAMETOOLONG,
)
"""Why a place cannot be had at all; after another error the next run would look elsewhere than this one has written."""

_LONGEST_NAME: Final = 1024

_MOST_CLAIM: Final = 1 << 20
"""Bytes of a claim at most."""


class Site(NamedTuple):
    """A hidden folder: where it is and which one it is."""

    path: str
    """The absolute path of the directory that holds it."""
    base: Identity
    """Which directory that is."""
    name: str
    area: Identity | None
    """Which folder it is; ``None`` while it is being made."""

    def is_in(self, base: Identity, path: str, *, rebooted: bool) -> bool:
        """Whether the directory is the one that holds it. The number of a device may change when the machine starts."""
        return self.base == base or (rebooted and (self.path, self.base[1]) == (path, base[1]))


@dataclass(frozen=True, slots=True)
class Claim:
    """What a process says is its own: hidden folders, the one of the first root first."""

    number: str
    """Names the claim and its journal."""
    process: dict[str, Any]
    sites: tuple[Site, ...]

    @property
    def is_room(self) -> bool:
        """Whether it is a waiting room, which has its own lock and needs none on the directory."""
        return bool(self.process.get("room"))

    @property
    def is_shared(self) -> bool:
        """Whether it was made without a lock on the directory."""
        return self.is_room or bool(self.process.get("shared"))

    @property
    def rebooted(self) -> bool:
        """Whether the machine was started anew since."""
        return bool(self.process.get("boot") != this_process()["boot"])


class State:
    """The open directory of records. Raises ``OSError`` where it cannot be had or written."""

    def __init__(self, directory: int, path: str) -> None:
        self.directory = directory
        self.path = path

    @classmethod
    def open(cls) -> Self:
        """The first of the places that can be had: ours, and nobody else's to write in."""
        problem: OSError | None = None
        for parent, names in _places():
            try:
                return cls(_open_own(parent, names), os.path.join(parent, *names))
            except OSError as error:
                error.filename = os.path.join(parent, *names)
                if error.errno not in _NOT_THERE:
                    raise
                problem = problem or error
        raise problem or OSError(errno.ENOENT, "there is no directory for the state of transactions")

    def close(self) -> None:
        """Let go of it."""
        close(self.directory)

    @contextlib.contextmanager
    def _naming(self) -> Iterator[None]:
        """Errors of the system name this directory: it is not the destination that is full or read-only."""
        try:
            yield
        except OSError as error:
            if not isinstance(error, PltError):
                error.filename = self.path
            raise

    def lock(self, which: Identity, path: str, *, seconds: float = 0, kind: str = "lock") -> Lock:
        """Lock a directory for this process. ``path`` names it. Raises ``BusyError`` and ``OSError``.

        ``seconds``: wait at most so long for another process. Locks of different kinds do not know each other.
        """
        with self._naming():
            return Lock.within(seconds, self.directory, f"{which[0]:x}-{which[1]:x}.{kind}", path)

    def claim(self, claim: Claim) -> None:
        """Write down what is claimed, whole at every moment."""
        content = {"process": claim.process, "sites": claim.sites}
        with self._naming():
            write_whole(self.directory, (claim.number + _CLAIM).encode(), json.dumps(content).encode())

    def claims(self) -> list[Claim]:
        """All that is claimed, by whomever."""
        names = [name for name in os.listdir(self.directory) if name.endswith(_CLAIM)]
        found = (self._read(name) for name in sorted(names))
        return [claim for claim in found if claim is not None]

    def forget(self, number: str) -> None:
        """Nothing is claimed any more."""
        with contextlib.suppress(FileNotFoundError):
            os.unlink(number + _CLAIM, dir_fd=self.directory)

    def forget_below(self, sites: Sequence[Site]) -> None:
        """Nothing is claimed any more in folders that are gone."""
        gone = tuple(os.path.join(site.path, site.name, "") for site in sites)
        for claim in self.claims():
            if claim.sites and all(os.path.join(site.path, "").startswith(gone) for site in claim.sites):
                self.remove_journal(claim.number)
                self.forget(claim.number)

    def write_journal(self, number: str, content: object) -> None:
        """Write down what will be moved, whole at every moment."""
        with self._naming():
            write_whole(self.directory, (number + _JOURNAL).encode(), json.dumps(content).encode())

    def read_journal(self, number: str) -> Any:
        """What was written; ``None`` if nothing was moved, or all that was is there to stay."""
        return read_json(self.directory, (number + _JOURNAL).encode())

    def remove_journal(self, number: str) -> None:
        """From now on what was moved is there to stay."""
        with contextlib.suppress(FileNotFoundError):
            os.unlink(number + _JOURNAL, dir_fd=self.directory)

    def mark(self, which: Identity, name: str) -> None:
        """Write down that a hidden file of this name is ours."""
        write_whole(self.directory, _mark(which), os.fsencode(name))

    def marked(self, which: Identity) -> str | None:
        """The name under which a hidden file is ours; ``None`` if it is not."""
        try:
            file = os.open(_mark(which), os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC, dir_fd=self.directory)
        except FileNotFoundError:
            return None
        with open(file, "rb") as stream:
            return os.fsdecode(stream.read(_LONGEST_NAME))

    def unmark(self, which: Identity) -> None:
        """A hidden file is gone, or hidden no more."""
        with contextlib.suppress(FileNotFoundError):
            os.unlink(_mark(which), dir_fd=self.directory)

    def path_of_journal(self, number: str) -> str:
        """Where the journal is, for people."""
        return os.path.join(self.path, number + _JOURNAL)

    def _read(self, name: str) -> Claim | None:
        content = read_json(self.directory, name.encode(), most=_MOST_CLAIM)
        try:
            sites = tuple(
                Site(path, (base[0], base[1]), hidden, None if area is None else (area[0], area[1]))
                for path, base, hidden, area in content["sites"]
            )
            return Claim(name.removesuffix(_CLAIM), dict(content["process"]), sites)
        except (KeyError, TypeError, ValueError, IndexError):
            return None  # cut off when the machine stopped


def state_dir() -> str:
    """Where the state is kept, or would be if nothing stands against it."""
    parent, names = next(_places())
    return os.path.join(parent, *names)


@contextlib.contextmanager
def turn_in(directory: str | os.PathLike[str], *, seconds: float) -> Iterator[None]:
    """Be the only process of this user that is at work in a directory, waiting at most so long for another one.

    Raises ``BusyError`` and ``OSError``.
    """
    status = os.stat(directory)
    with contextlib.closing(State.open()) as state:
        lock = state.lock((status.st_dev, status.st_ino), os.fspath(directory), seconds=seconds, kind="turn")
        try:
            lock.tell()
            yield
        finally:
            lock.release()


def identity(descriptor: int) -> Identity:
    """Which file or directory an open one is."""
    status = os.fstat(descriptor)
    return status.st_dev, status.st_ino


def _mark(which: Identity) -> bytes:
    return b"%x-%x.output" % which


def _places() -> Iterator[tuple[str, tuple[str, ...]]]:
    """Directories that exist, and the path below them at which the state may be."""
    chosen = os.environ.get("XDG_STATE_HOME", "")
    if os.path.isabs(chosen):
        existing, missing = chosen, []
        while not os.path.isdir(existing) and existing != "/":
            existing, name = os.path.split(existing.rstrip("/"))
            missing.append(name)
        yield existing, (*reversed(missing), "pltpack", "transactions")
    for home in (os.environ.get("HOME", ""), _home()):
        # With the home of somebody else, as sudo may leave it, our state would be in his way.
        if os.path.isabs(home) and os.path.isdir(home) and os.stat(home).st_uid == os.geteuid():
            yield home, (".local", "state", "pltpack", "transactions")
    for shared in ("/var/tmp", "/tmp"):
        yield shared, (f"pltpack-{os.geteuid()}", "transactions")


def _home() -> str:
    import pwd

    try:
        return pwd.getpwuid(os.geteuid()).pw_dir
    except KeyError:
        return ""


def _open_own(parent: str, names: tuple[str, ...]) -> int:
    """Open a directory step by step, made where it is missing; the last two must be ours alone to write in.

    The steps before may be links: they are the user's. Raises ``OSError``.
    """
    current = os.open(parent, _DIRECTORY)
    for depth, name in enumerate(names):
        strict = depth >= len(names) - 2
        flags = _DIRECTORY | (os.O_NOFOLLOW if strict else 0)
        try:
            try:
                below = os.open(name, flags, dir_fd=current)
            except FileNotFoundError:
                with contextlib.suppress(FileExistsError):
                    os.mkdir(name, 0o700, dir_fd=current)
                below = os.open(name, flags, dir_fd=current)
        finally:
            close(current)
        current = below
        status = os.fstat(current)
        if strict and (status.st_uid != os.geteuid() or status.st_mode & 0o022):
            close(current)
            raise PermissionError(errno.EPERM, "others may write there", os.path.join(parent, *names))
    if os.fstatvfs(current).f_flag & os.ST_RDONLY:
        close(current)
        raise OSError(errno.EROFS, os.strerror(errno.EROFS), os.path.join(parent, *names))
    return current
