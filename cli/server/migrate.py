"""``pltpack server migrate``: the database in the shape of this version."""

from __future__ import annotations

from .. import options
from ..console import print_json, write_line
from ..documents import Json, document
from .server_options import Config, Root, opened


def migrate(
    config: Config = None,
    root: Root = None,
    dry_run: options.DryRun = False,
    quiet: options.Quiet = False,
    json: options.Json = False,
) -> None:
    """Bring the database to the shape that this version needs, step by step.

    The server may run meanwhile, and says that it is not ready.

    \b
    pltpack server migrate --config server.toml
    """
    with opened(config, root) as room:
        from pltpack.server.database import migrations

        pending = migrations.pending_steps(room.database)
        steps = pending if dry_run else migrations.migrate(room.database, time=room.now)
    if json:
        taken: list[Json] = [{"number": step.number, "name": step.name} for step in steps]
        print_json(document("server-migrate", dryRun=dry_run, steps=taken))
    elif not quiet:
        for step in steps:
            write_line(f"{step.number:04} {step.name}{' would be taken' if dry_run else ''}")
        if not steps:
            write_line("nothing to do")
