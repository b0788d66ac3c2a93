"""``pltpack server user password``: another password, or none."""

from __future__ import annotations

from typing import Annotated

import typer

from ... import options
from ...console import usage_error
from ..server_options import Config, Root, opened
from .user_options import DryRun, PasswordFile, User, asked_password, tell_one, told


def password(
    user: User,
    config: Config = None,
    root: Root = None,
    password_file: PasswordFile = None,
    remove: Annotated[bool, typer.Option("--remove", help="Let the user have no password.")] = False,
    dry_run: DryRun = False,
    quiet: options.Quiet = False,
    json: options.Json = False,
) -> None:
    """Let a user have another password, which is asked for, and end their sessions. Tokens stay.

    \b
    pltpack server user password ann@example.org
    pltpack server user password ann@example.org --password-file - < password
    """
    if remove and password_file is not None:
        usage_error("--remove and --password-file exclude each other")
    new = None if remove else asked_password(password_file)
    with opened(config, root) as room:
        from pltpack.server.accounts.passwords import check_new
        from pltpack.server.accounts.people import operator_password, person

        with told():
            person(room, user)
            if new is not None:
                check_new(new)
            if not dry_run:
                operator_password(room, user, new)
            done = "without a password" if remove else "given another password"
            tell_one(room, user, json=json, quiet=quiet, done=done, dry_run=dry_run)
