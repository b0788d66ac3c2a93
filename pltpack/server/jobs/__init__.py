"""What is done behind requests: a queue in the database, and workers that take from it."""
