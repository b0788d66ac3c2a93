"""Commands about PLaneT: the packages of 2004 to 2014."""
