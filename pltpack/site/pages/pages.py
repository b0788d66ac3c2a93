"""The pages for people: one for all packages, one for each. They work from a folder, without a server or a network."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property
from importlib import resources
from pathlib import Path
from typing import Any, Final

from jinja2 import ChoiceLoader, Environment, FileSystemLoader, PackageLoader, StrictUndefined, Template

from pltpack.datum.writer import write_datum
from pltpack.errors import ConfigError
from pltpack.inspection.wording import counted
from pltpack.site.config import CONFIG, SiteConfig
from pltpack.site.enrich import Fields, strings
from pltpack.site.knowledge import Knowledge
from pltpack.site.layout import ALL, CATALOG, content_path, json_path, page_path, record_path
from pltpack.site.pages.content import Content, archive_content, kept_content, prepared_path, readme_html
from pltpack.site.record import authors, description, tags
from pltpack.site.state import PackageState

_ASSETS: Final = ("style.css", "search.js")
_TEMPLATES: Final = ("base.html", "index.html", "package.html")
_INDEX: Final = "index.html"
"""The template of the page of all packages; where the page is the configuration says."""
_KEY_WITHIN: Final = 400
"""The first bytes of a page, in which its key stands."""


@dataclass(frozen=True)
class Look:
    """How pages look: the built-in templates and files, and those of a theme that go before them."""

    theme: Path | None

    @classmethod
    def of(cls, site: Path, config: SiteConfig) -> Look:
        """The look that a site's configuration asks for. Raises :class:`~pltpack.errors.ConfigError`."""
        if not config.site.theme:
            return cls(None)
        theme = site / config.site.theme
        if not theme.is_dir():
            raise ConfigError(f"the theme {config.site.theme} is no directory", file=str(site / CONFIG))
        return cls(theme)

    def text(self, name: str) -> bytes:
        """A template or file."""
        own = None if self.theme is None else self.theme / name
        if own is not None and own.is_file():
            return own.read_bytes()
        return resources.files("pltpack.site.pages").joinpath("templates", name).read_bytes()

    def digest(self) -> str:
        """What changes with any of the templates."""
        names = {*_TEMPLATES, *(path.name for path in self.theme.glob("*.html"))} if self.theme else {*_TEMPLATES}
        return hashlib.sha256(b"\0".join(self.text(name) for name in sorted(names))).hexdigest()


def _has_key(path: str, key: str) -> bool:
    try:
        with open(path, "rb", buffering=0) as stream:
            return f'content="pltpack {key}"'.encode() in stream.read(_KEY_WITHIN)
    except OSError:
        return False


class Pages:
    """Makes pages from the same knowledge and templates."""

    def __init__(self, site: Path, known: Knowledge, look: Look, prepared: Path) -> None:
        """``prepared``: the folder with what is in archives that are not in their places yet."""
        self._site = site
        self._known = known
        self._look = look
        self._prepared = prepared

    @cached_property
    def _environment(self) -> Environment:
        return page_environment(self._look.theme)

    def is_right(self, site: Path, name: str) -> bool:
        """Whether the files of a package in ``site`` are made from what is known now."""
        return (
            _has_key(f"{site}/{page_path(name)}", self._known.keys[name])
            and os.path.exists(f"{site}/{record_path(name)}")
            and os.path.exists(f"{site}/{json_path(name)}")
        )

    def are_right(self, site: Path) -> bool:
        """Whether what is made of all packages together is."""
        files = ALL, f"{CATALOG}/pkgs", "pkgs-all.json", "atom.xml"
        index = os.path.join(site, self._known.config.site.index)
        return _has_key(index, self._known.key_of_all) and all((site / file).exists() for file in files)

    def contents(self) -> Iterator[tuple[str, bytes]]:
        """What is in packages whose archives are elsewhere, for the next time that their pages are made."""
        for name in self._known.names:
            path = prepared_path(self._prepared, name)
            if self._known.states[name].archive is None and path.exists():
                yield content_path(name), path.read_bytes()

    def assets(self) -> Iterator[tuple[str, bytes]]:
        """What the pages load."""
        for name in _ASSETS:
            yield name, self._look.text(name)

    def package(self, name: str, record: Fields) -> tuple[str, bytes]:
        """The page of a package, and where it is."""
        known = self._known
        state, content = known.states[name], self._content(known.states[name])
        page = self._render(
            "package.html",
            known.keys[name],
            "../../",
            name=name,
            state=state,
            facts=state.facts,
            description=record.get("description") or "",
            conflicts=strings(record.get("conflicts")),
            table=list(_facts_table(state, record)),
            needs=[{"name": need, "detail": detail, "here": need in known.states} for need, detail in _needs(record)],
            needed_by=known.dependents.get(name, []),
            readme=readme_html(content, state.facts) if content is not None else None,
            content=content.files if content is not None else [],
            history=[
                {"when": _day(release.time), "version": release.version, "sha1": release.sha1}
                for release in reversed(state.history)
            ],
            snapshots=known.snapshots.get(name, []),
        )
        return page_path(name), page

    def _content(self, state: PackageState) -> Content | None:
        if (prepared := kept_content(prepared_path(self._prepared, state.name))) is not None:
            return prepared
        if state.archive is None:
            return kept_content(self._site / content_path(state.name))
        return archive_content(self._site / state.archive, state.facts)

    def of_all(self) -> Iterator[tuple[str, bytes]]:
        """The page of all packages, and what its search looks through: name, description, tags, and the rest of what
        is known, a row a package."""
        known = self._known
        rows, data = [], []
        for name in known.names:
            state, override = known.states[name], known.override(name)
            if state.removed is None:
                row = {"name": name, "description": description(state, override), "tags": " ".join(tags(override))}
                rows.append(row)
                others = " ".join([*authors(state, override, known.config), *state.facts.modules])
                data.append([*row.values(), others])
        text = json.dumps(data, ensure_ascii=True, separators=(",", ":")).replace("</", "<\\/")
        yield "packages.js", f"window.PACKAGES={text};\n".encode()
        page = self._render(_INDEX, known.key_of_all, "", rows=rows, removed=len(known.names) - len(rows))
        yield known.config.site.index, page

    def _render(self, template: str, key: str, up: str, **values: Any) -> bytes:
        config = self._known.config
        catalog = f"{config.site.url}catalog/" if config.site.url else "URL-OF-THIS-SITE/catalog/"
        found: Template = self._environment.get_template(template)
        return found.render(key=key, up=up, site=config.site, catalog=catalog, **values).encode("utf-8", "replace")


def page_environment(theme: Path | None, *packages: str) -> Environment:
    """Where templates come from: a theme, ``packages`` that have templates of their own, then the built-in ones."""
    built_in = [PackageLoader(package, "templates") for package in (*packages, "pltpack.site.pages")]
    loader = ChoiceLoader([*([] if theme is None else [FileSystemLoader(theme)]), *built_in])
    environment = Environment(loader=loader, autoescape=True, undefined=StrictUndefined, keep_trailing_newline=True)
    functions: dict[str, Callable[..., str]] = {"counted": counted, "day": _day}
    environment.globals.update(functions)
    return environment


def _needs(record: Fields) -> Iterator[tuple[str, str]]:
    """The packages that are needed, each once, with what is said of version and platform."""
    dependencies = record.get("dependencies")
    seen = set()
    for item in dependencies if isinstance(dependencies, list) else ():
        match item:
            case str(name):
                detail = ""
            case [str(name), *rest]:
                detail = " ".join(map(write_datum, rest))
            case _:
                continue
        if (name, detail) not in seen:
            seen.add((name, detail))
            yield name, detail


def _facts_table(state: PackageState, record: Fields) -> Iterator[tuple[str, str]]:
    facts = state.facts
    license = record.get("license")
    rows = [
        ("Authors", ", ".join(strings(record.get("authors")))),
        ("Licence", license if isinstance(license, str) else "not said"),
        ("Tags", " ".join(strings(record.get("tags")))),
        ("Ring", str(record.get("ring"))),
        ("Collection", facts.collection or "several"),
        ("Updated", _day(state.updated)),
        ("Size", counted(facts.size, "byte")),
        ("Archive", facts.file if state.source is None else state.source),
        *(
            [("SHA-1", facts.sha1), ("SHA-256", facts.sha256)]
            if state.source is None
            else [("Checksum", state.checksum or "none")]
        ),
    ]
    return ((label, value) for label, value in rows if value)


def _day(seconds: int) -> str:
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%d")
