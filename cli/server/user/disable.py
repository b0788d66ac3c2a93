"""``pltpack server user disable``: who may not sign in any more."""

from __future__ import annotations

from typing import Annotated

import typer

from ... import options
from ..server_options import Config, Root, opened
from .user_options import DryRun, User, tell_one, told


def disable(
    user: User,
    config: Config = None,
    root: Root = None,
    undo: Annotated[bool, typer.Option("--undo", help="Let them sign in again.")] = False,
    dry_run: DryRun = False,
    quiet: options.Quiet = False,
    json: options.Json = False,
) -> None:
    """Let a user not sign in any more: passwords, tokens and codes are no good, and sessions end. Packages stay theirs.

    \b
    pltpack server user disable ann@example.org
    pltpack server user disable ann@example.org --undo
    """
    with opened(config, root) as room:
        from pltpack.server.accounts.people import person, set_disabled

        with told():
            person(room, user)
            if not dry_run:
                set_disabled(room, user, disabled=not undo)
            done = "enabled" if undo else "disabled"
            tell_one(room, user, json=json, quiet=quiet, done=done, dry_run=dry_run)
