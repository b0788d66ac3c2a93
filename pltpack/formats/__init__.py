"""Archives as entries: one reader and one writer for each format."""
