"""``pltpack catalog publish``: a site to a folder or a bucket."""

from __future__ import annotations

from typing import Annotated

import typer

from .. import options
from ..console import print_json, usage_error, write_line
from ..documents import document
from .site_options import Site


def publish(
    site: Site,
    target: Annotated[
        str | None,
        typer.Argument(metavar="[TARGET]", help="A folder, s3://, gs:// or az:// (default: that of catalog.toml)."),
    ] = None,
    option: Annotated[
        list[str],
        typer.Option("--option", metavar="KEY=VALUE", help="A setting of the store, such as region; repeatable."),
    ] = [],  # noqa: B006  typer copies it
    delete: Annotated[
        bool, typer.Option("--delete", help="Remove what was published before and is not in the site any more.")
    ] = False,
    adopt: Annotated[bool, typer.Option("--adopt", help="Take over what somebody else has published there.")] = False,
    sign: Annotated[
        str | None,
        typer.Option("--sign", metavar="KEY", help="Sign the sums of all files by an Ed25519 SSH key (extra sign)."),
    ] = None,
    dry_run: options.DryRun = False,
    quiet: options.Quiet = False,
    json: options.Json = False,
) -> None:
    """Copy what has changed since the last time, so that clients never see half of it.

    Archives go first, records before lists, pages last.

    \b
    pltpack catalog publish site/ /srv/www/catalog
    pltpack catalog publish site/ s3://bucket/prefix --option region=eu-central-1
    """
    settings = dict(_setting(text) for text in option) if option else None
    from pltpack.inspection.wording import counted
    from pltpack.site.publishing.publish import publish_site

    try:
        done = publish_site(site, target, options=settings, delete=delete, adopt=adopt, key=sign, dry_run=dry_run)
    except ValueError as error:
        usage_error(str(error))
    if json:
        print_json(
            document(
                "catalog-publish",
                dryRun=dry_run,
                put=list(done.put),
                deleted=list(done.deleted),
                waiting=list(done.waiting),
                skipped=done.skipped,
                bytes=done.size,
            )
        )
    elif not quiet:
        would = "would be " if dry_run else ""
        write_line(
            f"{counted(len(done.put), 'file')} {would}published ({counted(done.size, 'byte')}), "
            f"{done.skipped:,} unchanged, {len(done.deleted):,} {would}removed"
        )


def _setting(text: str) -> tuple[str, str]:
    key, equals, value = text.partition("=")
    if not equals or not key:
        usage_error(f"--option is KEY=VALUE, not {text}")
    return key, value
