"""What a scope holds: its tables, settings, lock and trash, and what the packages in it say of themselves."""
