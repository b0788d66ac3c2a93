"""From the options of a command to an open scope, and from a plan to what is printed of it."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, NamedTuple, ParamSpec, TypeVar

from pltpack.dataclass import dataclass

from .. import racket_options
from ..bundles import bundled
from ..console import complain, print_json, usage_error, write_line
from ..documents import document
from ..options import only_one
from ..progress import progress
from . import scope_options as o

if TYPE_CHECKING:
    from pltpack.racket.installation import Installation
    from pltpack.racket.packages import Scope as ScopeName
    from pltpack.scope.access import Access
    from pltpack.scope.commit import Applied
    from pltpack.scope.plan.values import Plan, Question, Step
    from pltpack.scope.scope import Scope

P = ParamSpec("P")
R = TypeVar("R")


@dataclass(frozen=True)
class Where:
    """Which scope of which Racket is meant."""

    scope: str | None = None
    installation: bool = False
    user: bool = False
    scope_dir: Path | None = None
    racket: Path | None = None
    racket_version: str | None = None
    root: Path | None = None
    lock_timeout: float = 60.0

    def named(self) -> ScopeName | None:
        """The scope that the options name; more than one of them is a wrong call."""
        only_one(self.flags())
        if self.scope is not None:
            if self.scope not in ("installation", "user"):
                usage_error(f"invalid <scope>: {self.scope} (valid <scope>s are: installation user)")
            return "user" if self.scope == "user" else "installation"
        if self.installation:
            return "installation"
        if self.user:
            return "user"
        if self.scope_dir is None:
            return None
        from pltpack.racket.simplify import simplify

        return simplify(self.scope_dir.absolute())

    def flags(self) -> dict[str, bool]:
        """The options that name a scope, and which of them are set."""
        return {
            "--scope": self.scope is not None,
            "-i --installation": self.installation,
            "-u --user": self.user,
            "--scope-dir": self.scope_dir is not None,
        }

    def discover(self) -> Installation:
        """The installation that is meant."""
        if self.root is not None:
            from pltpack.racket.image import discover_in

            return discover_in(self.root, racket=self.racket, version=self.racket_version)
        from pltpack.racket.installation import Installation

        return Installation.discover(racket=self.racket, version=self.racket_version)


USUAL: Final = Where()

_OPTIONS: Final = {
    "scope": (o.ScopeName, None),
    "installation": (o.Installation, False),
    "user": (o.User, False),
    "scope_dir": (o.ScopeDir, None),
    "racket": (racket_options.Racket, None),
    "racket_version": (racket_options.RacketVersion, None),
    "root": (o.Root, None),
}


def scoped(command: Callable[P, R]) -> Callable[P, R]:
    """Give a command the options that say which scope is meant, in the place of its parameter ``where``."""
    return bundled(command, "where", Where, _OPTIONS)


def scoped_and_locked(command: Callable[P, R]) -> Callable[P, R]:
    """The same for a command that changes the scope, which others may have locked."""
    return bundled(command, "where", Where, {**_OPTIONS, "lock_timeout": (o.LockTimeout, USUAL.lock_timeout)})


class Outcome(NamedTuple):
    """A plan, and what was done; ``None`` after a dry run."""

    plan: Plan
    applied: Applied | None


@contextlib.contextmanager
def opened(
    where: Where,
    *,
    installed: Sequence[str] = (),
    access: Access | None = None,
    batch: bool = True,
    quiet: bool = False,
) -> Iterator[Scope]:
    """The scope that is meant: the one named, or the one in which these packages are installed, or the usual one."""
    from pltpack.scope.access import Access
    from pltpack.scope.commit import Manner
    from pltpack.scope.scope import Scope, scope_of
    from pltpack.scope.state.places import places_of
    from pltpack.scope.state.settings import Settings

    installation = where.discover()
    name = where.named()
    if name is None:
        searched = installation.user_known
        if not searched and installation.pkgs_dir is None:
            installation.located_version()  # says how to give what is missing, which a version alone makes good
        usual: Any = (
            Settings(installation, places_of(installation, "user")).default_scope() if searched else "installation"
        )
        name = (scope_of(installed, installation) if installed else None) or usual
        if name != usual and not quiet:
            write_line(f"Inferred package scope: {name}")
    assert name is not None
    places = places_of(installation, name)
    with progress("Packages", quiet=quiet) as watch:  # one bar: first what comes, then what is unpacked
        access = replace(access or Access(), progress=watch)
        manner = Manner(lock_timeout=where.lock_timeout, waiting=_waiting, progress=watch, tell=access.tell)
        with Scope(installation, places, manner, access, asker(batch=batch)) as scope:
            yield scope


def _waiting(file: Path) -> None:
    complain(f"waiting for another package manager, which has {file} locked")


def asker(*, batch: bool) -> Callable[[Question], bool] | None:
    """Asks questions as raco pkg does: a line is read for each, also where there is no terminal."""
    if batch:
        return None
    yes_to_all = False

    def ask(question: Question) -> bool:
        nonlocal yes_to_all
        if yes_to_all:
            for line in question.told:
                write_line(line)
            return True
        for line in question.lines:
            write_line(line)
        while True:
            sys.stdout.write(f"{question.question} [Y/n/a/c/?] ")
            sys.stdout.flush()
            answer = sys.stdin.readline()
            if not answer:
                sys.stderr.write('Treating end-of-file input as "cancel".\n')
                answer = "c"
            match answer.strip():
                case "" | "y" | "Y":
                    return True
                case "n" | "N":
                    return False
                case "a" | "A":
                    yes_to_all = True
                    return True
                case "c" | "C":
                    from pltpack.scope.plan.planner import canceled

                    raise canceled()
                case other:
                    if other != "?":
                        sys.stderr.write(f"Invalid answer: {other}\n ")
                    sys.stderr.write(_ANSWERS)

    return ask


_ANSWERS = (
    "Answer nothing or 'y' or 'Y' for \"yes\", 'n' or 'N' for \"no\", or\n"
    " 'a' or 'A' for \"yes for all\", or 'c' or 'C' for \"cancel\".\n"
)


def carry_out(scope: Scope, make: Callable[[], Plan], *, dry_run: bool, quiet: bool, json: bool) -> Outcome:
    """Make a plan, show it, carry it out unless it is a dry run, and say what was done."""
    silent = quiet or json
    shown: list[Plan] = []

    def before(plan: Plan) -> None:
        shown.append(plan)
        for warning in plan.warnings if not silent else ():
            complain(f"warning: {warning}")
        if not silent:
            for line in _before(plan, dry_run=dry_run):
                write_line(line)

    if dry_run:
        plan = make()
        before(plan)
        applied = None
    else:
        applied = scope.carry_out(make, before)
        plan = applied.plan
    if json:
        print_json(document("packages", **plan_json(plan, scope, applied)))
    elif not silent:
        for line in _done(plan, applied):
            write_line(line)
    return Outcome(plan, applied)


def _before(plan: Plan, *, dry_run: bool) -> Iterator[str]:
    from pltpack.inspection.wording import counted

    if plan.updating is not None:
        yield from ("Updating:", *(f"  {name}" for name in plan.updating)) if plan.updating else ()
    yield from plan.announced
    if not dry_run:
        return
    for step in plan.steps:
        size = f", {counted(step.content.size, 'byte')}" if step.content is not None and step.content.size else ""
        yield f"would {step.kind} {step.name}: {step.reason}{size}"
    if plan.size:
        yield f"{counted(plan.size, 'byte')} in all"


def _done(plan: Plan, applied: Applied | None) -> Iterator[str]:
    really = "" if applied is not None else " (but not really)"
    replaced = plan.of("replace")
    for step in plan.steps:
        yield from _line_of(step, really, applied)
    if replaced:
        for step in plan.of("install", "replace"):
            yield f"Re-installing {step.name}{really}"
    yield from plan.told
    for path in applied.aside if applied is not None else ():
        yield f"What lay in the way at {path} is in the trash"
    if plan.updating is not None and not plan.steps:
        yield "No updates available"


def _line_of(step: Step, really: str, applied: Applied | None) -> Iterator[str]:
    match step.kind:
        case "promote":
            yield f"Promoting {step.name} from auto-installed to explicitly installed{really}"
        case "demote":
            yield f"Demoting {step.name} to auto-installed{really}"
        case "replace":
            yield f"Uninstalling to prepare re-install of {step.name}{really}"
        case "remove":
            yield f"Removing {step.name}{really}"
    if applied is not None and step.name in applied.trashed and step.kind in ("remove", "replace"):
        yield f"Moving {step.name} to trash: {applied.trashed[step.name]}"


def plan_json(plan: Plan, scope: Scope, applied: Applied | None) -> dict[str, Any]:
    """A plan, and what became of it, as plain data."""
    return {
        "command": plan.command,
        "scope": str(plan.scope),
        "directory": str(scope.places.packages),
        "dryRun": applied is None,
        "size": plan.size,
        "steps": [
            {
                "kind": step.kind,
                "name": step.name,
                "reason": str(step.reason),
                "chain": list(step.reason.chain),
                "before": record_json(step.before),
                "after": record_json(step.after),
                "size": 0 if step.content is None else step.content.size,
                "version": None if step.content is None else step.content.facts.version,
                "trash": None
                if applied is None or step.name not in applied.trashed
                else str(applied.trashed[step.name]),
            }
            for step in plan.steps
        ],
        "failed": [{"name": name, "reason": reason} for name, reason in plan.failed],
        "warnings": list(plan.warnings),
    }


def record_json(record: Any) -> dict[str, Any] | None:
    """A record as plain data."""
    if record is None:
        return None
    return {
        "source": [record.origin.kind, *record.origin.arguments],
        "checksum": record.checksum,
        "auto": record.auto,
        "collection": record.collection,
        "folder": record.folder,
    }


def report_failed(plan: Plan) -> bool:
    """Say which packages could not be updated; whether there are any."""
    for name, reason in plan.failed:
        complain(f"{name} was not updated: {reason}")
    return bool(plan.failed)
