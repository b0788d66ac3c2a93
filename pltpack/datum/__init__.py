"""Racket's notation: S-expressions read and written. Knows no archive and no file."""
