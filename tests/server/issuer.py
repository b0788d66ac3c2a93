"""An issuer of id tokens, as GitHub and GitLab are: its keys, and tokens that it signs."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import count
from typing import Any
from urllib.parse import parse_qs, urlsplit

import jwt
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from jwt.algorithms import ECAlgorithm, RSAAlgorithm

GITHUB = "https://token.actions.githubusercontent.com"
GITLAB = "https://gitlab.com"

_NUMBERS = count(1)


_RSA: dict[str, rsa.RSAPrivateKey] = {}
_EC: dict[str, ec.EllipticCurvePrivateKey] = {}


def rsa_key(name: str) -> rsa.RSAPrivateKey:
    """The key that is called so; ``small`` is one that nobody should use."""
    if name not in _RSA:
        _RSA[name] = rsa.generate_private_key(65537, 1024 if name == "small" else 2048)
    return _RSA[name]


def ec_key(name: str) -> ec.EllipticCurvePrivateKey:
    if name not in _EC:
        _EC[name] = ec.generate_private_key(ec.SECP256R1())
    return _EC[name]


def public(name: str, *, kind: str = "RSA", **fields: str) -> dict[str, Any]:
    """A key as its issuer publishes it."""
    if kind == "RSA":
        known = json.loads(RSAAlgorithm.to_jwk(rsa_key(name).public_key()))
    else:
        known = json.loads(ECAlgorithm.to_jwk(ec_key(name).public_key()))
    return {**known, "kid": name, "use": "sig", **fields}


@dataclass
class Issuer:
    """Issuers without a network; ``asked`` are the URLs that were asked for."""

    urls: tuple[str, ...] = (GITHUB, GITLAB)
    keys: list[dict[str, Any]] = field(default_factory=lambda: [public("one"), public("two", kind="EC")])
    asked: list[str] = field(default_factory=list)
    fails: Exception | None = None

    def fetch(self, url: str) -> bytes:
        self.asked.append(url)
        if self.fails is not None:
            raise self.fails
        for own in self.urls:
            if url == f"{own}/.well-known/openid-configuration":
                return json.dumps({"issuer": own, "jwks_uri": f"{own}/keys"}).encode()
        assert url in {f"{own}/keys" for own in self.urls}
        return json.dumps({"keys": self.keys}).encode()


def github_claims(now: float, **changed: object) -> dict[str, Any]:
    """What GitHub tells of a build of ann/games."""
    return without_none(
        {
            "iss": GITHUB,
            "aud": "https://pkgs.example.org",
            "sub": "repo:ann/games:environment:release",
            "jti": f"build-{next(_NUMBERS)}",
            "iat": int(now),
            "nbf": int(now) - 300,
            "exp": int(now) + 300,
            "repository": "ann/games",
            "repository_id": "4711",
            "repository_owner": "ann",
            "repository_owner_id": "99",
            "job_workflow_ref": "ann/games/.github/workflows/release.yml@refs/tags/v1.0",
            "workflow_ref": "ann/games/.github/workflows/release.yml@refs/tags/v1.0",
            "event_name": "push",
            "ref": "refs/tags/v1.0",
            "ref_type": "tag",
            "environment": "release",
        }
        | changed
    )


def gitlab_claims(now: float, **changed: object) -> dict[str, Any]:
    """What GitLab tells of a build of group/sub/games."""
    return without_none(
        {
            "iss": GITLAB,
            "aud": "https://pkgs.example.org",
            "sub": "project_path:group/sub/games:ref_type:tag:ref:v1.0",
            "jti": f"job-{next(_NUMBERS)}",
            "iat": int(now),
            "nbf": int(now) - 5,
            "exp": int(now) + 3600,
            "project_path": "group/sub/games",
            "project_id": "22",
            "namespace_id": "7",
            "pipeline_source": "push",
            "ref": "v1.0",
            "ref_type": "tag",
            "ci_config_ref_uri": "gitlab.com/group/sub/games//.gitlab-ci.yml@refs/tags/v1.0",
        }
        | changed
    )


def without_none(claims: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in claims.items() if value is not None}


def signed(claims: dict[str, Any], *, key: str = "one", algorithm: str = "RS256", **head: object) -> str:
    """An id token."""
    private = ec_key(key) if algorithm == "ES256" else rsa_key(key)
    return jwt.encode(claims, private, algorithm=algorithm, headers={"kid": key, **head})


@contextmanager
def forge(claims: dict[str, Any]) -> Iterator[Forge]:
    """A forge on a free port of this machine: it publishes keys, and gives id tokens to a build that shows a secret."""
    served = Forge(claims)
    with ThreadingHTTPServer(("127.0.0.1", 0), served.handler()) as server:
        served.url = f"http://127.0.0.1:{server.server_address[1]}"
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield served
        finally:
            server.shutdown()
            thread.join()


class Forge:
    """What :func:`forge` serves; ``given`` counts id tokens."""

    url: str = ""
    given: int = 0
    redirects: bool = False

    def __init__(self, claims: dict[str, Any]) -> None:
        self.claims = claims

    def answer(self, path: str, authorization: str | None) -> tuple[int, object]:
        parts = urlsplit(path)
        if parts.path == "/.well-known/openid-configuration":
            return 200, {"issuer": self.url, "jwks_uri": f"{self.url}/keys"}
        if parts.path == "/keys":
            return 200, {"keys": [public("one")]}
        if parts.path == "/token" and authorization == "Bearer runner-secret":
            self.given += 1
            audience = parse_qs(parts.query)["audience"][0]
            told = {"iss": self.url, "aud": audience, "jti": f"given-{self.given}"}
            return 200, {"count": 1, "value": signed({**self.claims, **told})}
        return 403, {}

    def handler(self) -> type[BaseHTTPRequestHandler]:
        served = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                status, document = served.answer(self.path, self.headers["Authorization"])
                if served.redirects:
                    status, document = 302, {}
                body = json.dumps(document).encode()
                self.send_response(status)
                if served.redirects:
                    self.send_header("Location", f"{served.url}{self.path}&again=1")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_arguments: object) -> None:
                pass

        return Handler
