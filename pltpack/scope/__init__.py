"""Packages in a scope: installed, updated, removed, as Racket's package manager does it."""
