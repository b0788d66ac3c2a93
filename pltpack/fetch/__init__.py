"""Package sources become local content that was checked, through a cache."""
