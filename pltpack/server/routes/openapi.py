"""The OpenAPI document, made from the table of routes."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from http import HTTPStatus
from importlib.metadata import version
from typing import Any, Final

import msgspec

from pltpack.client.documents import Problem
from pltpack.client.hook_documents import Told
from pltpack.client.signatures import DELIVERY, EVENT, SIGNATURE
from pltpack.server.routes.operation import API, Body, Operation

PATH: Final = f"{API}/openapi.json"
_REF: Final = "#/components/schemas/{name}"


def openapi_document(operations: Iterable[Operation]) -> dict[str, Any]:
    """What the routes are, as OpenAPI 3.1 has it."""
    found = list(operations)
    types = list(dict.fromkeys([Problem, Told, *(kind for operation in found for kind in _types(operation))]))
    schemas, components = msgspec.json.schema_components(types, ref_template=_REF)
    known = dict(zip(types, schemas, strict=True))
    paths: dict[str, dict[str, Any]] = {}
    for operation in found:
        paths.setdefault(operation.path, {})[operation.method.lower()] = _operation(operation, known)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "pltpack catalog server",
            "version": version("pltpack"),
            "description": "Edits of a catalog of Racket packages. What clients of raco pkg read are files.",
        },
        "paths": paths,
        "webhooks": {"told": {"post": _told(known[Told])}},
        "components": {
            "schemas": components,
            "securitySchemes": {
                "token": {"type": "http", "scheme": "bearer"},
                "basic": {"type": "http", "scheme": "basic", "description": "a token as the password"},
                "session": {
                    "type": "apiKey",
                    "in": "cookie",
                    "name": "pltpack",
                    "description": "__Host-pltpack over HTTPS; what changes anything needs X-CSRF-Token, too",
                },
            },
        },
    }


def _types(operation: Operation) -> Iterator[Any]:
    yield operation.query
    if operation.body is not None and not isinstance(operation.body, Body):
        yield operation.body
    yield from (kind for kind in operation.answers.values() if kind is not None and not isinstance(kind, str))


def _operation(operation: Operation, known: dict[Any, dict[str, Any]]) -> dict[str, Any]:
    needs = operation.needs
    described: dict[str, Any] = {
        "operationId": operation.id,
        "summary": operation.summary,
        "parameters": [*_parameters(operation)],
        "responses": {str(status): _response(operation, status, known) for status in operation.statuses},
        "security": [] if needs.scope is None else [{"token": []}, {"basic": []}, {"session": []}],
    }
    if needs.scope is not None:
        described["x-scope"] = str(needs.scope)
        described["x-owner"] = needs.owner
    if operation.body is Body.UPLOAD:
        content = {operation.body.value: {"schema": {"type": "string", "format": "binary"}}}
        described["requestBody"] = {"required": True, "content": content}
    elif operation.body is not None:
        content = {"application/json": {"schema": known[operation.body]}}
        described["requestBody"] = {"required": True, "content": content}
    return described


def _told(schema: dict[str, Any]) -> dict[str, Any]:
    """What webhooks get."""
    return {
        "operationId": "told",
        "summary": "Something was done",
        "parameters": [
            {"name": name, "in": "header", "required": True, "schema": {"type": "string"}}
            for name in (EVENT, DELIVERY, SIGNATURE)
        ],
        "requestBody": {"required": True, "content": {"application/json": {"schema": schema}}},
        "responses": {"2XX": {"description": "It is known"}, "410": {"description": "Nothing more is wanted"}},
    }


def _parameters(operation: Operation) -> Iterator[dict[str, Any]]:
    for name in operation.parameters:
        yield {"name": name, "in": "path", "required": True, "schema": {"type": "string"}}
    fields = msgspec.json.schema_components([operation.query])[1][operation.query.__name__]["properties"]
    for name, schema in fields.items():
        yield {"name": name, "in": "query", "required": False, "schema": schema}
    for name in operation.headers:
        yield {"name": name, "in": "header", "required": False, "schema": {"type": "string"}}


def _response(operation: Operation, status: int, known: dict[Any, dict[str, Any]]) -> dict[str, Any]:
    described: dict[str, Any] = {"description": HTTPStatus(status).phrase}
    if status not in operation.answers:
        described["content"] = {"application/problem+json": {"schema": known[Problem]}}
        return described
    kind = operation.answers[status]
    if isinstance(kind, str):
        described["content"] = {kind: {"schema": {"type": "string"}}}
    elif kind is not None:
        described["content"] = {"application/json": {"schema": known[kind]}}
    return described
