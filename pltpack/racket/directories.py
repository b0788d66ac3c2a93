"""Every directory that ``setup/dirs`` and ``find-system-path`` tell of, one line each.

The rules are those of Racket 8.7's ``setup/dirs``, ``setup/private/dirs`` and, for the collection paths and links
files that a running Racket starts with, ``racket/private/collect``; the manual has them under *Installation
Configuration and Search Paths*. A directory that an installation does not have, or that is not known for want of an
installation, is ``None``.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Final

from pltpack.datum.values import Datum, Symbol
from pltpack.errors import SettingError
from pltpack.racket.config import Config
from pltpack.racket.foundation import Foundation, Setting
from pltpack.racket.origin import Located, Origin, Source, default, variable
from pltpack.racket.rules import (
    below,
    beside_collects,
    configured,
    flag,
    main,
    nothing,
    search,
    searched,
    tethered,
    text,
    texts,
    user,
)
from pltpack.racket.simplify import simplify
from pltpack.racket.system_paths import path_type

DOC_SEARCH_URL: Final = "http://docs.racket-lang.org/local-redirect/index.html"


def _dll(base: Foundation) -> Located[Path | None]:
    """The directory of shared libraries, which only an installation that links them has."""
    if base.platform in ("win32", "darwin"):
        built_in = Origin(Source.EXECUTABLE, file=base.layout.executable)
        return Located(base.layout.dll, built_in if base.layout.dll else default("none"))
    for directory in _LIB_SEARCH(base).value:
        file = directory / "system.rktd"
        if file.is_file():
            shared = Config.read(file).raw("link") == Symbol("shared")
            return configured("dll-dir", _LIB)(base) if shared else Located(None, Origin(Source.FOUND, file=file))
    return Located(None, default("a static executable"))


def _collection_paths(base: Foundation) -> Located[tuple[Path, ...]]:
    """The collection directories of a running Racket, with ``first_collects`` before them."""
    places, origin = _configured_collects(base)
    variable_text = base.environ.get("PLTCOLLECTS", "") if base.user_paths else ""
    if variable_text:
        windows = base.platform == "win32"
        given: list[Path] = []
        for element in variable_text.split(";" if windows else ":"):
            stripped = element.replace('"', "") if windows else element
            given.extend([path_type(base.platform)(stripped)] if stripped else places)
        relative = [path for path in given if not path.is_absolute()]
        if relative:
            raise SettingError(f"PLTCOLLECTS holds a relative path: {relative[0]}", hint="make it absolute")
        places, origin = tuple(given), variable("PLTCOLLECTS")
    return Located((*base.first_collects, *places), origin)


def _configured_collects(base: Foundation) -> tuple[tuple[Path, ...], Origin]:
    default_places: list[Path] = []
    if base.user_paths and base.user_known:
        default_places.append(base.addon.value.joinpath(base.located_name().value, "collects"))
    main_collects = () if base.main_collects is None else (base.main_collects.value,)
    default_places.extend(simplify(path) for path in (*base.layout.embedded, *main_collects))
    default_places.extend(simplify(path) for path in base.last_collects)
    listed = base.config.search_list("collects-search-dirs")
    if listed is None:
        return tuple(default_places), default("the user's and the main collection directory")
    places: list[Path] = []
    for element in listed:
        places.extend(default_places if element is None else [base.complete(element)])
    return tuple(places), base.config_origin("collects-search-dirs")


def _collection_links(base: Foundation) -> Located[tuple[Path | None, ...]]:
    """Where a running Racket looks for collections: ``None`` for the collection directories, then links files."""
    places: list[Path | None] = [None]
    if base.user_paths and base.user_known:
        places.append(base.addon.value.joinpath(base.located_name().value, "links.rktd"))
    listed = base.config.search_list("links-search-files")
    main_links = _main_links(base)
    for element in [None] if listed is None else listed:
        if element is not None:
            places.append(base.complete(element))
        elif main_links is not None:
            places.append(main_links)
    key = "links-search-files"
    return Located(tuple(places), default("the default places") if listed is None else base.config_origin(key))


def _main_links(base: Foundation) -> Path | None:
    """The main links file as start-up finds it: like ``links-file``, but with ``..`` left in it."""
    file, share = base.config.path("links-file"), base.config.path("share-dir")
    if isinstance(base.config.raw("share-dir"), bytes):
        raise base.config.wrong("share-dir", "a string, which it must be for Racket to start")
    if file is not None:
        return base.complete(file)
    if share is None and base.main_collects is None:
        return None
    return base.complete(share or "../share") / "links.rktd"


def _compiled_file_roots(base: Foundation) -> Located[tuple[Path, ...]]:
    """The roots below which compiled files lie; ``Path(".")`` for beside their sources."""
    kind = path_type(base.platform)
    listed = base.config.compiled_file_roots()
    roots = tuple(kind(root) for root in (["."] if listed is None else listed))
    given = base.environ.get("PLTCOMPILEDROOTS")
    if given is None:
        key = "compiled-file-roots"
        return Located(roots, default("beside the sources") if listed is None else base.config_origin(key))
    if "@(version)" in given:
        given = given.replace("@(version)", base.located_version().value)
    places: list[Path] = []
    for element in given.split(";" if base.platform == "win32" else ":"):
        places.extend([kind(element)] if element else roots)
    return Located(tuple(places), variable("PLTCOMPILEDROOTS"))


def _interactive(key: str, file: str, otherwise: str) -> Callable[[Foundation], Located[Datum]]:
    """The module that the read-eval-print loop starts with: a file of the add-on directory, or a module path."""

    def rule(base: Foundation) -> Located[Datum]:
        own = base.addon.value / file
        if isinstance(own, Path) and own.is_file():
            return Located(str(own), base.addon.origin)
        configured_module = base.config.module(key)
        if configured_module is not None:
            return Located(configured_module, base.config_origin(key))
        return Located(Symbol(otherwise), default("the usual module"))

    return rule


_COLLECTS: Final = main("main_collects")
_LIB: Final = configured("lib-dir", beside_collects("lib"))
_SHARE: Final = configured("share-dir", beside_collects("share"))
_DOC: Final = configured("doc-dir", beside_collects("doc"))
_INCLUDE: Final = configured("include-dir", beside_collects("include"))
_MAN: Final = configured("man-dir", beside_collects("man"))
_BIN: Final = configured("bin-dir", beside_collects("bin", windows=()))
_GUI_BIN: Final = configured("gui-bin-dir", configured("bin-dir", beside_collects("bin", windows=(), macos=())))
_LINKS: Final = configured("links-file", below(_SHARE, "links.rktd"))
_PKGS: Final = configured("pkgs-dir", below(_SHARE, "pkgs"))
_USER_LIB: Final = user("lib")
_USER_DOC: Final = user("doc")
_USER_INCLUDE: Final = user("include")
_GUI_BIN_KEYS: Final = ("gui-bin-search-dirs", "bin-search-dirs")
_LIB_SEARCH: Final = search("lib-search-dirs", searched(_USER_LIB), _LIB)


class Directories(Foundation):
    """The attributes of an installation: Racket's functions, under Python's kind of names.

    The name of each in Racket is its ``function``;
    :meth:`~pltpack.racket.installation.Installation.settings` lists them with their values and origins.
    """

    home_dir = Setting("(find-system-path 'home-dir)", lambda base: base.system.find("home-dir"))
    addon_dir = Setting("(find-system-path 'addon-dir)", lambda base: base.addon)
    cache_dir = Setting("(find-system-path 'cache-dir)", lambda base: base.system.find("cache-dir"))
    pref_dir = Setting("(find-system-path 'pref-dir)", lambda base: base.system.find("pref-dir"))
    pref_file = Setting("(find-system-path 'pref-file)", lambda base: base.system.find("pref-file"))
    init_dir = Setting("(find-system-path 'init-dir)", lambda base: base.system.find("init-dir"))
    init_file = Setting("(find-system-path 'init-file)", lambda base: base.system.find("init-file"))
    documents_dir = Setting("(find-system-path 'doc-dir)", lambda base: base.system.find("doc-dir"))
    desktop_dir = Setting("(find-system-path 'desk-dir)", lambda base: base.system.find("desk-dir"))
    temp_dir = Setting("(find-system-path 'temp-dir)", lambda base: base.system.find("temp-dir"))

    version = Setting("version", Foundation.located_version)
    installation_name = Setting("get-installation-name", Foundation.located_name)
    config_dir = Setting("find-config-dir", main("main_config"))
    collects_dir = Setting("find-collects-dir", _COLLECTS)
    main_collects_search_dirs = Setting("get-main-collects-search-dirs", search("collects-search-dirs", _COLLECTS))
    user_collects_dir = Setting("find-user-collects-dir", user("collects"))
    collection_paths = Setting("current-library-collection-paths", _collection_paths)
    collection_links = Setting("current-library-collection-links", _collection_links)
    compiled_file_roots = Setting("current-compiled-file-roots", _compiled_file_roots)

    doc_dir = Setting("find-doc-dir", _DOC)
    user_doc_dir = Setting("find-user-doc-dir", _USER_DOC)
    doc_search_dirs = Setting("get-doc-search-dirs", search("doc-search-dirs", searched(_USER_DOC), _DOC))
    doc_extra_search_dirs = Setting("get-doc-extra-search-dirs", search("doc-search-dirs"))
    include_dir = Setting("find-include-dir", _INCLUDE)
    user_include_dir = Setting("find-user-include-dir", _USER_INCLUDE)
    include_search_dirs = Setting(
        "get-include-search-dirs", search("include-search-dirs", searched(_USER_INCLUDE), _INCLUDE)
    )
    lib_dir = Setting("find-lib-dir", _LIB)
    user_lib_dir = Setting("find-user-lib-dir", _USER_LIB)
    lib_search_dirs = Setting("get-lib-search-dirs", _LIB_SEARCH)
    lib_extra_search_dirs = Setting("get-cross-lib-extra-search-dirs", search("lib-search-dirs"))
    dll_dir = Setting("find-dll-dir", _dll)
    share_dir = Setting("find-share-dir", _SHARE)
    user_share_dir = Setting("find-user-share-dir", user("share"))
    share_search_dirs = Setting("get-share-search-dirs", search("share-search-dirs", _SHARE))
    share_extra_search_dirs = Setting("get-share-extra-search-dirs", search("share-search-dirs"))
    apps_dir = Setting("find-apps-dir", configured("apps-dir", below(_SHARE, "applications")))
    user_apps_dir = Setting("find-user-apps-dir", user("share", "applications"))
    man_dir = Setting("find-man-dir", _MAN)
    user_man_dir = Setting("find-user-man-dir", user("man"))
    man_search_dirs = Setting("get-man-search-dirs", search("man-search-dirs", _MAN))
    man_extra_search_dirs = Setting("get-man-extra-search-dirs", search("man-search-dirs"))

    bin_dir = Setting("find-console-bin-dir", _BIN)
    user_bin_dir = Setting("find-user-console-bin-dir", user("bin", windows=()))
    bin_search_dirs = Setting("get-console-bin-search-dirs", search("bin-search-dirs", _BIN))
    bin_extra_search_dirs = Setting("get-console-bin-extra-search-dirs", search("bin-search-dirs"))
    gui_bin_dir = Setting("find-gui-bin-dir", _GUI_BIN)
    user_gui_bin_dir = Setting("find-user-gui-bin-dir", user("bin", windows=(), macos=()))
    gui_bin_search_dirs = Setting("get-gui-bin-search-dirs", search(_GUI_BIN_KEYS, _GUI_BIN))
    gui_bin_extra_search_dirs = Setting("get-gui-bin-extra-search-dirs", search(_GUI_BIN_KEYS))
    config_tethered_bin_dir = Setting(
        "find-config-tethered-console-bin-dir", configured("config-tethered-console-bin-dir", nothing)
    )
    config_tethered_gui_bin_dir = Setting(
        "find-config-tethered-gui-bin-dir", configured("config-tethered-gui-bin-dir", nothing)
    )
    config_tethered_apps_dir = Setting("find-config-tethered-apps-dir", configured("config-tethered-apps-dir", nothing))
    addon_tethered_bin_dir = Setting("find-addon-tethered-console-bin-dir", tethered("addon-tethered-console-bin-dir"))
    addon_tethered_gui_bin_dir = Setting("find-addon-tethered-gui-bin-dir", tethered("addon-tethered-gui-bin-dir"))
    addon_tethered_apps_dir = Setting("find-addon-tethered-apps-dir", tethered("addon-tethered-apps-dir"))

    links_file = Setting("find-links-file", _LINKS)
    user_links_file = Setting("find-user-links-file", user("links.rktd", simple=False))
    links_search_files = Setting("get-links-search-files", search("links-search-files", _LINKS))
    pkgs_dir = Setting("find-pkgs-dir", _PKGS)
    user_pkgs_dir = Setting("find-user-pkgs-dir", user("pkgs", simple=False))
    pkgs_search_dirs = Setting("get-pkgs-search-dirs", search("pkgs-search-dirs", _PKGS))

    absolute_installation = Setting("get-absolute-installation?", flag("absolute-installation?"))
    cgc_suffix = Setting("get-cgc-suffix", text("cgc-suffix"))
    bc_suffix = Setting("get-3m-suffix", text("3m-suffix"))
    cs_suffix = Setting("get-cs-suffix", text("cs-suffix"))
    doc_search_url = Setting("get-doc-search-url", text("doc-search-url", DOC_SEARCH_URL))
    doc_open_url = Setting("get-doc-open-url", text("doc-open-url"))
    build_stamp = Setting("get-build-stamp", text("build-stamp"))
    info_domain_root = Setting("get-info-domain-root", configured("info-domain-root", nothing))
    main_language_family = Setting("get-main-language-family", text("main-language-family", "Racket"))
    base_documentation_packages = Setting(
        "get-base-documentation-packages", texts("base-documentation-packages", "racket-doc")
    )
    distribution_documentation_packages = Setting(
        "get-distribution-documentation-packages",
        texts("distribution-documentation-packages", "main-distribution"),
    )
    interactive_file = Setting(
        "interactive-file", _interactive("interactive-file", "interactive.rkt", "racket/interactive")
    )
    gui_interactive_file = Setting(
        "gui-interactive-file",
        _interactive("gui-interactive-file", "gui-interactive.rkt", "racket/gui/interactive"),
    )
