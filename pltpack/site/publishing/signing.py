"""Signatures over what is published, in OpenSSH's format (PROTOCOL.sshsig): ``ssh-keygen -Y verify`` accepts them."""

from __future__ import annotations

import base64
import hashlib
import os
import re
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import Final

from pltpack.errors import PltError

SUMS: Final = "SHA256SUMS"
SIGNATURE: Final = "SHA256SUMS.sig"
NAMESPACE: Final = "file"

_MAGIC: Final = b"SSHSIG"
_HASH: Final = b"sha512"
_BEGIN, _END = "-----BEGIN SSH SIGNATURE-----", "-----END SSH SIGNATURE-----"
_MOST: Final = 1 << 20


def sums_text(sums: dict[str, str]) -> bytes:
    """Sums as ``sha256sum -c`` reads them, sorted by path."""
    return "".join(f"{sums[path]}  {path}\n" for path in sorted(sums)).encode()


def parse_sums(text: bytes) -> dict[str, str]:
    """The SHA-256 of each path. Raises :class:`~pltpack.errors.PltError`."""
    found = {}
    for number, line in enumerate(text.decode("utf-8", "replace").splitlines(), 1):
        match = re.fullmatch(r"([0-9a-f]{64})  (\S.*)", line)
        if match is None:
            raise PltError(f"line {number} is no sum", file=SUMS)
        found[match[2]] = match[1]
    return found


def require_signing() -> None:
    """Raise :class:`~pltpack.errors.PltError` unless what makes and checks signatures is installed."""
    if find_spec("cryptography") is None:
        raise PltError("signatures need cryptography, which is not installed", hint="pip install 'pltpack[sign]'")


def sign(message: bytes, key: str | os.PathLike[str], *, password: bytes | None = None) -> str:
    """The signature of a message by a private key in OpenSSH's format (Ed25519), as the text of a ``.sig`` file.

    Raises :class:`~pltpack.errors.PltError` for a key that cannot be used, and ``OSError``.
    """
    require_signing()
    from cryptography.exceptions import UnsupportedAlgorithm
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
    from cryptography.hazmat.primitives.serialization import load_ssh_private_key

    try:
        private = load_ssh_private_key(Path(key).read_bytes(), password)
    except (ValueError, TypeError, UnsupportedAlgorithm) as error:
        raise PltError(f"the key cannot be used: {error}", file=os.fspath(key)) from None
    if not isinstance(private, Ed25519PrivateKey):
        raise PltError("the key is not an Ed25519 one", file=os.fspath(key), hint="ssh-keygen -t ed25519 makes one")
    kind = b"ssh-ed25519"
    public = _string(kind) + _string(private.public_key().public_bytes_raw())
    signature = _string(kind) + _string(private.sign(_signed(message)))
    blob = _MAGIC + (1).to_bytes(4, "big")
    for part in (public, NAMESPACE.encode(), b"", _HASH, signature):
        blob += _string(part)
    text = base64.b64encode(blob).decode()
    return "\n".join((_BEGIN, *(text[at : at + 70] for at in range(0, len(text), 70)), _END, ""))


def verify_signature(message: bytes, signature: str, allowed: str | os.PathLike[str]) -> str:
    """Who signed a message, by the principals of an ``allowed_signers`` file (see ssh-keygen(1)).

    Raises :class:`~pltpack.errors.PltError` if nobody did who is allowed to, and ``OSError``.
    """
    require_signing()
    from cryptography.exceptions import InvalidSignature
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

    public, raw = _parsed(signature)
    for principals, blob in _allowed(Path(allowed)):
        if blob != public:
            continue
        try:
            kind, key = _strings(blob)
            if kind != b"ssh-ed25519":
                break
            Ed25519PublicKey.from_public_bytes(key).verify(raw, _signed(message))
        except (InvalidSignature, ValueError):
            raise PltError("the signature is not that of these data", file=SIGNATURE) from None
        return principals
    raise PltError("it is signed by a key that is not among the allowed ones", file=os.fspath(allowed))


def _signed(message: bytes) -> bytes:
    """What is really signed: the digest of the message, and what it is for."""
    digest = hashlib.sha512(message).digest()
    return _MAGIC + b"".join(_string(part) for part in (NAMESPACE.encode(), b"", _HASH, digest))


def _parsed(signature: str) -> tuple[bytes, bytes]:
    """The public key and the raw signature in a ``.sig`` file."""
    body = signature.strip()
    try:
        if len(body) > _MOST or not (body.startswith(_BEGIN) and body.endswith(_END)):
            raise ValueError("no such text")
        blob = base64.b64decode("".join(body[len(_BEGIN) : -len(_END)].split()), validate=True)
        if not blob.startswith(_MAGIC + (1).to_bytes(4, "big")):
            raise ValueError("another version")
        public, namespace, _reserved, algorithm, inner = _strings(blob[10:])
        if namespace != NAMESPACE.encode() or algorithm != _HASH:
            raise ValueError("made for something else")
        kind, raw = _strings(inner)
        if kind != b"ssh-ed25519":
            raise ValueError(f"the kind {kind.decode('latin-1')} is not known here")
    except ValueError as error:
        raise PltError(f"this is no signature of OpenSSH: {error}", file=SIGNATURE) from None
    return public, raw


def _allowed(path: Path) -> Iterator[tuple[str, bytes]]:
    """Principals and public keys of an ``allowed_signers`` file."""
    for line in path.read_text("utf-8", "replace").splitlines():
        found = re.match(r"\s*([^#\s]\S*)\s+(?:.*\s)?(ssh-ed25519)\s+([A-Za-z0-9+/=]+)", line)
        if found is not None:
            try:
                yield found[1], base64.b64decode(found[3], validate=True)
            except ValueError:
                continue


def _string(data: bytes) -> bytes:
    return len(data).to_bytes(4, "big") + data


def _strings(data: bytes) -> list[bytes]:
    """The strings that follow each other in SSH's encoding. Raises ``ValueError``."""
    found = []
    while data:
        size = int.from_bytes(data[:4], "big")
        if len(data) < 4 + size:
            raise ValueError("it is cut off")
        found.append(data[4 : 4 + size])
        data = data[4 + size :]
    return found
