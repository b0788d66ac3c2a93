"""What awaits curators, and the packages of each ring: to say the ring of many at once."""

from __future__ import annotations

from typing import Final

from pltpack.server.identity.identity import Scope
from pltpack.server.pages.asked import HOME, Answer, Asked, Page, Redirect, Shown, Trouble
from pltpack.server.pages.performing import perform
from pltpack.server.problems import Problem, forbidden, unprocessable
from pltpack.server.records.rings import Candidate, candidates, in_ring, without_time

_MOST: Final = 100


def show_curation(asked: Asked, trouble: Trouble | None) -> Answer:
    """The packages of a ring, the oldest first; those of ring 2 with what speaks against their rising."""
    if not asked.identity.may(Scope.CURATE):
        raise forbidden("only curators say what ring a package is in")
    ring = (asked.query.number("ring") if trouble is None else trouble.typed.number("shown-ring")) or 0
    ring = ring if "ring" in asked.query or trouble is not None else 2
    start = (asked.query.number("from") if trouble is None else trouble.typed.number("shown-from")) or 0
    with asked.room.database.read() as connection:
        if ring == 2:
            found = [without_time(candidate) for candidate in candidates(asked.room, connection)]
        else:
            found = [Candidate(package) for package in in_ring(connection, ring)]
    chosen = frozenset(() if trouble is None else _names(trouble.typed.many("package")))
    return Shown(
        "curation.html",
        {
            "ring": ring,
            "start": start,
            "rows": found[start : start + _MOST],
            "count": len(found),
            "following": start + _MOST if len(found) > start + _MOST else None,
            "chosen": chosen,
        },
    )


def set_rings(asked: Asked) -> Answer:
    """Have each package that was chosen in a ring; what cannot be is told, and the others are."""
    form = asked.form
    ring, chosen = form.number("to"), form.many("package")
    if ring is None or not 0 <= ring <= 2:
        raise unprocessable("no ring is chosen", ["to: choose one"])
    if not chosen:
        raise unprocessable("no package is chosen", ["package: choose some"])
    problems = []
    for row in chosen:
        name, _, version = row.partition(":")
        if not version.isascii() or not version.isdigit() or len(version) > 18:
            raise Problem(400, "bad-form", "a package without a version")
        try:
            perform(asked, "put_ring", {"ring": ring}, path={"name": name}, version=int(version))
        except Problem as problem:
            problems.append(f"package {name[:200]}: {problem.detail}")
    if problems:
        done = len(chosen) - len(problems)
        raise Problem(409, "some-not", f"{done} of {len(chosen)} are in ring {ring} now; these are not:", problems)
    shown, start = form.number("shown-ring"), form.number("shown-from")
    return Redirect(f"{asked.address}?ring={2 if shown is None else shown}&from={start or 0}", "rings")


def _names(rows: tuple[str, ...]) -> set[str]:
    return {row.partition(":")[0] for row in rows}


PAGES: Final = (Page(path=f"{HOME}/curation", id="curation", show=show_curation, actions={"set": set_rings}),)
