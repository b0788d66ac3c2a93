"""What a rescue came to, for people."""
