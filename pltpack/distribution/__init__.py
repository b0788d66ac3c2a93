"""Distribution sites: installers and their tables, snapshots, mirrors and pages over a published catalog.

Nothing is built here and nothing of an installer is run: what a build leaves behind becomes a directory that any web
server can serve. The layers below know nothing of it; of :mod:`pltpack.site` it takes the catalog, the lock of a site,
the look of its pages and its findings.
"""
