"""What a Racket installation knows: ``info.rkt``, ``config.rktd``, directories, collections."""
