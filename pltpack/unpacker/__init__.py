"""From an archive to a tree of files."""
