"""Whether something is for the platform at hand (``matching-platform?`` of ``setup/matching-platform``)."""

from __future__ import annotations

import re
from typing import Final

from pltpack.datum.values import Regexp, Symbol
from pltpack.racket.info.fields import Dependency
from pltpack.scope.plan.values import Options, Situation

_LONGEST: Final = 200


def is_for(dependency: Dependency, situation: Situation, options: Options) -> bool:
    """Whether the dependency counts, by its ``#:platform``."""
    return options.all_platforms or fits(dependency.platform, situation.system, situation.library_subpath)


def fits(wanted: str | Symbol | Regexp | None, system: str, library_subpath: str) -> bool:
    """Whether a platform is meant: by the system's name, by the path of its libraries, or by a regular expression that
    is searched in that path."""
    if wanted is None:
        return True
    if isinstance(wanted, Symbol):
        return wanted.name == system
    if isinstance(wanted, str):
        return wanted == library_subpath
    return _found(wanted, library_subpath)


def _found(wanted: Regexp, text: str) -> bool:
    """A search in the path of libraries: such expressions are words with bars between them. What is no regular
    expression, or longer than any that is meant, matches nothing."""
    assert isinstance(wanted.source, str)
    try:
        return len(wanted.source) <= _LONGEST and re.search(wanted.source, text) is not None
    except re.error:
        return False
