"""Options that the commands about installed packages share, and what is said with them of packages to install."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final, ParamSpec, TypeAlias, TypeVar

import typer

from pltpack.dataclass import dataclass

from ..bundles import bundled
from ..console import usage_error, write_line
from ..options import one_of, only_one

if TYPE_CHECKING:
    from pltpack.scope.access import Access
    from pltpack.scope.plan.asked import Asking
    from pltpack.scope.plan.values import Options

P = ParamSpec("P")
R = TypeVar("R")

_SCOPE = "Scope (one of)"
_RACKET = "Racket"
_HOW = "How"
_SETUP = "Setup"

ScopeName: TypeAlias = Annotated[
    str | None,
    typer.Option("--scope", metavar="SCOPE", rich_help_panel=_SCOPE, help="The scope user or installation."),
]
Installation: TypeAlias = Annotated[
    bool, typer.Option("-i", "--installation", rich_help_panel=_SCOPE, help="The same as --scope installation.")
]
User: TypeAlias = Annotated[bool, typer.Option("-u", "--user", rich_help_panel=_SCOPE, help="As --scope user.")]
ScopeDir: TypeAlias = Annotated[
    Path | None,
    typer.Option("--scope-dir", metavar="DIR", rich_help_panel=_SCOPE, help="The scope in the directory DIR."),
]
Root: TypeAlias = Annotated[
    Path | None,
    typer.Option(
        "--root",
        metavar="DIR",
        rich_help_panel=_RACKET,
        help="Everything lies below DIR: an unpacked or mounted image.",
    ),
]
LockTimeout: TypeAlias = Annotated[
    float,
    typer.Option(
        "--lock-timeout", min=0, metavar="SECONDS", rich_help_panel=_HOW, help="How long to wait for other processes."
    ),
]
Deps: TypeAlias = Annotated[
    str | None,
    typer.Option(
        "--deps",
        metavar="MODE",
        help="Missing or old dependencies: fail, force (do without), search-ask or search-auto.",
    ),
]
Auto: TypeAlias = Annotated[bool, typer.Option("--auto", help="Fetch missing dependencies: --deps search-auto.")]
UpdateDeps: TypeAlias = Annotated[bool, typer.Option("--update-deps", help="Update dependencies that are there, too.")]
IgnoreImplies: TypeAlias = Annotated[
    bool, typer.Option("--ignore-implies", "--skip-implies", help="Do not update what packages imply.")
]
AllPlatforms: TypeAlias = Annotated[
    bool, typer.Option("--all-platforms", help="Dependencies for other platforms, too.")
]
Force: TypeAlias = Annotated[bool, typer.Option("--force", help="Look for no conflicts.")]
IgnoreChecksums: TypeAlias = Annotated[bool, typer.Option("--ignore-checksums", help="Compare no checksums.")]
StrictDocs: TypeAlias = Annotated[
    bool, typer.Option("--strict-doc-conflicts", help="Documents of one name are a conflict in user scope, too.")
]
NoCache: TypeAlias = Annotated[bool, typer.Option("--no-cache", help="Download anew what was downloaded before.")]
Offline: TypeAlias = Annotated[bool, typer.Option("--offline", help="Take what was downloaded before; ask no server.")]
Catalogs: TypeAlias = Annotated[
    list[str],
    typer.Option("--catalog", metavar="URL", help="Ask this catalog instead of the configured ones; repeatable."),
]
NoTrash: TypeAlias = Annotated[bool, typer.Option("--no-trash", help="Delete what goes, put nothing into the trash.")]
Batch: TypeAlias = Annotated[bool, typer.Option("--batch", help="Ask nothing.")]
MultiClone: TypeAlias = Annotated[
    str | None,
    typer.Option(
        "--multi-clone",
        metavar="MODE",
        help="Other packages of a cloned repository: fail, force (leave them), convert (to clones) or ask.",
    ),
]
Pull: TypeAlias = Annotated[
    str,
    typer.Option("--pull", metavar="MODE", help="Into a clone: ff-only, try (and go on without), or rebase."),
]
Link: TypeAlias = Annotated[bool, typer.Option("--link", help="Link directories (the usual).")]
StaticLink: TypeAlias = Annotated[
    bool, typer.Option("--static-link", help="Link directories, and promise that collections do not come and go.")
]
Copy: TypeAlias = Annotated[bool, typer.Option("--copy", help="Copy directories.")]
Clone: TypeAlias = Annotated[
    Path | None, typer.Option("--clone", metavar="DIR", help="Clone the git repository into DIR, and link it.")
]
Source: TypeAlias = Annotated[bool, typer.Option("--source", help="Keep sources only.")]
Binary: TypeAlias = Annotated[bool, typer.Option("--binary", help="Keep bytecode and documentation only.")]
BinaryLib: TypeAlias = Annotated[bool, typer.Option("--binary-lib", help="Keep bytecode only.")]
Type: TypeAlias = Annotated[
    str | None,
    typer.Option("-t", "--type", metavar="TYPE", help="What the sources are, instead of guessing (see the docs)."),
]
Name: TypeAlias = Annotated[str | None, typer.Option("-n", "--name", metavar="NAME", help="The name of the package.")]
Checksum: TypeAlias = Annotated[
    str | None, typer.Option("--checksum", metavar="C", help="The checksum that is expected; of git, the commit.")
]
KeepModes: TypeAlias = Annotated[
    bool, typer.Option("--keep-modes", help="Keep the permissions that a zip archive says, too; Racket does not.")
]
NoSetup: TypeAlias = Annotated[
    bool, typer.Option("--no-setup", rich_help_panel=_SETUP, help="Do not run raco setup (the usual).")
]
Setup: TypeAlias = Annotated[
    bool, typer.Option("--setup", rich_help_panel=_SETUP, help="Run raco setup afterwards, where there is a Racket.")
]
Jobs: TypeAlias = Annotated[
    int | None,
    typer.Option("-j", "--jobs", min=1, metavar="N", rich_help_panel=_SETUP, help="Downloads, and jobs of raco setup."),
]
NoDocs: TypeAlias = Annotated[
    bool, typer.Option("-D", "--no-docs", rich_help_panel=_SETUP, help="raco setup makes no documentation.")
]
RecompileOnly: TypeAlias = Annotated[
    bool, typer.Option("--recompile-only", rich_help_panel=_SETUP, help="raco setup recompiles, but from no source.")
]
FailFast: TypeAlias = Annotated[
    bool, typer.Option("--fail-fast", rich_help_panel=_SETUP, help="raco setup stops at the first error.")
]
AsRacket: TypeAlias = Annotated[
    bool, typer.Option("--as-racket", help="Do all as raco pkg does, what it does wrong and its exit codes, too.")
]


def content_mode(*, source: bool, binary: bool, binary_lib: bool) -> Any:
    """What is kept of the content."""
    return "source" if source else "binary" if binary else "binary-lib" if binary_lib else None


@dataclass(frozen=True)
class Taking:
    """How sources are taken: what they are, and what becomes of them."""

    type: str | None = None
    name: str | None = None
    checksum: str | None = None
    link: bool = False
    static_link: bool = False
    copy: bool = False
    clone: Path | None = None
    source: bool = False
    binary: bool = False
    binary_lib: bool = False
    keep_modes: bool = False
    multi_clone: str | None = None
    pull: str = "ff-only"

    def check(self, **others: bool) -> str | None:
        """The option that says what becomes of sources, if there is one; more than one of them, and of ``others``, and
        values that mean nothing, are a wrong call."""
        from pltpack.scope.plan.asked import GIVEN_TYPES

        placing = only_one(
            {
                "--link": self.link,
                "--static-link": self.static_link,
                "--copy": self.copy,
                "--clone": self.clone is not None,
                **{f"--{name}": is_set for name, is_set in others.items()},
                "--source": self.source,
                "--binary": self.binary,
                "--binary-lib": self.binary_lib,
            }
        )
        if self.type is not None:
            one_of("type", self.type, GIVEN_TYPES)
            if placing in ("--link", "--static-link") and self.type != "dir":
                usage_error(f"-t/--type value must be `dir' with {placing}")
        one_of("mode", self.pull, ("ff-only", "try", "rebase"))
        if self.multi_clone is not None:
            one_of("mode", self.multi_clone, ("fail", "force", "convert", "ask"))
        return placing

    def asking(self, clone: Path | None = None) -> Asking:
        """The same as it is asked of sources; ``clone`` is where they are cloned."""
        from pltpack.scope.plan.asked import Asking

        copied = self.copy or self.source or self.binary or self.binary_lib
        return Asking(
            type=self.type,  # type: ignore[arg-type]  # checked before
            name=self.name,
            checksum=self.checksum,
            placing="link" if self.link else "static-link" if self.static_link else "copy" if copied else None,
            clone=clone,
        )


@dataclass(frozen=True)
class Resolving:
    """What becomes of dependencies and conflicts, where packages come from, and where those go that are replaced."""

    deps: str | None = None
    auto: bool = False
    update_deps: bool = False
    ignore_implies: bool = False
    all_platforms: bool = False
    force: bool = False
    ignore_checksums: bool = False
    strict_doc_conflicts: bool = False
    no_cache: bool = False
    offline: bool = False
    catalog: Sequence[str] = ()
    no_trash: bool = False
    batch: bool = False
    as_racket: bool = False

    def options(self, taking: Taking, *, usual: str | None = None, **more: Any) -> Options:
        """The options of a plan; ``usual`` is what becomes of dependencies where nothing is said of them."""
        from pltpack.scope.plan.values import Options

        return Options(
            deps=self._behaviour(usual),
            implies=not self.ignore_implies,
            all_platforms=self.all_platforms,
            force=self.force,
            ignore_checksums=self.ignore_checksums,
            strict_doc_conflicts=self.strict_doc_conflicts,
            mode=content_mode(source=taking.source, binary=taking.binary, binary_lib=taking.binary_lib),
            trash=not self.no_trash,
            pull=taking.pull,  # type: ignore[arg-type]  # checked before, as the next one
            multi_clone=taking.multi_clone or ("fail" if self.batch else "ask"),  # type: ignore[arg-type]
            keep_modes=taking.keep_modes,
            as_racket=self.as_racket,
            **more,
        )

    def _behaviour(self, usual: str | None) -> Any:
        only_one({"--deps": self.deps is not None, "--auto": self.auto})
        if self.deps is not None:
            one_of("behavior", self.deps, ("fail", "force", "search-ask", "search-auto"))
            return self.deps
        if self.auto:
            return "search-auto"
        return usual or ("fail" if self.batch else "search-ask")

    def access(self, jobs: int | None, *, silent: bool) -> Access:
        """Where packages come from."""
        from pltpack.scope.access import Access

        return Access(
            catalogs=tuple(self.catalog) or None,
            use_cache=not self.no_cache,
            offline=self.offline,
            jobs=jobs,
            tell=_tell_nobody if silent else write_line,
        )


def _tell_nobody(_: str) -> None:
    pass


AS_THEY_ARE: Final = Taking()
AS_USUAL: Final = Resolving()

_TAKING: Final[dict[str, tuple[object, object]]] = {
    "type": (Type, None),
    "name": (Name, None),
    "checksum": (Checksum, None),
    "link": (Link, False),
    "static_link": (StaticLink, False),
    "copy": (Copy, False),
    "clone": (Clone, None),
    "source": (Source, False),
    "binary": (Binary, False),
    "binary_lib": (BinaryLib, False),
    "keep_modes": (KeepModes, False),
    "multi_clone": (MultiClone, None),
    "pull": (Pull, "ff-only"),
}
_STRIPPING: Final = ("source", "binary", "binary_lib")
_RESOLVING: Final[dict[str, tuple[object, object]]] = {
    "deps": (Deps, None),
    "auto": (Auto, False),
    "update_deps": (UpdateDeps, False),
    "ignore_implies": (IgnoreImplies, False),
    "all_platforms": (AllPlatforms, False),
    "force": (Force, False),
    "ignore_checksums": (IgnoreChecksums, False),
    "strict_doc_conflicts": (StrictDocs, False),
    "no_cache": (NoCache, False),
    "offline": (Offline, False),
    "catalog": (Catalogs, []),
    "no_trash": (NoTrash, False),
    "batch": (Batch, False),
    "as_racket": (AsRacket, False),
}
_NEVER_AGAIN: Final = ("update_deps", "offline")


def taking_and_resolving(command: Callable[P, R]) -> Callable[P, R]:
    """Give a command the options of both in the place of its parameters ``taking`` and ``resolving``."""
    return bundled(bundled(command, "taking", Taking, _TAKING), "resolving", Resolving, _RESOLVING)


def resolving_again(command: Callable[P, R]) -> Callable[P, R]:
    """The same for a command whose sources are known: what can be said of them is what is kept of their content."""
    taking = {name: _TAKING[name] for name in _STRIPPING}
    resolving = {name: option for name, option in _RESOLVING.items() if name not in _NEVER_AGAIN}
    return bundled(bundled(command, "taking", Taking, taking), "resolving", Resolving, resolving)
