"""The routes of the API: each is declared once, and the application, its description and the security tests are made
of the declarations."""
