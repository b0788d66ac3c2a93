"""The JSON documents of the commands about PLaneT; their shapes are written down in ``docs/json.md``."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pltpack.datum.writer import write_datum

from ..console import describe, exit_code
from ..documents import Json

if TYPE_CHECKING:
    from pltpack.planet.cache import CacheContents, Cached
    from pltpack.planet.create import Created
    from pltpack.planet.look import Look
    from pltpack.planet.release import Release
    from pltpack.planet.rescue.dependencies import Reason
    from pltpack.planet.rescue.notes import Edit, Note
    from pltpack.planet.rescue.rescued import Rescue, Rescued


def release_json(release: Release) -> dict[str, Json]:
    """A version of a package, and where it is."""
    return {
        "owner": release.owner,
        "package": release.package,
        "major": release.major,
        "minor": release.minor,
        "path": str(release.path),
        "stored": release.stored,
    }


def shown_datum(value: object) -> str:
    """The value of a field as it would be written."""
    try:
        return write_datum(value)  # type: ignore[arg-type]  # what is no datum is told by the error
    except (TypeError, ValueError):
        return str(value)


def look_json(found: Look) -> dict[str, Json]:
    """What an archive is."""
    installer = found.installer
    return {
        "archive": found.path,
        "kind": found.kind,
        "standsFor": None
        if installer is None
        else {
            "owner": installer.owner,
            "package": installer.package,
            "major": installer.major,
            "minor": installer.minor,
        },
        "fields": {name: shown_datum(value) for name, value in found.fields.items()},
        "objections": list(found.objections),
        "warnings": list(found.warnings),
        "files": len(found.files),
        "bytes": found.size,
        "wants": [{"package": name, "form": form} for name, form in found.wants.items()],
        "notes": [note_json(note) for note in found.notes],
    }


def created_json(created: Created, *, dry_run: bool) -> dict[str, Json]:
    """An archive that was made."""
    return {
        "archive": str(created.path),
        "written": not dry_run,
        "files": created.packed.files,
        "directories": created.packed.directories,
        "bytes": created.packed.file_bytes,
        "objections": list(created.objections),
        "warnings": list(created.warnings),
        "unrendered": list(created.unrendered),
    }


def note_json(note: Note) -> dict[str, Json]:
    """Something to know."""
    return {
        "file": note.file,
        "line": note.line or None,
        "kind": note.kind,
        "message": note.message,
        "subject": note.subject,
    }


def edit_json(edit: Edit) -> dict[str, Json]:
    """A stretch of a file that was replaced."""
    return {"file": edit.file, "line": edit.line, "before": edit.before, "after": edit.after}


def _reasons(found: dict[str, Reason]) -> list[Json]:
    return [{"package": name, "file": reason.file or None, "what": reason.what} for name, reason in found.items()]


def rescued_json(package: Rescued) -> dict[str, Json]:
    """One package of a rescue."""
    error = package.error
    return {
        "name": package.target.name,
        "collection": package.target.collection,
        "release": release_json(package.release),
        "file": None if package.path is None else str(package.path),
        "sha1": package.sha1,
        "files": package.files,
        "sources": package.sources,
        "bytes": package.size,
        "title": package.title,
        "description": package.description,
        "deps": _reasons(package.deps),
        "buildDeps": _reasons(package.build_deps),
        "missing": [{"package": name, "form": form} for name, form in package.missing.items()],
        "edits": [edit_json(edit) for edit in package.edits],
        "notes": [note_json(note) for note in package.notes],
        "modules": list(package.modules),
        "error": None if error is None else describe(error),
        "exitCode": 0 if error is None else exit_code(error),
    }


def rescue_json(rescue: Rescue) -> dict[str, Json]:
    """All of a rescue."""
    return {
        "packages": [rescued_json(package) for package in rescue.packages],
        "superseded": [release_json(release) for release in rescue.superseded],
        "missing": [{"package": name, "neededBy": list(names)} for name, names in rescue.missing().items()],
        "graph": {name: list(names) for name, names in rescue.graph().items()},
        "cycles": [list(ring) for ring in rescue.cycles()],
        "unplaced": [str(path) for path in rescue.unplaced],
        "problems": list(rescue.problems),
    }


def cached_json(cached: Cached) -> dict[str, Json]:
    """What became of a release in a cache."""
    error = cached.error
    return {
        "release": release_json(cached.release),
        "racketVersion": cached.version,
        "directory": str(cached.path),
        "outcome": cached.outcome,
        "files": cached.files,
        "error": None if error is None else describe(error),
        "exitCode": 0 if error is None else exit_code(error),
    }


def contents_json(contents: CacheContents) -> dict[str, Json]:
    """What a client has."""
    return {
        "racketVersion": contents.places.version,
        "base": str(contents.places.base),
        "installed": [release_json(release) for release in contents.installed],
        "unfinished": [release_json(release) for release in contents.unfinished],
        "links": [
            {
                "owner": link.owner,
                "package": link.package,
                "major": link.major,
                "minor": link.minor,
                "directory": str(link.directory),
            }
            for link in contents.links
        ],
        "archives": [release_json(release) for release in contents.archives],
    }
