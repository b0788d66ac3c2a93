"""A server of packages as PLaneT's was: what PLT Scheme 4.2.4 and all later versions ask over HTTP."""
