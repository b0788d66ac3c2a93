"""The catalog server's API as programs use it: its documents as types, and a client that speaks them."""
