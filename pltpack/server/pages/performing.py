"""Forms do what the API does: they call the same operations, which look at the same rights and count the same."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

import msgspec

from pltpack.server.pages.asked import Asked
from pltpack.server.problems import unprocessable
from pltpack.server.routes.endpoint import admit
from pltpack.server.routes.operation import Call, Reply, etag
from pltpack.server.routes.table import OPERATIONS

_KNOWN: Final = {operation.id: operation for operation in OPERATIONS}
_WHERE: Final = re.compile(r" - at .*?`\$\.?(\w*)[^`]*`")
_SAID: Final = {
    "tags": "tags: a tag is made of up to 60 letters, digits, - and _",
    "name": "name: it is made of letters, digits, - and _",
    "label": "label: it has 1 to 100 characters",
    "days": "days: a number from 1 to 3650, or nothing",
    "reason": "reason: say why, in up to 2,000 characters",
    "scopes": "scopes: choose some of them",
    "address": "address: it has an @, and at most 200 characters",
    "code": "code: it is in the mail",
    "display": "display: it has at most 60 characters",
    "old": "old: it is the password of now",
}


def perform(
    asked: Asked,
    id: str,
    fields: Mapping[str, object] | None = None,
    *,
    path: Mapping[str, str] | None = None,
    query: Mapping[str, object] | None = None,
    version: int | None = None,
    only_new: bool = False,
) -> Reply:
    """Call an operation as who is signed in: with ``fields`` as its body, for the ``version`` that was seen.

    Raises a :class:`~pltpack.server.problems.Problem`.
    """
    operation = _KNOWN[id]
    assert fields is None or isinstance(operation.body, type)
    try:
        body = None if fields is None else msgspec.convert(fields, operation.body)
        parameters = msgspec.convert(query or {}, operation.query)
    except msgspec.ValidationError as error:
        raise unprocessable("this cannot be so", [_told(str(error))]) from None
    headers = {"if-match": etag(version)} if version is not None else {}
    if asked.cookies is not None:
        headers["cookie"] = asked.cookies
    if only_new:
        headers["if-none-match"] = "*"
    call = Call(
        room=asked.room,
        identity=asked.identity,
        request=asked.request,
        path=asked.path if path is None else path,
        query=parameters,
        body=body,
        headers=headers,
        client=asked.client,
    )
    admit(operation, call)
    return operation.handler(call)


def _told(message: str) -> str:
    """What is wrong with a value, with the field that it is in."""
    found = _WHERE.search(message)
    field = "" if found is None else found[1]
    text = message if found is None else message[: found.start()]
    return _SAID.get(field, f"{field}: {text}" if field else text)
