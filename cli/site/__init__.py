"""Commands on distribution sites."""
