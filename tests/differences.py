"""Marks tests that hold what pltpack does otherwise than Racket; a page of the documentation is made of them."""

from __future__ import annotations

import pytest


def differs(*, racket: str, here: str) -> pytest.MarkDecorator:
    """The test holds that it is so here; what Racket 8.7 does was seen with a real one."""
    return pytest.mark.differs(racket=racket, here=here)
