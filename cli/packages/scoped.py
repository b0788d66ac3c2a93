"""From the scope that is meant to an open one, and from a plan to what is printed of it."""

from __future__ import annotations

import contextlib
import os
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from ..console import complain, print_json, write_line
from ..documents import document
from ..options import one_of, only_one
from ..progress import progress
from .scope_options import Where

if TYPE_CHECKING:
    from pltpack.scope.access import Access
    from pltpack.scope.commit import Applied
    from pltpack.scope.plan.values import Options, Plan, Question, Step
    from pltpack.scope.scope import Scope


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


def deps_behaviour(deps: str | None, *, auto: bool, batch: bool) -> Any:
    """What to do about dependencies, from --deps, --auto and --batch."""
    only_one({"--deps": deps is not None, "--auto": auto})
    if deps is not None:
        one_of("behavior", deps, ("fail", "force", "search-ask", "search-auto"))
        return deps
    if auto:
        return "search-auto"
    return "fail" if batch else "search-ask"


def content_mode(*, source: bool, binary: bool, binary_lib: bool) -> Any:
    """What is kept of the content."""
    return "source" if source else "binary" if binary else "binary-lib" if binary_lib else None


def options_of(**values: Any) -> Options:
    """The options of a plan."""
    from pltpack.scope.plan.values import Options

    return Options(**values)


def no_setup_by_environment() -> bool:
    """Whether the environment says that raco setup is not to be run."""
    return bool(os.environ.get("PLT_PKG_NOSETUP"))
