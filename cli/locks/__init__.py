"""Commands on lock files and what they describe: scopes, environments, vendored folders."""
