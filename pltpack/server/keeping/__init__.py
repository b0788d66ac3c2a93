"""Keeping a server: to set it up, save and restore it, look whether all is well, and take over another catalog."""
