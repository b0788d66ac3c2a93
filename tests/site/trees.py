"""Packages and sites for the tests of published catalogs."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from pltpack.site.build import build_site

INFO = '#lang info\n(define version "1.0")\n(define license (quote MIT))\n'


def package(folder: Path, name: str, files: Mapping[str, str] = {}, *, info: str = INFO) -> Path:
    """A directory with a package: an ``info.rkt``, a ``main.rkt``, and other ``files``."""
    place = folder / name
    for path, text in {
        "info.rkt": info,
        "main.rkt": "#lang racket/base\n(provide fruit)\n(define fruit 1)\n",
        **files,
    }.items():
        (place / path).parent.mkdir(parents=True, exist_ok=True)
        (place / path).write_text(text, "utf-8")
    return place


def small_site(folder: Path) -> Path:
    """A site with ``apple`` and ``pear``, which depends on it."""
    apple = package(folder / "src", "apple")
    pear = package(folder / "src", "pear", info=INFO + '(define deps (quote ("base" ("apple" #:version "1.0"))))\n')
    report = build_site(folder / "site", [apple, pear])
    assert report.added == ["apple", "pear"]
    return folder / "site"
