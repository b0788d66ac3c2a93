"""Checking catalogs: what would make a client fail, and what would surprise its user."""
