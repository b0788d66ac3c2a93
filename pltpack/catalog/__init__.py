"""Catalogs of packages: names become records, over directories, SQLite files and HTTP."""
