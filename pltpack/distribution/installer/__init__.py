"""Installers of Racket: what they say and hold, what is wrong with them, and unpacking them without running them."""
