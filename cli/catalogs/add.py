"""``pltpack catalog add``: ``catalog build`` under the name that says what is done with one more package."""

from __future__ import annotations

from .build import build as add

__all__ = ["add"]
