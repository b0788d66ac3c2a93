"""The pages for people: to sign in, and to do with their packages what the API does, without a script."""
