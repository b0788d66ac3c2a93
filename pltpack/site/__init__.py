"""A published catalog: a directory that any web server can serve.

Everything a client of ``raco pkg`` reads is below ``catalog/``; the archives that it names are below ``pkgs/``, each in
a folder named for its SHA-1, so that no address ever changes its bytes. What people and tools read (pages, JSON, feed)
stands beside them. What a site knows of a package beyond its archive is one file below ``.site/packages/``: from those
and the archives everything else is made, by :mod:`~pltpack.site.build`.
"""
