"""What in a package deserves a second look before it is shipped: secrets, version control, names that travel badly."""

from __future__ import annotations

import fnmatch
import re
from collections.abc import Iterator, Sequence
from typing import Final

from pltpack.formats.entries import Entry
from pltpack.transaction.portability import collisions, name_traps

_SUSPECTS: Final = {
    "may hold secrets": (
        *(".env", ".env.*", "*.pem", "*.key", "*.p12", "*.pfx", "*.jks", "*.keystore", "*.kdbx", "id_rsa", "id_dsa"),
        *(
            "id_ecdsa",
            "id_ed25519",
            ".netrc",
            "_netrc",
            ".pgpass",
            ".npmrc",
            ".pypirc",
            ".git-credentials",
            ".htpasswd",
        ),
        *("credentials", "credentials.json", ".aws", ".ssh", ".gnupg", "*.ppk", ".bash_history", ".racket_history"),
    ),
    "belongs to version control": (".git", ".svn", ".hg", ".bzr", "cvs", "_darcs"),
    "is a backup or an editor's own file": (
        "*~",
        "#*#",
        ".#*",
        "*.bak",
        "*.orig",
        "*.rej",
        "*.swp",
        ".ds_store",
        "thumbs.db",
    ),
    "is a package itself": ("*.plt", "*.zip", "*.tgz", "*.tar.gz", "*.checksum"),
}
_REASONS: Final = tuple(_SUSPECTS)
_HARMLESS: Final = (".env.example", ".env.sample", ".env.template")
_suspect: Final = re.compile(
    "|".join(f"({'|'.join(map(fnmatch.translate, patterns))})" for patterns in _SUSPECTS.values())
).match
_EXAMPLES: Final = 3
_SOURCES: Final = (".rkt", ".ss", ".scrbl")
_ZO: Final = ("_rkt.zo", "_ss.zo", "_scrbl.zo")


def shipping_warnings(entries: Sequence[Entry], *, built: bool) -> list[str]:
    """A sentence for each kind of thing in a package that should rather not be in it, with examples.

    ``built``: compiled code is what the package is for.
    """
    compiled = _missing_bytecode(entries) if built else _compiled(entries)
    return [*_suspects(entries), *compiled, *_traps(entries)]


def _suspects(entries: Sequence[Entry]) -> Iterator[str]:
    """Names that are suspect; of a suspect directory only the directory itself."""
    found: dict[str, list[str]] = {}
    directory = "/"
    for entry in entries:
        if entry.path.startswith(directory):
            continue
        name = entry.path.rpartition("/")[2].lower()
        match = _suspect(name)
        if match is not None and name not in _HARMLESS:
            found.setdefault(_REASONS[(match.lastindex or 0) - 1], []).append(entry.path)
            directory = f"{entry.path}/"
    for reason, paths in found.items():
        yield f"{_examples(paths)}: {reason}"


def _compiled(entries: Sequence[Entry]) -> Iterator[str]:
    compiled = [entry.path for entry in entries if entry.path.endswith((".zo", ".dep")) and "compiled/" in entry.path]
    if compiled:
        yield f"{_examples(compiled)}: compiled code, which fits one version of Racket only"


def _missing_bytecode(entries: Sequence[Entry]) -> Iterator[str]:
    """Modules without the compiled code that the package is made for."""
    sources, compiled = set(), set()
    for entry in entries:
        above, _, name = entry.path.rpartition("/")
        if entry.kind == "file" and name.endswith(_ZO) and (above == "compiled" or above.endswith("/compiled")):
            compiled.add(above.removesuffix("compiled") + name.removesuffix(".zo"))
        elif entry.kind == "file" and name.endswith(_SOURCES) and name not in ("info.rkt", "info.ss"):
            sources.add(_as_compiled(entry.path))
    missing = len(sources - compiled)
    if missing:
        infos = sum(name.rpartition("/")[2] in ("info_rkt", "info_ss") for name in compiled)
        modules = len(sources | compiled) - infos
        yield f"no compiled code for {missing} of {modules} modules: run raco setup first"


def _as_compiled(path: str) -> str:
    """What the file of compiled code is called, without its suffix."""
    stem, _, suffix = path.rpartition(".")
    return f"{stem}_{suffix}"


def _traps(entries: Sequence[Entry]) -> Iterator[str]:
    paths = [tuple(entry.path.split("/")) for entry in entries]
    for name in dict.fromkeys(name for path in paths for name in path):
        yield from name_traps(name)
    for group in collisions(paths):
        yield f"{' and '.join(group)} are the same on a disk that does not tell them apart"


def _examples(paths: Sequence[str]) -> str:
    shown = ", ".join(paths[:_EXAMPLES])
    return shown if len(paths) <= _EXAMPLES else f"{shown} and {len(paths) - _EXAMPLES} more"
