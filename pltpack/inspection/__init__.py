"""Looking into archives and packages of every format without unpacking them."""
