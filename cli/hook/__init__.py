"""``pltpack hook``: who is told of what is done to packages on a catalog server."""
