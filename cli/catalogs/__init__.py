"""The commands for catalogs, sources and the cache."""
