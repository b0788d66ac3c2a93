"""A scope as an object: look at its packages, make a plan, carry it out."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import field, replace
from functools import cached_property
from pathlib import Path

from pltpack.arguments import check_several
from pltpack.dataclass import dataclass
from pltpack.errors import BlockedError, PltError
from pltpack.racket.installation import Installation
from pltpack.racket.packages import Scope as ScopeName
from pltpack.racket.simplify import simplify
from pltpack.scope.access import Access
from pltpack.scope.commit import Applied, Manner, ScopeChangedError, TrashLimits, apply_plan, recover
from pltpack.scope.plan.asked import Asking, wishes_of
from pltpack.scope.plan.planner import Ask, Sources, make_plan
from pltpack.scope.plan.values import Content, Known, Options, Plan, Situation, Wish
from pltpack.scope.state.installed import Installed
from pltpack.scope.state.lock import DEFAULT_TIMEOUT
from pltpack.scope.state.places import Places, places_of, searched_scopes
from pltpack.scope.state.settings import Settings
from pltpack.scope.state.surroundings import Surroundings

_TRIES = 5


@dataclass
class Scope:
    """A scope of an installation: ``with open_scope("user") as scope: ...``.

    Each look at :attr:`packages` shows what is there at that moment. What a plan has fetched is kept until the scope is
    closed.
    """

    installation: Installation
    places: Places
    manner: Manner = field(default_factory=Manner)
    access: Access = field(default_factory=Access)
    ask: Ask | None = None
    _rooms: contextlib.ExitStack = field(default_factory=contextlib.ExitStack, repr=False)

    def __enter__(self) -> Scope:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Let go of everything that was fetched and not installed."""
        self._rooms.close()
        self.access.rooms.close()

    @cached_property
    def settings(self) -> Settings:
        """The settings that hold in the scope."""
        return Settings(self.installation, self.places)

    @property
    def packages(self) -> Mapping[str, Installed]:
        """The packages of the scope by name. Raises :class:`~pltpack.errors.ConfigError` and ``OSError``."""
        return Surroundings(self.installation, self.places).here

    def surroundings(self) -> Surroundings:
        """The scope and those around it, as they are now."""
        return Surroundings(self.installation, self.places)

    def plan(
        self,
        *,
        install: Sequence[str | Wish] = (),
        update: Sequence[str | Wish] = (),
        remove: Sequence[str] = (),
        update_all: bool = False,
        auto: bool = False,
        demote: bool = False,
        options: Options = Options(),
        asking: Asking = Asking(),
    ) -> Plan:
        """The plan to install packages, to update or to remove some; nothing is changed yet.

        Sources are given as on the command line, and meant as ``asking`` says; to ``update``, a package name is the
        installed package. ``auto`` and ``demote`` are those of removing. One of the three can be asked for at a time.
        Raises :class:`~pltpack.errors.PltError`.
        """
        for argument, several in (("install", install), ("update", update), ("remove", remove)):
            check_several(argument, several)
        if (bool(install), bool(update) or update_all, bool(remove) or auto or demote).count(True) > 1:
            raise ValueError("one plan installs, updates or removes")
        if remove or auto or demote:
            from pltpack.scope.plan.removal import plan_remove

            return self.make(
                lambda situation, _: plan_remove(situation, options, remove, auto=auto, demote=demote), options
            )
        from pltpack.scope.plan.plans import plan_install, plan_update

        if update or update_all:
            names, wishes = self._to_update(update, asking)
            return self.make(
                lambda situation, known: plan_update(situation, options, known, names, wishes, everything=update_all),
                options,
            )
        wanted = [wish for one in install for wish in ([one] if isinstance(one, Wish) else wishes_of([one], asking))]
        return self.make(lambda situation, known: plan_install(situation, options, known, wanted), options)

    @staticmethod
    def _to_update(update: Sequence[str | Wish], asking: Asking) -> tuple[list[str], list[Wish]]:
        names: list[str] = []
        wishes: list[Wish] = []
        for one in update:
            wish = one if isinstance(one, Wish) else wishes_of([one], asking)[0]
            if isinstance(one, str) and wish.type == "name":
                names.append(wish.name)
            else:
                wishes.append(wish)
        return names, wishes

    def make(self, plan: Callable[[Situation, Known], Plan], options: Options) -> Plan:
        """A plan from a function of the situation and of what is known."""
        recover(self.places, self.manner)
        surroundings = self.surroundings()
        situation = surroundings.situation()
        sources = _OnDemand(lambda: self._sources(surroundings, options))
        return make_plan(lambda known: plan(situation, known), sources, self.ask)

    def _sources(self, surroundings: Surroundings, options: Options) -> Sources:
        from pltpack.scope.sources import PackageSources

        return PackageSources(surroundings, options, self.settings, self.access, self._rooms)

    def apply(self, plan: Plan) -> Applied:
        """Carry out a plan, all of it or nothing. Raises as :func:`~pltpack.scope.commit.apply_plan`."""
        limits = TrashLimits(self.settings.number("trash-max-packages"), self.settings.number("trash-max-seconds"))
        return apply_plan(plan, self.installation, self.places, replace(self.manner, limits=limits))

    def carry_out(self, make: Callable[[], Plan], before: Callable[[Plan], None] | None = None) -> Applied:
        """Make a plan and carry it out; if somebody else changes the scope meanwhile, again from the start.

        ``before`` is shown each plan before it is carried out.
        """
        for _ in range(_TRIES):
            plan = make()
            if before is not None:
                before(plan)
            with contextlib.suppress(ScopeChangedError):
                return self.apply(plan)
        raise BlockedError("others keep changing the packages of this scope", file=str(self.places.packages))


class _OnDemand:
    """Sources that are made when a plan asks for something: many ask for nothing."""

    def __init__(self, make: Callable[[], Sources]) -> None:
        self._make = make

    @cached_property
    def _made(self) -> Sources:
        return self._make()

    def contents(self, wishes: Sequence[Wish]) -> Sequence[Content | Exception]:
        return self._made.contents(wishes)

    def checksums(self, wishes: Sequence[Wish]) -> Sequence[str | Exception | None]:
        return self._made.checksums(wishes)


def open_scope(
    scope: ScopeName = "user",
    *,
    installation: Installation | None = None,
    racket: Path | None = None,
    version: str | None = None,
    root: Path | None = None,
    access: Access | None = None,
    lock_timeout: float = DEFAULT_TIMEOUT,
    ask: Ask | None = None,
) -> Scope:
    """Open a scope: ``user``, ``installation``, or the directory of another one.

    ``installation`` is the Racket that it belongs to; otherwise one is found, by ``racket`` and ``version`` as
    :meth:`~pltpack.racket.installation.Installation.discover` does, below the directory ``root`` if that is given: an
    image that is unpacked or mounted there. ``access`` says how sources are reached; ``ask`` answers questions, which
    without it are answered with no. Raises :class:`~pltpack.errors.InstallationError` and
    :class:`~pltpack.errors.ConfigError`.
    """
    if installation is None:
        if root is not None:
            from pltpack.racket.image import discover_in

            installation = discover_in(root, racket=racket, version=version)
        else:
            installation = Installation.discover(racket=racket, version=version)
    places = places_of(installation, scope if isinstance(scope, str) else simplify(scope.absolute()))
    manner = Manner(lock_timeout=lock_timeout)
    return Scope(installation, places, manner, access or Access(), ask)


def scope_of(names: Sequence[str], installation: Installation) -> ScopeName | None:
    """The scope in which packages are installed, the narrowest for each; ``None`` if none of them is installed.

    Raises :class:`~pltpack.errors.BlockedError` if they are in different ones.
    """
    found: list[tuple[str, ScopeName]] = []
    for name in names:
        for places in searched_scopes(installation):
            if name in Surroundings(installation, places).here:
                found.append((name, places.scope))
                break
    for name, scope in found[1:]:
        if scope != found[0][1]:
            raise BlockedError(
                "given packages are installed in different scopes",
                details=(
                    f"  package: {found[0][0]}",
                    f"  scope: {found[0][1]}",
                    f"  second package: {name}",
                    f"  second scope: {scope}",
                ),
            )
    return found[0][1] if found else None


__all__ = ["Applied", "PltError", "Scope", "open_scope", "scope_of"]
