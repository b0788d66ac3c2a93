"""URLs taken apart as Racket's ``net/url`` does (``string->url``), quirks of its decoding included.

Package sources are recognised by what this parser sees, so the standard library's ``urllib.parse`` will not do:
it keeps percent signs, knows no ``.`` and ``..`` as elements of their own, and accepts other hosts and ports.
"""

from __future__ import annotations

import re
from typing import TypeAlias

from pltpack.codec.entries import SAME, UP, PathSymbol
from pltpack.dataclass import dataclass

UrlElement: TypeAlias = str | PathSymbol
"""A decoded path element (its ``;parameters`` dropped), or one of the steps ``.`` and ``..``."""

_IPV6 = r"[0-9a-fA-F:]*:[0-9a-fA-F:]*"
_URL = re.compile(
    r"(?:(?P<scheme>[^:/?#]*):)?"
    r"(?://(?:(?P<user>[^/?#@]*)@)?"
    rf"(?:\[(?P<ipv6>{_IPV6})\]|(?P<host>[^/?#:]*))?"
    r"(?::(?P<port>[0-9]*))?)?"
    r"(?P<path>[^?#]*)"
    r"(?:\?(?P<query>[^#]*))?"
    r"(?:#(?P<fragment>.*))?\Z",
    re.DOTALL,
)
_SCHEME = re.compile(r"[a-zA-Z][a-zA-Z0-9+.-]*\Z")
_ESCAPE = re.compile(rb"%(\+?[0-9a-fA-F]|[0-9a-fA-F]{2}|-0)", re.DOTALL)
_UNFINISHED = re.compile(r"%([^0-9a-fA-F])", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Url:
    """One URL. Absent parts are ``None``; ``query`` keeps order and repetitions, a key without ``=`` has ``None``."""

    scheme: str | None
    user: str | None
    host: str | None
    port: int | None
    absolute: bool
    path: tuple[UrlElement, ...]
    query: tuple[tuple[str, str | None], ...]
    fragment: str | None

    def query_value(self, key: str) -> str | None:
        """The value of the first part of the query that is called ``key``; ``None`` if there is none."""
        return next((value for name, value in self.query if name == key), None)


def parse_url(text: str) -> Url:
    """Take ``text`` apart. Raises ``ValueError`` where ``string->url`` raises."""
    match = _URL.match(text)
    if match is None:
        raise ValueError(f"not a URL: {text!r}")
    scheme, path = match["scheme"], match["path"]
    if scheme is not None and not _SCHEME.match(scheme):
        raise ValueError(f"bad URL scheme {scheme!r}")
    scheme = scheme.lower() if scheme is not None else None
    host = match["ipv6"] if match["ipv6"] is not None else match["host"]
    elements = _split_path(path)
    absolute = scheme == "file" or path.startswith("/")
    if not absolute and elements and host is not None:
        raise ValueError("the path of a URL with a host must start with a slash")
    port = int(match["port"]) if match["port"] else None
    authority = host is not None or match["user"] is not None or port is not None
    return Url(
        scheme=scheme,
        user=_decode_friendly(match["user"]),
        host=host.lower() if host is not None else None,
        port=port,
        absolute=absolute or authority,
        path=elements,
        query=_split_query(match["query"]),
        fragment=_decode_friendly(match["fragment"]),
    )


def _split_path(path: str) -> tuple[UrlElement, ...]:
    parts = path.split("/")
    if parts[0] == "":
        parts = parts[1:]
    return tuple(_element(part.split(";", 1)[0]) for part in parts)


def _element(part: str) -> UrlElement:
    # Only the written-out steps count: "%2e%2e" is a name.
    return {"..": UP, ".": SAME}.get(part) or decode(part)


def _split_query(query: str | None) -> tuple[tuple[str, str | None], ...]:
    if not query:
        return ()
    pairs = (part.partition("=") for part in re.split("[&;]", query))
    return tuple((decode(key, plus=True), decode(value, plus=True) if equals else None) for key, equals, value in pairs)


def _decode_friendly(text: str | None) -> str | None:
    return None if text is None else decode(_UNFINISHED.sub(r"%25\1", text))


def decode(text: str, *, plus: bool = False) -> str:
    """Resolve percent escapes as ``uri-decode`` does; with ``plus`` a ``+`` is a blank, as in forms.

    An escape takes the next two characters, or the one that is left at the end; what is no number in base 16 stays.
    Bytes that are no UTF-8 become U+FFFD one by one.
    """
    pieces: list[bytes] = []
    position = 0
    while position < len(text):
        char = text[position]
        if char == "%":
            digits = text[position + 1 : position + 3]
            pieces.append(_escaped_byte(digits) if digits else b"%")
            position += 1 + len(digits)
        else:
            pieces.append(b" " if plus and char == "+" else char.encode("utf-8", "surrogatepass"))
            position += 1
    decoded = b"".join(pieces).decode("utf-8", "surrogateescape")
    return re.sub("[\udc80-\udcff]", "�", decoded)


def _escaped_byte(digits: str) -> bytes:
    """The byte of one escape; Racket's ``string->number`` takes a sign, too."""
    if _ESCAPE.fullmatch(b"%" + digits.encode("utf-8", "surrogatepass")):
        return bytes([int(digits, 16)])
    return b"%" + digits.encode("utf-8", "surrogatepass")
