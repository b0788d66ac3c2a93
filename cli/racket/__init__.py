"""Commands on Racket installations."""
