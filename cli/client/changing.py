"""How a change of one package is told."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..console import print_json
from ..documents import Json, document
from .client_options import tell_done, waited

if TYPE_CHECKING:
    from pltpack.client.client import CatalogClient
    from pltpack.client.documents import Changed


def tell_change(
    kind: str, client: CatalogClient, done: Changed, what: str, *, wait: bool, quiet: bool, json: bool
) -> None:
    """Tell what a change came to, after its publication if that is to be waited for."""
    published = waited(client, done.job, wait=wait)
    if json:
        changed = done.job is not None
        fields: dict[str, Json] = {"name": done.name, "recordVersion": done.version, "job": done.job}
        print_json(document(kind, **fields, changed=changed, published=published))
    else:
        tell_done(f"{done.name} is {what}", published=published, quiet=quiet)
