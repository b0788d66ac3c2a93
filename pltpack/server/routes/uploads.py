"""Pushing archives."""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Mapping
from typing import Final, Literal

import msgspec

from pltpack.client.documents import Changed, JobDocument
from pltpack.server.identity.identity import Scope
from pltpack.server.jobs.queue import find_job
from pltpack.server.jobs.uploads import Terms, check_push, push, push_later
from pltpack.server.problems import Problem
from pltpack.server.records.accept import check_digests
from pltpack.server.routes.operation import API, Body, Call, Needs, Operation, Reply, etag, query_of
from pltpack.server.routes.shown import job_document

_ALGORITHMS: Final = {"sha-256": ("sha256", 32), "sha": ("sha1", 20), "sha-1": ("sha1", 20)}
_DIGEST: Final = re.compile(r"\s*([A-Za-z0-9-]+)=(:?)([A-Za-z0-9+/=]+)\2\s*")


class Upload(msgspec.Struct, frozen=True, rename={"as_": "as"}, forbid_unknown_fields=True):
    """``as``: how a ``.plt`` archive is served, as it is or as a zip."""

    as_: Literal["plt", "zip"] = "plt"


def put_archive(call: Call) -> Reply:
    """Have a package be made of an archive. The same bytes again change nothing."""
    check_digests(call.upload, wanted_digests(call.headers))
    terms = _terms(call)
    if "respond-async" in call.headers.get("prefer", ""):
        number = push_later(call.room, call.actor, call.identity, call.name, call.upload, terms)
        with call.room.database.read() as connection:
            job = find_job(connection, number)
        assert job is not None
        return Reply(job_document(job), 202, {"Location": f"{API}/jobs/{number}"})
    pushed = push(call.room, call.actor, call.identity, call.name, call.upload, terms)
    package, archive = pushed.edited.package, pushed.accepted.archive
    document = Changed(
        name=package.name,
        version=package.version,
        job=pushed.edited.job,
        sha1=archive.sha1,
        sha256=archive.sha256,
        notes=pushed.accepted.notes,
    )
    headers = {"ETag": etag(package.version), "Location": f"{API}/packages/{package.name}"}
    return Reply(document, 200 if pushed.edited.job is None else 201, headers)


def before_archive(call: Call) -> None:
    """Look, before an archive is sent, whether it may be."""
    check_push(call.room, call.name, call.identity, _terms(call))
    wanted_digests(call.headers)


def _terms(call: Call) -> Terms:
    return Terms(query_of(call, Upload).as_, call.only_new, call.expected)


def wanted_digests(headers: Mapping[str, str]) -> dict[str, str]:
    """The digests that the sender tells, in hexadecimal digits by algorithm: ``Digest`` (RFC 3230), ``Content-Digest``
    and ``Repr-Digest`` (RFC 9530). Algorithms that nobody here knows are passed over."""
    found = {}
    for name in ("digest", "content-digest", "repr-digest"):
        for part in filter(None, (headers.get(name) or "").split(",")):
            match = _DIGEST.fullmatch(part)
            known = None if match is None else _ALGORITHMS.get(match[1].lower())
            if match is None:
                raise Problem(400, "bad-digest", f"the header {name} cannot be read")
            if known is not None:
                found[known[0]] = _hexadecimal(match[3], known[1], name)
    return found


def _hexadecimal(text: str, size: int, header: str) -> str:
    try:
        value = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        value = b""
    if len(value) != size:
        raise Problem(400, "bad-digest", f"the header {header} holds no such digest")
    return value.hex()


OPERATIONS: Final = (
    Operation(
        method="PUT",
        path=f"{API}/packages/{{name}}/archive",
        id="put_archive",
        summary="Push an archive: zip, tar, tgz or plt",
        needs=Needs(Scope.UPLOAD, owner=True),
        handler=put_archive,
        before=before_archive,
        query=Upload,
        body=Body.UPLOAD,
        answers={200: Changed, 201: Changed, 202: JobDocument},
        headers=("If-Match", "If-None-Match", "Digest", "Content-Digest", "Prefer"),
        problems=(409, 412),
    ),
)
