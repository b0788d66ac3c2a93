"""Regular expression literals: read, and checked as ``regexp`` and ``pregexp`` check them."""

from __future__ import annotations

import re
from dataclasses import field
from typing import Final

from pltpack.dataclass import dataclass
from pltpack.datum.source import Source
from pltpack.datum.strings import read_byte_string, read_string
from pltpack.datum.values import Regexp


def read_regexp(source: Source, at: int) -> tuple[Regexp, int]:
    """The literal whose ``#rx`` or ``#px`` is at ``at``, and the offset behind it."""
    perl = source.data[at + 1] == 0x70
    quote = at + 3
    pattern: str | bytes
    if source.data.startswith(b'#"', quote, source.stop):
        pattern, end = read_byte_string(source, quote + 1, at)
    elif source.data.startswith(b'"', quote, source.stop):
        pattern, end = read_string(source, quote, at)
    elif b'#"'.startswith(source.data[quote : source.stop]):
        raise source.cut("a regular expression", at)
    else:
        raise source.error("a string must follow #rx and #px", at)
    try:
        check_regexp(pattern, perl=perl)
    except RegexpSyntaxError as error:
        raise source.error(f"bad regular expression: {error}", at) from None
    return Regexp(pattern, perl), end


class RegexpSyntaxError(ValueError):
    """The pattern is no regular expression to Racket."""


def check_regexp(pattern: str | bytes, *, perl: bool) -> None:
    """Raise :class:`RegexpSyntaxError` unless ``regexp`` (with ``perl``: ``pregexp``) would accept the pattern."""
    text = pattern.decode("latin-1") if isinstance(pattern, bytes) else pattern
    if _SPECIAL.search(text):
        _Checker(text, perl).check()


_SPECIAL: Final = re.compile(r"[\\|()\[\]{}*+?]")
_LITERALS: Final = re.compile(r"[^\\|()\[\]{}*+?.^$]++")
_DIGITS: Final = re.compile(r"[0-9]*+")
_REPEAT: Final = re.compile(r"\{([0-9]*+)(?:,([0-9]*+))?\}")
_MODE: Final = re.compile(r"(?:[ism]|-[ism])*+:")
_CLASSES: Final = frozenset("dDwWsS")
_POSIX: Final = re.compile(r"\[:(?:alpha|upper|lower|digit|xdigit|alnum|word|blank|space|graph|print|cntrl|ascii):\]")
_PROPERTY: Final = re.compile(r"[pP]\{\^?(?:L[lutmo&]?|N[dlo]?|P[seifcdo]?|M[nce]?|S[ckmo]?|Z[lps]?|C[cfsno]?|\.)\}")


@dataclass(slots=True)
class _Size:
    """How much a part of a pattern matches: perhaps nothing (``empty``), any amount (``unbounded``).

    ``pending`` are the groups referred to whose size was not known yet: it was taken for more than nothing.
    """

    empty: bool = True
    unbounded: bool = False
    pending: set[int] = field(default_factory=set)

    def then(self, other: _Size) -> None:
        """This followed by the other one."""
        self.empty = self.empty and other.empty
        self._absorb(other)

    def alternatively(self, other: _Size) -> None:
        """This or the other one."""
        self.empty = self.empty or other.empty
        self._absorb(other)

    def _absorb(self, other: _Size) -> None:
        self.unbounded = self.unbounded or other.unbounded
        small, large = sorted((self.pending, other.pending), key=len)
        large |= small
        self.pending = large


@dataclass(slots=True)
class _Group:
    """An open parenthesis, or the whole pattern."""

    kind: str
    number: int = -1
    sequence: _Size = field(default_factory=_Size)
    alternatives: list[_Size] = field(default_factory=list)
    fresh: bool = True
    """Whether nothing stands in the current alternative yet."""


class _Checker:
    """One pass over a pattern, without recursion."""

    def __init__(self, text: str, perl: bool) -> None:
        self.text = text
        self.perl = perl
        self.at = 0
        self.groups = 0
        self.empty_groups: dict[int, bool] = {}
        self.needed: set[int] = set()
        self.highest = 0
        self.stack = [_Group("top")]

    def check(self) -> None:
        """Raise for a bad pattern."""
        while self.at < len(self.text):
            character = self.text[self.at]
            if character == "(":
                self._open()
            elif character == ")":
                self._close()
            elif character == "|":
                self._alternative()
            else:
                self._atom(character)
        if len(self.stack) > 1:
            raise RegexpSyntaxError("missing )")
        if self.highest > self.groups:
            raise RegexpSyntaxError(f"backreference to group {self.highest} of {self.groups}")
        if any(self.empty_groups.get(number, True) for number in self.needed):
            raise RegexpSyntaxError("what is repeated could match nothing")

    def _open(self) -> None:
        text, start = self.text, self.at + 1
        if text[start : start + 1] != "?":
            self.stack.append(_Group("group", self.groups))
            self.groups += 1
            self.at = start
            return
        start += 1
        for mark, kind in (("=", "look"), ("!", "look"), ("<=", "behind"), ("<!", "behind"), (">", "cut")):
            if text.startswith(mark, start):
                self.stack.append(_Group(kind))
                self.at = start + len(mark)
                return
        if mode := _MODE.match(text, start):
            self.stack.append(_Group("mode"))
            self.at = mode.end()
        elif text.startswith("(", start):
            self.stack.append(_Group("conditional"))
            self._test(start + 1)
        else:
            raise RegexpSyntaxError("bad (? form")

    def _test(self, start: int) -> None:
        """The test of ``(?(test)then|else)``."""
        if self.text.startswith("?", start):
            for mark, kind in (("=", "test"), ("!", "test"), ("<=", "test behind"), ("<!", "test behind")):
                if self.text.startswith(mark, start + 1):
                    self.stack.append(_Group(kind))
                    self.at = start + 1 + len(mark)
                    return
        digits = _DIGITS.match(self.text, start)
        if digits is None or not digits[0] or not self.text.startswith(")", digits.end()):
            raise RegexpSyntaxError("bad test in (?(...)...)")
        self.stack[-1].sequence.pending |= self._reference(digits[0]).pending
        self.at = digits.end() + 1

    def _alternative(self) -> None:
        group = self.stack[-1]
        if group.kind == "conditional" and group.alternatives:
            raise RegexpSyntaxError("more than two branches in (?(...)...)")
        group.alternatives.append(group.sequence)
        group.sequence, group.fresh = _Size(), True
        self.at += 1

    def _close(self) -> None:
        if len(self.stack) == 1:
            raise RegexpSyntaxError("unmatched )")
        group = self.stack.pop()
        if group.kind == "conditional" and group.fresh:
            raise RegexpSyntaxError("nothing to do in (?(...)...)")
        size = group.sequence
        for alternative in group.alternatives:
            size.alternatively(alternative)
        self.at += 1
        if group.kind in {"behind", "test behind"} and size.unbounded:
            raise RegexpSyntaxError("lookbehind of unbounded length")
        if group.kind in {"look", "behind", "test", "test behind"}:
            size = _Size(pending=size.pending)
        if group.kind in {"test", "test behind"}:
            self.stack[-1].sequence.pending |= size.pending
            return
        if group.kind == "conditional" and not group.alternatives:
            size.empty = True
        if group.kind == "group":
            self.empty_groups[group.number] = size.empty
        self._repeated(size)

    def _atom(self, character: str) -> None:
        one = _Size(empty=False)
        if literals := _LITERALS.match(self.text, self.at):
            last = literals.end() - 1
            if last > self.at:
                self.stack[-1].sequence.then(one)
            self.at = last + 1
        elif character in "*+?" or (self.perl and character in "{]}"):
            raise RegexpSyntaxError(f"misplaced {character}")
        elif character in "^$":
            one = _Size()
            self.at += 1
        elif character == "[":
            self._range()
        elif character == "\\":
            one = self._escape()
        else:
            self.at += 1
        self._repeated(one)

    def _escape(self) -> _Size:
        following = self.text[self.at + 1 : self.at + 2]
        start = self.at + 1
        self.at += 1 + len(following)
        if not self.perl or not following.isascii() or not following.isalnum():
            return _Size(empty=False)
        if following.isdigit():
            digits = _DIGITS.match(self.text, start)
            assert digits is not None
            self.at = digits.end()
            return self._reference(digits[0])
        if following in "pP":
            name = _PROPERTY.match(self.text, start)
            if name is None:
                raise RegexpSyntaxError("no such character property")
            self.at = name.end()
        elif following in "bB":
            return _Size()
        elif following not in _CLASSES:
            raise RegexpSyntaxError(f"no such escape: \\{following}")
        return _Size(empty=False)

    def _reference(self, digits: str) -> _Size:
        significant = digits.lstrip("0")
        number = int(significant or "0") if len(significant) < 10 else 10**9
        self.highest = max(self.highest, number)
        if number in self.empty_groups:  # Racket counts groups from 0 here, and from 1 elsewhere
            return _Size(self.empty_groups[number], True)
        return _Size(False, True, {number - 1})

    def _repeated(self, size: _Size) -> None:
        """Add a part that ends here to its group, together with the repetition behind it."""
        sign = self.text[self.at : self.at + 1]
        if sign == "{" and self.perl:
            repeat = _REPEAT.match(self.text, self.at)
            if repeat is None:
                raise RegexpSyntaxError("bad {...}")
            least, most = repeat[1], repeat[1] if repeat[2] is None else repeat[2] or "unlimited"
            self._repeat(size, bool(least.strip("0")), bool(most.strip("0")), most == "unlimited")
            self._behind_repetition(repeat.end())
        elif sign in {"*", "+"}:
            self._repeat(size, sign == "+", True, True)
            self._behind_repetition(self.at + 1)
        elif sign == "?":
            size.empty = True
            self._behind_repetition(self.at + 1)
        group = self.stack[-1]
        group.sequence.then(size)
        group.fresh = False

    def _repeat(self, size: _Size, least: bool, most: bool, unlimited: bool) -> None:
        """Repeat a part: at least once or not, at most some times or none, without a limit or with one."""
        if size.empty:
            raise RegexpSyntaxError("what is repeated could match nothing")
        self.needed |= size.pending
        size.pending = set()
        size.unbounded = unlimited or (size.unbounded and most)
        size.empty = not least

    def _behind_repetition(self, at: int) -> None:
        self.at = at + self.text.startswith("?", at)
        if self.text.startswith(("?", "*", "+"), self.at) or (self.perl and self.text.startswith("{", self.at)):
            raise RegexpSyntaxError("nested repetition")

    def _range(self) -> None:
        """``[...]``."""
        text, at = self.text, self.at + 1
        at += text.startswith("^", at)
        low = ""
        if text.startswith(("]", "-"), at):
            at += 1
        spanning = False
        while True:
            character = text[at : at + 1]
            if character == "":
                raise RegexpSyntaxError("missing ]")
            if character == "]":
                if spanning:
                    break
                self.at = at + 1
                return
            if character == "-" and not spanning:
                if text.startswith("]", at + 1):
                    self.at = at + 2
                    return
                if not low:
                    raise RegexpSyntaxError("misplaced - in [...]")
                spanning = True
                at += 1
                continue
            if character == "\\" and self.perl:
                at += 1
                character = text[at : at + 1]
                if character.isascii() and character.isalpha():
                    if spanning or character not in _CLASSES:
                        break
                    low = ""
                    at += 1
                    continue
                if character == "":
                    break
            elif character == "[" and self.perl and not spanning and (posix := _POSIX.match(text, at)):
                at, low = posix.end(), ""
                continue
            if spanning and low > character:
                break
            low, spanning = ("", False) if spanning else (character, False)
            at += 1
        raise RegexpSyntaxError("bad range in [...]")
