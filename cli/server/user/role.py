"""``pltpack server user role``: what a user is."""

from __future__ import annotations

from typing import Annotated

import typer

from ... import options
from ..server_options import Config, Root, opened
from .user_options import DryRun, User, tell_one, told


def role(
    user: User,
    role: Annotated[str, typer.Argument(metavar="ROLE", help="reader, member, curator, admin.")],
    config: Config = None,
    root: Root = None,
    dry_run: DryRun = False,
    quiet: options.Quiet = False,
    json: options.Json = False,
) -> None:
    """Let a user be something else, from their next request on; their tokens can do no more than that.

    \b
    pltpack server user role ann@example.org curator
    """
    with opened(config, root) as room:
        from pltpack.server.accounts.people import person, role_called, set_role

        with told():
            person(room, user)
            new = role_called(role)
            if not dry_run:
                set_role(room, user, role)
            tell_one(room, user, json=json, quiet=quiet, done=f"a {new}", dry_run=dry_run)
