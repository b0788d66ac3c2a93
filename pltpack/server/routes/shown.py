"""Packages, events and jobs as documents: what of them others may see."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import msgspec
from sqlalchemy.engine import Connection

from pltpack.client.documents import (
    ArchiveDocument,
    CheckDocument,
    EventDocument,
    JobDocument,
    PackageDocument,
    TokenDocument,
    VersionSource,
    YankDocument,
)
from pltpack.client.hook_documents import AuditDocument, DeliveryDocument, HookDocument
from pltpack.server.hooks.deliveries import Delivery
from pltpack.server.hooks.hook import Hook
from pltpack.server.identity.tokens import Token
from pltpack.server.identity.users import shown_names
from pltpack.server.jobs.queue import Job
from pltpack.server.records.events import PUBLISHER, Event
from pltpack.server.records.health import failure_of
from pltpack.server.records.package import Archive, Edition, Package
from pltpack.server.room import Room
from pltpack.server.sources.state import Check
from pltpack.server.sources.watch import find_check
from pltpack.site.enrich import shown_authors


def package_document(room: Room, connection: Connection, package: Package) -> PackageDocument:
    """A package; its owners and authors by names that tell no address."""
    edition, fields = package.edition, package.edition.fields
    facts = None if package.archive is None else package.archive.facts
    authors = facts.authors if fields.author is None and facts is not None else (fields.author or "").split()
    owners = shown_names(connection, edition.owners)
    checksum = edition.checksum or (None if facts is None else facts.sha1)
    return PackageDocument(
        name=package.name,
        version=package.version,
        published=package.is_published,
        source=fields.source,
        checksum=checksum,
        description=fields.description
        if fields.description is not None
        else ""
        if facts is None
        else facts.description,
        authors=tuple(shown_authors(authors)),
        license=fields.license if fields.license is not None else None if facts is None else facts.license,
        tags=fields.tags,
        ring=edition.ring,
        owners=tuple(owners[name] for name in edition.owners),
        added=package.added,
        edited=package.edited,
        dependencies=() if facts is None else facts.dependencies,
        modules=() if facts is None else facts.modules,
        versions={
            version: VersionSource(source=own.source, checksum=own.checksum) for version, own in fields.versions.items()
        },
        archive=None if package.archive is None else archive_document(package.archive, current=True),
        yanked=None if edition.yanked is None else YankDocument(reason=edition.yanked.reason, time=edition.yanked.time),
        removed=edition.removed,
        check=check_document(room, find_check(connection, package.name)),
    )


def archive_document(archive: Archive, *, current: bool) -> ArchiveDocument:
    """An archive of a package."""
    return ArchiveDocument(
        sha1=archive.sha1,
        sha256=archive.sha256,
        file=archive.file,
        size=archive.size,
        version=archive.facts.version,
        created=archive.created,
        source=archive.source,
        checksum=archive.checksum,
        current=current,
    )


def check_document(room: Room, check: Check | None) -> CheckDocument | None:
    """How it goes with a source."""
    if check is None:
        return None
    return CheckDocument(
        state=check.state,
        checked=check.checked,
        due=check.due,
        failures=check.failures,
        code=check.code,
        message=check.message,
        since=check.since,
        stale=check.is_stale(room.now, room.config.sources.stale_days),
    )


def event_documents(
    connection: Connection, events: Iterable[Event], *, builds: bool = True
) -> tuple[EventDocument, ...]:
    """Events, with what they changed; users by names that tell no address. ``builds``: also which those are that may
    push a package."""
    found = list(events)
    users = {event.actor for event in found if event.actor is not None}
    for event in found:
        for edition in (event.before, event.after):
            users |= set() if edition is None else set(edition.owners)
    names = shown_names(connection, users)
    return tuple(
        EventDocument(
            id=event.id,
            time=event.time,
            action=event.action,
            package=event.package,
            actor=None if event.actor is None else names[event.actor],
            detail=event.detail if builds or event.action != PUBLISHER else None,
            before=_changed(event.before, event.after, names),
            after=_changed(event.after, event.before, names),
        )
        for event in found
    )


def audit_documents(events: Iterable[Event]) -> tuple[AuditDocument, ...]:
    """Events as admins see them: users by the names they sign in with."""
    found = list(events)
    users = {user for event in found for edition in (event.before, event.after) if edition for user in edition.owners}
    names = {user: user for user in users}
    return tuple(
        AuditDocument(
            id=event.id,
            time=event.time,
            action=event.action,
            package=event.package,
            user=event.actor,
            token=event.token,
            request=event.request,
            detail=event.detail,
            before=_changed(event.before, event.after, names),
            after=_changed(event.after, event.before, names),
        )
        for event in found
    )


def hook_document(hook: Hook, owner: str) -> HookDocument:
    """A webhook, without its secret; ``owner`` is what others call who has made it."""
    return HookDocument(
        id=hook.id,
        package=hook.package,
        url=hook.url,
        actions=hook.actions,
        owner=owner,
        created=hook.created,
        failures=hook.failures,
        disabled=hook.disabled,
        reason=hook.reason,
    )


def delivery_document(delivery: Delivery) -> DeliveryDocument:
    """What a webhook was told."""
    return DeliveryDocument(
        id=delivery.id,
        action=delivery.action,
        package=delivery.package,
        time=delivery.time,
        state=delivery.state,  # type: ignore[arg-type]  # no others are written down
        attempts=delivery.attempts,
        event=delivery.event,
        status=delivery.status,
        message=delivery.message,
        ended=delivery.ended,
    )


def job_document(job: Job, *, whole: bool = False) -> JobDocument:
    """A job; what a worker needs to know of it stays here. ``whole``: with the error as it was, for admins."""
    return JobDocument(
        id=job.id,
        kind=job.kind,
        state=job.state,  # type: ignore[arg-type]  # the queue knows no others
        created=job.created,
        package=job.package,
        attempts=job.attempts,
        ended=job.ended,
        error=job.error if whole or job.error is None else failure_of(job.kind),
        result=job.result,
    )


def token_document(token: Token) -> TokenDocument:
    """A token, without its secret."""
    return TokenDocument(
        id=token.id,
        label=token.label,
        owner=token.owner,
        scopes=token.scopes,
        packages=token.packages,
        created=token.created,
        expires=token.expires,
        used=token.used,
        revoked=token.revoked,
    )


def _changed(edition: Edition | None, other: Edition | None, names: Mapping[str, str]) -> dict[str, object]:
    """What an edition has that the other one has not."""
    if edition is None:
        return {}
    ours, theirs = _plain(edition, names), {} if other is None else _plain(other, names)
    return {key: value for key, value in ours.items() if theirs.get(key, ...) != value}


def _plain(edition: Edition, names: Mapping[str, str]) -> dict[str, object]:
    plain: dict[str, object] = msgspec.to_builtins(edition)
    fields = plain.pop("fields")
    assert isinstance(fields, dict)
    plain["owners"] = [names[owner] for owner in edition.owners]
    return {**fields, **plain, "author": " ".join(shown_authors((edition.fields.author or "").split()))}
