"""The ``info`` language: what an ``info.rkt`` says, evaluated without Racket."""
