"""Commands on installers."""
