"""Commands that speak with a catalog server: push, yank, owners, and how it goes."""
