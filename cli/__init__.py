"""The commands, installed as ``pltpack_cli``."""
