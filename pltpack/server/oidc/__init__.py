"""Trusted publishing: builds of GitHub and GitLab push without a secret, by what their forge signs of them.

The forge gives a build an id token (OpenID Connect) that tells its repository, workflow, ref and environment. Owners
say which of those may push a package; for a token that fits the server gives one of its own, for a short time.
"""
