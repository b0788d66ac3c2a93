"""The database of a catalog server: SQLite, or PostgreSQL; its tables, and the steps that bring them to their shape."""
