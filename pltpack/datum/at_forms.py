"""Scribble's ``@`` notation, as far as it can hold code: where its commands and arguments stand in a text.

``@cmd[datum ...]{text}``, with each part missing or not, ``@(datum)``, ``@|datum ...|``, ``@"string"``, comments, and
bodies in ``|{...}|``. Texts are passed over; ``@`` forms in them are found. The rules are those of the manual of
Scribble, chapter "@ Syntax".
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

from pltpack.datum.frames import Assembly, Extra
from pltpack.datum.reader import END, read_datum
from pltpack.datum.source import DELIMITER_BYTES, SPACE, Source

MOST_NESTED: Final = 64
"""``@`` forms inside one another."""

_PREFIX: Final = re.compile(rb"(?:#?(?:'|`|,@?+))*+")
_COMMAND: Final = re.compile(rb"(?:[^" + DELIMITER_BYTES + rb"|\\{}]|\\[\x00-\x7f])++")
_BAR_OPEN: Final = re.compile(rb"\|([^\w\s{}@|()\[\]\\\"';,`\x80-\xff]*+)\{", re.ASCII)
_PLAIN_EDGE: Final = re.compile(rb"[@{}]")
_LINE: Final = re.compile(rb"[^\n]*+\n?+[ \t]*+")
_MIRROR: Final = bytes.maketrans(b"()[]<>", b")(][><")


@dataclass(frozen=True, slots=True)
class AtForm:
    """One ``@`` form: the nodes of its command (``None``: none), of the arguments in brackets, and of the ``@`` forms
    in its text. ``brackets``: whether it has brackets."""

    command: Any
    arguments: tuple[Any, ...] = ()
    body: tuple[Any, ...] = ()
    brackets: bool = False


class AtReader:
    """Reads ``@`` forms from a source; ``wrap`` makes the nodes, ``on_comment`` gets the span of each comment."""

    def __init__(
        self, wrap: Callable[[Any, int, int], Any], extra: Extra, on_comment: Callable[[int, int], object]
    ) -> None:
        self._wrap = wrap
        self._code = extra
        self._on_comment = on_comment
        self._depth = 0

    @property
    def extra(self) -> Extra:
        """The notations of code in which ``@`` forms may stand."""
        return {**self._code, b"@": self.rule}

    def rule(self, assembly: Assembly, at: int) -> int:
        """The notation ``@`` in code."""
        form, end = self._form(assembly.source, at)
        if form is not None:
            assembly.deliver(form, at, end)  # type: ignore[arg-type]  # beyond data
        return end

    def text(self, source: Source, at: int) -> list[Any]:
        """The ``@`` forms of a text that goes to the end of the source."""
        found: list[Any] = []
        while (at := source.data.find(b"@", at, source.stop)) >= 0:
            form, end = self._form(source, at)
            if form is not None:
                found.append(self._wrap(form, at, end))
            at = end
        return found

    def _form(self, source: Source, at: int) -> tuple[AtForm | None, int]:
        """The form at ``@``, ``None`` for a comment, and the offset behind it."""
        self._depth += 1
        if self._depth > MOST_NESTED:
            raise source.limit(f"@ forms nested deeper than {MOST_NESTED}", at)
        try:
            return self._parts(source, at)
        finally:
            self._depth -= 1

    def _parts(self, source: Source, began: int) -> tuple[AtForm | None, int]:
        data, at = source.data, began + 1
        if data.startswith(b";", at):
            return None, self._comment(source, began)
        prefix = _PREFIX.match(data, at, source.stop)
        at = prefix.end() if prefix is not None else at
        command: Any = None
        first = data[at : at + 1]
        if not first or SPACE.match(data, at, source.stop)[0]:  # type: ignore[index]  # it matches everywhere
            raise source.error("nothing follows @", began)
        if first == b"|" and _BAR_OPEN.match(data, at, source.stop) is None:
            return self._escape(source, at, began)
        if first not in (b"[", b"{", b"|"):
            command, at = self._datum(source, at, began)
            if _is_several(command.datum):
                raise source.error("a command is one datum", began)
        arguments: tuple[Any, ...] = ()
        brackets = data.startswith(b"[", at)
        if brackets:
            bracketed, at = self._nested(source, at, began)
            arguments = tuple(bracketed.datum) if isinstance(bracketed.datum, list) else (bracketed,)
        body: list[Any] = []
        if data.startswith(b"{", at):
            at = self._body(source, at + 1, _PLAIN_EDGE, b"@", b"{", body, began)
        elif bar := _BAR_OPEN.match(data, at, source.stop):
            mark = bar[1]
            edges = (b"|" + mark + b"@", bar[0], b"}" + mark[::-1].translate(_MIRROR) + b"|")
            edge = re.compile(b"|".join(map(re.escape, edges)))
            at = self._body(source, bar.end(), edge, edges[0], edges[1], body, began)
        return AtForm(command, arguments, tuple(body), brackets), at

    def _comment(self, source: Source, began: int) -> int:
        data, at = source.data, began + 2
        dropped: list[Any] = []
        if data.startswith(b"{", at):
            end = self._body(source, at + 1, _PLAIN_EDGE, b"@", b"{", dropped, began)
        else:
            line = _LINE.match(data, at, source.stop)
            end = line.end() if line is not None else source.stop
        self._on_comment(began, end)
        return end

    def _escape(self, source: Source, at: int, began: int) -> tuple[AtForm, int]:
        """``@|datum ...|``."""
        found: list[Any] = []
        at += 1
        while True:
            space = SPACE.match(source.data, at, source.stop)
            at = space.end() if space is not None else at
            if at >= source.stop:
                raise source.cut("an @ form", began)
            if source.data[at] == 0x7C:
                return AtForm(None, tuple(found)), at + 1
            node, at = self._datum(source, at, began)
            found.append(node)

    def _datum(self, source: Source, at: int, began: int) -> tuple[Any, int]:
        """A datum that a bar ends: a symbol, or anything that begins with a bracket or the like."""
        word = _COMMAND.match(source.data, at, source.stop)
        if word is None or word[0][:1] == b"@" or (word[0][:1] == b"#" and word[0][:2] != b"#:"):
            return self._nested(source, at, began)
        datum, _ = read_datum(word[0], base=source.base + at, limits=source.limits)
        return self._wrap(datum, at, word.end()), word.end()

    def _nested(self, source: Source, at: int, began: int) -> tuple[Any, int]:
        node, end = read_datum(
            source.data,
            at,
            base=source.base,
            limits=source.limits,
            wrap=self._wrap,
            implied=source.implied,
            extra=self.extra,
        )
        if node is END:
            raise source.cut("an @ form", began)
        return node, end

    def _body(
        self,
        source: Source,
        at: int,
        edge: re.Pattern[bytes],
        sign: bytes,
        opening: bytes,
        found: list[Any],
        began: int,
    ) -> int:
        """Go through the text of a body; the offset behind its end."""
        depth = 1
        while match := edge.search(source.data, at, source.stop):
            at = match.end()
            if match[0] == sign:
                form, at = self._form(source, at - 1)
                if form is not None:
                    found.append(self._wrap(form, match.start(), at))
            elif match[0] == opening:
                depth += 1
            else:
                depth -= 1
                if not depth:
                    return at
        raise source.cut("the text of an @ form", began)


def _is_several(datum: object) -> bool:
    """Whether it is ``@|datum ...|`` with other than one datum, which can be no command."""
    return (
        isinstance(datum, AtForm)
        and datum.command is None
        and not datum.brackets
        and not datum.body
        and len(datum.arguments) > 1
    )
