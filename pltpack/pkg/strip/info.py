"""What the content modes write into files: the rewritten and the created ``info.rkt``, and mended HTML."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Final

from pltpack.datum.values import Datum, Dotted, Symbol, same_datum
from pltpack.datum.writer import write_datum
from pltpack.pkg.strip.rules import BINARY, Mode
from pltpack.racket.info.module import MODULE_BEGIN, InfoModule

_DEFINE: Final = Symbol("define")
_INFOTAB: Final = Symbol("setup/infotab")
_STATE: Final = "package-content-state"
_VIRTUAL: Final = "assume-virtual-sources"

_DROPPED: Final = frozenset({_STATE, _VIRTUAL, "build-deps", "update-implies"})
_RENAMED: Final = {f"copy-{what}": f"move-{what}" for what in ("foreign-libs", "shared-files", "man-pages")}

_REDIRECT: Final = re.compile(rb'<script type="text/javascript" src="([^"]*)/local-(?:user-)?redirect[.]js">')


def rewrite_info(module: InfoModule, mode: Mode, version: str) -> bytes | None:
    """The text that a mode makes of an ``info.rkt``, expressions unevaluated; ``None`` if it stays as it is."""
    forms = [*_first_definitions(mode, version), *_kept_forms(module.forms, mode)]
    if module.module_begin and same_datum(forms, list(module.forms)):
        return None
    return _text(module.language, [[MODULE_BEGIN, *forms]])


def new_info(mode: Mode, version: str, *, package: bool) -> bytes:
    """The ``info.rkt`` that is made where there is none: for the ``package`` itself, or for one collection of it."""
    definitions = [_state(mode, version)] if package else []
    if mode in BINARY:
        definitions.append([_DEFINE, Symbol(_VIRTUAL), True])
    return _text(_INFOTAB, definitions)


def _text(language: Datum, body: Sequence[Datum]) -> bytes:
    return write_datum([Symbol("module"), Symbol("info"), language, *body]).encode() + b"\n"


def _state(mode: Mode, version: str) -> Datum:
    return [_DEFINE, Symbol(_STATE), [Symbol("quote"), [Symbol(mode), version]]]


def _first_definitions(mode: Mode, version: str) -> Iterator[Datum]:
    if mode in BINARY:
        yield [_DEFINE, Symbol(_VIRTUAL), True]
    if mode != "source":
        yield _state(mode, version)


def _kept_forms(forms: Sequence[Datum], mode: Mode) -> Iterator[Datum]:
    dropped = _DROPPED if mode in BINARY else {_STATE}
    if mode == "binary-lib":
        dropped |= {"scribblings"}
    for form in forms:
        name = _defined_name(form)
        if name in dropped:
            continue
        if name in _RENAMED and mode in BINARY and isinstance(form, list):
            yield [_DEFINE, Symbol(_RENAMED[name]), *form[2:]]
        else:
            yield form


def _defined_name(form: Datum) -> str | None:
    items = form.items if isinstance(form, Dotted) else form
    match items:
        case [Symbol("define"), Symbol(name), *_]:
            return name
        case _:
            return None


def mend_html(page: bytes) -> bytes | None:
    """The page with ``..`` as the place of the redirection scripts that Scribble's pages load; ``None`` if it has none.

    As Racket does (``fixup-local-redirect-reference``), only the first two references are changed.
    """
    matches = [match for match, _ in zip(_REDIRECT.finditer(page), range(2), strict=False)]
    if not matches:
        return None
    pieces = []
    end = 0
    for match in matches:
        pieces += [page[end : match.start(1)], b".."]
        end = match.end(1)
    return b"".join([*pieces, page[end:]])
