"""What a plan is made from, and what it is: plain values, which neither disk nor network is needed to understand."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field
from pathlib import Path
from typing import TYPE_CHECKING, Literal, Protocol, TypeAlias

from pltpack.dataclass import dataclass
from pltpack.scope.state.records import Origin, Record

if TYPE_CHECKING:
    from pltpack.formats.formats import Format
    from pltpack.pkg.source import SourceType
    from pltpack.pkg.strip.rules import Mode
    from pltpack.pkg.view import PackageReader
    from pltpack.racket.info.fields import Dependency
    from pltpack.racket.packages import Scope

DepsBehaviour: TypeAlias = Literal["fail", "force", "search-ask", "search-auto"]
"""What happens to dependencies that are missing or too old: an error, nothing, a question, or they are fetched."""

PullMode: TypeAlias = Literal["ff-only", "try", "rebase"]
MultiClone: TypeAlias = Literal["fail", "force", "convert", "ask"]


@dataclass(frozen=True, slots=True)
class Options:
    """How to go about it: the options of the commands, with Racket's meanings.

    ``mode`` is what is kept of the content (``None``: all). ``as_racket`` has things back that Racket does wrong.
    """

    deps: DepsBehaviour = "search-ask"
    update_deps: bool = False
    implies: bool = True
    all_platforms: bool = False
    force: bool = False
    ignore_checksums: bool = False
    strict_doc_conflicts: bool = False
    skip_installed: bool = False
    skip_uninstalled: bool = False
    mode: Mode | None = None
    trash: bool = True
    pull: PullMode = "ff-only"
    multi_clone: MultiClone = "ask"
    keep_modes: bool = False
    as_racket: bool = False

    @property
    def searches(self) -> bool:
        """Whether dependencies may be looked for."""
        return self.deps in ("search-ask", "search-auto")


@dataclass(frozen=True, slots=True)
class Wish:
    """A package that is wanted, from a source: as it was given, or as a dependency or a record names it.

    ``name`` is the name that it shall have; ``checksum`` the one that was asked for; ``clone`` the directory that it
    shall be a clone in. ``lookup`` is the name under which a catalog was asked for the source.
    """

    source: str
    type: SourceType
    name: str
    checksum: str | None = None
    auto: bool = False
    clone: Path | None = None

    @property
    def key(self) -> tuple[str, str, str, str | None, Path | None]:
        """What makes it the same wish."""
        return self.source, self.type, self.name, self.checksum, self.clone


@dataclass(frozen=True, slots=True)
class Facts:
    """What a package says of itself, as far as a plan needs it.

    ``version`` is ``"0.0"`` without one. ``dependencies`` are those to run and those to build; ``implied`` the packages
    that are updated with it.
    """

    version: str = "0.0"
    dependencies: tuple[tuple[str, Dependency], ...] = ()
    implied: tuple[str, ...] = ()
    collection: str | None = None

    def named(self, name: str) -> Dependency | None:
        """The dependency on a package."""
        return next((dependency for one, dependency in self.dependencies if one == name), None)


class Present(Protocol):
    """An installed package. Its facts are read when they are first needed."""

    @property
    def name(self) -> str: ...

    @property
    def record(self) -> Record: ...

    @property
    def directory(self) -> Path: ...

    @property
    def scope(self) -> Scope: ...

    @property
    def facts(self) -> Facts: ...


@dataclass(frozen=True)
class KnownPresent:
    """An installed package of which all is known."""

    name: str
    record: Record
    directory: Path
    scope: Scope
    facts: Facts = Facts()


@dataclass(frozen=True, slots=True)
class Owner:
    """Who has a module already: a package, or no package but what is at ``place``."""

    package: str | None
    scope: Scope | None
    place: Path


@dataclass(frozen=True, slots=True)
class Item:
    """Something that a package puts into a place that all share: ``category`` is ``doc``, ``exe``, ``lib``, ``share``
    or ``man``; names are compared without regard to case."""

    category: str
    name: str


@dataclass(frozen=True, slots=True)
class Overlap:
    """Why a directory cannot be linked: the lines of the message, the first one first."""

    message: str
    details: tuple[str, ...]


@dataclass(frozen=True)
class Content:
    """What was found at a source: checked, and ready to be put in place.

    ``origin`` and ``checksum`` are what will be recorded. ``modules`` are the paths ``P`` of all ``(lib "P")``, and
    ``owners`` who has those already that are somewhere; ``taken`` the same for items. ``place`` is where it lies: an
    archive, a directory, or for links and clones the directory itself. ``stripped`` is the mode that is to be applied.
    """

    wish: Wish
    origin: Origin
    checksum: str | None
    facts: Facts
    place: Path
    modules: tuple[str, ...] = ()
    items: tuple[Item, ...] = ()
    owners: Mapping[str, Owner] = field(default_factory=dict)
    taken: Mapping[Item, Owner] = field(default_factory=dict)
    overlap: Overlap | None = None
    problem: Overlap | None = None
    warnings: tuple[str, ...] = ()
    size: int = 0
    sha256: str | None = None
    setup_collections: tuple[str, ...] = ()
    format: Format = "dir"
    reader: PackageReader | None = field(default=None, repr=False, compare=False)
    """What has read an archive, and remembers what is in it."""
    directory: Path | None = None
    """Where a linked package will be, if it is not there yet."""

    @property
    def name(self) -> str:
        """The package's name."""
        return self.wish.name

    def record(self, *, auto: bool) -> Record:
        """The record for it. Like Racket's, that of a linked directory with a plus in its name says the name again."""
        last = (self.directory or self.place).name
        folder = last if self.origin.linked and "+" in last else None
        return Record(self.origin, self.checksum, auto, self.facts.collection, folder)


@dataclass(frozen=True)
class Situation:
    """What is there before anything is done: the packages of the scope, and those of the scopes around it, narrowest
    first. ``version`` is the running Racket's, ``platforms`` decides about ``#:platform``."""

    scope: Scope
    here: Mapping[str, Present]
    wider: tuple[Mapping[str, Present], ...]
    narrower: tuple[Mapping[str, Present], ...]
    version: str
    packages: Path
    system: str = "unix"
    library_subpath: str = ""
    elsewhere: tuple[Mapping[str, Present], ...] = ()
    """The scopes that are searched, where this is none of them."""

    def find_wider(self, name: str) -> Present | None:
        """A package of a scope around this one."""
        return next((packages[name] for packages in self.wider if name in packages), None)

    def find(self, name: str) -> Present | None:
        """A package of this scope, or of one around it."""
        return self.here.get(name) or self.find_wider(name)

    @property
    def everywhere(self) -> tuple[Mapping[str, Present], ...]:
        """All scopes: this one, those around it, and all others that are searched."""
        return (self.here, *self.wider, *self.narrower, *self.elsewhere)


@dataclass(frozen=True, slots=True)
class Question:
    """Something that somebody has to decide: ``text`` is what is listed, ``question`` what is asked."""

    key: tuple[str, ...]
    lines: tuple[str, ...]
    question: str
    told: tuple[str, ...]
    """What is said instead to one who has said yes to all."""


@dataclass(frozen=True, slots=True)
class Needs:
    """What has to be known before the plan can go on: contents, and the checksums that sources have today."""

    contents: tuple[Wish, ...] = ()
    checksums: tuple[Wish, ...] = ()


class Unknown(Exception):
    """Something has to be found out before a plan can go on."""

    def __init__(self, needs: Needs) -> None:
        super().__init__()
        self.needs = needs


class Undecided(Exception):
    """Somebody has to be asked before a plan can go on."""

    def __init__(self, question: Question) -> None:
        super().__init__()
        self.question = question


@dataclass
class Known:
    """What is known so far: contents and today's checksums by the :attr:`Wish.key`, and answers to questions."""

    contents: dict[tuple[str, str, str, str | None, Path | None], Content] = field(default_factory=dict)
    checksums: dict[tuple[str, str, str, str | None, Path | None], str | None] = field(default_factory=dict)
    answers: dict[tuple[str, ...], bool] = field(default_factory=dict)
    missing: set[str] = field(default_factory=set)


@dataclass(frozen=True, slots=True)
class Reason:
    """Why a step is in the plan: ``chain`` leads from what was asked for to the package itself."""

    kind: Literal["asked", "dependency", "implied", "update", "unused", "missing-dependency", "repository"]
    chain: tuple[str, ...] = ()
    wanted: str | None = None

    def __str__(self) -> str:
        match self.kind:
            case "asked":
                return "asked for"
            case "dependency" | "missing-dependency":
                least = f" (at least {self.wanted})" if self.wanted else ""
                return f"needed by {' <- '.join(reversed(self.chain))}{least}"
            case "implied":
                return f"implied by {' <- '.join(reversed(self.chain))}"
            case "update":
                return "a newer version is there"
            case "repository":
                return "in the same repository"
        return "no longer needed"


StepKind: TypeAlias = Literal["install", "replace", "promote", "demote", "remove"]


@dataclass(frozen=True)
class Step:
    """One thing that will be done to a package. ``before`` and ``after`` are its records (``None``: there is none)."""

    kind: StepKind
    name: str
    before: Record | None
    after: Record | None
    reason: Reason
    content: Content | None = None


@dataclass(frozen=True)
class Plan:
    """All that will be done, in this order: nothing, if there is nothing to do.

    ``situation`` is what the plan was made for: when it is carried out, the scope must still be like that. ``updating``
    is the list of names that ``raco pkg update`` tells, ``announced`` what there is to say of dependencies before it is
    carried out, ``told`` what at the end.
    """

    command: str
    scope: Scope
    options: Options
    steps: tuple[Step, ...]
    records: Mapping[str, Record]
    told: tuple[str, ...] = ()
    announced: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()
    updating: tuple[str, ...] | None = None
    failed: tuple[tuple[str, str], ...] = ()
    """Packages that could not be updated, each with the reason."""

    def of(self, *kinds: StepKind) -> tuple[Step, ...]:
        """The steps of some kinds."""
        return tuple(step for step in self.steps if step.kind in kinds)

    @property
    def size(self) -> int:
        """The bytes of all files that will be put in place."""
        return sum(step.content.size for step in self.steps if step.content is not None)
