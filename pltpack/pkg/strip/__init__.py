"""What each mode of packing keeps of a package."""
