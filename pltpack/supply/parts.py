"""The packages of a lock file as others see them: with plain URLs, without what only an installer needs."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from pltpack.dataclass import dataclass
from pltpack.lock.values import Lock, LockedPackage, Target
from pltpack.pkg.source import Repository, parse_source

_REPOSITORIES: Final = ("git", "git-url", "github")
_PORTS: Final = {"http": 80, "https": 443, "git": 9418}


@dataclass(frozen=True, slots=True)
class Part:
    """One block of a lock file.

    ``url`` is that of the archive, the directory or the repository (``None``: it is on the disk of somebody), of a
    repository ``revision`` the commit and ``directory`` the place in it. ``needs`` are names of packages that are
    locked as well, ``provided`` those that Racket itself brings; both to run, and to be built (``build_needs``).
    """

    block: LockedPackage
    explicit: bool
    url: str | None
    revision: str | None
    directory: str
    needs: tuple[str, ...]
    build_needs: tuple[str, ...]
    provided: tuple[str, ...]

    @property
    def reference(self) -> str:
        """A name that no other part of the lock has."""
        words = (self.block.name, self.block.version, *self.block.racket, *self.block.platforms)
        return "@".join((words[0], "+".join(words[1:])))

    @property
    def is_archive(self) -> bool:
        """Whether the URL is that of one file, whose SHA-256 is known."""
        return self.block.type == "file-url" and self.block.sha256 is not None


def parts_of(lock: Lock, target: Target | None = None) -> list[Part]:
    """The blocks of a lock, in its order; with a ``target`` those that hold for one Racket."""
    blocks = list(lock.packages if target is None else lock.for_target(target).values())
    names = {block.name for block in blocks}
    return [_part(block, lock, names) for block in blocks]


def _part(block: LockedPackage, lock: Lock, names: set[str]) -> Part:
    repository = _repository(block)
    run = _named(block, build=False)
    built = [name for name in _named(block, build=True) if name not in run]
    return Part(
        block,
        block.name in lock.explicit,
        _repository_url(repository) if repository is not None else _plain_url(block),
        block.checksum if repository is not None else None,
        "/".join(repository.path) if repository is not None else "",
        tuple(name for name in run if name in names),
        tuple(name for name in built if name in names),
        tuple(sorted({name for name in (*run, *built) if name not in names})),
    )


def _named(block: LockedPackage, *, build: bool) -> list[str]:
    names = {one.name for one in block.dependencies if one.build == build}
    return sorted(names | (set() if build else set(block.implies)) - {block.name})


def _repository(block: LockedPackage) -> Repository | None:
    if block.type not in _REPOSITORIES:
        return None
    return parse_source(block.source, type=block.type, name=block.name, strict=False).repository


def _repository_url(repository: Repository) -> str | None:
    if repository.host is None:
        return None
    port = repository.port
    at = "" if port is None or port == _PORTS.get(repository.transport) else f":{port}"
    return f"{repository.transport}://{repository.host}{at}/{repository.name}"


def _plain_url(block: LockedPackage) -> str | None:
    return block.source if block.source.startswith(("http://", "https://")) else None


def described(parts: list[Part]) -> Iterator[tuple[Part, list[str]]]:
    """Each part with the references of the parts that it needs, whichever of them holds where it does."""
    by_name: dict[str, list[str]] = {}
    for part in parts:
        by_name.setdefault(part.block.name, []).append(part.reference)
    for part in parts:
        names = sorted({*part.needs, *part.build_needs})
        yield part, [reference for name in names for reference in by_name.get(name, ())]
