"""``pltpack server user list``: all users."""

from __future__ import annotations

from ... import options
from ..server_options import Config, Root, opened
from .user_options import tell_users


def list_users(
    config: Config = None,
    root: Root = None,
    quiet: options.Quiet = False,
    json: options.Json = False,
) -> None:
    """List the users of a server: how they sign in, what they are, how their password is kept, what others see.

    The addresses are for the operator alone; the server shows them to nobody. With -q there are only names.

    \b
    pltpack server user list --config server.toml
    """
    with opened(config, root) as room:
        from pltpack.server.accounts.people import people

        found = people(room)
    if quiet and not json:
        from ...console import write_line

        for person in found:
            write_line(person.name)
        return
    tell_users(found, json=json)
