"""Changes on disk that happen whole or not at all. Knows no archive and no package: only directories and files.

**What is promised.** A transaction (:class:`~pltpack.transaction.directory.DirectoryDestination`) is told what shall be
in one or several directories, its roots, also on different file systems: files, directories and links that are new,
files and whole directories that take the place of others, things that shall be gone or elsewhere. Nothing of it shows
before ``commit``, and then all of it. An error, a signal or the end of the ``with`` block without a commit leaves
everything as it was; after a kill at any moment each file is its old or its new self, and the next transaction in any
of the roots makes all of it old, or all of it new if the commit had come to its end. Nothing outside of the roots is
touched, no link below a root is followed, nothing is overwritten that somebody put there meanwhile.

**The public face.**

1. Open roots: a :class:`~pltpack.transaction.destination.Root` is a directory, opened, locked and cleaned up when a
   method first names it.
2. Stage: ``make_directory``, ``write_file``, ``make_link``, ``replace_directory``, ``remove``, ``move``, ``graft``.
   Paths are :data:`~pltpack.transaction.paths.SafePath`, names that the caller has judged; data is anything with
   ``read`` and ``chunks``.
3. ``commit`` or ``rollback``.
4. :func:`~pltpack.transaction.directory.recover` does what opening a root does, and nothing else.

:func:`~pltpack.transaction.file.replacing` is the smallest case: one file, written by the caller himself.
:class:`~pltpack.transaction.memory.MemoryDestination` is the same without a disk, for dry runs.

**The states.** *Staging*: what is new is written to an area, a hidden folder in the root (one for each file system).
*Moving*: a journal lists every move; then each is done, with a rename or a link, what gives way being put aside into
the area. *Committed*: the journal is gone; that is the moment of success. *Over*: the areas are gone, too.

**Who cleans up.** The transaction itself, whatever ends it but a kill. After a kill the next one of the same user that
opens one of the roots: it takes back the moves of the journal, the last one first, then removes the areas. What
somebody else has changed since the kill is his, and stays.

**What is believed.** Nothing in a root. Claims (which area is ours, by device and inode), journals and locks are in a
directory of the user's own (:mod:`~pltpack.transaction.state`); an area or a waiting room that is not claimed there is
left alone, with a warning, and the work goes on beside it.

The modules, from below: ``paths``, ``portability`` (names); ``destination`` (what may be asked, rules for what is in
the way); ``folders`` (directories by descriptor), ``removal``, ``writing`` (files), ``lock``, ``state``; ``staging``
(areas), ``journal``, ``undo``, ``moves`` (what a commit does); ``recovery``, ``waiting_room``; ``holdings`` (what
is given back at the end), ``ground``, ``files`` (staging each kind of thing); ``directory``.
"""
