"""What may be said of a package, checked; and the changes that the routes make, functions from edition to edition."""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from pltpack.client.documents import RecordChange, RecordWanted, VersionSource
from pltpack.errors import PackageError
from pltpack.fetch.sources import GIT_TYPES, parse_fetchable
from pltpack.racket.info.fields import valid_version
from pltpack.server.problems import Problem, unprocessable
from pltpack.server.records.edits import Change
from pltpack.server.records.package import Edition, Fields
from pltpack.site.config import VersionOverride
from pltpack.site.enrich import by_name
from pltpack.site.state import Yank

_FETCHED = (*GIT_TYPES, "file-url", "dir-url")
_SCHEMES = ("http://", "https://", "git://", "github://", "git+https://", "git+http://")


def wanted_fields(wanted: RecordWanted) -> Fields:
    """The fields of a record that somebody sent, checked. Raises a :class:`~pltpack.server.problems.Problem` (422)."""
    fields = Fields(
        source=wanted.source,
        description=wanted.description,
        author=wanted.author,
        license=wanted.license,
        tags=_tags(wanted.tags),
        versions=_versions(wanted.versions),
    )
    check_fields(fields)
    return fields


def set_record(wanted: RecordWanted) -> Change:
    """Say a whole record anew."""
    fields = wanted_fields(wanted)
    return lambda edition: _with_fields(edition, fields)


def change_record(wanted: RecordChange) -> Change:
    """Say parts of a record."""

    def change(edition: Edition) -> Edition:
        said = {field: getattr(wanted, field) for field in wanted.__struct_fields__}
        given = {field: value for field, value in said.items() if value is not msgspec.UNSET}
        if "tags" in given:
            given["tags"] = _tags(given["tags"])
        if "versions" in given:
            given["versions"] = _versions(given["versions"])
        fields = msgspec.structs.replace(edition.fields, **given)
        check_fields(fields)
        return _with_fields(edition, fields)

    return change


def set_archive(sha256: str) -> Change:
    """Make a package of an archive that was pushed; it is there again if it was removed, and not yanked any more."""

    def change(edition: Edition) -> Edition:
        if edition.archive == sha256 and edition.origin == "" and edition.removed is None:
            return edition
        fields = msgspec.structs.replace(edition.fields, source="")
        return msgspec.structs.replace(
            edition, fields=fields, archive=sha256, origin="", checksum=None, removed=None, yanked=None
        )

    return change


def remove(now: int) -> Change:
    """Leave a tombstone."""
    return lambda edition: edition if edition.removed is not None else msgspec.structs.replace(edition, removed=now)


def yank(reason: str | None, now: int) -> Change:
    """Say that a package should not be used any more, and why; or (``None``) that it may be used again."""

    def change(edition: Edition) -> Edition:
        if edition.yanked is not None and edition.yanked.reason == reason:
            return edition
        return msgspec.structs.replace(edition, yanked=None if reason is None else Yank(reason, now))

    return change


def change_owners(add: Iterable[str], remove: Iterable[str]) -> Change:
    """Say who owns a package; somebody always does."""

    def change(edition: Edition) -> Edition:
        owners = tuple(sorted({*edition.owners, *add} - {*remove}))
        if not owners:
            raise unprocessable("a package has an owner: name another one first")
        return msgspec.structs.replace(edition, owners=owners)

    return change


def set_ring(ring: int, by: str) -> Change:
    """Say what ring a package is in, and who says so."""

    def change(edition: Edition) -> Edition:
        return edition if edition.ring == ring else msgspec.structs.replace(edition, ring=ring, ring_by=by)

    return change


def go_back(wanted: Edition, *, content: bool) -> Change:
    """Have a package as it was, owners included, with ``content`` also its archive. Only curators say rings."""

    def change(edition: Edition) -> Edition:
        kept = wanted if content else edition
        return msgspec.structs.replace(
            wanted,
            ring=edition.ring,
            ring_by=edition.ring_by,
            archive=kept.archive,
            origin=kept.origin,
            checksum=kept.checksum,
        )

    return change


def check_fields(fields: Fields) -> None:
    """Raise a :class:`~pltpack.server.problems.Problem` (422) that names each field that is no good."""
    problems = [] if fields.source == "" else [*source_problems("source", fields.source)]
    for version, own in fields.versions.items():
        if not valid_version(version):
            problems.append(f"versions: {version!r} is no version of Racket")
        problems += source_problems(f"versions.{version}", own.source)
    texts = {"description": fields.description, "author": fields.author, "license": fields.license}
    problems += [f"{name}: it holds control characters" for name, text in texts.items() if text and not _is_plain(text)]
    if fields.author is not None and any(":" in name for name in fields.author.split()):
        problems.append("author: a name has no colon")
    if problems:
        raise unprocessable("the record is not what it should be", problems)


def source_problems(field: str, source: str) -> list[str]:
    """What speaks against a source that the server is to look at: it is fetched from a server, without a password."""
    if not source.startswith(_SCHEMES):
        return [f"{field}: it begins with http://, https://, git:// or github://"]
    if not source.isascii() or not source.isprintable() or " " in source:
        return [f"{field}: a URL is made of ASCII characters, without blanks"]
    try:
        parsed = parse_fetchable(source, None, "x")
    except (PackageError, ValueError) as error:
        return [f"{field}: {error}"]
    if parsed.type not in _FETCHED:
        return [f"{field}: it cannot be fetched"]
    if parsed.repository is not None and parsed.repository.transport == "git":
        return [f"{field}: repositories are fetched over https:// only"]
    if parsed.url is None or not parsed.url.host:
        return [f"{field}: it names no host"]
    return [f"{field}: it holds a user or a password, which everybody would see"] if parsed.url.user else []


def lost_update() -> Problem:
    """A write that does not say which version it is for."""
    return Problem(428, "version-required", "send If-Match with the ETag of the record, or If-None-Match: *")


def _with_fields(edition: Edition, fields: Fields) -> Edition:
    """New fields; a package that was removed is there again."""
    return msgspec.structs.replace(edition, fields=fields, removed=None)


def _tags(tags: Iterable[str]) -> tuple[str, ...]:
    return tuple(sorted(set(tags), key=by_name))


def _versions(versions: dict[str, VersionSource]) -> dict[str, VersionOverride]:
    return {version: VersionOverride(own.source, own.checksum) for version, own in sorted(versions.items())}


def _is_plain(text: str) -> bool:
    return all(character.isprintable() or character == " " for character in text)
