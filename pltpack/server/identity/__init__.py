"""Who is asking, and what they may do: users and their roles, tokens and their scopes, patience with guessing."""
