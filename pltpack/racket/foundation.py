"""The few values that every directory of an installation follows from."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import field
from functools import cached_property
from pathlib import Path
from typing import Any, Final, Generic, TypeVar, overload

from pltpack.dataclass import dataclass
from pltpack.errors import InstallationError
from pltpack.racket.config import Config
from pltpack.racket.executable import Layout
from pltpack.racket.origin import Located, Origin, Source
from pltpack.racket.system_paths import SystemPaths, path_type

T_co = TypeVar("T_co", covariant=True)

GIVE_VERSION: Final = "give --racket-version V, set PLTPACK_RACKET_VERSION, or name an installation with --racket DIR"
GIVE_RACKET: Final = "name an installation with --racket DIR"


@dataclass(frozen=True, eq=False)
class Foundation:
    """What :meth:`~pltpack.racket.installation.Installation.discover` has found and been told.

    ``main_collects``, ``main_config`` and ``known_version`` are ``None`` when there is no Racket and none was given.
    ``first_collects`` are searched before everything else, ``last_collects`` (``racket -S``) at the end of the
    default places; ``user_paths=False`` (``racket -U``) leaves the user's directories out of all searches.
    """

    platform: str
    environ: Mapping[str, str] = field(repr=False)
    layout: Layout
    system: SystemPaths = field(repr=False)
    addon: Located[Path]
    main_config: Located[Path] | None
    main_collects: Located[Path] | None
    known_version: Located[str] | None
    config: Config = field(repr=False)
    first_collects: tuple[Path, ...] = ()
    last_collects: tuple[Path, ...] = ()
    user_paths: bool = True

    @property
    def executable(self) -> Path | None:
        """The ``racket`` executable."""
        return self.layout.executable

    @property
    def vm(self) -> str | None:
        """The virtual machine, as far as the executable tells: ``cs``, ``bc`` or ``cgc``."""
        return self.layout.vm

    @cached_property
    def addon_config(self) -> Config:
        """``etc/config.rktd`` of the add-on directory, which only says where tethered executables go."""
        file = self.addon.value / "etc" / "config.rktd"
        return Config.read(file) if isinstance(file, Path) else Config()

    def located_version(self) -> Located[str]:
        """The version, or an :class:`~pltpack.errors.InstallationError` that says how to give one."""
        if self.known_version is None:
            raise InstallationError("the version of Racket is not known", hint=GIVE_VERSION)
        return self.known_version

    def located_name(self) -> Located[str]:
        """The installation name: the one configured, or the version."""
        name = self.config.installation_name()
        return self.located_version() if name is None else Located(name, self.config_origin("installation-name"))

    @property
    def user_known(self) -> bool:
        """Whether the user's directories can be told, which takes an installation name."""
        return self.known_version is not None or self.config.installation_name() is not None

    def config_origin(self, key: str) -> Origin:
        """The origin of a value of ``config.rktd``."""
        return Origin(Source.CONFIG, key, self.config.file)

    def complete(self, text: str) -> Path:
        """A path of ``config.rktd``, which starts at the main collection directory if it is relative."""
        path = path_type(self.platform)(text)
        if path.is_absolute():
            return path
        if self.main_collects is None:
            raise InstallationError(
                f"the relative path {text!r} starts at the main collection directory, which is not known",
                file=None if self.config.file is None else str(self.config.file),
                hint=GIVE_RACKET,
            )
        return self.main_collects.value / path


class Setting(Generic[T_co]):
    """A value of an installation as a read-only attribute.

    ``function`` is Racket's name for it, ``rule`` finds the value with its origin. Access through the class gives
    the setting itself.
    """

    def __init__(self, function: str, rule: Callable[[Any], Located[T_co]]) -> None:
        self.function = function
        self.rule = rule
        self.__doc__ = f"Racket's ``{function}``."

    def __set_name__(self, owner: type, name: str) -> None:
        self.attribute = name

    @overload
    def __get__(self, installation: None, owner: type) -> Setting[T_co]: ...

    @overload
    def __get__(self, installation: Foundation, owner: type) -> T_co: ...

    def __get__(self, installation: Foundation | None, owner: type) -> Setting[T_co] | T_co:
        return self if installation is None else self.rule(installation).value
