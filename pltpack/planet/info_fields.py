"""The fields of info files by which PLaneT described a package, and those that make ``raco setup`` act."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any, Final

from pltpack.datum.program import Node, Program
from pltpack.datum.values import Symbol
from pltpack.errors import InfoError
from pltpack.planet.version import CoreVersion
from pltpack.racket.info.info import Info

FIELDS: Final = (
    "name", "blurb", "categories", "primary-file", "release-notes", "repositories", "scribblings",
    "required-core-version", "version", "doc.txt", "homepage", "url", "can-be-loaded-with", "html-docs",
)  # fmt: skip
"""What PLaneT's client and server read."""

CATEGORIES: Final = (
    "devtools", "net", "media", "xml", "datastructures", "io", "scientific", "system", "ui", "metaprogramming",
    "planet", "misc",
)  # fmt: skip
REPOSITORIES: Final = ("3xx", "4.x")

_SETUP: Final = re.compile(
    r"scribblings|tools|tool-(?:icons|names|urls)|drracket-tools?.*|(?:mred|mzscheme|gracket|racket)-launcher-\w+"
    r"|(?:pre-|post-|)install-(?:collection|planet|platform)|(?:pre|post)-install.*|copy-(?:foreign-libs|man-pages)"
    r"|move-(?:foreign-libs|man-pages)|raco-commands"
)
_DEEPEST: Final = 500
_URL: Final = re.compile(r"[A-Za-z][-+.A-Za-z0-9]*://")


def info_objections(info: Info, files: frozenset[str]) -> Iterator[tuple[bool, str]]:
    """What ``raco planet create`` has to say about the fields: whether it refuses the package for it, and what it is.

    ``files`` are those of the package.
    """
    for name, check, expected in _CHECKS:
        if name not in info:
            if name in _WANTED:
                yield False, _WANTED[name]
            continue
        try:
            value = info[name]
        except InfoError as error:
            yield True, f"{name} cannot be evaluated: {error.message}"
            continue
        if value is False:
            if name in _WANTED:
                yield False, _WANTED[name]
            continue
        if not check(value):
            yield True, f"{name} is not {expected}"
            continue
        yield from _remarks(name, value, files)


def _remarks(name: str, value: Any, files: frozenset[str]) -> Iterator[tuple[bool, str]]:
    if name == "categories":
        for category in value:
            if category.name not in CATEGORIES:
                yield True, f"{category.name} is no category; those are {', '.join(CATEGORIES)}"
    elif name == "homepage":
        if not _is_url(value):
            yield True, f"homepage is not a URL: {value!r}"
    elif name == "doc.txt":
        yield False, "doc.txt is deprecated in favour of scribblings"
    elif name == "html-docs":
        yield False, "html-docs are deprecated in favour of scribblings"
    elif name == "primary-file":
        absent = [file for file in ([value] if isinstance(value, str) else value) if file not in files]
        if absent:
            yield False, f"primary-file names what is not in the package: {', '.join(absent)}"


def is_xexpr(value: object) -> bool:
    """Whether a value is an x-expression, as far as ``xml``'s contract looks."""
    pending = [(value, 0)]
    while pending:
        item, depth = pending.pop()
        if depth > _DEEPEST:
            return False
        if isinstance(item, str | Symbol) or (isinstance(item, int) and not isinstance(item, bool) and _is_char(item)):
            continue
        match item:
            case [Symbol(), [*attributes], *content] if all(map(_is_attribute, attributes)):
                pending.extend((part, depth + 1) for part in content)
            case [Symbol(), *content]:
                pending.extend((part, depth + 1) for part in content)
            case _:
                return False
    return True


def plain_text(value: object, most: int = 200) -> str:
    """The text of an x-expression, or of a list of them, on one line."""
    pieces: list[str] = []
    pending = [value]
    while pending and sum(map(len, pieces)) < 4 * most:
        match pending.pop():
            case str(text):
                pieces.append(text)
            case [Symbol(), [*attributes], *content] if all(map(_is_attribute, attributes)):
                pending.extend(reversed(content))
            case [Symbol(), *content]:
                pending.extend(reversed(content))
            case [*content]:
                pending.extend(reversed(content))
            case _:
                pass
    text = " ".join("".join(pieces).split())
    return text if len(text) <= most else text[: most - 3].rstrip() + "..."


def setup_fields(program: Program) -> Iterator[tuple[str, Node]]:
    """The definitions of an info file by which ``raco setup`` does more than compile: name and form."""
    pending = list(reversed(program.forms))
    while pending:
        node = pending.pop()
        match node.datum:
            case [Node(datum=Symbol("define")), Node(datum=Symbol(name)), *_] if _SETUP.fullmatch(name):
                yield name, node
            case [Node(datum=Symbol("module" | "#%module-begin" | "begin")), *body]:
                pending.extend(reversed(body))
            case _:
                pass


def loads_with_all(value: object) -> bool:
    """Whether ``can-be-loaded-with`` says that any other version may be loaded beside."""
    return value == Symbol("all")


def _is_char(code: int) -> bool:
    """Whether XML 1.1 can hold a character (``valid-char?`` of ``xml``)."""
    return 1 <= code <= 0xD7FF or 0xE000 <= code <= 0xFFFD or 0x10000 <= code <= 0x10FFFF


def _is_attribute(value: object) -> bool:
    match value:
        case [Symbol(), str()]:
            return True
        case _:
            return False


def _is_url(text: str) -> bool:
    """Whether Racket's ``string->url`` finds a scheme and a host, which may be empty."""
    return _URL.match(text) is not None


def _is_string(value: object) -> bool:
    return isinstance(value, str)


def _is_xexprs(value: object) -> bool:
    return isinstance(value, list) and all(map(is_xexpr, value))


def _is_symbols(value: object) -> bool:
    return isinstance(value, list) and all(isinstance(item, Symbol) for item in value)


def _is_strings(value: object) -> bool:
    return isinstance(value, list) and all(isinstance(item, str) for item in value)


def _is_files(value: object) -> bool:
    return isinstance(value, str) or _is_strings(value)


def _is_repositories(value: object) -> bool:
    return isinstance(value, list) and all(item in REPOSITORIES for item in value)


def _is_scribblings(value: object) -> bool:
    return isinstance(value, list) and all(map(_is_scribbling, value))


def _is_scribbling(value: object) -> bool:
    match value:
        case [str()]:
            return True
        case [str(), [*flags]]:
            return _is_symbols(flags)
        case [str(), [*flags], [*category]]:
            return _is_symbols(flags) and _is_category(category)
        case [str(), [*flags], [*category], str()]:
            return _is_symbols(flags) and _is_category(category)
        case _:
            return False


def _is_category(value: list[object]) -> bool:
    match value:
        case [Symbol()]:
            return True
        case [Symbol(), int() | float()]:
            return True
        case _:
            return False


def _is_core_version(value: object) -> bool:
    return isinstance(value, str) and CoreVersion.parse(value) is not None


_CHECKS: Final[tuple[tuple[str, Callable[[object], bool], str], ...]] = (
    ("name", _is_string, "a string"),
    ("blurb", _is_xexprs, "a list of x-expressions"),
    ("release-notes", _is_xexprs, "a list of x-expressions"),
    ("categories", _is_symbols, "a list of symbols"),
    ("doc.txt", _is_string, "a string"),
    ("html-docs", _is_strings, "a list of strings"),
    ("scribblings", _is_scribblings, "a list of lists: file, flags, category, name"),
    ("homepage", _is_string, "a string"),
    ("primary-file", _is_files, "a string or a list of strings"),
    ("required-core-version", _is_core_version, "a version of Racket"),
    ("repositories", _is_repositories, 'a list of "3xx" and "4.x"'),
    ("version", _is_string, "a string"),
)
_WANTED: Final = {
    "name": "there is no name",
    "blurb": "there is no blurb: nothing describes the package",
    "release-notes": "there are no release-notes",
    "categories": "there are no categories: the package counts as misc",
    "scribblings": "there are no scribblings: no documentation will be shown",
    "primary-file": "there is no primary-file: no require line will be shown",
    "repositories": "there are no repositories: the package is in all of them",
}
