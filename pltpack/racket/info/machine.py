"""What an ``info.rkt`` can ask the machine: environment, collections, platform; and how paths are joined there."""

from __future__ import annotations

import os
import platform
import sys
from collections.abc import Mapping, Sequence
from pathlib import PurePosixPath, PureWindowsPath
from typing import TYPE_CHECKING, Final, Literal, Protocol, TypeAlias

from pltpack.errors import InstallationError, UnknownCollectionError

if TYPE_CHECKING:
    from pltpack.racket.installation import Installation

Mode: TypeAlias = Literal["cs", "3m", "cgc"]

ALLOWED_VARIABLES: Final = "PLT_INFO_ALLOW_VARS"
"""The environment variable that lists, with ``;`` between, those that info files may see."""

_SUFFIX: Final[dict[Mode, str]] = {"cs": "cs", "3m": "3m", "cgc": ""}
_MODE_OF_VM: Final[dict[str | None, Mode]] = {"cs": "cs", "bc": "3m", "cgc": "cgc"}
_OTHER_NAMES: Final = {"amd64": "x86_64", "arm64": "aarch64", "armv6l": "arm", "armv7l": "arm", "x86": "i386"}
"""What Python calls a processor where Racket has another name for it."""

_ARCHITECTURES: Final = frozenset({"x86_64", "i386", "aarch64", "arm", "ppc", "ppc64le", "riscv64"})
_SYSTEMS: Final = {"linux": "linux", "darwin": "macosx", "freebsd": "freebsd", "openbsd": "openbsd", "netbsd": "netbsd"}


class Unavailable(Exception):
    """The machine does not know: there is no installation to ask. The text says what is missing."""


class Machine(Protocol):
    """The machine that an info file is evaluated for. Methods raise :class:`Unavailable` for what is not known."""

    @property
    def windows(self) -> bool:
        """Whether paths are joined as on Windows."""

    @property
    def environ(self) -> Mapping[str, str]:
        """The environment variables."""

    def collection_path(self, elements: Sequence[str]) -> str:
        """The directory of a collection; raises :class:`~pltpack.errors.UnknownCollectionError`."""

    def library_subpath(self, mode: Mode | Literal["default"] | None) -> str:
        """``system-library-subpath``: the platform, and a folder for the variant of the virtual machine."""


class NoInstallation:
    """This machine, without any installation of Racket."""

    windows = os.name == "nt"
    environ: Mapping[str, str] = os.environ

    def collection_path(self, elements: Sequence[str]) -> str:
        raise Unavailable(f"the directory of the collection {'/'.join(elements)}")

    def library_subpath(self, mode: Mode | Literal["default"] | None) -> str:  # noqa: ARG002  (the interface)
        raise Unavailable("the platform of the Racket installation")


class InstalledMachine:
    """A machine with an installation of Racket. Collections are looked up when first asked for."""

    def __init__(self, installation: Installation) -> None:
        self.installation = installation
        self.windows = installation.platform == "win32"
        self.environ = installation.environ

    def collection_path(self, elements: Sequence[str]) -> str:
        from pltpack.racket.collections import CollectionIndex

        try:
            return str(CollectionIndex(self.installation).path(elements))
        except UnknownCollectionError:
            if self.installation.main_collects is not None:
                raise
            # the user's own collections only: elsewhere the collection may well exist
            raise Unavailable(f"the directory of the collection {'/'.join(elements)}") from None
        except InstallationError as error:
            raise Unavailable(f"the directory of the collection {'/'.join(elements)} ({error})") from error

    def library_subpath(self, mode: Mode | Literal["default"] | None) -> str:
        if self.installation.platform != sys.platform:
            raise Unavailable("the processor of another machine")
        system = next((name for key, name in _SYSTEMS.items() if sys.platform.startswith(key)), None)
        processor = platform.machine().lower()
        architecture = "i386" if processor in ("i486", "i586", "i686") else _OTHER_NAMES.get(processor, processor)
        if architecture not in _ARCHITECTURES or (system is None and not self.windows):
            raise Unavailable("Racket's name for this platform")
        base = f"win32\\{architecture}" if self.windows else f"{architecture}-{system}"
        if mode == "default":
            mode = _MODE_OF_VM.get(self.installation.vm)
            if mode is None:
                raise Unavailable("the virtual machine of the Racket installation")
        suffix = "" if mode is None else _SUFFIX[mode]
        return ("\\" if self.windows else "/").join(filter(None, (base, suffix)))


def machine_of(installation: Installation | None) -> Machine:
    """The machine to evaluate for, with or without an installation."""
    return NoInstallation() if installation is None else InstalledMachine(installation)


def join_path(elements: Sequence[str], *, windows: bool) -> str:
    """``build-path``: the elements with separators where they are missing, nothing cleaned.

    Raises ``ValueError`` for an empty element, one with NUL, and an absolute one that is not the first.
    """
    separators = "\\/" if windows else "/"
    path = ""
    for place, element in enumerate(elements):
        if not element or "\0" in element:
            raise ValueError(f"{element!r} is not a path")
        if place and is_absolute(element, windows=windows):
            raise ValueError(f"the absolute path {element!r} cannot be added to a path")
        path += element if not path or path[-1] in separators else separators[0] + element
    return path


def is_absolute(path: str, *, windows: bool) -> bool:
    """Whether the path cannot stand behind another one (on Windows also with a drive or a root only)."""
    return bool((PureWindowsPath if windows else PurePosixPath)(path).anchor)
