"""Paths of a transaction: below a root, and safe by construction."""

from __future__ import annotations

from typing import TypeAlias

SafePath: TypeAlias = tuple[str, ...]
"""A path below some directory: plain names, never ``.`` or ``..``, no separators; ``()`` is the directory itself."""
