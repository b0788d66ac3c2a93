"""``pltpack server user add``: a new user."""

from __future__ import annotations

from typing import Annotated

import typer

from ... import options
from ..server_options import Config, Root, opened
from .user_options import DryRun, PasswordFile, User, asked_password, tell_one, told


def add(
    user: User,
    config: Config = None,
    root: Root = None,
    role: Annotated[
        str, typer.Option("--role", metavar="ROLE", help="What they are: reader, member, curator, admin.")
    ] = "member",
    display: Annotated[
        str, typer.Option("--display", metavar="NAME", help="What others see instead of an address.")
    ] = "",
    password_file: PasswordFile = None,
    dry_run: DryRun = False,
    quiet: options.Quiet = False,
    json: options.Json = False,
) -> None:
    """Have a new user: with a password, or without one, who signs in with tokens or asks for a code by mail.

    \b
    pltpack server user add ann@example.org --role curator --password-file password
    pltpack server user add ben@example.org --display Ben
    """
    password = None if password_file is None else asked_password(password_file)
    with opened(config, root) as room:
        from pltpack.server.accounts.people import add_person, made_person

        with told():
            if dry_run:
                from .user_options import tell_users

                person = made_person(room, user, role=role, display=display, password=password)
                tell_users([person], json=json, quiet=quiet, done="added", dry_run=True)
                return
            add_person(room, user, role=role, display=display, password=password)
            tell_one(room, user, json=json, quiet=quiet, done="added", dry_run=False)
