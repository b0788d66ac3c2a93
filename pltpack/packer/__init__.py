"""From a tree of files to an archive."""
