"""What only Racket can do for a stripped package: compile ``info.rkt`` files, take submodules out of bytecode."""

from __future__ import annotations

import subprocess
from collections.abc import Sequence
from pathlib import Path
from typing import Final

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
(for ([line (in-lines)])
  (define parts (regexp-match #rx"^([a-z]+) (.*)$" line))
  (finish (cadr parts) (string->path (caddr parts))))
(display (version))
"""
_LIBRARIES: Final = ("racket/base", "racket/list", "compiler/cm")


def finish_with_racket(racket: Path, *, infos: Sequence[Path], bytecode: Sequence[Path], version: str) -> None:
    """Compile each of ``infos`` (to ``compiled`` beside it) and prune each of ``bytecode`` in place.

    The files are our own copies. Raises :class:`~pltpack.errors.PackageError` if Racket fails, or is not of the
    ``version`` that the package is for.
    """
    tasks = [f"compile {path}" for path in infos] + [f"prune {path}" for path in bytecode]
    command = [str(racket), "-n", *(part for library in _LIBRARIES for part in ("-l", library)), "-e", _PROGRAM]
    done = subprocess.run(
        command, input="".join(f"{task}\n" for task in tasks).encode(), capture_output=True, check=False
    )
    if done.returncode:
        lines = done.stderr.decode(errors="replace").strip().splitlines()
        raise PackageError(f"Racket could not finish the package: {lines[0] if lines else 'no message'}")
    said = done.stdout.decode(errors="replace")
    if said != version:
        raise PackageError(f"the package is for Racket {version}, but {racket} is {said}", hint="give its own version")
