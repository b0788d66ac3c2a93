"""Which packages an installation comes to: a pure function of what is there, what is wanted, and what is known of it.

The order of steps is that of ``pkg/private/install``: a package that misses something waits until that has had its
turn, so that each stands behind what it needs. What is not known yet is asked for, all at once, and then the function
is called anew: it never looks at a disk or a network.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import field, replace
from typing import Final

from pltpack.dataclass import dataclass
from pltpack.pkg.source import parse_source
from pltpack.racket.info.fields import Dependency
from pltpack.racket.version import version_key
from pltpack.scope.plan import conflicts, wording
from pltpack.scope.plan.freshness import Freshness
from pltpack.scope.plan.platforms import is_for
from pltpack.scope.plan.refusals import refuse_fixed, refuse_installed, refuse_two_of_a_name
from pltpack.scope.plan.values import (
    Content,
    Known,
    Needs,
    Options,
    Question,
    Reason,
    Situation,
    Undecided,
    Unknown,
    Wish,
)

CORE: Final = "racket"
"""The package that is no package: the running Racket itself."""


@dataclass
class Resolution:
    """What an installation comes to: the contents in the order in which they are put in place, why each is among them,
    and what came along with whom (``install`` or ``update``, the package, names as they were listed)."""

    contents: list[Content]
    reasons: dict[str, Reason]
    replaced: set[str]
    promoted: list[str] = field(default_factory=list)
    came_along: list[tuple[str, str, tuple[str, ...]]] = field(default_factory=list)
    announced: list[str] = field(default_factory=list)


class _Waits(Exception):
    """A package has to wait for others, which come first."""

    def __init__(self, kind: str, wishes: Sequence[Wish], listed: tuple[str, ...]) -> None:
        super().__init__()
        self.kind = kind
        self.wishes = wishes
        self.listed = listed


class Resolver:
    """One run. ``updating`` are the names of installed packages that the wishes replace."""

    def __init__(
        self,
        situation: Situation,
        options: Options,
        known: Known,
        wishes: Sequence[Wish],
        *,
        updating: Iterable[str] = (),
        reasons: Mapping[str, Reason] | None = None,
        is_update: bool = False,
    ) -> None:
        self.situation = situation
        self.options = options
        self.known = known
        self.order = list({wish.key: wish for wish in wishes}.values())
        self.replaced = set(updating)
        self.is_update = is_update
        self.reasons = dict(reasons or {wish.name: Reason("asked", (wish.name,)) for wish in self.order})
        self.came_along: list[tuple[str, str, tuple[str, ...]]] = []
        self.announced: list[str] = []
        self.freshness = Freshness(situation, known, options)
        self.asked_for = {wish.name for wish in self.order}

    def run(self) -> Resolution:
        """Raises :class:`Unknown`, :class:`Undecided`, and the errors of a plan that cannot be."""
        refuse_two_of_a_name(self.order)
        self._know_all(self.order)
        if self.options.deps == "search-auto":
            self._know_what_will_be_missing()
        place = 0
        promoted: list[str] = []
        passed: set[str] = set()
        while place < len(self.order):
            wish = self.order[place]
            content = self.known.contents[wish.key]
            if content.problem is not None:
                wording.not_as_it_should_be(content.problem.message, *content.problem.details)
            try:
                if self._is_promotion(content):
                    promoted.append(wish.name)
                else:
                    self._check(content, passed)
            except _Waits as waits:
                self._put_first(waits, place)
                self._know_all(self.order)
                place, promoted = 0, []
                continue
            place += 1
        contents = [
            self.known.contents[wish.key]
            for wish in self.order
            if wish.name not in promoted or wish.name in self.replaced
        ]
        return Resolution(contents, self.reasons, self.replaced, promoted, self.came_along, self.announced)

    # what is known

    def _know_all(self, wishes: Iterable[Wish]) -> None:
        unknown = tuple(wish for wish in wishes if wish.key not in self.known.contents)
        if unknown:
            raise Unknown(Needs(contents=unknown))

    def _know_what_will_be_missing(self) -> None:
        """Ask for all dependencies that will be fetched anyway, one level at a time."""
        seen = {wish.name for wish in self.order}
        level = [self.known.contents[wish.key] for wish in self.order]
        while level:
            wanted: dict[str, Wish] = {}
            for content in level:
                for name, dependency in self._dependencies(content):
                    if name not in seen and not self._is_there(name):
                        seen.add(name)
                        wanted[name] = self._wish_for(name, dependency)
            self._know_all(wanted.values())
            level = [self.known.contents[wish.key] for wish in wanted.values()]

    # one package

    def _is_promotion(self, content: Content) -> bool:
        """Whether all that is to be done is to make an installed package an explicit one."""
        if content.name in self.replaced or content.name not in self.asked_for or self.is_update:
            return False
        there = self.situation.here.get(content.name)
        if there is None or not there.record.auto:
            return False
        given, recorded = content.origin, there.record.origin
        if given == recorded or (
            given.kind == recorded.kind == "catalog" and given.arguments[0] == recorded.arguments[0]
        ):
            return True
        return wording.blocked(
            "package is already installed from a different source",
            f"  package: {content.name}",
            f"  installed source: {wording.shown_origin(recorded)}",
            f"  given source: {wording.shown_origin(given)}",
        )

    def _check(self, content: Content, passed: set[str]) -> None:
        contents = {wish.name: self.known.contents[wish.key] for wish in self.order}
        if content.overlap is not None:
            wording.blocked(content.overlap.message, *content.overlap.details)
        conflicts.refuse_overlapping_links(content, contents)
        if content.name not in self.replaced:
            refuse_installed(content.name, self.situation, force=self.options.force)
        if not self.options.force:
            conflicts.refuse_modules(content, contents)
            conflicts.refuse_items(content, contents, self.situation, self.options)
        if self.options.deps != "force":
            self._look_for_missing(content)
        self._look_for_news(content, passed)
        if self.options.deps != "force":
            self._look_for_old(content, contents)

    def _look_for_missing(self, content: Content) -> None:
        wanted = [
            (name, dependency)
            for name, dependency in self._dependencies(content)
            if name not in self._names() and not self._is_there(name)
        ]
        if not wanted:
            return
        listed = tuple(dependency.source for _, dependency in wanted)
        if self.options.deps == "fail":
            wording.missing(content.wish.source, listed, chain=self._chain(content.name))
        if self.options.deps == "search-ask":
            lines = ("The following uninstalled packages are listed as dependencies", content.name)
            if not self._agreed("install", content, lines, listed, "install"):
                wording.missing(content.wish.source, listed, asked=True)
        for name, dependency in wanted:
            chain = (*self._chain(content.name), name)
            self.reasons.setdefault(name, Reason("dependency", chain, dependency.version))
        raise _Waits("install", [self._wish_for(*one) for one in wanted], listed)

    def _look_for_news(self, content: Content, passed: set[str]) -> None:
        """Updates of what a package implies, and with ``--update-deps`` of all that it depends on."""
        if content.name in passed:
            return
        all_of_them = self.options.update_deps and self.options.searches
        names = [name for name, _ in self._dependencies(content)] if all_of_them else []
        if self.options.implies:
            names.extend(name for name in content.facts.implied if name not in names)
        names = [name for name in names if name in self.situation.here and name not in self._names()]
        self.freshness.know(names, deps=all_of_them)
        news = self.freshness.newer_with_dependencies(names, deps=all_of_them, done=self._names())
        passed.add(content.name)
        if not news:
            return
        listed = tuple(wish.name for wish in news)
        implied = all(name in content.facts.implied for name in listed)
        if not implied and self.options.deps == "search-ask":
            lines = ("The following out-of-date packages are listed as dependencies", content.name)
            if not self._agreed("update", content, lines, listed, "update"):
                return
        if implied or self.options.deps == "search-auto":
            self._announce(content, listed)
        self._replace(content, news, "implied" if implied else "dependency")
        raise _Waits("update", news, listed)

    def _look_for_old(self, content: Content, contents: Mapping[str, Content]) -> None:
        """Dependencies that are there, but in too old a version."""
        old: list[tuple[str, str, str]] = []
        fixed = False
        for name, dependency in self._dependencies(content, core=True):
            needed = dependency.version
            if needed is None:
                continue
            there = self.situation.find(name)
            if name == CORE:
                have, final = self.situation.version, True
            elif name in contents:
                have, final = contents[name].facts.version, True
            elif there is not None:
                have, final = there.facts.version, False
            else:
                continue  # left out by --deps force of an earlier time, or by a question
            if version_key(have) < version_key(needed):
                old.append((name, have, needed))
                fixed = fixed or final
        if not old:
            return
        chain = self._chain(content.name)
        if fixed or self.options.deps == "fail":
            wording.mismatch(content.wish.source, old, chain=chain)
        listed = tuple(wording.versions(pair) for pair in old)
        lines = ("The following out-of-date packages are listed as dependencies", content.name)
        if self.options.deps == "search-ask" and not self._agreed("update", content, lines, listed, "update"):
            wording.mismatch(content.wish.source, old, chain=chain)
        if self.options.deps == "search-auto":
            self._announce(content, listed)
        names = [name for name, _, _ in old]
        refuse_fixed(names, self.situation)
        self.freshness.know(names, deps=False)
        news = [wish for name in names if (wish := self.freshness.newer(name)) is not None]
        if len(news) < len(names):
            wording.mismatch(content.wish.source, old, chain=chain)
        if self.options.as_racket:
            news = [replace(wish, auto=True) for wish in news]
        self._replace(content, news, "dependency", {name: needed for name, _, needed in old})
        raise _Waits("update", news, tuple(names))

    # how it goes on

    def _put_first(self, waits: _Waits, place: int) -> None:
        """Dependencies, then the packages that have not had their turn, then those that have."""
        kind = "update" if self.is_update else waits.kind
        self.came_along.append((kind, self.order[place].name, waits.listed))
        self.order = [*waits.wishes, *self.order[place + 1 :], *self.order[: place + 1]]
        self.order = list({wish.name: wish for wish in self.order}.values())

    def _replace(
        self, content: Content, news: Sequence[Wish], kind: str, needed: Mapping[str, str] | None = None
    ) -> None:
        for wish in news:
            self.replaced.add(wish.name)
            chain = (*self._chain(content.name), wish.name)
            reason = Reason("implied" if kind == "implied" else "dependency", chain, (needed or {}).get(wish.name))
            self.reasons.setdefault(wish.name, reason)

    def _announce(self, content: Content, listed: Sequence[str]) -> None:
        self.announced += [
            f"The following out-of-date packages are listed as dependencies of {content.name}",
            "and they will be automatically updated:",
            *(f"   {one}" for one in listed),
        ]

    def _agreed(self, kind: str, content: Content, lines: tuple[str, str], listed: tuple[str, ...], verb: str) -> bool:
        key = (kind, content.name, *listed)
        if key in self.known.answers:
            return self.known.answers[key]
        text, name = lines
        shown = tuple(f"   {one}" for one in listed)
        done = "installed" if verb == "install" else "updated"
        raise Undecided(
            Question(
                key,
                (f"{text} of {name}:", *shown),
                f"Would you like to {verb} these dependencies?",
                (f"{text} of {name}", f"and they will be {done}:", *shown),
            )
        )

    def _names(self) -> set[str]:
        return {wish.name for wish in self.order}

    def _chain(self, name: str) -> tuple[str, ...]:
        reason = self.reasons.get(name)
        return reason.chain if reason is not None and reason.chain else (name,)

    def _is_there(self, name: str) -> bool:
        return name == CORE or self.situation.find(name) is not None

    def _dependencies(self, content: Content, *, core: bool = False) -> Iterator[tuple[str, Dependency]]:
        for name, dependency in content.facts.dependencies:
            if (core or name != CORE) and is_for(dependency, self.situation, self.options):
                yield name, dependency

    def _wish_for(self, name: str, dependency: Dependency) -> Wish:
        source = parse_source(dependency.source, strict=False)
        return Wish(dependency.source, source.type or "name", name, auto=True)
