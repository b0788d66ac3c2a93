"""``pltpack server user``: the people of a server, as its operator has them."""
