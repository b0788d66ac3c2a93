"""What only Racket can do for a stripped package: compile ``info.rkt`` files, take submodules out of bytecode."""

from __future__ import annotations

import contextlib
import subprocess
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import Final, Self

from pltpack.errors import PackageError

_PROGRAM: Final = """
(define (extra? code) (memq (last (module-compiled-name code)) '(test doc srcdoc)))
(define (prune code)
  (define all (list (module-compiled-submodules code #f) (module-compiled-submodules code #t)))
  (define kept (for/list ([group all]) (map prune (filter-not extra? group))))
  (if (equal? all kept)
      code
      (module-compiled-submodules (module-compiled-submodules code #f (first kept)) #t (second kept))))
(define (finish task path)
  (if (equal? task "compile")
      (managed-compile-zo path)
      (let* ([code (parameterize ([read-accept-compiled #t]) (call-with-input-file* path read))]
             [pruned (prune code)])
        (unless (eq? code pruned)
          (call-with-output-file* path #:exists 'truncate (lambda (out) (write pruned out)))))))
(define (answer text)
  (write text)
  (newline)
  (flush-output))
(for ([line (in-lines)])
  (define parts (regexp-match #rx"^([a-z]+) (.*)$" line))
  (with-handlers ([exn:fail? (lambda (e) (answer (exn-message e)))])
    (if parts
        (finish (cadr parts) (string->path (caddr parts)))
        (answer (version)))))
"""
_LIBRARIES: Final = ("racket/base", "racket/list", "setup/getinfo", "compiler/cm")
"""With ``setup/getinfo`` loaded, as in ``raco pkg``, the compiler records the same digest of what a file depends on."""


class Recompiler:
    """A Racket process that finishes the files of packages; started when it is first needed.

    One may serve many packages, which saves Racket's start-up for each. ``racket`` is the executable.
    """

    def __init__(self, racket: Path) -> None:
        self._racket = racket
        self._process: subprocess.Popen[bytes] | None = None

    def finish(self, *, infos: Sequence[Path], bytecode: Sequence[Path], version: str) -> None:
        """Compile each of ``infos`` (to ``compiled`` beside it) and prune each of ``bytecode`` in place.

        The files are copies for this purpose. Raises :class:`~pltpack.errors.PackageError` if Racket fails, or is not
        of the ``version`` that the package is for.
        """
        tasks = [f"compile {path}" for path in infos] + [f"prune {path}" for path in bytecode]
        said = self._ask("".join(f"{task}\n" for task in tasks).encode() + b"\n")
        if said == f'"{version}"':
            return
        # The first answer is the version, or else what went wrong; nothing more can be expected of the process.
        self.close()
        if said.count(".") and said.strip('"').replace(".", "").isdigit():
            raise PackageError(
                f"the package is for Racket {version}, but {self._racket} is {said}",
                hint=f"make it for Racket {said}, or compile with another Racket",
            )
        raise PackageError(f"Racket could not finish the package: {said or 'it stopped'}")

    def _ask(self, question: bytes) -> str:
        if self._process is None:
            libraries = [part for library in _LIBRARIES for part in ("-l", library)]
            self._process = subprocess.Popen(
                [self._racket, "-n", *libraries, "-e", _PROGRAM],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
            )
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        with contextlib.suppress(BrokenPipeError):
            self._process.stdin.write(question)
            self._process.stdin.flush()
        return self._process.stdout.readline().decode(errors="replace").strip()

    def close(self) -> None:
        """Let the process end."""
        if self._process is not None:
            with contextlib.suppress(BrokenPipeError):
                self._process.communicate()
            self._process = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
