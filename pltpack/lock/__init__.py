"""Sets of packages that are the same everywhere: lock files, what makes a scope equal one, environments of projects."""
