"""The commands that make mirrors: catalogs with their packages."""
