"""Webhooks: who wants to be told of what is done to packages, and what they were told. They never hold up anything."""
