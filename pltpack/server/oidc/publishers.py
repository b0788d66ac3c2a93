"""Which builds may push a package: what its owners say of repository, workflow, ref and environment.

A publisher counts for as long as who has added it owns the package. One may be added before there is the package: the
first push makes it, and nobody else's package of that name is reached by it.
"""

from __future__ import annotations

import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, replace
from fnmatch import fnmatchcase
from typing import Final

import sqlalchemy as sql
from sqlalchemy.engine import Connection, Row

from pltpack.client.publishing import PublisherWanted
from pltpack.server.database.tables import PACKAGES, PUBLISHERS
from pltpack.server.oidc.builds import Build, Forge, same_environment
from pltpack.server.problems import Problem, forbidden, unprocessable
from pltpack.server.records.package import Package
from pltpack.server.room import Room

MOST: Final = 50
"""Publishers of one package, and such of one user whose packages are not there yet."""

_REPOSITORY: Final[Mapping[Forge, re.Pattern[str]]] = {
    "github": re.compile(r"[A-Za-z0-9][A-Za-z0-9-]{0,38}/[A-Za-z0-9._-]{1,100}"),
    "gitlab": re.compile(r"[A-Za-z0-9_][A-Za-z0-9._-]*(?:/[A-Za-z0-9_][A-Za-z0-9._-]*){1,20}"),
}
_WORKFLOW: Final[Mapping[Forge, re.Pattern[str]]] = {
    "github": re.compile(r"[A-Za-z0-9_.-]{1,100}\.ya?ml"),
    "gitlab": re.compile(r"(?:[A-Za-z0-9_.-]+/)*[A-Za-z0-9_.-]*\.ya?ml"),
}
_REF: Final = re.compile(r"refs/[\x21-\x7e]{1,200}")
_COLUMNS: Final = tuple(column.name for column in PUBLISHERS.c)
_FILES: Final[Mapping[Forge, str]] = {"github": "", "gitlab": ".gitlab-ci.yml"}


@dataclass(frozen=True, slots=True)
class Publisher:
    """A build that may push a package. ``ref`` is a glob, and ``None`` means any, as in ``environment``; ``number`` is
    what the forge calls the repository, from its first push on; ``maker`` is the user who has added it."""

    id: str
    package: str
    forge: Forge
    issuer: str
    repository: str
    workflow: str
    ref: str | None
    environment: str | None
    number: str | None
    maker: str
    created: int
    used: int | None = None

    def fits(self, build: Build) -> bool:
        """Whether a build is the one that is meant."""
        return (
            self.issuer == build.issuer
            and self.repository.lower() == build.repository.lower()
            and self.number in (None, build.number)
            and self.workflow == build.workflow
            and (self.ref is None or fnmatchcase(build.ref, self.ref))
            and (
                self.environment is None
                or (build.environment is not None and same_environment(self.forge, self.environment, build.environment))
            )
        )


def wanted_publisher(room: Room, package: str, wanted: PublisherWanted, maker: str) -> Publisher:
    """A publisher as somebody wants it, checked. Raises a :class:`~pltpack.server.problems.Problem` (422)."""
    forge: Forge = wanted.forge
    issuers = room.config.oidc.github if forge == "github" else room.config.oidc.gitlab
    issuer = wanted.issuer or (issuers[0] if issuers else "")
    workflow = wanted.workflow or _FILES[forge]
    problems = []
    if issuer not in issuers:
        problems.append(f"issuer: this server believes {' and '.join(issuers) or 'none'} for {forge}")
    if not _REPOSITORY[forge].fullmatch(wanted.repository):
        problems.append("repository: it is OWNER/NAME, or in GitLab GROUP/.../NAME")
    if not _WORKFLOW[forge].fullmatch(workflow) or len(workflow) > 200 or ".." in workflow.split("/"):
        problems.append("workflow: it is the name of a .yml file, in GitHub one in .github/workflows")
    if wanted.ref is not None and not _REF.fullmatch(wanted.ref):
        problems.append("ref: it begins with refs/, as refs/tags/v* or refs/heads/main do")
    if wanted.environment is not None and not wanted.environment.isprintable():
        problems.append("environment: it holds control characters")
    if problems:
        raise unprocessable("this can be no publisher", problems)
    return Publisher(
        id=secrets.token_hex(8),
        package=package,
        forge=forge,
        issuer=issuer,
        repository=wanted.repository,
        workflow=workflow,
        ref=wanted.ref,
        environment=wanted.environment,
        number=None,
        maker=maker,
        created=room.now,
    )


def add_publisher(connection: Connection, publisher: Publisher, *, pending: bool) -> Publisher:
    """Have a publisher; one of the same user that says the same is left as it is, and returned. ``pending``: there is
    no such package yet. Raises a :class:`~pltpack.server.problems.Problem` (403) if there are too many."""
    there = publishers_of(connection, publisher.package)
    for known in there:
        if replace(known, id=publisher.id, number=None, created=publisher.created, used=None) == publisher:
            return known
    if len([known for known in there if not pending or known.maker == publisher.maker]) >= MOST:
        raise forbidden(f"a package has at most {MOST} publishers", "too-many-publishers")
    if pending and _count_pending(connection, publisher.maker) >= MOST:
        raise forbidden(f"you have added {MOST} publishers, and may add more only to packages", "too-many-publishers")
    connection.execute(PUBLISHERS.insert().values({name: getattr(publisher, name) for name in _COLUMNS}))
    return publisher


def publishers_of(connection: Connection, package: str) -> list[Publisher]:
    """The publishers of a package, the oldest first."""
    query = (
        sql.select(PUBLISHERS).where(PUBLISHERS.c.package == package).order_by(PUBLISHERS.c.created, PUBLISHERS.c.id)
    )
    return [_publisher(row) for row in connection.execute(query)]


def remove_publisher(connection: Connection, id: str) -> None:
    """Let a publisher be none any more."""
    connection.execute(PUBLISHERS.delete().where(PUBLISHERS.c.id == id))


def note_use(connection: Connection, publisher: Publisher, build: Build, *, time: int) -> None:
    """Note that a publisher was used, and by which repository: one that comes to have its name later is another one."""
    used = {"number": build.number, "used": time}
    connection.execute(PUBLISHERS.update().where(PUBLISHERS.c.id == publisher.id).values(used))


def that_fit(connection: Connection, name: str, package: Package | None, build: Build) -> list[Publisher]:
    """The publishers of a package that a build fits and that count; ``package`` is ``None`` if it is not there.

    Raises a :class:`~pltpack.server.problems.Problem` (403) if there is none.
    """
    found = [known for known in publishers_of(connection, name) if known.fits(build)]
    if package is not None:
        found = [known for known in found if known.maker in package.edition.owners]
    if not found:
        # What its owners have said is told to nobody else; what the build is, it knows.
        raise Problem(403, "no-publisher", f"package {name} has no publisher for this build", [str(build)])
    return found


def _count_pending(connection: Connection, maker: str) -> int:
    there = sql.select(PACKAGES.c.name).where(PACKAGES.c.purged.is_(None))
    query = (
        sql.select(sql.func.count())
        .select_from(PUBLISHERS)
        .where(PUBLISHERS.c.maker == maker, PUBLISHERS.c.package.not_in(there))
    )
    return connection.execute(query).scalar() or 0


def _publisher(row: Row[tuple[object, ...]]) -> Publisher:
    return Publisher(**{name: getattr(row, name) for name in _COLUMNS})
