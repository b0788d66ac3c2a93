"""What an installation, update or removal comes to: pure functions of values."""
