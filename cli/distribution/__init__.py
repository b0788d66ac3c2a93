"""Commands on distribution sites and installers."""
