"""Patterns of paths, as ``.gitignore`` files hold them."""

from __future__ import annotations

from collections.abc import Callable, Sequence


def matcher(patterns: Sequence[str]) -> Callable[[str], bool]:
    """A function that says whether a relative path (``/`` between names, one behind a directory) matches a pattern.

    What is below a directory that matches, matches too. Later patterns win, and ``!`` takes back.

    >>> [matcher(["*.bak", "/doc/"])(path) for path in ("a/x.bak", "doc/", "doc/a.txt", "a/doc/")]
    [True, True, True, False]
    """
    from pathspec import GitIgnoreSpec

    return GitIgnoreSpec.from_lines(patterns).match_file
