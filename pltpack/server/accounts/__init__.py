"""People with passwords: sessions of those who have signed in, codes by mail, and what they say of themselves."""
