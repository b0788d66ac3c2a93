"""What a mistyped name may have been meant to be."""

from __future__ import annotations

from collections.abc import Collection


def did_you_mean(name: str, known: Collection[str]) -> str | None:
    """A question for the user, naming up to three of ``known``; ``None`` if nothing is alike.

    A path that ends in the name is the likeliest, then those that are spelled like it.

    >>> did_you_mean("info.rkt", ["a/info.rkt", "a/inf.rkt"]), did_you_mean("xyz", ["a"])
    ('did you mean a/info.rkt?', None)
    """
    import difflib

    bare = name.strip("/")
    near = [path for path in known if path.rstrip("/").endswith(f"/{bare}")][:3]
    near = near or difflib.get_close_matches(name, known, n=3, cutoff=0.6) or _same_last_name(bare, known)
    return f"did you mean {' or '.join(near)}?" if near else None


def _same_last_name(name: str, known: Collection[str]) -> list[str]:
    import difflib

    by_name = {path.rstrip("/").rpartition("/")[2]: path for path in known}
    return [by_name[near] for near in difflib.get_close_matches(name.rpartition("/")[2], by_name, n=3, cutoff=0.6)]
