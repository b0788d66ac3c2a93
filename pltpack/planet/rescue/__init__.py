"""The rescue: packages of PLaneT become packages of today, their requests rewritten, what cannot be decided told."""
