"""Packages: a directory to and from zip, tgz, tar and plt."""
