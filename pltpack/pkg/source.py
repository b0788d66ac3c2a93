"""Package sources: what kind of thing a text names, and which package (``pkg/name``, ``package-source->name+type``).

The rules of recognition, and the parts that an installer takes from the text (``pkg/private/repo-path``).
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Literal, TypeAlias, get_args

from pltpack.codec.entries import PathSymbol
from pltpack.dataclass import dataclass
from pltpack.errors import PackageError
from pltpack.pkg.names import is_package_name
from pltpack.pkg.url import Url, UrlElement, parse_url

SourceType: TypeAlias = Literal[
    "name", "file", "dir", "git", "git-url", "github", "clone", "file-url", "dir-url", "link", "static-link"
]
"""The types of the package manual."""

SOURCE_TYPES: tuple[SourceType, ...] = get_args(SourceType)

_ARCHIVE = re.compile(r"\.(?:plt|zip|tar|tgz|tar\.gz)\Z")
_URL_START = re.compile(r"(?:https?|github|git(?:\+https?)?)://")
_CLONE_START = re.compile(r"(?:https?|git(?:hub|\+https?)?)://")
_COMMIT = re.compile(r"[0-9a-f]{40}\Z")
_GIT_URL_SCHEMES = ("git+http", "git+https")
_URL_TYPES = ("github", "git", "git-url", "clone", "file-url", "dir-url")
_DIRECTORY_TYPES = ("dir", "link", "static-link")


@dataclass(frozen=True, slots=True)
class Repository:
    """Where a git source points to: ``branch`` is a branch, tag or commit (``None``: the default branch), ``path`` the
    directory of the package in the repository, ``transport`` one of ``https``, ``http``, ``git``."""

    transport: str
    host: str | None
    port: int | None
    name: str
    branch: str | None
    path: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class PackageSource:
    """What a source text says. ``problem`` is Racket's objection, if there is one; then ``name`` or ``type`` may be
    ``None``.

    ``path`` is set for local sources, ``url`` for all that are URLs, ``repository`` for git ones. ``checksum`` is the
    commit where the text fixes one, ``checksum_at`` the place where an installer looks for the SHA-1 of an archive.
    """

    text: str
    name: str | None
    type: SourceType | None
    problem: str | None = None
    path: Path | None = None
    url: Url | None = None
    repository: Repository | None = None
    checksum: str | None = None
    checksum_at: str | None = None


def parse_source(
    text: str, *, type: SourceType | None = None, name: str | None = None, link_dirs: bool = False, strict: bool = True
) -> PackageSource:
    """Find the type and the name of the package that ``text`` names, as ``raco pkg install`` does.

    With ``type`` nothing is guessed, and with ``name`` no name need be inferred; ``link_dirs`` takes directories as
    ``link`` (the command's ``--link``). What Racket refuses raises :class:`~pltpack.errors.PackageError`, or with
    ``strict=False`` is told in ``problem``.
    """
    if type is not None and type not in SOURCE_TYPES:
        raise ValueError(f"no such type of package source: {type!r}")
    source = _Inference(name is None, link_dirs).source(text, type)
    if source.problem is not None and strict:
        raise PackageError(f"package source {text!r}: {source.problem}")
    return source if name is None else replace(source, name=name)


class _Inference:
    """One run of the recognition; remembers the first objection, where Racket would stop."""

    def __init__(self, name_needed: bool, link_dirs: bool) -> None:
        self.name_needed = name_needed
        self.link_dirs = link_dirs
        self.problem: str | None = None

    def source(self, text: str, type: SourceType | None) -> PackageSource:
        if (type == "name") if type else is_package_name(text):
            name = self.valid_name(text, inferred=False)
            return PackageSource(text, name, "name", self.problem)
        if type == "clone" and not _CLONE_START.match(text):
            self.object("a repository URL must start with http, https, git, git+http, git+https or github and ://")
            return PackageSource(text, None, "clone", self.problem)
        if type == "github" and not re.match("git(?:hub)?://", text):
            return replace(self.remote("git://github.com/" + text, type), text=text)
        if type in _URL_TYPES if type else _URL_START.match(text):
            return self.remote(text, type)
        if type is None and text.startswith("file://"):
            return self.file_url(text)
        if type is None and re.match("[a-zA-Z]*://", text):
            self.object("unrecognized URL scheme")
            return PackageSource(text, None, None, self.problem)
        return self.local(text, text, type)

    # local sources

    def file_url(self, text: str) -> PackageSource:
        try:
            url = parse_url(text)
        except ValueError as error:
            self.object(f"cannot parse URL: {error}")
            return PackageSource(text, None, "dir", self.problem)
        wanted: SourceType | None = None
        asked = [value for key, value in url.query if key == "type"]
        if asked:
            wanted = next((t for t in ("file", *_DIRECTORY_TYPES) if t == asked[0]), None)  # type: ignore[misc]
            if wanted is None:
                self.object(f"URL contains an unrecognized `type` query: {asked[0]}")
                return PackageSource(text, None, "dir", self.problem, url=url)
        for element in url.path:
            if isinstance(element, str) and (element in (".", "..") or "/" in element or "\0" in element):
                self.object(f"URL has a path element that no file name can be: {element!r}")
                return PackageSource(text, None, None, self.problem, url=url)
        names = [{"": "."}.get(e, e) if isinstance(e, str) else _step(e) for e in url.path]
        return replace(self.local(text, "/" + "/".join(names), wanted), url=url)

    def local(self, text: str, path: str, type: SourceType | None) -> PackageSource:
        well_formed = path != "" and "\0" not in path
        archive = _ARCHIVE.search(path)
        if type == "file" if type else well_formed and archive:
            name = None
            if not well_formed:
                self.object("ill-formed path")
            elif archive is None:
                self.object("path does not end with an archive suffix (.plt, .zip, .tar, .tgz, .tar.gz)")
            else:
                name = self.archive_name(_last_element(path))
            place = Path(path) if well_formed else None
            return PackageSource(text, name, "file", self.problem, path=place, checksum_at=f"{path}.CHECKSUM")
        if not well_formed:
            self.object("ill-formed path")
            if type is None:
                return PackageSource(text, None, None, self.problem)
        last = _last_element(path) if well_formed else None
        if last is None:
            self.object("the last element of the path is not a name")
        name = self.valid_name(last)
        inferred: SourceType | None = ("link" if self.link_dirs else "dir") if last is not None else None
        return PackageSource(text, name, type or inferred, self.problem, path=Path(path) if well_formed else None)

    # remote sources

    def remote(self, text: str, type: SourceType | None) -> PackageSource:
        try:
            url = parse_url(text)
        except ValueError as error:
            self.object(f"cannot parse URL: {error}")
            return PackageSource(text, None, type, self.problem)
        name, found = self.url_name(url, type)
        name = self.valid_name(name, inferred=False)
        source = PackageSource(text, name, type or found, self.problem, url=url)
        match source.type:
            case "file-url" | "dir-url":
                return replace(source, checksum_at=f"{text}.CHECKSUM")
            case _ if name is not None:
                repository = _repository(url, github=source.type == "github" or url.scheme == "github")
                branch = (repository.branch if repository else None) or ""
                return replace(source, repository=repository, checksum=branch if _COMMIT.match(branch) else None)
        return source

    def url_name(self, url: Url, type: SourceType | None) -> tuple[str | None, SourceType]:
        path = url.path
        hub = type == "github" or (type == "clone" and url.scheme == "github")
        if hub if type else url.scheme in ("github", "git"):
            return self.git_name(url, github=type == "github" or _is_github(url))
        last = path[-1] if path else None
        if type == "file-url" if type else isinstance(last, str) and _ARCHIVE.search(last):
            if isinstance(last, str) and _ARCHIVE.search(last):
                return self.archive_name(last), "file-url"
            self.object("URL path does not end with an archive suffix (.plt, .zip, .tar, .tgz, .tar.gz)")
            return None, "file-url"
        word, empty = _last_non_empty(path), _trailing_empty(path)
        over_git = url.scheme in _GIT_URL_SCHEMES
        ends_git = isinstance(word, str) and word.endswith(".git") and empty < 2
        if type in ("git", "git-url", "clone") if type else over_git or ends_git:
            return self.repository_name(url), "git-url" if over_git else "git"
        if not isinstance(word, str):
            self.object("URL path is empty" if word is None else "URL path ends with a directory step")
            return None, "dir-url"
        return self.valid_name(word), "dir-url"

    def git_name(self, url: Url, *, github: bool) -> tuple[str | None, SourceType]:
        """Sources of scheme ``git`` and ``github``; any other scheme is only here with the type given."""
        kind: SourceType = "github" if github else "git"
        if url.scheme not in ("git", "github"):
            self.object("URL scheme is not git or github")
        if not url.path:
            self.object("URL path is empty")
        elif github and url.host != "github.com":
            self.object("URL host is not github.com")
        elif url.scheme == "git":
            if not github:
                return self.repository_name(url, steps=True), kind
            if len(url.path) != 2 and not (len(url.path) == 3 and url.path[2] == ""):
                self.object("URL does not have two path elements (user and repository)")
            elif not all(isinstance(element, str) for element in url.path[:2]):
                self.object("URL path holds a directory step")
            elif self.steps_in_query(url):
                return self.git_word(url), kind
        else:
            return self.hub_name(url.path), kind
        return None, kind

    def hub_name(self, path: tuple[UrlElement, ...]) -> str | None:
        parts = path[:-1] if path[-1] == "" else path
        if len(parts) < 3:
            self.object("URL does not have at least three path elements (user, repository, branch)")
            return None
        if not all(isinstance(part, str) for part in parts):
            self.object("URL path holds a directory step")
            return None
        name = parts[1] if len(parts) == 3 else _last_non_empty(parts)
        return self.valid_name(name if isinstance(name, str) else None)

    def repository_name(self, url: Url, *, steps: bool = False) -> str | None:
        word = _last_non_empty(url.path)
        if word is None:
            self.object("URL path is empty")
        elif _trailing_empty(url.path) >= 2:
            self.object("URL path ends with two empty elements")
        elif not isinstance(word, str):
            self.object("URL path ends with a directory step")
        elif not steps or self.steps_in_query(url):
            return self.git_word(url)
        return None

    # names

    def valid_name(self, name: str | None, *, inferred: bool = True) -> str | None:
        """``name`` if a package may be called so; otherwise ``None``, and an objection if a name is needed."""
        if name is None or is_package_name(name):
            return name
        if not inferred or self.name_needed:
            kind = "inferred package name" if inferred else "package name"
            self.object(f"{kind} is empty" if name == "" else f"{kind} includes disallowed characters: {name!r}")
        return None

    def archive_name(self, element: str | None) -> str | None:
        # A name that is all suffix (".zip") has no suffix; it is no package name either.
        return self.valid_name(None if element is None else _ARCHIVE.sub("", element) or element)

    def git_word(self, url: Url) -> str | None:
        """The last element of ``?path=``, else of the path without ``.git``."""
        inner, outer = _query_path(url), _last_non_empty(url.path)
        word = inner[-1] if inner else outer.removesuffix(".git") if isinstance(outer, str) else None
        if word is None:
            self.object("URL path is empty")
        return self.valid_name(word)

    def steps_in_query(self, url: Url) -> bool:
        """Whether ``?path=`` is free of ``.`` and ``..``; objects if not."""
        if {".", ".."}.isdisjoint(_query_path(url)):
            return True
        self.object("the path in the query includes a directory step")
        return False

    def object(self, problem: str) -> None:
        if self.problem is None:
            self.problem = problem


def _step(element: PathSymbol) -> str:
    return "." if element is PathSymbol.SAME else ".."


def _is_github(url: Url) -> bool:
    return url.scheme == "github" or (url.scheme == "git" and url.host == "github.com")


def _last_element(path: str) -> str | None:
    """The last element of a Unix path as ``split-path`` sees it; ``None`` for ``.`` and ``..``, ``/`` for the root."""
    last = path.rstrip("/").rpartition("/")[2] or "/"
    return None if last in (".", "..") else last


def _last_non_empty(path: Sequence[UrlElement]) -> UrlElement | None:
    return next((element for element in reversed(path) if element != ""), None)


def _trailing_empty(path: Sequence[UrlElement]) -> int:
    return len(path) - next((i for i in range(len(path), 0, -1) if path[i - 1] != ""), 0)


def _query_path(url: Url) -> tuple[str, ...]:
    """The elements of ``?path=``, as ``string-split`` makes them: one slash is dropped at either end."""
    value = url.query_value("path") or ""
    value = value.removeprefix("/").removesuffix("/")
    return tuple(value.split("/")) if value else ()


def _repository(url: Url, *, github: bool) -> Repository | None:
    """``split-git-or-hub-url``; ``None`` if the path is too short for it."""
    parts = [part if isinstance(part, str) else _step(part) for part in url.path]
    if parts and parts[-1] == "":
        parts.pop()
    if not github:
        transport = (url.scheme or "").removeprefix("git+")
        return Repository(transport, url.host, url.port, "/".join(parts), url.fragment, _query_path(url))
    if len(parts) < (3 if url.scheme == "github" else 2):
        return None
    if url.scheme == "github":
        user, name, branch, *path = parts
        return Repository("https", "github.com", None, f"{user}/{name}", branch, tuple(path))
    name = f"{parts[0]}/{parts[1].removesuffix('.git')}"
    return Repository("https", "github.com", None, name, url.fragment, _query_path(url))
