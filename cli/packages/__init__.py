"""Commands on packages."""
