"""Changing archives: what is to be changed, as values, and one pass that changes it."""
