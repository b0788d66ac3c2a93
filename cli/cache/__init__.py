"""The commands for the cache of what was fetched."""
