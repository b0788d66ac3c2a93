"""``raco-pkg config``: the settings of a scope."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from .. import options
from ..console import complain, print_json, usage_error, write_line
from ..documents import document
from . import scope_options as o
from .scoped import USUAL, Where, opened, scoped_and_locked


@scoped_and_locked
def config(
    words: Annotated[
        list[str] | None, typer.Argument(metavar="[KEY [VALUE...]]", help="One key; its values with --set.")
    ] = None,
    set: Annotated[bool, typer.Option("--set", help="Set KEY to the VALUEs.")] = False,
    dry_run: options.DryRun = False,
    json: options.Json = False,
    quiet: options.Quiet = False,
    as_racket: o.AsRacket = False,
    where: Where = USUAL,
) -> None:
    """Show settings, or set one, as raco pkg config does.

    \b
    raco-pkg config
    raco-pkg config catalogs
    raco-pkg config --set catalogs https://host/catalog/ ""
    """
    from pltpack.scope.change import change_setting
    from pltpack.scope.state.settings import KEYS

    del as_racket  # there is nothing that Racket does otherwise
    given = list(words or [])
    if set and not given:
        usage_error("no config key given")
    if not set and len(given) > 1:
        usage_error("multiple config keys provided; supply `--set` to set a config key's value")
    with opened(where, quiet=True) as opened_scope:
        if set:
            key, *values = given
            if key == "git-checkout-credentials" and not quiet:
                complain("WARNING: checkout credentials are stored UNENCRYPTED")
            text = change_setting(opened_scope, key, values, dry_run=dry_run)
            if json:
                print_json(
                    document("package-settings", scope=opened_scope.places.shown, settings={key: list[Any](values)})
                )
            elif dry_run and not quiet:
                write_line(f"would write {opened_scope.places.config}:")
                write_line(text.decode().rstrip("\n"))
            return
        keys = given or list(KEYS)
        found: dict[str, Any] = {key: opened_scope.settings.get(key) for key in keys}
    if json:
        print_json(document("package-settings", scope=opened_scope.places.shown, settings=dict(found)))
        return
    for key, values in found.items():
        if not given:
            write_line(f"{key}:")
        for value in values:
            write_line(value if given else f"  {value}")
