"""What a command on a lock file works on: an environment, or a scope."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
from dataclasses import fields, replace
from pathlib import Path
from typing import TYPE_CHECKING

from ..console import usage_error
from ..packages.scoped import Where, opened
from ..progress import progress

if TYPE_CHECKING:
    from pltpack.lock.places.environment import Environment
    from pltpack.racket.installation import Installation
    from pltpack.scope.access import Access
    from pltpack.scope.scope import Scope


class Layer(Where):
    """A scope below another root, which does not depend on who asks: root's, unless ``PLTADDONDIR`` says another."""

    @classmethod
    def of(cls, where: Where) -> Layer:
        """The same scope, meant so."""
        return cls(**{field.name: getattr(where, field.name) for field in fields(where)})

    def discover(self) -> Installation:
        """The installation that is meant."""
        from pltpack.racket.image import discover_in

        assert self.root is not None
        own = {name: value for name in ("PLTADDONDIR", "PLTPACK_RACKET_VERSION") if (value := os.environ.get(name))}
        version = self.racket_version or own.pop("PLTPACK_RACKET_VERSION", None)
        return discover_in(self.root, racket=self.racket, version=version, environ=own)


def environment_of(where: Where, env: Path | None, base: Path) -> Environment | None:
    """The environment that is meant: the one that is named, or ``.racket`` beside the lock file, unless a scope is."""
    from pltpack.lock.places.environment import USUAL, read_environment

    if env is not None:
        if where.named() is not None or where.root is not None:
            usage_error("an environment is a scope of its own: --env goes with no other, and not with --root")
        found = read_environment(env)
        if found is None:
            usage_error(f"there is no environment in {env}: make one with raco-pkg env {env}")
        return found
    if where.named() is not None or where.root is not None:
        return None
    return read_environment(base / USUAL)


@contextlib.contextmanager
def opened_target(where: Where, environment: Environment | None, access: Access, *, quiet: bool) -> Iterator[Scope]:
    """The scope of an environment, or else the one that the options mean."""
    if environment is None:
        with opened(where, access=access, quiet=quiet) as scope:
            yield scope
        return
    from pltpack.scope.commit import Manner
    from pltpack.scope.scope import Scope
    from pltpack.scope.state.places import places_of

    installation = environment.installation(where.discover())
    with progress("Packages", quiet=quiet) as watch:
        manner = Manner(lock_timeout=where.lock_timeout, progress=watch, tell=access.tell)
        places = places_of(installation, "user")
        with Scope(installation, places, manner, replace(access, progress=watch)) as scope:
            yield scope
