"""``pltpack``: all commands under one roof."""

from __future__ import annotations

from typing import Final

from .commands import Command, run

COMMANDS: Final = {
    "pack": Command("archives.pack", "pack"),
    "unpack": Command("archives.unpack", "unpack"),
    "list": Command("archives.list", "list_archive"),
    "show": Command("archives.show", "show"),
    "cat": Command("archives.cat", "cat"),
    "verify": Command("archives.verify", "verify"),
    "find": Command("many.find", "find"),
    "duplicates": Command("many.duplicates", "duplicates"),
    "edit": Command("archives.edit", "edit"),
    "diff": Command("archives.diff", "diff"),
    "convert": Command("archives.convert", "convert"),
    "schema": Command("many.schema", "schema"),
    "create": Command("packages.create", "create"),
    "source": Command("packages.source", "source"),
    "info": Command("racket.info", "info"),
    "dirs": Command("racket.dirs", "dirs"),
    "doctor": Command("racket.doctor", "doctor"),
    "planet show": Command("planet.show", "show"),
    "planet create": Command("planet.create", "create"),
    "planet index": Command("planet.index", "index"),
    "planet rescue": Command("planet.rescue", "rescue"),
    "planet cache": Command("planet.cache", "cache"),
    "planet cached": Command("planet.cached", "cached"),
    "planet remove": Command("planet.remove", "remove"),
    "planet link": Command("planet.link", "link"),
    "planet unlink": Command("planet.unlink", "unlink"),
    "planet serve": Command("planet.serve", "serve"),
    "fetch": Command("sources.fetch", "fetch"),
    "cache dir": Command("cache.dir", "cache_dir"),
    "cache prune": Command("cache.prune", "cache_prune"),
    "cache show": Command("cache.show", "cache_show"),
    "cache verify": Command("cache.verify", "cache_verify"),
    "catalog init": Command("catalogs.init", "init"),
    "catalog build": Command("catalogs.build", "build"),
    "catalog add": Command("catalogs.add", "add"),
    "catalog remove": Command("catalogs.remove", "remove"),
    "catalog yank": Command("catalogs.yank", "yank"),
    "catalog check": Command("catalogs.check", "check"),
    "catalog serve": Command("catalogs.serve", "serve"),
    "catalog snapshot": Command("catalogs.snapshot", "snapshot"),
    "catalog diff": Command("catalogs.diff", "diff"),
    "catalog restore": Command("catalogs.restore", "restore"),
    "catalog prune": Command("catalogs.prune", "prune"),
    "catalog publish": Command("catalogs.publish", "publish"),
    "site init": Command("site.init", "init"),
    "site record": Command("site.record", "record"),
    "site forget": Command("site.forget", "forget"),
    "site merge": Command("site.merge", "merge"),
    "site packages": Command("site.packages", "packages"),
    "site origin": Command("site.origin", "origin"),
    "site page": Command("site.page", "page"),
    "site snapshot": Command("site.snapshot", "snapshot"),
    "site check": Command("site.check", "check"),
    "site snapshots": Command("site.snapshots", "snapshots"),
    "site mirror": Command("site.mirror", "mirror"),
    "installer show": Command("installer.show", "show"),
    "installer verify": Command("installer.verify", "verify"),
    "installer extract": Command("installer.extract", "extract"),
    "push": Command("client.push", "push"),
    "login": Command("client.login", "login"),
    "yank": Command("client.yank", "yank"),
    "unyank": Command("client.unyank", "unyank"),
    "owner": Command("client.owner", "owner"),
    "publisher": Command("client.publisher", "publisher"),
    "refresh": Command("client.refresh", "refresh"),
    "status": Command("client.status", "status"),
    "events": Command("client.events", "events"),
    "hook list": Command("hook.list", "list_hooks"),
    "hook add": Command("hook.add", "add"),
    "hook change": Command("hook.change", "change"),
    "hook remove": Command("hook.remove", "remove"),
    "hook deliveries": Command("hook.deliveries", "deliveries"),
    "server init": Command("server.init", "init"),
    "server run": Command("server.run", "run"),
    "server migrate": Command("server.migrate", "migrate"),
    "server backup": Command("server.backup", "backup"),
    "server restore": Command("server.restore", "restore"),
    "server doctor": Command("server.doctor", "doctor"),
    "server refresh": Command("server.refresh", "refresh"),
    "server import": Command("server.import_", "import_catalog"),
    "server token": Command("server.token", "token"),
    "server log": Command("server.log", "log"),
    "server user add": Command("server.user.add", "add"),
    "server user list": Command("server.user.list", "list_users"),
    "server user password": Command("server.user.password", "password"),
    "server user role": Command("server.user.role", "role"),
    "server user disable": Command("server.user.disable", "disable"),
}

GROUPS: Final[dict[str, str]] = {
    "cache": "The cache of what was fetched.",
    "catalog": "A catalog of your own: build, check, serve, freeze and publish it.",
    "site": "A distribution site: installers, their tables and pages, snapshots and mirrors.",
    "installer": "Installers of Racket: shown, verified and unpacked without being run.",
    "planet": "PLaneT, the packages of 2004 to 2014: keep them, serve them, make them packages of today.",
    "hook": "Webhooks: who is told of what is done on a catalog server.",
    "server": "A catalog server: set it up, run it, keep it.",
    "server user": "The users of a catalog server: their passwords, and what they may do.",
}
"""The groups of commands whose names have several words, with what each group is for."""

DOORS: Final[dict[str, tuple[str, ...]]] = {
    "Archives": (
        "pack", "unpack", "list", "show", "cat", "verify", "find", "duplicates", "edit", "diff", "convert",
    ),
    "Packages (install them with raco-pkg)": ("create", "info", "source", "fetch", "cache"),
    "A catalog of your own": ("catalog", "server"),
    "Installers and sites that give them out": ("site", "installer"),
    "Packages on a catalog server": (
        "push", "login", "yank", "unyank", "owner", "publisher", "refresh", "status", "events", "hook",
    ),
    "Old packages": ("planet",),
    "This machine": ("dirs", "doctor", "schema"),
}  # fmt: skip
"""Where the help leads: each command and each group stands behind one door."""


def overview() -> None:
    """The archive toolkit for Racket packages."""


def main() -> None:
    """The program ``pltpack``."""
    run(COMMANDS, overview, groups=GROUPS, doors=DOORS, program="pltpack", completion=True)
