"""The commands for package sources."""
