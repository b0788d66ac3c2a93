"""Which installed packages have something newer where they came from."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence

from pltpack.pkg.source import parse_source
from pltpack.scope.plan import wording
from pltpack.scope.plan.values import Known, Needs, Options, Present, Situation, Unknown, Wish


def wish_of(present: Present) -> Wish | None:
    """What would be fetched to renew an installed package; ``None`` for one that is linked or from this machine."""
    origin = present.record.origin
    auto = present.record.auto
    match origin.kind:
        case "catalog":
            return Wish(origin.arguments[0], "name", present.name, auto=auto)
        case "url" | "git":
            source = parse_source(origin.arguments[0], name=present.name, strict=False)
            kind = source.type or "file-url"
            return Wish(origin.arguments[0], kind, present.name, auto=auto)
        case "clone" if len(origin.arguments) > 1:
            return Wish(origin.arguments[1], "clone", present.name, auto=auto, clone=present.directory)
    return None


class Freshness:
    """Answers what is newer than what is installed, from the checksums that sources have today."""

    def __init__(self, situation: Situation, known: Known, options: Options) -> None:
        self.situation = situation
        self.known = known
        self.options = options

    def know(self, names: Iterable[str], *, deps: bool) -> None:
        """Make sure that all checksums are known that :meth:`newer_with_dependencies` will need, or raise
        :class:`Unknown` with all that are not."""
        wishes = []
        for name in self._closure(names, deps=deps):
            wish = wish_of(self.situation.here[name])
            if wish is not None and wish.key not in self.known.checksums and name not in self.known.missing:
                wishes.append(wish)
        if wishes:
            raise Unknown(Needs(checksums=tuple(wishes)))

    def newer(self, name: str) -> Wish | None:
        """What renews an installed package; ``None`` if there is nothing new. No checksum to be had is nothing new."""
        present = self.situation.here[name]
        wish = wish_of(present)
        if wish is None:
            return None
        if name in self.known.missing and self.options.as_racket:
            wording.not_as_it_should_be("cannot find package on catalogs", f"  package: {name}")
        today = self.known.checksums.get(wish.key)
        return wish if today is not None and today != present.record.checksum else None

    def newer_with_dependencies(self, names: Sequence[str], *, deps: bool, done: Collection[str]) -> list[Wish]:
        """What renews these, or, where one is not new itself, what it depends on or implies."""
        found: dict[str, Wish] = {}
        seen = set(done)
        self._collect(names, deps=deps, seen=seen, found=found)
        return list(found.values())

    def _collect(self, names: Sequence[str], *, deps: bool, seen: set[str], found: dict[str, Wish]) -> None:
        pending = list(reversed(names))
        while pending:
            name = pending.pop()
            if name in seen or name not in self.situation.here:
                continue
            seen.add(name)
            wish = self.newer(name)
            if wish is not None:
                found[name] = wish
                continue
            pending.extend(reversed(self._next(name, deps=deps)))

    def _next(self, name: str, *, deps: bool) -> list[str]:
        facts = self.situation.here[name].facts
        names = [one for one, _ in facts.dependencies] if deps else []
        if self.options.implies:
            names.extend(one for one in facts.implied if one not in names)
        return [one for one in names if one in self.situation.here]

    def _closure(self, names: Iterable[str], *, deps: bool) -> list[str]:
        seen: dict[str, None] = {}
        pending = list(names)
        while pending:
            name = pending.pop(0)
            if name in self.situation.here and name not in seen:
                seen[name] = None
                pending.extend(self._next(name, deps=deps))
        return list(seen)
