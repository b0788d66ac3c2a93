"""Requests made of the OpenAPI document by a seeded chance: such as fit it, such as nearly do, and such as do not."""

from __future__ import annotations

import copy
import json
import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote

from tests.server.running import package_zip

NAMES = ("games", "apple", "pear", "Games", "nobody", "x", "a-b_c")
TEXTS = (
    *("", "x", "1", "0", "-1", "a b", "null", "true", "é", "λ" * 40, "x" * 300, "99999999999999999999", "1e999", "*"),
    *("..", "../../etc/passwd", "%00", "\0", "\r\nSet-Cookie: a=b", "\x1b[31m", "\ud800", "﻿", "'; DROP TABLE users"),
    *(
        "http://127.0.0.1/x.zip",
        "http://[::1",
        "https://example.org/x.zip",
        "file:///etc/passwd",
        "git://x/y",
        "ftp://x",
    ),
    *("admin", "ann@example.org", "2023-11-14", "latest", "8.7", "games*", "[", "(", "{{7*7}}", "${x}", "<script>"),
)
NUMBERS = (0, 1, 2, 3, -1, 7, 100, 1000, 1001, 2**31, 2**53, 2**62, 2**63, 2**64, 10**30, 0.5, -0.0, 1e300)
VERSIONS = ('"1"', '"2"', "*", "1", '""', 'W/"1"', '"99999999999999999999"', "x", '"1", "2"')
HEADERS: Mapping[str, Sequence[str]] = {
    "If-Match": VERSIONS,
    "If-None-Match": VERSIONS,
    "Digest": ("SHA-256=x", "x", "SHA-256=" + "A" * 44, "MD5=aaaa", ",", "sha=:AAAA:"),
    "Content-Digest": ("sha-256=:x:", "sha-256=:" + "A" * 43 + "=:", "md5=:aaaa:", "="),
    "Prefer": ("respond-async", "respond-async, wait=1", "x"),
    "Description": ("Racket | Linux", "Racket | λ".encode().decode("latin-1"), "", "x" * 500, "a;b|c"),
    "X-CSRF-Token": ("x", ""),
}


@dataclass
class Request:
    """A request, and what it was made for."""

    operation: str
    method: str
    path: str
    who: str
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes | None = None


class Maker:
    """Makes requests of a document; ``who`` are names of those who may send them, ``ids`` values for parameters that
    are none of :data:`NAMES`."""

    def __init__(self, document: dict[str, Any], chance: random.Random, who: Sequence[str], ids: Sequence[str]) -> None:
        self.chance = chance
        self.who = who
        self.ids = ids
        self._schemas: dict[str, Any] = document["components"]["schemas"]
        self._routes = [
            (method.upper(), path, described)
            for path, methods in document["paths"].items()
            for method, described in methods.items()
        ]
        self._archives = [
            package_zip(),
            package_zip({"a.rkt": ""}),
            package_zip(info="#lang info\n(define deps 1)\n"),
            b"",
            b"PK",
        ]

    def request(self) -> Request:
        chance = self.chance
        method, path, described = chance.choice(self._routes)
        found = Request(described["operationId"], method, path, chance.choice(self.who))
        query = []
        for parameter in described.get("parameters", []):
            name, place = parameter["name"], parameter["in"]
            if place == "path":
                path = path.replace(f"{{{name}}}", quote(self._identifier(name), safe=chance.choice(["", "/%"])))
            elif chance.random() < 0.5:
                continue
            elif place == "query":
                query.append((name, self._query_value(parameter["schema"])))
            elif name in HEADERS:
                found.headers[name] = chance.choice(HEADERS[name])
        if chance.random() < 0.05:
            query.append((chance.choice(["x", "after", "most"]), chance.choice(TEXTS)))
        found.path = path + ("?" if query else "")
        found.path += "&".join(f"{quote(key)}={quote(value, errors='replace')}" for key, value in query)
        self._body(found, described.get("requestBody", {}).get("content", {}))
        return found

    def _identifier(self, name: str) -> str:
        if self.chance.random() < 0.1:
            return self.chance.choice([text for text in TEXTS if text and text.isprintable()])
        return self.chance.choice(NAMES if name == "name" else self.ids)

    def _query_value(self, schema: dict[str, Any]) -> str:
        if self.chance.random() < 0.2:
            return self.chance.choice(TEXTS)
        value = self.value(schema)
        return value if isinstance(value, str) else json.dumps(value)

    def _body(self, found: Request, content: dict[str, Any]) -> None:
        chance = self.chance
        if not content:
            if chance.random() < 0.05:
                found.body = b"{}"
            return
        kind = next(iter(content))
        found.headers["Content-Type"] = kind if chance.random() < 0.95 else chance.choice(["text/plain", "", "a/b;c"])
        if "json" not in kind:
            found.body = self.damaged(chance.choice(self._archives))
            return
        value = self.value(content[kind]["schema"])
        for _ in range(chance.choice([0, 0, 1, 3])):
            value = self.changed(value)
        text = json.dumps(value, ensure_ascii=chance.random() < 0.5)
        found.body = text.encode("utf-8", "surrogatepass")
        if chance.random() < 0.05:
            found.body = self.damaged(found.body)

    def damaged(self, data: bytes) -> bytes:
        """The same, or cut off, or with some bytes that are others."""
        way = self.chance.random()
        if way < 0.6 or not data:
            return data
        if way < 0.75:
            return data[: self.chance.randrange(len(data))]
        other = bytearray(data)
        for _ in range(self.chance.randint(1, 8)):
            other[self.chance.randrange(len(other))] = self.chance.randrange(256)
        return bytes(other)

    def value(self, schema: dict[str, Any], depth: int = 0) -> Any:
        """Something that fits a schema, as a rule."""
        chance = self.chance
        if "$ref" in schema:
            return self.value(self._schemas[schema["$ref"].rpartition("/")[2]], depth + 1)
        if "anyOf" in schema:
            return self.value(chance.choice(schema["anyOf"]), depth + 1)
        if "enum" in schema:
            return chance.choice(schema["enum"])
        match schema.get("type"):
            case "object":
                return self._object(schema, depth)
            case "array":
                return [self.value(schema.get("items", {}), depth + 1) for _ in range(chance.choice([0, 1, 2, 40]))]
            case "string":
                return chance.choice([*TEXTS, *NAMES, *self.ids, "tag", "upload", "edit"])
            case "integer" | "number":
                return chance.choice(NUMBERS)
            case "boolean":
                return chance.random() < 0.5
            case "null":
                return None
        return chance.choice([None, 1, "x", [], {}])

    def _object(self, schema: dict[str, Any], depth: int) -> dict[str, Any]:
        made = {}
        for name, inner in schema.get("properties", {}).items():
            if name in schema.get("required", []) or self.chance.random() < 0.5:
                made[name] = self.value(inner, depth + 1)
        others = schema.get("additionalProperties")
        if isinstance(others, dict) and depth < 5:
            for _ in range(self.chance.choice([0, 1, 3])):
                made[self.chance.choice(TEXTS)] = self.value(others, depth + 1)
        return made

    def changed(self, value: Any) -> Any:
        """The same with something in it that is not as it should be."""
        chance = self.chance
        odd: Any = chance.choice([None, True, 1, 1e300, "", "x", "\0", [], {}, [[]], {"x": 1}, "\ud800", *NUMBERS])
        if isinstance(value, dict) and value and chance.random() < 0.8:
            value = copy.copy(value)
            key = chance.choice([*value])
            way = chance.random()
            if way < 0.3:
                del value[key]
            elif way < 0.5:
                value[chance.choice(TEXTS)] = odd
            else:
                value[key] = self.changed(value[key])
            return value
        if isinstance(value, list) and value and chance.random() < 0.8:
            value = copy.copy(value)
            value[chance.randrange(len(value))] = odd
            return value
        return odd
