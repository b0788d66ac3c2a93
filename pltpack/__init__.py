"""pltpack: the archive toolkit for Racket packages.

The public names; each is imported from its module when it is first asked for, so that ``import pltpack`` costs next
to nothing.
"""

from __future__ import annotations

__version__ = "0.1.0"
