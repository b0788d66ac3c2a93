"""The grammars of package and collection names (``pkg/name``, ``setup/collection-name``)."""

from __future__ import annotations

import re
import string

_PACKAGE_NAME = re.compile(r"[-_a-zA-Z0-9]+\Z")
_COLLECTION_ELEMENT = re.compile(r"(?:[-_+a-zA-Z0-9]|%[0-9a-f]{2})+\Z")
_MODULE_FILE = re.compile(r"(?:[-_+.a-zA-Z0-9]|%[0-9a-f]{2})+\Z")
_COLLECTION_PLAIN = frozenset(map(ord, "-_+" + string.ascii_letters + string.digits))


def is_package_name(text: str) -> bool:
    """Whether ``raco pkg`` takes ``text`` as the name of a package: ASCII letters, digits, ``-`` and ``_``.

    >>> is_package_name("tic-tac_9"), is_package_name("a.b")
    (True, False)
    """
    return _PACKAGE_NAME.match(text) is not None


def is_collection_name(text: str) -> bool:
    """Whether ``text`` is one element of a collection's name (``collection-name-element?``).

    As a package name, and ``+`` and ``%hh`` in lower case for a character that may not stand for itself.
    """
    return _COLLECTION_ELEMENT.match(text) is not None and _escapes_are_needed(text)


def is_module_path(text: str) -> bool:
    """Whether ``(lib "text")`` names a module (``module-path?``), for a path with a collection and a suffixed file.

    >>> is_module_path("a/b/c.d.rkt"), is_module_path("a.b/c.rkt"), is_module_path("a/b c.rkt")
    (True, False, False)
    """
    *collection, file = text.split("/")
    return (
        _MODULE_FILE.match(file) is not None and _escapes_are_needed(file) and all(map(is_collection_name, collection))
    )


def _escapes_are_needed(text: str) -> bool:
    return "%" not in text or all(_escape_value(*code) not in _COLLECTION_PLAIN for code in re.findall("%(.)(.)", text))


def _escape_value(high: str, low: str) -> int:
    # Racket 8.7 counts the digits a to f from -10 on instead of 10, which lets other characters pass than it means to.
    digits = [int(digit) if digit.isdigit() else ord(digit) - ord("a") - 10 for digit in (high, low)]
    return digits[0] * 16 + digits[1]
