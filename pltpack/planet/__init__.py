"""PLaneT: the packages of 2004 to 2014 and what asks for them, read, kept and made today's packages, without Racket."""
