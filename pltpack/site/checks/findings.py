"""What a check found: each finding has a name that stays, a level, a place, and what to do."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Final, Literal, TypeAlias

Level: TypeAlias = Literal["error", "warning", "note"]

LEVELS: Final[tuple[Level, ...]] = ("error", "warning", "note")


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of finding: what it is, how bad it is for clients, and the remedy."""

    name: str
    level: Level
    title: str
    remedy: str


def _kinds(*rows: tuple[str, Level, str, str]) -> dict[str, Kind]:
    return {row[0]: Kind(*row) for row in rows}


CATALOGS: Final = _kinds(
    ("url-slash", "error", "the URL of a catalog ends with a slash, or its last part is dropped", "add the slash"),
    ("url-query", "warning", "the query of a catalog's URL is dropped", "protect a catalog by its path or network"),
    ("url-credentials", "warning", "clients send no password to a catalog", "protect a catalog by its path or network"),
    ("list-missing", "error", "clients list and copy a catalog by pkgs and pkgs-all", "build the site again"),
    ("list-unreadable", "error", "a list that cannot be read stops every client that asks for it", "build it again"),
    ("list-differs", "error", "pkgs, pkgs-all and pkg/ do not have the same packages", "build the site again"),
    ("foreign-file", "warning", "a file in pkg/ that is no record stops readers of the folder", "put it elsewhere"),
    ("name-bad", "error", "no client can ask for a package of this name", "use letters, digits, - and _"),
    ("name-case", "error", "names that differ only by case are one file on many disks", "rename one of them"),
    ("name-dropped", "warning", "who has a package that is not there any more can update nothing", "add it again"),
    ("name-shadowed", "warning", "another catalog has a package of this name", "put your own catalog first, or rename"),
    ("record-unreadable", "error", "the record cannot be read, so the package is not found", "build the site again"),
    ("record-differs", "error", "pkg/NAME says something else than pkgs-all", "build the site again"),
    (
        "record-outdated",
        "warning",
        "modules or dependencies are not those of the archive: clients show and suggest the wrong ones",
        "build the site again",
    ),
    ("field-malformed", "error", "a field that has another shape stops clients that read it", "build the site again"),
    ("row-null", "error", "NULL in a table of packages stops clients that read it", "write an empty string"),
    ("row-orphan", "error", "a package of a catalog that the file does not list is not found", "list the catalog"),
    ("source-missing", "error", "without a source nothing can be installed", "give the source"),
    ("source-absolute", "error", "a source that begins with / is a path on the client's disk", "use ../pkgs/..."),
    ("source-local", "error", "a file: source is looked for on the client's own disk", "serve the archive"),
    ("source-insecure", "warning", "a catalog over https names a source over http", "use https for the source"),
    (
        "source-bare",
        "error",
        "a name as a source is looked up again, and must have the same checksum",
        "name the archive",
    ),
    ("archive-missing", "error", "the archive is not there", "add the package again"),
    ("archive-damaged", "error", "the archive cannot be read", "make the package again"),
    ("archive-unsafe", "error", "the archive has members that must not be unpacked", "make the package again"),
    ("manifest-missing", "error", "a directory is fetched by the files that its MANIFEST names", "write a MANIFEST"),
    ("plt-refused", "error", "today's Racket refuses such an archive", "serve it as a zip: build --plt-as zip"),
    ("checksum-missing", "error", "the client crashes on a record without a checksum", "give the SHA-1"),
    ("checksum-bad", "error", "a checksum of an archive is 40 lower-case hexadecimal digits", "give the SHA-1"),
    ("checksum-unknown", "warning", "without a checksum what is installed is not verified", "give the SHA-1"),
    ("checksum-nowhere", "error", "there is neither a checksum nor a .CHECKSUM to ask for", "give the SHA-1"),
    ("checksum-wrong", "error", "the archive has another SHA-1: mismatched checksum", "build the site again"),
    ("checksum-file", "error", "a .CHECKSUM file is exactly the 40 digits, without a newline", "write it again"),
    ("dependency-malformed", "error", "a dependency that cannot be read stops clients that show it", "mend deps"),
    ("dependency-version", "error", "a version has 2 to 4 parts, such as 1.2: all deps are invalid", "mend deps"),
    ("dependency-missing", "error", "a needed package is in no known catalog", "add it, or name its catalog"),
    ("dependency-name", "warning", "a dependency that is no name cannot be found in a catalog", "depend on a name"),
    ("dependency-removed", "warning", "a needed package was removed or yanked", "depend on another one"),
    ("module-conflict", "warning", "packages with the same module cannot be installed together", "rename the module"),
    ("info-unreadable", "error", "info.rkt cannot be used", "mend info.rkt and make the package again"),
    ("package-problem", "warning", "an installer refuses this, or takes it for something else", "mend the package"),
    ("licence-missing", "note", "nobody knows what they may do with it", "set license in info.rkt"),
    ("status-unknown", "error", "an unknown name must be answered with 404: else clients give up", "answer 404"),
    ("unknown-found", "warning", "an unknown name is answered with 200, as if there were a package", "answer 404"),
    ("status", "error", "the answer is fatal for clients", "answer 200"),
    ("answer-compressed", "error", "clients do not undo Content-Encoding", "switch it off for the catalog"),
    ("clock", "warning", "the clocks of server and client differ", "set the clocks"),
    ("signature", "error", "the signature or the sums are not right", "do not use this copy; publish it again"),
)
"""What is found in catalogs."""

INSTALLERS: Final = _kinds(
    ("table-missing", "error", "programs look for installers in it", "record the installers again"),
    ("table-unreadable", "error", "no program finds an installer", "restore it, or record the installers again"),
    ("table-differs", "error", "programs that read different tables find different things", "record with --sums"),
    ("version-missing", "warning", "programs that ask for the current version find none", "record --racket-version"),
    ("installer-missing", "error", "it is offered and cannot be had", "put it back, or forget it"),
    ("installer-unsafe", "error", "a name that leads elsewhere", "forget it, and record the file again"),
    ("installer-unrecorded", "note", "nobody is told of the file", "record it, or remove it"),
    ("installer-damaged", "error", "it cannot be installed", "fetch or build it again"),
    ("installer-odd", "warning", "it is not as installers are", "see whether it is what it should be"),
    ("sums-missing", "error", "whoever checks what they fetched cannot", "record with --sums"),
    ("sums-wrong", "error", "the file is not the one that was recorded", "put it back, or record with --sums"),
    ("log-missing", "warning", "a log is offered and cannot be read", "record the log again"),
    ("link-broken", "error", "it leads nowhere", "make the page again"),
    ("origin-damaged", "error", "clients that build cannot begin", "put it there again"),
    ("page-missing", "warning", "people find nothing", "make the page"),
    ("page-stale", "warning", "people are told something else than programs", "make the page again"),
)
"""What is found in sites that give out installers, besides."""

KINDS: Final = {**CATALOGS, **INSTALLERS}
"""Every kind of finding."""


@dataclass(frozen=True, slots=True)
class Finding:
    """Something that was found: its ``kind``, the ``place`` (a path in the site, or a URL), the ``package`` that it is
    about if it is about one, and what exactly is there."""

    kind: str
    place: str
    detail: str
    package: str | None = None

    @property
    def level(self) -> Level:
        """How bad it is."""
        return KINDS[self.kind].level

    def line(self) -> str:
        """The finding in one line."""
        kind = KINDS[self.kind]
        package = f"{self.package}: " if self.package else ""
        return f"{self.level} {self.kind}: {package}{self.detail} ({self.place}); {kind.title}: {kind.remedy}"


@dataclass(frozen=True, slots=True)
class CheckReport:
    """All findings, the worst first; how many packages and archives were looked at."""

    findings: tuple[Finding, ...]
    packages: int = 0
    archives: int = 0

    @property
    def counts(self) -> dict[Level, int]:
        """How many findings there are of each level."""
        found = Counter(finding.level for finding in self.findings)
        return {level: found[level] for level in LEVELS}

    @property
    def sound(self) -> bool:
        """Whether clients have nothing to suffer: no errors."""
        return not self.counts["error"]


def ordered(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    """Findings by level, package and kind, each once."""
    unique = dict.fromkeys(findings)
    return tuple(sorted(unique, key=lambda f: (LEVELS.index(f.level), f.package or "", f.kind, f.place, f.detail)))


def sarif(report: CheckReport, version: str, tool: str = "pltpack catalog check") -> dict[str, Any]:
    """The findings as SARIF 2.1.0, which continuous integration shows beside the code."""
    used = sorted({finding.kind for finding in report.findings})
    return {
        "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
        "version": "2.1.0",
        "runs": [
            {
                "tool": {
                    "driver": {
                        "name": tool,
                        "version": version,
                        "rules": [
                            {
                                "id": name,
                                "shortDescription": {"text": KINDS[name].title},
                                "help": {"text": KINDS[name].remedy},
                                "defaultConfiguration": {"level": KINDS[name].level},
                            }
                            for name in used
                        ],
                    }
                },
                "results": [
                    {
                        "ruleId": finding.kind,
                        "level": finding.level,
                        "message": {"text": finding.line()},
                        "locations": [{"physicalLocation": {"artifactLocation": {"uri": finding.place}}}],
                    }
                    for finding in report.findings
                ],
            }
        ],
    }
