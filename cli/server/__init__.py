"""``pltpack server``: to set up, run and keep a catalog server."""
