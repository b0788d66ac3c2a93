"""Completion of what the shell cannot know: the members of an archive."""

from __future__ import annotations

import contextlib

import typer

from pltpack.errors import PltError

_MOST = 200


def complete_member(context: typer.Context, incomplete: str) -> list[str]:
    """The files in the archive that stands before on the command line, as far as they begin with what is typed.

    Of what lies deeper only the next directory is offered, as shells do with paths. Whatever goes wrong, there is no
    suggestion and no message.
    """
    archive = context.params.get("archive")
    if not isinstance(archive, str) or archive == "-":
        return []
    found: dict[str, None] = {}
    with contextlib.suppress(PltError, OSError):
        from pltpack.inspection.summary import summarise

        for member in summarise(archive, digests="none").members:
            if member.kind == "file" and member.path.startswith(incomplete):
                end = member.path.find("/", len(incomplete))
                found[member.path if end < 0 else member.path[: end + 1]] = None
    return list(found)[:_MOST]
