"""From one format to another: what converting comes to, what it loses, how two packages differ."""
