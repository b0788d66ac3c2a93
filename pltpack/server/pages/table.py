"""The table of all pages."""

from __future__ import annotations

from typing import Final

from pltpack.server.pages import account, builds, codes, curation, history, listing, settings, signing, tokens
from pltpack.server.pages.asked import Page

PAGES: Final[tuple[Page, ...]] = (
    *signing.PAGES,
    *codes.PAGES,
    *account.PAGES,
    *listing.PAGES,
    *settings.PAGES,
    *history.PAGES,
    *builds.PAGES,
    *tokens.PAGES,
    *curation.PAGES,
)
