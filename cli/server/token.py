"""``pltpack server token``: tokens for users, made on the machine of the server."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from pltpack.errors import CallError, MemberError

from .. import options
from ..console import print_json, usage_error, write_line
from ..documents import Json, document
from .server_options import Config, Root, opened

if TYPE_CHECKING:
    from pltpack.server.identity.tokens import Token


def token(
    user: Annotated[str | None, typer.Argument(metavar="[USER]", help="Whose token; a new user comes with it.")] = None,
    config: Config = None,
    root: Root = None,
    label: Annotated[str, typer.Option("--label", metavar="TEXT", help="What it is for.")] = "made by the operator",
    scope: Annotated[
        list[str],
        typer.Option("--scope", metavar="NAME", help="read, upload, edit, curate, account, admin; repeatable."),
    ] = ["upload"],  # noqa: B006  typer copies it
    package: Annotated[
        list[str], typer.Option("--package", metavar="GLOB", help="For packages of these names; repeatable.")
    ] = ["*"],  # noqa: B006  typer copies it
    days: Annotated[
        int, typer.Option("--days", min=0, max=36500, metavar="N", help="How long it is good; 0: for ever.")
    ] = 365,
    role: Annotated[
        str | None, typer.Option("--role", metavar="ROLE", help="What the user is: reader, member, curator, admin.")
    ] = None,
    revoke: Annotated[
        str | None, typer.Option("--revoke", metavar="ID", help="Let a token be no good any more.")
    ] = None,
    quiet: options.Quiet = False,
    json: options.Json = False,
) -> None:
    """Make a token, which is shown once; or list those of a user, or of all, or revoke one.

    \b
    pltpack server token ann@example.org --scope upload --package 'games*' --days 90
    pltpack server token
    pltpack server token --revoke 0123456789abcdef
    """
    if revoke is not None and user is not None:
        usage_error("--revoke takes no user")
    with opened(config, root) as room:
        from pltpack.server.keeping import people
        from pltpack.server.problems import Problem

        if revoke is not None:
            if not people.revoke(room, revoke):
                raise MemberError(f"there is no token {revoke}")
            _tell([], json=json, lines=[] if quiet else [f"{revoke} is revoked"])
            return
        if user is None:
            tokens = people.tokens(room)
            _tell(tokens, json=json, lines=map(_line, tokens))
            return
        try:
            secret, made = people.token_for(
                room, user, label=label, scopes=scope, packages=package, days=days or None, role=role
            )
        except Problem as problem:
            raise CallError(problem.detail, details=list(problem.problems)) from None
    _tell([made], json=json, secret=secret, lines=[secret] if quiet else [f"token: {secret}", _line(made)])


def _tell(tokens: list[Token], *, json: bool, lines: object, secret: str | None = None) -> None:
    if json:
        print_json(document("server-token", tokens=[_json(token) for token in tokens], token=secret))
        return
    assert hasattr(lines, "__iter__")
    for line in lines:
        write_line(line)


def _json(token: Token) -> dict[str, Json]:
    return {
        "id": token.id,
        "owner": token.owner,
        "label": token.label,
        "scopes": list(token.scopes),
        "packages": list(token.packages),
        "created": token.created,
        "expires": token.expires,
        "used": token.used,
        "revoked": token.revoked,
    }


def _line(token: Token) -> str:
    state = "revoked" if token.revoked is not None else f"{' '.join(token.scopes)} for {' '.join(token.packages)}"
    return f"{token.id}  {token.owner}  {state}  {token.label}"
