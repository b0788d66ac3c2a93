"""Options that the commands about installed packages share."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, TypeAlias

import typer

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
