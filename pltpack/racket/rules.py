"""The kinds of rules by which ``setup/dirs`` finds a directory or a search list.

A rule is a function from a :class:`~pltpack.racket.foundation.Foundation` to a value with its origin.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Final, TypeAlias

from pltpack.racket.config import Config, path_text
from pltpack.racket.foundation import Foundation
from pltpack.racket.origin import Located, Origin, Source, default
from pltpack.racket.simplify import simplify

Rule: TypeAlias = Callable[[Foundation], Located[Path | None]]
ListRule: TypeAlias = Callable[[Foundation], Located[tuple[Path, ...]]]

NO_RACKET: Final = default("no Racket installation")


def configured(key: str, otherwise: Rule) -> Rule:
    """The path under a key of ``config.rktd``, or what another rule says."""

    def rule(base: Foundation) -> Located[Path | None]:
        text = base.config.path(key)
        if text is None:
            return otherwise(base)
        return Located(simplify(base.complete(text)), base.config_origin(key))

    return rule


def beside_collects(*names: str, windows: tuple[str, ...] | None = None, macos: tuple[str, ...] | None = None) -> Rule:
    """A place in the directory that holds the main collection directory."""

    def rule(base: Foundation) -> Located[Path | None]:
        if base.main_collects is None:
            return Located(None, NO_RACKET)
        parts = {"win32": windows, "darwin": macos}.get(base.platform)
        place = base.main_collects.value.joinpath("..", *(names if parts is None else parts))
        return Located(simplify(place), default("beside the main collection directory"))

    return rule


def below(parent: Rule, *names: str) -> Rule:
    """A place in the directory that another rule finds."""

    def rule(base: Foundation) -> Located[Path | None]:
        found = parent(base)
        return Located(None if found.value is None else found.value.joinpath(*names), found.origin)

    return rule


def user(
    *names: str, windows: tuple[str, ...] | None = None, macos: tuple[str, ...] | None = None, simple: bool = True
) -> Callable[[Foundation], Located[Path]]:
    """A place in the folder that the installation's name has in the add-on directory."""

    def rule(base: Foundation) -> Located[Path]:
        parts = {"win32": windows, "darwin": macos}.get(base.platform)
        place = base.addon.value.joinpath(base.located_name().value, *(names if parts is None else parts))
        return Located(simplify(place) if simple else place, base.addon.origin)

    return rule


def search(keys: str | tuple[str, ...], *defaults: Callable[[Foundation], Located[Path | None]]) -> ListRule:
    """A search list: that of the first key present, each ``#f`` in it replaced by the default places."""

    def rule(base: Foundation) -> Located[tuple[Path, ...]]:
        places = tuple(place for find in defaults if (place := find(base).value) is not None)
        for key in (keys,) if isinstance(keys, str) else keys:
            listed = base.config.search_list(key)
            if listed is not None:
                return Located(_combine(base, listed, places), base.config_origin(key))
        return Located(places, default("the default places"))

    return rule


def _combine(base: Foundation, listed: list[str | None], places: tuple[Path, ...]) -> tuple[Path, ...]:
    combined: list[Path] = []
    for text in listed:
        combined.extend(places if text is None else [simplify(base.complete(text))])
    return tuple(combined)


def searched(rule: Callable[[Foundation], Located[Path]]) -> Rule:
    """A user's directory as a default place of a search: left out without user paths."""
    return lambda base: rule(base) if base.user_paths else Located(None, default("no user paths"))


def main(attribute: str) -> Rule:
    """One of the two directories that are found before all rules: ``main_collects`` or ``main_config``."""

    def rule(base: Foundation) -> Located[Path | None]:
        found: Located[Path] | None = getattr(base, attribute)
        return Located(None, NO_RACKET) if found is None else found

    return rule


def tethered(key: str) -> Rule:
    """A directory for executables tied to the add-on directory, relative to its ``etc``."""

    def rule(base: Foundation) -> Located[Path | None]:
        config: Config = base.addon_config
        value = config.raw(key)
        text = path_text(value) if isinstance(value, str) else None
        if text is None:
            return Located(None, default("none"))
        return Located(simplify(base.addon.value / "etc" / text), Origin(Source.CONFIG, key, config.file))

    return rule


def nothing(_: Foundation) -> Located[Path | None]:
    """The rule of a directory that is only there if it is configured."""
    return Located(None, default("none"))


def text(key: str, otherwise: str | None = None) -> Callable[[Foundation], Located[str | None]]:
    """A string of ``config.rktd``."""

    def rule(base: Foundation) -> Located[str | None]:
        value = base.config.string(key)
        if value is None:
            return Located(otherwise, default("none" if otherwise is None else "the usual one"))
        return Located(value, base.config_origin(key))

    return rule


def texts(key: str, *otherwise: str) -> Callable[[Foundation], Located[tuple[str, ...]]]:
    """A list of strings of ``config.rktd``."""

    def rule(base: Foundation) -> Located[tuple[str, ...]]:
        values = base.config.strings(key)
        if values is None:
            return Located(otherwise, default("the usual ones"))
        return Located(tuple(value for value in values if value is not None), base.config_origin(key))

    return rule


def flag(key: str) -> Callable[[Foundation], Located[bool]]:
    """A truth value of ``config.rktd``."""

    def rule(base: Foundation) -> Located[bool]:
        value = base.config.flag(key)
        return Located(value, base.config_origin(key) if value else default("no"))

    return rule
