"""Commands on catalogs of packages."""
