"""``server.toml``: what a server's operator says, checked before anything is done."""

from __future__ import annotations

import ipaddress
import os
import re
from pathlib import Path
from typing import Annotated, Final, Literal
from urllib.parse import quote

import msgspec

from pltpack.errors import ConfigError
from pltpack.site.config import line_of, read_toml

CONFIG: Final = "server.toml"
VARIABLE: Final = "PLTPACK_SERVER"
"""The environment variable that names the configuration."""

_URL: Final = re.compile(r"(?i:https?)://(?:[\w.~-]+|\[[0-9A-Fa-f:.]+\])(?::\d{1,5})?(?:/[^\s?#]*)?")
_ISSUER: Final = re.compile(
    r"(?:https://[A-Za-z0-9.-]+(?::\d+)?|http://(?:127\.0\.0\.1|localhost)(?::\d+)?)(?:/[A-Za-z0-9._/-]*[A-Za-z0-9._-])?"
)
"""HTTPS, or HTTP with this machine, where issuers are tried out."""

Count = Annotated[int, msgspec.Meta(ge=0)]
ADDRESS: Final = (
    r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*"
    r"@[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?(\.[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?)*"
)
"""What is an address of mail: dots and atoms of ASCII at a host."""

Positive = Annotated[int, msgspec.Meta(ge=1)]


class ServerSection(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """``[server]``: where it listens, what it works on, and who is believed to be in front of it."""

    root: str = "."
    bind: str = "127.0.0.1"
    port: Annotated[int, msgspec.Meta(ge=0, le=65535)] = 9004
    socket: str = ""
    url: str = ""
    database: str = ""
    workers: Count = 1
    serve_site: bool = True
    pages: bool = True
    public_read: bool = True
    metrics: bool = True
    legacy_api: bool = False
    proxies: tuple[str, ...] = ("127.0.0.1",)


class AccessSection(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """``[access]``: users who are more than others, whatever the database says of them."""

    admins: tuple[str, ...] = ()
    curators: tuple[str, ...] = ()


class LimitsSection(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """``[limits]``: bytes of an upload, of what it unpacks to, of an installer, and of any other request; how many
    packages a user may have (0: any number); edits, failed sign-ins and codes by mail that one client may have in a
    minute."""

    upload_bytes: Positive = 64 << 20
    unpacked_bytes: Positive = 1 << 30
    installer_bytes: Positive = 1 << 30
    request_bytes: Positive = 1 << 20
    packages: Count = 0
    edits: Positive = 600
    sign_ins: Positive = 20
    codes: Positive = 5


class AccountsSection(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """``[accounts]``: whether people may register with an address, and what they are then; hours without use and days
    after which a session ends; whether the API takes a user's password with each request."""

    register: bool = False
    role: Literal["reader", "member"] = "member"
    session_hours: Positive = 12
    session_days: Positive = 14
    basic: bool = False


class MailSection(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """``[mail]``: the server that takes mail (none: no mail is sent), how safely it is spoken with, with which user and
    password; who the mails are from; seconds to wait; a file with certificates that are trusted besides the usual."""

    host: str = ""
    port: Annotated[int, msgspec.Meta(ge=1, le=65535)] = 587
    security: Literal["starttls", "tls", "none"] = "starttls"
    user: str = ""
    password_file: str = ""
    sender: str = ""
    seconds: Positive = 30
    authority: str = ""


class SourcesSection(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """``[sources]``: how sources of packages are looked at. ``networks`` may be fetched from although they are private;
    with ``vendor`` the site keeps copies; ``stale_days``: for how long a failing source counts as ill only."""

    hours: Positive = 24
    retry_minutes: Positive = 10
    at_once: Positive = 4
    per_host: Positive = 2
    seconds: Positive = 60
    bytes: Positive = 64 << 20
    stale_days: Positive = 14
    vendor: bool = False
    networks: tuple[str, ...] = ()


class HooksSection(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """``[hooks]``: how webhooks are told of what was done: how many at the same time, for how long each, how often one
    delivery is tried; after how many failures in a row a hook is told nothing any more; how many a package may have;
    for how many days what was told is kept."""

    at_once: Positive = 2
    seconds: Positive = 10
    attempts: Positive = 8
    failures: Positive = 20
    per_package: Positive = 10
    days: Positive = 30


class LogSection(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """``[log]``: for how many days events are kept, and can be undone (0: for ever)."""

    days: Count = 0


class RingsSection(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """``[rings]``: whether packages rise to ring 1 by themselves, and after how many days without a conflict."""

    automatic: bool = False
    days: Positive = 30


class OidcSection(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """``[oidc]``: issuers whose id tokens are believed, which speak as GitHub does or as GitLab does, and for whom the
    tokens must be (default: ``[server] url``)."""

    github: tuple[str, ...] = ("https://token.actions.githubusercontent.com",)
    gitlab: tuple[str, ...] = ("https://gitlab.com",)
    audience: str = ""


class PublishSection(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """``[publish]``: where the site is copied to after each change, settings of that store, a key to sign with."""

    target: str = ""
    options: dict[str, str] = {}
    key: str = ""


class ServerConfig(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """``server.toml``."""

    server: ServerSection = ServerSection()
    access: AccessSection = AccessSection()
    limits: LimitsSection = LimitsSection()
    accounts: AccountsSection = AccountsSection()
    mail: MailSection = MailSection()
    sources: SourcesSection = SourcesSection()
    rings: RingsSection = RingsSection()
    hooks: HooksSection = HooksSection()
    log: LogSection = LogSection()
    oidc: OidcSection = OidcSection()
    publish: PublishSection = PublishSection()


class Places(msgspec.Struct, frozen=True):
    """Where a server keeps what: the configuration, and everything below its root."""

    config: Path
    root: Path

    @property
    def site(self) -> Path:
        """The site that is published."""
        return self.root / "site"

    @property
    def records(self) -> Path:
        """The records as files, one a package, as the original server reads them."""
        return self.root / "records"

    @property
    def spool(self) -> Path:
        """Archives that are not in the site yet."""
        return self.root / "spool"

    @property
    def cache(self) -> Path:
        """What was fetched."""
        return self.root / "cache"


def read_server_config(path: str | os.PathLike[str]) -> tuple[ServerConfig, Places]:
    """The configuration at a path, and the places that it says.

    Raises :class:`~pltpack.errors.ConfigError`, which names the key and the line, and also if there is no such file.
    """
    file = Path(os.path.abspath(path))
    if not file.is_file():
        raise ConfigError("there is no such file", file=str(path), hint="pltpack server init --root DIR makes one")
    config = read_toml(file, ServerConfig)
    _check_url(config, file)
    _check_networks(config, file)
    _check_issuers(config, file)
    _check_mail(config, file)
    return config, Places(file, (file.parent / config.server.root).resolve())


def database_url(config: ServerConfig, places: Places) -> str:
    """Where the database is: a file below the root unless the configuration says otherwise."""
    return config.server.database or f"sqlite:///{quote(str(places.root / 'server.db'), safe='/')}"


def _check_url(config: ServerConfig, file: Path) -> None:
    if config.server.url and not _URL.fullmatch(config.server.url):
        line = line_of(file.read_text("utf-8"), ["server", "url"])
        raise ConfigError(f"line {line}: server.url: it is no http:// or https:// URL", file=str(file))


def _check_networks(config: ServerConfig, file: Path) -> None:
    for network in config.sources.networks:
        try:
            ipaddress.ip_network(network)
        except ValueError as error:
            line = line_of(file.read_text("utf-8"), ["sources", "networks"])
            raise ConfigError(f"line {line}: sources.networks: {error}", file=str(file)) from None


def _check_issuers(config: ServerConfig, file: Path) -> None:
    for key in ("github", "gitlab"):
        for issuer in getattr(config.oidc, key):
            if not _ISSUER.fullmatch(issuer):
                line = line_of(file.read_text("utf-8"), ["oidc", key])
                raise ConfigError(
                    f"line {line}: oidc.{key}: {issuer!r} is no https:// URL without a / at its end", file=str(file)
                )


def _check_mail(config: ServerConfig, file: Path) -> None:
    mail = config.mail
    wrong: tuple[list[str], str] | None = None
    if mail.host and re.fullmatch(ADDRESS, mail.sender) is None:
        wrong = ["mail", "sender"], "say with one address whom mails are from"
    elif mail.host and mail.user and mail.security == "none" and mail.host not in ("127.0.0.1", "::1", "localhost"):
        wrong = ["mail", "security"], "a password is sent over TLS alone"
    elif config.accounts.register and not mail.host:
        wrong = ["accounts", "register"], "codes come by mail: set mail.host"
    if wrong is not None:
        keys, message = wrong
        line = line_of(file.read_text("utf-8"), keys)
        raise ConfigError(f"line {line}: {'.'.join(keys)}: {message}", file=str(file))


TEMPLATE: Final = """\
# Settings of a catalog server; each line shows the value that holds without it.

[server]
# root = "."                # where its data are, from where this file is
# bind = "127.0.0.1"        # a proxy such as nginx is in front of it, or only this machine asks
# port = 9004
# socket = ""               # a Unix socket to listen at instead
# url = ""                  # where people find it: https://pkgs.example.org/
# database = ""             # "postgresql://user@host/name"; "" is SQLite, a file below root
# workers = 1               # threads that publish and look at sources; 0: "pltpack server run --worker" does it
# serve_site = true         # serve the catalog and its pages, too
# pages = true              # pages for people, to sign in and see to their packages: /manage/
# public_read = true        # records can be read without a token
# metrics = true            # /metrics, for this machine and admins
# legacy_api = false        # the routes of the original server, for programs that speak with it
# proxies = ["127.0.0.1"]   # whose X-Forwarded-For is believed

[access]
# admins = []               # names of users
# curators = []             # who may say what ring a package is in

[limits]
# upload_bytes = 67108864
# unpacked_bytes = 1073741824
# installer_bytes = 1073741824
# request_bytes = 1048576   # of all other requests
# packages = 0              # that one user may have; 0: any number
# edits = 600               # that one client may make in a minute
# sign_ins = 20             # failed ones, in a minute
# codes = 5                 # that one client may have sent by mail, in a minute

[accounts]
# register = false          # anybody with an address may become a user; [mail] must be set
# role = "member"           # what they are then: "reader", "member"
# session_hours = 12        # without use, and a session ends ...
# session_days = 14         # ... or so long after it was opened
# basic = false             # the API takes passwords, too (HTTP Basic); tokens are better

[mail]
# host = ""                 # the server that takes mail, for codes to set passwords with; "": none is sent
# port = 587
# security = "starttls"     # "tls", or "none" (without a user, or on this machine)
# user = ""
# password_file = ""        # from where this file is; its first line
# sender = ""               # whom mails are from: catalog@pkgs.example.org
# seconds = 30              # how long it may take to answer
# authority = ""            # a file with a certificate that is trusted besides the usual ones

[sources]
# hours = 24                # how often a source is looked at
# retry_minutes = 10        # after a failure, and twice that each time
# at_once = 4               # how many are looked at at the same time ...
# per_host = 2              # ... and how many of one host
# seconds = 60              # for one source
# bytes = 67108864          # of one source
# stale_days = 14           # after so many days of failures a package is called stale
# vendor = false            # keep copies of archives that are elsewhere
# networks = []             # private networks that may be fetched from: ["10.1.0.0/16"]

[rings]
# automatic = false         # packages rise to ring 1 by themselves ...
# days = 30                 # ... after so many days without a conflict

[hooks]
# at_once = 2               # how many webhooks are told something at the same time
# seconds = 10              # for each
# attempts = 8              # until a delivery is given up
# failures = 20             # in a row, and a hook is told nothing any more
# per_package = 10          # hooks that a package may have
# days = 30                 # for which what was told can be seen

[log]
# days = 0                  # for which events are kept, and can be undone; 0: for ever

[oidc]
# whose builds may push without a secret (pip install 'pltpack[oidc]'):
# github = ["https://token.actions.githubusercontent.com"]
# gitlab = ["https://gitlab.com"]
# audience = ""             # for whom their id tokens are; "" is the url of [server]

[publish]
# target = ""               # where the site is copied to: a folder, "s3://bucket/prefix"
# options = {}              # settings of the store: {region = "eu-central-1"}
# key = ""                  # an SSH key (Ed25519) to sign the sums of all files with
"""
"""A ``server.toml`` that says what may be set."""
