"""What PLaneT's client asks over HTTP, and what it is to be told.

A question is a query such as ``lang=%228.7%22&name=%22util.plt%22&maj=1&min-lo=2&min-hi=%23f&path=%28%22ada%22%29``;
its values are written Racket data. The answer has the version in two headers, which the client believes, and the
archive.
"""

from __future__ import annotations

import re
from collections import OrderedDict
from dataclasses import dataclass
from typing import Final
from urllib.parse import parse_qs

from pltpack.codec.limits import Limits
from pltpack.datum.reader import DatumLimits, read_datum
from pltpack.datum.values import Datum
from pltpack.datum.writer import write_datum
from pltpack.errors import FormatError, LimitError, PltError
from pltpack.planet.index import Index
from pltpack.planet.info_fields import REPOSITORIES
from pltpack.planet.release import Release, info_value, required_core, survey
from pltpack.planet.version import Bounds, CoreVersion, best_match, fits

SERVLET: Final = "planet-servlet.ss"
"""The end of the path under which questions are asked; what stands before it does not count."""
LISTING: Final = "pkg-info.ss"
"""The end of the path of the list of all packages."""

_LIMITS: Final = DatumLimits(depth=8, length=2048, count=64, digits=9)
_LONGEST: Final = 8192
_REMEMBERED: Final = 4096
_FOURTH: Final = CoreVersion(400, 0)


@dataclass(frozen=True, slots=True)
class Question:
    """A request for a package, by a client of the version ``language`` of Racket."""

    language: str
    owner: str
    package: str
    bounds: Bounds


def parse_question(query: str) -> Question:
    """The question of a query. Raises :class:`~pltpack.errors.FormatError` for one that is none."""
    if len(query) > _LONGEST:
        raise FormatError("the query is too long")
    try:
        given = parse_qs(query, keep_blank_values=True, strict_parsing=True, max_num_fields=16)
    except ValueError:
        raise FormatError("the query cannot be read") from None
    values = {name: _datum(name, texts) for name, texts in given.items()}
    match values:
        case {"lang": str(language), "name": str(name), "path": [str(owner)]}:
            bounds = Bounds(_number(values, "maj"), _number(values, "min-lo") or 0, _number(values, "min-hi"))
        case _:
            raise FormatError("lang and name are strings, path is a list of one string")
    if CoreVersion.parse(language) is None:
        raise FormatError(f"{language!r} is no version of Racket")
    return Question(language, owner, name, bounds)


def _datum(name: str, texts: list[str]) -> Datum:
    """The value of a parameter, which is written as Racket writes it."""
    data = texts[0].encode()
    try:
        value, end = read_datum(data, limits=_LIMITS)
        if len(texts) == 1 and not data[end:].strip():
            return value  # type: ignore[no-any-return]  # without a wrap it is a datum
    except (FormatError, LimitError):
        pass
    raise FormatError(f"{name} is not one Racket datum")


def _number(values: dict[str, Datum], name: str) -> int | None:
    match values.get(name, False):
        case False:
            return None
        case int(number) if not isinstance(number, bool) and number >= 0:
            return number
        case _:
            raise FormatError(f"{name} is neither a number nor #f")


@dataclass(frozen=True, slots=True)
class _Details:
    """What a release says of where it runs: ``repositories`` are all of them if it does not say."""

    required_core: str | None
    repositories: tuple[str, ...]


class PlanetShelf:
    """The releases of an index, for a server: what each says of itself is read when it is asked for first."""

    def __init__(self, index: Index, *, limits: Limits = Limits()) -> None:
        self.index = index
        self._limits = limits
        self._known: OrderedDict[Release, _Details] = OrderedDict()

    def choose(self, question: Question) -> Release | None:
        """What is to be sent, as PLaneT's server chose: of the versions that run on the asker's Racket the highest
        major one, unless one is asked for, and of that the highest minor one within the bounds."""
        repository = REPOSITORIES[1] if _is_fourth(question.language) else REPOSITORIES[0]
        candidates = []
        for release in self.index.versions(question.owner, question.package):
            details = self._details(release)
            if repository in details.repositories and fits(details.required_core, question.language):
                candidates.append(release)
        return best_match(candidates, question.bounds)

    def listing(self) -> bytes:
        """The list of all packages with their latest versions, as the server's page had it."""
        latest: dict[tuple[str, str], Release] = {}
        for release in self.index.releases:
            latest[release.key] = release
        rows: list[Datum] = [
            [release.owner, release.package, [release.major, release.minor]] for release in latest.values()
        ]
        return f"<pre>\n{_escaped(write_datum(rows))}\n</pre>\n".encode()

    def _details(self, release: Release) -> _Details:
        found = self._known.get(release)
        if found is None:
            try:
                info = survey(release, limits=self._limits).info
            except (PltError, OSError):
                info = None  # it is asked for all the same, and then the error is told
            named = info_value(info, "repositories")
            repositories = tuple(name for name in named if isinstance(name, str)) if isinstance(named, list) else ()
            found = _Details(required_core(info), repositories or REPOSITORIES)
            self._known[release] = found
            if len(self._known) > _REMEMBERED:
                self._known.popitem(last=False)
        return found


def _is_fourth(language: str) -> bool:
    version = CoreVersion.parse(language)
    return version is not None and version.meets(_FOURTH)


def _escaped(text: str) -> str:
    """Without what a browser could take for markup; a reader of Racket data sees no difference in names."""
    return re.sub(r"[<>&]", lambda found: f"\\u{ord(found[0]):04x}", text)


def headers(release: Release, size: int) -> dict[str, str]:
    """The headers of an answer that is an archive of ``size`` bytes."""
    return {
        "Content-Type": "application/octet-stream",
        "Content-Length": str(size),
        "Package-Major-Version": str(release.major),
        "Package-Minor-Version": str(release.minor),
    }


def not_found(question: Question) -> str:
    """The text of an answer that there is no such package, which the client shows."""
    return (
        f"no version of {question.owner}/{question.package}{question.bounds} is here for Racket {question.language}\n"
    )
