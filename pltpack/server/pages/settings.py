"""The page of one package: everything that can be said of it and done with it."""

from __future__ import annotations

from typing import Final

from sqlalchemy.engine import Connection

from pltpack.pkg.names import is_package_name
from pltpack.server.identity.identity import Identity, Scope
from pltpack.server.identity.users import shown_names
from pltpack.server.pages.asked import HOME, Answer, Asked, Page, Redirect, Shown, Trouble
from pltpack.server.pages.performing import perform
from pltpack.server.pages.record import record_fields, record_form
from pltpack.server.problems import Problem, forbidden, unprocessable
from pltpack.server.records.edits import check_expected
from pltpack.server.records.health import health_of
from pltpack.server.records.package import Package, find_package
from pltpack.server.routes.packages import known

ONE: Final = f"{HOME}/packages/{{name}}"


def show_package(asked: Asked, trouble: Trouble | None) -> Answer:
    """The package, and its forms."""
    with asked.room.database.read() as connection:
        package = own_package(connection, asked)
        health = health_of(asked.room, connection, package)
        names = shown_names(connection, package.edition.owners)
    return Shown(
        "settings.html",
        {
            **package_values(asked, package, trouble),
            "health": health,
            "owners": [(number, names[user], user == asked.user) for number, user in enumerate(package.edition.owners)],
            "record": record_form(package.edition.fields, trouble, "save"),
            "typed": _typed(trouble),
        },
    )


def save(asked: Asked) -> Answer:
    """Change the record."""
    with asked.room.database.read() as connection:
        package = own_package(connection, asked)
    fields = record_fields(asked.form, package.edition.fields)
    perform(asked, "patch_package", fields, version=seen_version(asked))
    return Redirect(asked.address, "saved")


def add_owner(asked: Asked) -> Answer:
    """Have another owner, named as they sign in."""
    user = asked.form.line("user")
    if not user:
        raise unprocessable("nobody is named", ["user: name somebody as they sign in"])
    perform(asked, "owners_package", {"add": [user]}, version=seen_version(asked))
    return Redirect(asked.address, "owners")


def remove_owner(asked: Asked) -> Answer:
    """Have one owner less: that of a number, in the version that was seen, so that no address stands in the page."""
    number, version = asked.form.number("owner"), seen_version(asked)
    with asked.room.database.read() as connection:
        package = own_package(connection, asked)
    check_expected(package, version)
    owners = package.edition.owners
    if number is None or number >= len(owners):
        raise unprocessable("there is no such owner")
    perform(asked, "owners_package", {"remove": [owners[number]]}, version=version)
    left = owners[number] == asked.user and not asked.identity.is_admin
    return Redirect(f"{HOME}/" if left else asked.address, "owners")


def yank(asked: Asked) -> Answer:
    """Say why the package should not be used any more."""
    perform(asked, "yank_package", {"reason": asked.form.line("reason")}, version=seen_version(asked))
    return Redirect(asked.address, "yanked")


def unyank(asked: Asked) -> Answer:
    """Say that it may be used again."""
    perform(asked, "yank_package", {"reason": None}, version=seen_version(asked))
    return Redirect(asked.address, "unyanked")


def refresh(asked: Asked) -> Answer:
    """Look at its source."""
    perform(asked, "refresh_package")
    return Redirect(asked.address, "looking")


def set_ring(asked: Asked) -> Answer:
    """Say what ring it is in."""
    ring = asked.form.number("ring")
    if ring is None:
        raise unprocessable("no ring is chosen", ["ring: choose one"])
    perform(asked, "put_ring", {"ring": ring}, version=seen_version(asked))
    return Redirect(asked.address, "rings")


def rename(asked: Asked) -> Answer:
    """Give it another name."""
    new = asked.form.line("name")
    if not is_package_name(new):
        raise unprocessable("this is no name", ["name: it is made of letters, digits, - and _"])
    if new == asked.name:
        raise unprocessable("it is called so", ["name: this is its name"])
    perform(asked, "rename_package", {"name": new}, version=seen_version(asked))
    return Redirect(f"{HOME}/packages/{new}", "renamed")


def show_remove(asked: Asked, trouble: Trouble | None) -> Answer:
    """Asks whether to remove it, and says what follows."""
    with asked.room.database.read() as connection:
        package = own_package(connection, asked)
    _check_edits(package, asked.identity)
    return Shown("remove.html", package_values(asked, package, trouble))


def remove(asked: Asked) -> Answer:
    """Remove it; for admins, without a tombstone."""
    purge = bool(asked.form.one("purge"))
    perform(asked, "delete_package", query={"purge": purge}, version=seen_version(asked))
    return Redirect(f"{HOME}/" if purge else f"{HOME}/packages/{asked.name}", "removed")


def own_package(connection: Connection, asked: Asked) -> Package:
    """The package of the path. Raises :class:`~pltpack.server.problems.Problem`: 404, and 403 for who has nothing to do
    with it."""
    package = known(find_package(connection, asked.name), asked.name)
    if not (is_own(package, asked.identity) or asked.identity.may(Scope.CURATE)):
        raise forbidden(f"package {package.name} belongs to somebody else", "not-owner")
    return package


def is_own(package: Package, identity: Identity) -> bool:
    """Whether a package is theirs, or they may treat it so."""
    return identity.user in package.edition.owners or identity.is_admin


def _check_edits(package: Package, identity: Identity) -> None:
    if not (is_own(package, identity) and identity.may(Scope.EDIT)):
        raise forbidden(f"package {package.name} belongs to somebody else", "not-owner")


def package_values(asked: Asked, package: Package, trouble: Trouble | None) -> dict[str, object]:
    """What the templates of all pages of a package are told."""
    identity = asked.identity
    # What was typed is for what was seen, until it is said that there is something newer.
    seen = None if trouble is None or trouble.meanwhile else trouble.typed.number("version")
    return {
        "package": package,
        "edition": package.edition,
        "version": package.version if seen is None else seen,
        "edits": is_own(package, identity) and identity.may(Scope.EDIT),
        "curates": identity.may(Scope.CURATE),
    }


def _typed(trouble: Trouble | None) -> dict[str, str]:
    names = ("user", "reason", "name", "ring")
    return {} if trouble is None else {name: trouble.typed.one(name) for name in names if name in trouble.typed}


def seen_version(asked: Asked) -> int:
    """The version that the form was made for. Raises :class:`~pltpack.server.problems.Problem` (400) without one."""
    version = asked.form.number("version")
    if version is None:
        raise Problem(400, "bad-form", "the form does not say what it is for")
    return version


PAGES: Final = (
    Page(
        path=ONE,
        id="package",
        show=show_package,
        actions={
            "save": save,
            "add-owner": add_owner,
            "remove-owner": remove_owner,
            "yank": yank,
            "unyank": unyank,
            "refresh": refresh,
            "ring": set_ring,
            "rename": rename,
        },
    ),
    Page(path=f"{ONE}/remove", id="remove", show=show_remove, actions={"remove": remove}),
)
