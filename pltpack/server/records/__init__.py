"""Packages as the server keeps them, and every way in which they change."""
