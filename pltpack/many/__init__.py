"""Many archives at once: finding them, tables of them, searching them, and what they have in common."""
