"""Looking at the sources of packages that are elsewhere: when, how, and what becomes of an answer."""
