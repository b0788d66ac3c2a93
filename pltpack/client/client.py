"""A client of a catalog server: its routes as methods, its documents as values, its problems as errors."""

from __future__ import annotations

import base64
import os
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from typing import Literal
from urllib.parse import quote

from pltpack.client.accounts import AccountCalls
from pltpack.client.build import find_id_token
from pltpack.client.documents import (
    Changed,
    DifferenceDocument,
    Events,
    JobDocument,
    NewToken,
    OwnersWanted,
    PackageDocument,
    PackageList,
    Queue,
    RecordChange,
    RecordWanted,
    RefreshStarted,
    RefreshWanted,
    Rename,
    RingWanted,
    ScopeName,
    SnapshotDocument,
    Snapshots,
    SnapshotWanted,
    Status,
    Tokens,
    TokenWanted,
    Undo,
    Versions,
    YankWanted,
)
from pltpack.client.hook_documents import (
    AuditLog,
    Deliveries,
    DeliveryDocument,
    HookChange,
    HookDocument,
    Hooks,
    HookWanted,
    NewHook,
)
from pltpack.client.publishing import (
    ExchangedToken,
    ExchangeWanted,
    ForgeName,
    PublisherDocument,
    Publishers,
    PublisherWanted,
)
from pltpack.client.requests import with_query
from pltpack.errors import FetchError
from pltpack.fetch.transport import shown
from pltpack.pkg.checksum import digests


class CatalogClient(AccountCalls):
    """Speaks with the server at a URL; ``token`` is shown to it. May be used from several threads.

    Every method raises :class:`~pltpack.errors.FetchError` if there is no answer or access is refused (``status`` tells
    which), :class:`~pltpack.errors.BlockedError` if something is in the way (409, 412),
    :class:`~pltpack.errors.PackageError` for what the server does not take, and
    :class:`~pltpack.errors.LimitError` for what is too large.
    """

    # Packages

    def packages(self, *, mine: bool = False, ring: int | None = None) -> Iterator[str]:
        """Names of packages, in order."""
        after: str | None = ""
        while after is not None:
            query = {"after": after, "mine": mine or None, "ring": ring}
            found = self.get(PackageList, "packages", query)
            yield from found.packages
            after = found.next

    def package(self, name: str) -> PackageDocument:
        """A package."""
        return self.get(PackageDocument, _package(name))

    def versions(self, name: str) -> Versions:
        """The archives of a package, the latest first."""
        return self.get(Versions, f"{_package(name)}/versions")

    def put(self, name: str, record: RecordWanted, *, version: int | None = None, new: bool = False) -> Changed:
        """Have a record be as it is given; ``version`` is the one that is to be replaced, ``new``: there is none."""
        return self.send(Changed, "PUT", _package(name), record, headers=_conditions(version, new))

    def change(self, name: str, change: RecordChange, *, version: int | None = None) -> Changed:
        """Change parts of a record."""
        return self.send(Changed, "PATCH", _package(name), change, headers=_conditions(version, False))

    def remove(self, name: str, *, purge: bool = False) -> None:
        """Remove a package; with ``purge`` it leaves no tombstone (for admins)."""
        self.request("DELETE", with_query(_package(name), {"purge": purge or None}))

    def push(
        self,
        name: str,
        archive: str | os.PathLike[str],
        *,
        plt_as: Literal["plt", "zip"] = "plt",
        new: bool = False,
        version: int | None = None,
    ) -> Changed:
        """Push an archive; sent again, the same bytes change nothing. Raises ``OSError`` if it cannot be read."""
        found = digests(archive)
        headers = {
            "Content-Type": "application/octet-stream",
            "Content-Length": str(found.size),
            "Digest": f"SHA-256={base64.b64encode(bytes.fromhex(found.sha256)).decode()}",
            **_conditions(version, new),
        }
        with open(archive, "rb") as stream:
            path = with_query(f"{_package(name)}/archive", {"as": plt_as})
            return self.decoded(Changed, self.request("PUT", path, stream, headers=headers))

    def yank(self, name: str, reason: str | None) -> Changed:
        """Say why a package should not be used any more; ``None``: it may be used again."""
        return self.send(Changed, "POST", f"{_package(name)}/yank", YankWanted(reason=reason))

    def owners(self, name: str, *, add: Sequence[str] = (), remove: Sequence[str] = ()) -> Changed:
        """Say who becomes an owner of a package and who no longer is one."""
        wanted = OwnersWanted(add=tuple(add), remove=tuple(remove))
        return self.send(Changed, "POST", f"{_package(name)}/owners", wanted)

    def rename(self, name: str, new: str) -> Changed:
        """Give a package another name."""
        return self.send(Changed, "POST", f"{_package(name)}/rename", Rename(name=new))

    def ring(self, name: str, ring: int) -> Changed:
        """Say what ring a package is in."""
        return self.send(Changed, "PUT", f"{_package(name)}/ring", RingWanted(ring=ring))

    def undo(self, name: str, event: int) -> Changed:
        """Have a package as it was before an event."""
        return self.send(Changed, "POST", f"{_package(name)}/undo", Undo(event=event))

    def events(self, name: str | None = None, *, before: int | None = None, most: int = 100) -> Events:
        """What was done to a package, or to all of them, the latest first."""
        path = "events" if name is None else f"{_package(name)}/events"
        return self.get(Events, path, {"before": before, "most": most})

    # Work

    def refresh(self, names: Sequence[str] = ()) -> RefreshStarted:
        """Look at the sources of packages; without names of all of one's own."""
        return self.send(RefreshStarted, "POST", "refresh", RefreshWanted(packages=tuple(names)))

    def job(self, number: int) -> JobDocument:
        """A job."""
        return self.get(JobDocument, f"jobs/{number}")

    def wait(
        self, number: int, *, seconds: float = 120.0, pause: Callable[[float], object] | None = None
    ) -> JobDocument:
        """Wait until a job has ended; also if it fails. Raises ``FetchError`` if that takes longer than ``seconds``."""
        pause = pause or threading.Event().wait
        end, step = time.monotonic() + seconds, 0.05
        while (job := self.job(number)).state not in ("done", "failed"):
            if time.monotonic() > end:
                raise FetchError(f"job {number} has not ended in {seconds:g} seconds", file=shown(self.url))
            pause(step)
            step = min(1.0, step * 1.5)
        return job

    def queue(self) -> Queue:
        """What awaits curators."""
        return self.get(Queue, "curation")

    def status(self) -> Status:
        """How it goes with the server, and who one is to it."""
        return self.get(Status, "status")

    def log(
        self,
        *,
        package: str | None = None,
        user: str | None = None,
        action: str | None = None,
        since: int | None = None,
        until: int | None = None,
        before: int | None = None,
        most: int = 100,
    ) -> AuditLog:
        """What was done, the latest first, with users, tokens and requests; for admins. Times are seconds since 1970:
        ``since`` that one, and before ``until``."""
        query = {"package": package, "user": user, "action": action, "since": since, "until": until}
        return self.get(AuditLog, "log", {**query, "before": before, "most": most})

    # Webhooks

    def hooks(self, package: str | None = None) -> tuple[HookDocument, ...]:
        """Webhooks of a package, or of all of one's own."""
        return self.get(Hooks, "hooks", {"package": package}).hooks

    def add_hook(self, url: str, *, package: str | None = None, actions: Sequence[str] = ()) -> NewHook:
        """Have a URL told of what is done to a package, without one of everything (for admins); its secret is in the
        answer, and nowhere else."""
        return self.send(NewHook, "POST", "hooks", HookWanted(url=url, package=package, actions=tuple(actions)))

    def change_hook(self, id: str, change: HookChange) -> HookDocument:
        """Change a webhook, or enable it again."""
        return self.send(HookDocument, "PATCH", _hook(id), change)

    def remove_hook(self, id: str) -> None:
        """Let a webhook go."""
        self.request("DELETE", _hook(id))

    def try_hook(self, id: str) -> DeliveryDocument:
        """Tell a webhook something, to see whether it hears."""
        return self.decoded(Deliveries, self.request("POST", f"{_hook(id)}/trial")).deliveries[0]

    def deliveries(self, id: str, *, before: int | None = None, most: int = 100) -> Deliveries:
        """What a webhook was told, the latest first."""
        return self.get(Deliveries, f"{_hook(id)}/deliveries", {"before": before, "most": most})

    def retry_delivery(self, id: str, delivery: int) -> DeliveryDocument:
        """Tell a webhook something again."""
        answer = self.request("POST", f"{_hook(id)}/deliveries/{delivery}/retry")
        return self.decoded(Deliveries, answer).deliveries[0]

    # Tokens

    def tokens(self, *, all: bool = False) -> Tokens:
        """Tokens, without their secrets."""
        return self.get(Tokens, "tokens", {"all": all or None})

    def make_token(
        self,
        label: str,
        *,
        scopes: Sequence[ScopeName] = ("upload",),
        packages: Sequence[str] = ("*",),
        days: int | None = 365,
        owner: str | None = None,
    ) -> NewToken:
        """Make a token; its secret is in the answer, and nowhere else."""
        wanted = TokenWanted(label=label, scopes=tuple(scopes), packages=tuple(packages), days=days, owner=owner)
        return self.send(NewToken, "POST", "tokens", wanted)

    def revoke_token(self, id: str) -> None:
        """Let a token be no good any more."""
        self.request("DELETE", f"tokens/{quote(id, safe='')}")

    # Builds that push without a token of their own

    def publishers(self, name: str) -> tuple[PublisherDocument, ...]:
        """Which builds may push a package."""
        return self.get(Publishers, f"{_package(name)}/publishers").publishers

    def add_publisher(
        self,
        name: str,
        forge: ForgeName,
        repository: str,
        *,
        workflow: str = "",
        ref: str | None = None,
        environment: str | None = None,
        issuer: str = "",
        owner: str | None = None,
    ) -> PublisherDocument:
        """Let builds push a package, which need not be there yet. ``owner`` is whose publisher it is (for admins)."""
        wanted = PublisherWanted(
            forge=forge,
            repository=repository,
            workflow=workflow,
            ref=ref,
            environment=environment,
            issuer=issuer,
            owner=owner,
        )
        return self.send(PublisherDocument, "POST", f"{_package(name)}/publishers", wanted)

    def remove_publisher(self, name: str, id: str) -> None:
        """Let builds push a package no more."""
        self.request("DELETE", f"{_package(name)}/publishers/{quote(id, safe='')}")

    def exchange(self, id_token: str, packages: Sequence[str]) -> ExchangedToken:
        """A token for pushing packages for the id token of a build, which can be shown only once."""
        wanted = ExchangeWanted(packages=tuple(packages), id_token=id_token)
        return self.send(ExchangedToken, "POST", "oidc/exchange", wanted, again=False)

    def sign_in_as_build(self, packages: Sequence[str]) -> bool:
        """Show from now on the token that the server gives to this build for pushing packages; whether this is a build
        that has an id token. Raises :class:`~pltpack.errors.FetchError` too if its forge does not give it."""
        found = find_id_token(self.url)
        if found is not None:
            self.show(self.exchange(found, packages).token)
        return found is not None

    # Snapshots

    def snapshots(self) -> tuple[str, ...]:
        """Stamps of snapshots, the latest first."""
        return self.get(Snapshots, "snapshots").snapshots

    def snapshot(self, stamp: str) -> SnapshotDocument:
        """A snapshot."""
        return self.get(SnapshotDocument, f"snapshots/{quote(stamp, safe='')}")

    def take_snapshot(self, stamp: str | None = None) -> SnapshotDocument:
        """Freeze the site as it is."""
        return self.send(SnapshotDocument, "POST", "snapshots", SnapshotWanted(stamp=stamp))

    def compare_snapshots(self, old: str, new: str) -> DifferenceDocument:
        """What differs between two snapshots."""
        return self.get(DifferenceDocument, f"snapshots/{quote(old, safe='')}/diff/{quote(new, safe='')}")


def _package(name: str) -> str:
    return f"packages/{quote(name, safe='')}"


def _hook(id: str) -> str:
    return f"hooks/{quote(id, safe='')}"


def _conditions(version: int | None, new: bool) -> dict[str, str]:
    if new:
        return {"If-None-Match": "*"}
    return {} if version is None else {"If-Match": f'"{version}"'}
