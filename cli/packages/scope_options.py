"""Options that the commands about installed packages share, and the scope that some of them name."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final, ParamSpec, TypeAlias, TypeVar

import typer

from pltpack.dataclass import dataclass

from .. import racket_options
from ..bundles import bundled
from ..console import usage_error
from ..options import only_one

if TYPE_CHECKING:
    from pltpack.racket.installation import Installation as RacketInstallation
    from pltpack.racket.packages import Scope

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


@dataclass(frozen=True)
class Where:
    """Which scope of which Racket is meant."""

    scope: str | None = None
    installation: bool = False
    user: bool = False
    scope_dir: Path | None = None
    racket: Path | None = None
    racket_version: str | None = None
    root: Path | None = None
    lock_timeout: float = 60.0

    def named(self) -> Scope | None:
        """The scope that the options name; more than one of them is a wrong call."""
        only_one(self.flags())
        if self.scope is not None:
            if self.scope not in ("installation", "user"):
                usage_error(f"invalid <scope>: {self.scope} (valid <scope>s are: installation user)")
            return "user" if self.scope == "user" else "installation"
        if self.installation:
            return "installation"
        if self.user:
            return "user"
        if self.scope_dir is None:
            return None
        from pltpack.racket.simplify import simplify

        return simplify(self.scope_dir.absolute())

    def flags(self) -> dict[str, bool]:
        """The options that name a scope, and which of them are set."""
        return {
            "--scope": self.scope is not None,
            "-i --installation": self.installation,
            "-u --user": self.user,
            "--scope-dir": self.scope_dir is not None,
        }

    def discover(self) -> RacketInstallation:
        """The installation that is meant."""
        if self.root is not None:
            from pltpack.racket.image import discover_in

            return discover_in(self.root, racket=self.racket, version=self.racket_version)
        from pltpack.racket.installation import Installation

        return Installation.discover(racket=self.racket, version=self.racket_version)


USUAL: Final = Where()

_OPTIONS: Final = {
    "scope": (ScopeName, None),
    "installation": (Installation, False),
    "user": (User, False),
    "scope_dir": (ScopeDir, None),
    "racket": (racket_options.Racket, None),
    "racket_version": (racket_options.RacketVersion, None),
    "root": (Root, None),
}


def scoped(command: Callable[P, R]) -> Callable[P, R]:
    """Give a command the options that say which scope is meant, in the place of its parameter ``where``."""
    return bundled(command, "where", Where, _OPTIONS)


def scoped_and_locked(command: Callable[P, R]) -> Callable[P, R]:
    """The same for a command that changes the scope, which others may have locked."""
    return bundled(command, "where", Where, {**_OPTIONS, "lock_timeout": (LockTimeout, USUAL.lock_timeout)})
