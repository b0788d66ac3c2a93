"""What the commands on users share: the password that is asked for, and how users are told."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Annotated, Final, TypeAlias

import typer

from pltpack.errors import BlockedError, CallError, MemberError

from ...console import print_json, usage_error, write_line
from ...documents import Json, document
from ...inputs import first_line

if TYPE_CHECKING:
    from pltpack.server.accounts.people import Person
    from pltpack.server.room import Room

User: TypeAlias = Annotated[str, typer.Argument(metavar="USER", help="How they sign in, often an address.")]
PasswordFile: TypeAlias = Annotated[
    str | None,
    typer.Option("--password-file", metavar="FILE", help="A file whose first line is it (-: standard input)."),
]
DryRun: TypeAlias = Annotated[bool, typer.Option("--dry-run", help="Say what would be done, and do nothing.")]

_LONGEST: Final = 4096


@contextlib.contextmanager
def told() -> Iterator[None]:
    """Say what a server would answer as commands do."""
    from pltpack.server.problems import Problem

    try:
        yield
    except Problem as problem:
        kind = {404: MemberError, 409: BlockedError}.get(problem.status, CallError)
        raise kind(problem.detail, details=list(problem.problems)) from None


def asked_password(file: str | None) -> str:
    """A password: from a file, or typed twice; on the command line others could see it."""
    if file is None:
        import getpass

        if not sys.stdin.isatty():
            usage_error("there is nobody to ask for the password: give --password-file FILE")
        password = getpass.getpass("password: ")
        if password != getpass.getpass("again: "):
            usage_error("the two passwords differ")
        return password
    return first_line(file, _LONGEST)


def tell_users(
    found: Sequence[Person], *, json: bool, quiet: bool = False, done: str = "", dry_run: bool = False
) -> None:
    """Print users, or for people what was done to one."""
    if json:
        print_json(document("server-users", dryRun=dry_run, users=[_json(person) for person in found]))
    elif not quiet:
        for person in found:
            write_line(f"{person.name}: {'would be ' if dry_run else ''}{done}" if done else _line(person))


def tell_one(room: Room, user: str, *, json: bool, quiet: bool, done: str, dry_run: bool) -> None:
    """Print what was done to a user, who is there."""
    from pltpack.server.accounts.people import person

    tell_users([person(room, user)], json=json, quiet=quiet, done=done, dry_run=dry_run)


def _json(person: Person) -> dict[str, Json]:
    return {
        "name": person.name,
        "shown": person.shown,
        "role": str(person.role),
        "configured": str(person.configured),
        "password": person.password,
        "created": person.created,
        "disabled": person.disabled,
    }


def _line(person: Person) -> str:
    role = str(person.role)
    if person.configured != person.role:
        role += f" ({person.configured} by the configuration)"
    state = "disabled" if person.disabled is not None else person.password or "no password"
    return f"{person.name}  {role}  {state}  {person.shown}"
