"""The catalog server: edits of records, and who may make them, over a :mod:`~pltpack.site` that anybody can serve.

Clients of ``raco pkg`` never need it: they read files. Every edit is one transaction in a database (the record, an
event for the history, a job); a worker takes the job, and publishes through :mod:`pltpack.site` in the order that is
safe for clients. Records are also written as files, from which all can be had again without the database.
"""
