"""What the commands on webhooks share."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated, Any, TypeAlias

import typer

from ..console import write_line

if TYPE_CHECKING:
    from pltpack.client.hook_documents import DeliveryDocument, HookDocument

Hook: TypeAlias = Annotated[str, typer.Argument(metavar="HOOK", help="The number of the hook.")]


def hook_json(hook: HookDocument) -> dict[str, Any]:
    """A hook as documents have it."""
    import msgspec

    found: dict[str, Any] = msgspec.to_builtins(hook)
    return found


def hook_line(hook: HookDocument) -> str:
    """A hook in one line."""
    wanted = " ".join(hook.actions) or "everything"
    state = f"  disabled: {hook.reason}" if hook.disabled is not None else ""
    return f"{hook.id}  {hook.package or 'all packages'}  {hook.url}  {wanted}{state}"


def tell_delivery(delivery: DeliveryDocument) -> None:
    """Write what became of a delivery."""
    when = datetime.fromtimestamp(delivery.time, UTC).strftime("%Y-%m-%d %H:%M")
    what = " ".join(filter(None, (delivery.action, delivery.package)))
    how = delivery.message or (f"{delivery.status}" if delivery.status is not None else "")
    write_line(f"{delivery.id:>6}  {when}  {delivery.state}  {what}{f'  {how}' if how else ''}")
