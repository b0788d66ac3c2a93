"""A new package: the files that ``raco pkg new`` makes, in words of our own."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from pltpack.datum.writer import write_symbol
from pltpack.errors import BlockedError, EntryExistsError, PackageError
from pltpack.pkg.names import is_collection_name
from pltpack.transaction.destination import BytesData, Existing, Root
from pltpack.transaction.directory import DirectoryDestination

_NAME: Final = re.compile(r"[-_a-zA-Z0-9]+")


def new_package(name: str, *, parent: Path, user: str, year: int) -> tuple[Path, ...]:
    """Make the directory of a new single-collection package below ``parent``; returns the paths of its files.

    Raises :class:`~pltpack.errors.PackageError` for a name that no package can have,
    :class:`~pltpack.errors.BlockedError` where something is in the way, and ``OSError``.
    """
    if not _NAME.fullmatch(name) or not is_collection_name(name):
        raise PackageError("cannot make package, invalid collection name", details=(f"  name: {name}",))
    place = parent / name
    if place.is_dir():
        raise BlockedError("cannot make package, folder exists", details=(f"  path: {name}",))
    if place.exists() or place.is_symlink():
        raise EntryExistsError("cannot make package, a file of that name exists", paths=[(str(place), "exists")])
    files = package_files(name, user=user, year=year)
    root = Root(parent, "parent")
    with DirectoryDestination() as destination:
        for path, text in files.items():
            data = text.encode()
            destination.write_file(root, (name, *path.split("/")), len(data), BytesData(data), Existing.ERROR)
        destination.commit()
    return tuple(place / path for path in files)


def package_files(name: str, *, user: str, year: int) -> Mapping[str, str]:
    """The files of a new package by their paths in it. ``user`` is the author, ``year`` stands in the licence."""
    symbol, author = write_symbol(name), write_symbol(user)
    return {
        ".github/workflows/ci.yml": _CI,
        ".gitignore": "*~\n\\#*\n.\\#*\n.DS_Store\ncompiled/\n/doc/\n",
        "LICENSE-APACHE": _APACHE.format(name=name),
        "LICENSE-MIT": _MIT.format(name=name, user=user, year=year),
        "README.md": f"{name}\n{'=' * len(name)}\nREADME text here.\n",
        "info.rkt": _INFO.format(name=name, author=author),
        "main.rkt": _MAIN.format(name=name),
        f"scribblings/{name}.scrbl": _MANUAL.format(symbol=symbol, name=name, user=user),
    }


_INFO: Final = """\
#lang info
(define collection "{name}")
(define deps '("base"))
(define build-deps '("scribble-lib" "racket-doc" "rackunit-lib"))
(define scribblings '(("scribblings/{name}.scrbl" ())))
(define pkg-desc "Description Here")
(define version "0.0")
(define pkg-authors '({author}))
(define license '(Apache-2.0 OR MIT))
"""

_MANUAL: Final = """\
#lang scribble/manual
@require[@for-label[{symbol}
                    racket/base]]

@title{{{name}}}
@author{{{user}}}

@defmodule[{symbol}]

Package Description Here
"""

_MAIN: Final = """\
#lang racket/base

;; What (require {name}) gives stands here. `raco test` runs the submodule `test`, `racket main.rkt` runs `main`.

(provide)

(module+ test
  (require rackunit)
  (check-equal? (+ 1 1) 2))

(module+ main
  (require racket/cmdline)
  (command-line
   #:program "{name}"
   #:args ()
   (void)))
"""

_CI: Final = """\
name: CI
on: [push, pull_request]
jobs:
  test:
    runs-on: ubuntu-latest
    strategy:
      fail-fast: false
      matrix:
        racket-version: [stable, current]
    steps:
      - uses: actions/checkout@v4
      - uses: Bogdanp/setup-racket@v1.11
        with:
          architecture: x64
          distribution: full
          variant: CS
          version: ${{ matrix.racket-version }}
      - run: raco pkg install --batch --auto
      - run: raco test --package "${GITHUB_REPOSITORY##*/}"
"""

_APACHE: Final = """\
{name} may be used, at your choice, under the Apache License, Version 2.0, or under the MIT License (LICENSE-MIT).

The Apache License, Version 2.0, is at http://www.apache.org/licenses/LICENSE-2.0. Unless applicable law asks for it or
it was agreed to in writing, the software comes "as is", without warranties or conditions of any kind; the licence says
what you may do with it and what not.
"""

_MIT: Final = """\
{name}

MIT License

Copyright (c) {year} {user}

Permission is hereby granted, free of charge, to any person obtaining a copy of this software and associated
documentation files (the "Software"), to deal in the Software without restriction, including without limitation the
rights to use, copy, modify, merge, publish, distribute, sublicense, and/or sell copies of the Software, and to permit
persons to whom the Software is furnished to do so, subject to the following conditions:

The above copyright notice and this permission notice shall be included in all copies or substantial portions of the
Software.

THE SOFTWARE IS PROVIDED "AS IS", WITHOUT WARRANTY OF ANY KIND, EXPRESS OR IMPLIED, INCLUDING BUT NOT LIMITED TO THE
WARRANTIES OF MERCHANTABILITY, FITNESS FOR A PARTICULAR PURPOSE AND NONINFRINGEMENT. IN NO EVENT SHALL THE AUTHORS OR
COPYRIGHT HOLDERS BE LIABLE FOR ANY CLAIM, DAMAGES OR OTHER LIABILITY, WHETHER IN AN ACTION OF CONTRACT, TORT OR
OTHERWISE, ARISING FROM, OUT OF OR IN CONNECTION WITH THE SOFTWARE OR THE USE OR OTHER DEALINGS IN THE SOFTWARE.
"""
