"""My packages, what is wrong with them, and a new one."""

from __future__ import annotations

from typing import Final

from pltpack.pkg.names import is_package_name
from pltpack.server.identity.identity import Scope
from pltpack.server.pages.asked import HOME, Answer, Asked, Page, Redirect, Shown, Trouble
from pltpack.server.pages.performing import perform
from pltpack.server.pages.record import NOTHING, record_fields, record_form
from pltpack.server.problems import forbidden, unknown, unprocessable
from pltpack.server.records.health import health_of, packages_of

_MOST: Final = 100


def show_mine(asked: Asked, _trouble: Trouble | None) -> Answer:
    """The packages of who is signed in; for who may see to others, a field to open those."""
    return _list(asked, "packages.html", owner=asked.user)


def show_problems(asked: Asked, _trouble: Trouble | None) -> Answer:
    """What is wrong with one's own packages; for admins, with all of them."""
    everybody = "all" in asked.query
    if everybody and not asked.identity.is_admin:
        raise forbidden("only admins see the problems of others")
    return _list(asked, "problems.html", owner=None if everybody else asked.user, ill=True, everybody=everybody)


def refresh(asked: Asked) -> Answer:
    """Look at the sources of one's own packages."""
    perform(asked, "refresh", {"packages": [*asked.form.many("package")]})
    return Redirect(asked.address, "looking")


def show_open(asked: Asked, _trouble: Trouble | None) -> Answer:
    """The page of the package that was asked for."""
    name = asked.query.line("name")
    if not is_package_name(name):
        raise unknown("package of that name")
    return Redirect(f"{HOME}/packages/{name}")


def show_new(asked: Asked, trouble: Trouble | None) -> Answer:
    """The form for a package that is elsewhere."""
    if not asked.identity.may(Scope.EDIT):
        raise forbidden(f"a {asked.identity.role} has no packages of their own")
    return Shown("new.html", {"record": record_form(NOTHING, trouble, "create")})


def create(asked: Asked) -> Answer:
    """Have a new package, whose source is looked at."""
    name, fields = asked.form.line("name"), record_fields(asked.form, NOTHING)
    if not is_package_name(name):
        raise unprocessable("this is no name", ["name: it is made of letters, digits, - and _"])
    if not fields["source"]:
        raise unprocessable("this is not enough", ["source: say where it is; packages without one are pushed"])
    perform(asked, "put_package", fields, path={"name": name}, only_new=True)
    return Redirect(f"{HOME}/packages/{name}", "added")


def _list(asked: Asked, template: str, *, owner: str | None, ill: bool = False, everybody: bool = False) -> Answer:
    room = asked.room
    with room.database.read() as connection:
        packages, more = packages_of(connection, owner, after=asked.query.one("after"), most=_MOST, ill=ill)
        found = [health_of(room, connection, package) for package in packages]
    rows = [row for row in found if row.problems or row.waits] if ill else found
    following = packages[-1].name if more and packages else None
    values = {"rows": rows, "following": following, "everybody": everybody, "after": asked.query.one("after")}
    return Shown(template, values)


PAGES: Final = (
    Page(path=f"{HOME}/", id="packages", show=show_mine, actions={"refresh": refresh}),
    Page(path=f"{HOME}/problems", id="problems", show=show_problems, actions={"refresh": refresh}),
    Page(path=f"{HOME}/open", id="open", show=show_open),
    Page(path=f"{HOME}/new", id="new", show=show_new, actions={"create": create}),
)
