"""Text from strangers, made harmless to look at."""

from __future__ import annotations

from typing import Final

_HIDDEN: Final = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})


def visible(text: str) -> str:
    """The text with everything escaped that could steer a terminal or a page, or hide in it: control and format
    characters, surrogates, line separators, unassigned ones.

    >>> visible("a\\x1b[31mb\\u202e")
    'a\\\\x1b[31mb\\\\u202e'
    """
    if text.isascii() and text.isprintable():
        return text
    import unicodedata

    return "".join(
        character
        if unicodedata.category(character) not in _HIDDEN
        else character.encode("unicode_escape", "surrogatepass").decode()
        for character in text
    )
