"""Commands for many archives at once, and what all commands print of many."""
