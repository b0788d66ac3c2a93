"""Errors and announcements in the words that Racket's package manager uses, as far as scripts read them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import NoReturn

from pltpack.errors import BlockedError, ChecksumError, PackageError
from pltpack.scope.state.records import Origin, Record


def blocked(message: str, *details: str, hint: str | None = None) -> NoReturn:
    """Raise the error for something in the way."""
    raise BlockedError(message, details=details, hint=hint)


def not_as_it_should_be(message: str, *details: str, hint: str | None = None) -> NoReturn:
    """Raise the error for a package or a source that is wrong in itself."""
    raise PackageError(message, details=details, hint=hint)


def wrong_checksum(message: str, source: str, expected: str, got: str) -> NoReturn:
    """Raise the error for content that is not what was expected."""
    raise ChecksumError(message, details=(f"  package source: {source}", f"  expected: {expected}", f"  got: {got}"))


def shown_origin(origin: Origin) -> str:
    """A recorded source as messages show it."""
    return f"({' '.join((origin.kind, *origin.arguments))})"


def not_installed(name: str, scope: str, elsewhere: str | None) -> NoReturn:
    """Raise the error for a package that is not installed in the scope, but perhaps in another."""
    if elsewhere is None:
        blocked("package not currently installed", f"  package: {name}", f"  current scope: {scope}")
    blocked(
        "package installed in a different scope",
        f"  package: {name}",
        f"  current scope: {scope}",
        f"  installed in scope: {elsewhere}",
    )


def missing(source: str, names: Sequence[str], *, chain: Sequence[str] = (), asked: bool = False) -> NoReturn:
    """Raise the error for missing dependencies; ``chain`` leads from what was asked for to the package."""
    listed = [f"   {name}" for name in names]
    if asked:
        blocked("missing dependencies", "  missing packages:", *listed)
    blocked(
        "missing dependencies;",
        " specify `--deps search-auto' to install them, or",
        " specify `--deps search-ask' to be asked about installing them",
        f"  for package: {source}",
        "  missing packages:",
        *listed,
        *chained(chain),
    )


def chained(chain: Sequence[str]) -> tuple[str, ...]:
    """The chain of reasons, as one more line, if there is more than one."""
    return (f"  needed by: {' <- '.join(reversed(chain))}",) if len(chain) > 1 else ()


def mismatch(source: str, pairs: Sequence[tuple[str, str, str]], *, chain: Sequence[str] = ()) -> NoReturn:
    """Raise the error for dependencies whose versions are too old: name, version there, version needed."""
    blocked(
        f"version mismatch for {'dependency' if len(pairs) == 1 else 'dependencies'}",
        f"  for package: {source}",
        "  mismatch packages:",
        *(f"   {versions(pair)}" for pair in pairs),
        *chained(chain),
    )


def versions(pair: tuple[str, str, str]) -> str:
    """A dependency that is too old."""
    name, have, need = pair
    return f"{name} (have {have}, need {need})"


def not_to_be_updated(name: str, record: Record, directory: str) -> NoReturn:
    """Raise the error for a package that only another source can replace."""
    if record.origin.linked:
        blocked(
            "cannot update linked packages;",
            " except with a replacement package source",
            f"  package name: {name}",
            f"  package source: {directory}",
        )
    blocked(
        "cannot update packages installed locally;",
        " except with a replacement package source;",
        f" package was installed via a local {'file' if record.origin.kind == 'file' else 'directory'}",
        f"  package name: {name}",
    )


def summary(kind: str, found: Iterable[tuple[str, Sequence[str]]], *, automatic: bool) -> tuple[str, ...]:
    """What is said at the end of the dependencies that came along: of each package that has any, their names.

    ``kind`` is ``install`` or ``update``.
    """
    state, done = ("uninstalled", "installed") if kind == "install" else ("out-of-date", "updated")
    lines = [f" dependencies of {name}:\n" + "\n".join(f"   {one}" for one in names) for name, names in found]
    if not lines:
        return ()
    how = "automatically " if automatic else ""
    text = [f"The following {state} packages were listed as dependencies", f"and they were {how}{done}:", *lines]
    return tuple("\n".join(text).split("\n"))


def unneeded(names: Iterable[str]) -> tuple[str, ...]:
    """What is said of packages that came along with others and that nobody needs any more."""
    lines: list[str] = []
    for name in sorted(names):
        if lines and len(lines[-1]) + len(name) < 60:
            lines[-1] += f" {name}"
        else:
            lines.append(f"  {name}")
    if not lines:
        return ()
    return (
        "The following packages were automatically installed and are no longer used:",
        *lines,
        "Use `raco pkg remove --auto` to remove them.",
    )


def required(needed: Mapping[str, Sequence[str]]) -> NoReturn:
    """Raise the error for packages that cannot be removed, each with those that need it."""
    blocked(
        "cannot remove packages that are dependencies of other packages",
        "  dependencies:",
        *(f"   {name} (required by: ({' '.join(by)}))" for name, by in needed.items()),
    )
