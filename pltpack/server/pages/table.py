"""The table of all pages."""

from __future__ import annotations

from typing import Final

from pltpack.server.pages import curation, history, listing, settings, signing, tokens
from pltpack.server.pages.asked import Page

PAGES: Final[tuple[Page, ...]] = (
    *signing.PAGES,
    *listing.PAGES,
    *settings.PAGES,
    *history.PAGES,
    *tokens.PAGES,
    *curation.PAGES,
)
