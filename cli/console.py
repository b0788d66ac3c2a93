"""The console: the one place where errors become a line on standard error and an exit code."""

from __future__ import annotations

import contextlib
import functools
import os
import sys
import warnings
from collections.abc import Callable, Iterable
from typing import Final, Literal, NoReturn, ParamSpec, TextIO, TypeAlias

import typer

from pltpack.errors import (
    BlockedError,
    CallError,
    EntryExistsError,
    FormatError,
    LeftoverWarning,
    LimitError,
    PackageError,
    PltError,
    UnsafePathError,
    error_code,
)
from pltpack.visible import visible

from .documents import Json, document, error_json, kind_of, wrong_call_json
from .helping import HelpfulCommand

P = ParamSpec("P")

escape = visible

DONE: Final = 0
DIFFERENT: Final = 1
USAGE: Final = 2
DAMAGED: Final = 3
REFUSED: Final = 4
BLOCKED: Final = 5
INPUT_OUTPUT: Final = 6
INTERRUPTED: Final = 130

_EXIT_CODES: Final[tuple[tuple[type[BaseException], int], ...]] = (
    (CallError, USAGE),
    (LimitError, REFUSED),
    (UnsafePathError, REFUSED),
    (BlockedError, BLOCKED),
    (FormatError, DAMAGED),
    (PackageError, DAMAGED),
    (PltError, INPUT_OUTPUT),
    (OSError, INPUT_OUTPUT),
    (MemoryError, INPUT_OUTPUT),
    (KeyboardInterrupt, INTERRUPTED),
)
"""The first class that fits gives the exit code."""

Colour: TypeAlias = Literal["red", "green", "yellow", "cyan"]

_COLOURS: Final[dict[Colour, int]] = {"red": 31, "green": 32, "yellow": 33, "cyan": 36}
"""The numbers of colours in what terminals are sent (ECMA-48, SGR)."""


class _Answer:
    """What the caller waits for: the kind of the document that was asked for, until one is printed."""

    awaited: str | None = None


def reporting(command: Callable[P, None]) -> Callable[P, None]:
    """Make errors of a command one line on standard error and an exit code; anything else is a bug and shows as one.

    Where a JSON document was asked for, and none printed yet, there is one that tells the error.
    """

    @functools.wraps(command)
    def wrapper(*args: P.args, **kwargs: P.kwargs) -> None:
        warnings.showwarning = _warn
        _Answer.awaited = kind_of(command.__module__) if kwargs.get("json") or kwargs.get("jsonl") else None
        try:
            command(*args, **kwargs)
            sys.stdout.flush()
        except tuple(kind for kind, _ in _EXIT_CODES) as error:
            fail(error)
        except UnicodeEncodeError as error:
            fail(_no_text(error, kwargs.values()))

    return wrapper


def _no_text(error: UnicodeEncodeError, given: Iterable[object]) -> CallError:
    """What is wrong where an argument is to be text and its bytes are not UTF-8, as names of files may be. Raises the
    error for anything else."""
    wrong = error.object[error.start : error.start + 1]
    texts = [text for value in given for text in (value if isinstance(value, list | tuple) else [value])]
    for text in texts:
        if isinstance(text, str) and "\udc80" <= wrong <= "\udcff" and wrong in text:
            return CallError(f"an argument is not UTF-8: {text}")
    raise error


def fail(error: BaseException) -> NoReturn:
    """Say what is wrong and leave with the exit code of the error's class."""
    tell(error)
    if _Answer.awaited is not None and not isinstance(error, BrokenPipeError):
        _print_failure(error_json(error, exit_code(error)))
    raise typer.Exit(exit_code(error))


def _print_failure(failure: dict[str, Json]) -> None:
    assert _Answer.awaited is not None
    print_json(document(_Answer.awaited, error=failure))
    sys.stdout.flush()


def tell(error: BaseException) -> None:
    """Say what is wrong, if there is anybody to hear it."""
    if isinstance(error, KeyboardInterrupt):
        complain("interrupted")
    elif not isinstance(error, BrokenPipeError) or error.filename is not None:
        # A broken pipe without a name is our output: whoever read it has enough.
        complain_of(error)
    try:
        sys.stdout.flush()
    except OSError:
        # What is left of the output goes nowhere, so that flushing at the end cannot fail again.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def exit_code(error: BaseException) -> int:
    """The exit code for an error, by its class."""
    return next(code for kind, code in _EXIT_CODES if isinstance(error, kind))


def exit_code_of(code: str) -> int:
    """The exit code for an error of which only the kind is known (see :func:`pltpack.errors.error_code`)."""
    pending: list[type[BaseException]] = [PltError, OSError]
    while pending:
        kind = pending.pop()
        if error_code(kind.__new__(kind)) == code:
            return next(exit for known, exit in _EXIT_CODES if issubclass(kind, known))
        pending += kind.__subclasses__()
    return INPUT_OUTPUT


def describe(error: BaseException) -> str:
    """An error as one line: what is wrong, where, and what to do. An unsafe archive names every offender below.

    Names are escaped: a line break in one must not look like the end of the message.
    """
    if isinstance(error, PltError):
        lines = [str(error), *error.details]
        if isinstance(error, UnsafePathError | EntryExistsError) and len(error.paths) > 1:
            lines += [f"  {path}: {reason}" for path, reason in error.paths]
        return "\n".join(map(visible, lines))
    if isinstance(error, OSError) and error.strerror:
        names = [os.fsdecode(name) for name in (error.filename, error.filename2) if isinstance(name, str | bytes)]
        return visible(f"{' -> '.join(names)}: {error.strerror}" if names else error.strerror)
    if isinstance(error, MemoryError):
        return "there is not enough memory for this"
    return visible(str(error)) or type(error).__name__


def complain_of(error: BaseException) -> None:
    """Describe an error on standard error."""
    _print_error(describe(error))


def complain(message: str) -> None:
    """A line on standard error, behind the name of the program; line breaks in the message are escaped."""
    _print_error(visible(message))


_show_warning: Final = warnings.showwarning


def _warn(
    message: Warning | str,
    category: type[Warning],
    filename: str,
    lineno: int,
    file: TextIO | None = None,
    line: str | None = None,
) -> None:
    """What the library has to say to people is a line as errors are; other warnings are for programmers."""
    if issubclass(category, LeftoverWarning):
        complain(str(message))
    else:
        _show_warning(message, category, filename, lineno, file, line)


def _print_error(text: str) -> None:
    with contextlib.suppress(OSError):  # nobody can be told that nobody can be told
        print(f"{program_name()}: {text}", file=sys.stderr)


def usage_error(message: str) -> NoReturn:
    """A wrong call: a line on standard error, exit code 2."""
    complain(message)
    if _Answer.awaited is not None:
        _print_failure(wrong_call_json(message, USAGE))
    raise typer.Exit(USAGE)


def program_name() -> str:
    """What the user typed to start this program."""
    return os.path.basename(sys.argv[0]).removesuffix(".py") if sys.argv and sys.argv[0] else "pltpack"


def write_line(text: str) -> None:
    """A line on standard output, in UTF-8 whatever the locale; escaped where it goes to a terminal."""
    write_lines((text,))


def write_lines(lines: Iterable[str]) -> None:
    """Many lines, as by :func:`write_line`."""
    shown = escape if sys.stdout.isatty() else str
    sys.stdout.buffer.writelines(shown(line).encode(errors="surrogateescape") + b"\n" for line in lines)


def write_coloured(text: str, colour: Colour) -> None:
    """A line as by :func:`write_line`, in a colour where it goes to a terminal and ``NO_COLOR`` does not forbid it."""
    if sys.stdout.isatty() and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb":
        line = f"\x1b[{_COLOURS[colour]}m{escape(text)}\x1b[0m\n"
        sys.stdout.buffer.write(line.encode(errors="surrogateescape"))
    else:
        write_line(text)


def print_json(value: object) -> None:
    """A value as JSON on standard output, indented; non-ASCII characters escaped."""
    import json

    _Answer.awaited = None
    sys.stdout.write(json.dumps(value, indent=2) + "\n")


def print_json_line(value: object) -> None:
    """A value as one line of JSON on standard output."""
    import json

    _Answer.awaited = None
    sys.stdout.write(json.dumps(value, separators=(",", ":")) + "\n")


def run_command(command: Callable[..., None]) -> None:
    """Run a program that is one command."""
    app = typer.Typer(add_completion=True, rich_markup_mode=None, pretty_exceptions_enable=False)
    app.command(cls=HelpfulCommand, context_settings={"help_option_names": ["-h", "--help"]})(reporting(command))
    app(prog_name=program_name())
