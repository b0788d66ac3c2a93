"""The ``.plt`` format: bytes to values and back. Takes streams, opens no path."""
