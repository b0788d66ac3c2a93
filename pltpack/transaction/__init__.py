"""Changes on disk that happen whole or not at all."""
