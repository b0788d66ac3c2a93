"""Sending installers, as the clients of a build farm do."""

from __future__ import annotations

from typing import Final
from urllib.parse import quote

from pltpack.server.identity.identity import Scope
from pltpack.server.problems import Problem, forbidden
from pltpack.server.records.accept import check_digests
from pltpack.server.records.installers import check_installer, record_upload
from pltpack.server.routes.operation import Body, Call, Needs, Operation, Reply
from pltpack.server.routes.uploads import wanted_digests


def put_installer(call: Call) -> Reply:
    """Enter an installer into the tables of the site. The same one again changes nothing.

    The answer is that of the original's server, ``#t`` as Racket data, without which its clients take it for failed.
    """
    check_digests(call.upload, wanted_digests(call.headers))
    name = call.path["file"]
    outcome = record_upload(call.room, call.actor, call.upload, name, _description(call))
    headers = {"Location": f"/installers/{quote(name)}"}
    return Reply(b"#t", 201 if outcome == "added" else 200, headers, "text/s-expr")


def before_installer(call: Call) -> None:
    """Look, before an installer is sent, whether it may be."""
    name = call.path["file"]
    if not call.identity.reaches(name):
        raise forbidden(f"the token is not for {name}", "other-package")
    wanted_digests(call.headers)
    check_installer(name, _description(call))


def _description(call: Call) -> str:
    """What the installer is called. Headers are bytes, and those who send such text mean UTF-8."""
    given = call.headers.get("description")
    if given is None:
        raise Problem(400, "no-description", "the header Description says what the installer is called")
    try:
        return given.encode("latin-1").decode("utf-8").strip()
    except UnicodeDecodeError:
        raise Problem(400, "bad-description", "the header Description is not UTF-8") from None


OPERATIONS: Final = (
    Operation(
        method="PUT",
        path="/upload/{file}",
        id="put_installer",
        summary="Send an installer for the distribution site",
        needs=Needs(Scope.CURATE),
        handler=put_installer,
        before=before_installer,
        body=Body.UPLOAD,
        most=lambda limits: limits.installer_bytes,
        answers={200: "text/s-expr", 201: "text/s-expr"},
        headers=("Description", "Digest", "Content-Digest"),
        problems=(409,),
    ),
)
