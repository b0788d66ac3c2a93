"""Targets for texts: data in Racket's notation, and the files that are written in it."""

from __future__ import annotations

import contextlib
import json
import re
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Final

from pltpack.datum.pretty import pretty_lines
from pltpack.datum.reader import END, MoreInput, read_datum
from pltpack.datum.values import same_datum
from pltpack.datum.writer import encode_datum
from pltpack.errors import PltError
from pltpack.pkg.metadata import read_metadata
from pltpack.pkg.source import parse_source
from pltpack.racket.config import KEYS, Config
from pltpack.racket.info.info import parse_info
from pltpack.racket.info.json import json_value
from pltpack.racket.links import parse_links
from pltpack.racket.packages import read_packages
from tests.fuzz.bounds import AMPLE, DATUM, INFO


def datum(data: bytes) -> None:
    """One datum: reading does not depend on where the text is cut, and writing on nothing but the value."""
    outcome = _datum(data, final=True)
    early = _datum(data, final=False)
    if early != "more":
        for suffix in (b"", b"x", b")", b" ", b"\xa0", b'"', b"#|"):
            later = _datum(data + suffix, final=True)
            assert _agree(early, later), f"the outcome is not final before {suffix!r}"
    cut = _datum(data[: len(data) * 2 // 3], final=False)
    assert cut == "more" or _agree(cut, outcome), "the outcome depends on the cut"
    if isinstance(outcome, tuple) and outcome[0] is not END:
        _check_written(outcome[0], data)


def _datum(data: bytes, *, final: bool) -> Any:
    """The datum and its end, ``more`` or ``wrong``."""
    try:
        return read_datum(data, final=final, limits=DATUM)
    except MoreInput:
        assert not final
        return "more"
    except PltError as error:
        str(error)
        return "wrong"


def _agree(early: Any, later: Any) -> bool:
    if isinstance(early, str) or isinstance(later, str):
        return bool(early == later) if isinstance(early, str) and isinstance(later, str) else False
    if early[0] is END or later[0] is END:
        return early[0] is later[0]
    return early[1] == later[1] and same_datum(early[0], later[0])


def _check_written(value: Any, source: bytes) -> None:
    text = encode_datum(value)
    if re.search(rb"#[box].*t", source, re.I | re.S):
        return  # #xAt3 is written without its base, by Racket too
    again, end = read_datum(text, limits=AMPLE)
    assert same_datum(again, value), "what is written reads as something else"
    assert end == len(text), "what is written reads as more than one datum"
    assert encode_datum(again) == text, "what is written differs the second time"
    printed = "\n".join(pretty_lines(value)).encode()
    again, end = read_datum(printed, limits=AMPLE)
    assert same_datum(again, value), "what is printed for people reads as something else"


# Files of an installation and of packages

_FIELDS: Final = ("name", "version", "package_version", "requires", "conflicts", "collection", "deps", "build_deps")


def info(data: bytes) -> None:
    """An info file: evaluated within bounds, each field a value or an error of its own."""
    try:
        fields = parse_info(data, limits=INFO)
    except PltError as error:
        str(error)
        return
    for problem in fields.spoiled.values():
        str(problem)
    for name in _FIELDS:
        with contextlib.suppress(PltError):
            getattr(fields, name)
    for name in fields:
        with contextlib.suppress(PltError):
            fields.paths(name)
    with contextlib.suppress(PltError):
        str(fields.package_content_state)
    read_metadata("x", fields)
    for name in set(fields) - set(fields.spoiled):
        with contextlib.suppress(PltError):
            json.dumps(json_value(fields[name]))


def settings(data: bytes) -> None:
    """``config.rktd``, a links file and ``pkgs.rktd``."""
    with contextlib.suppress(PltError):
        config = Config.parse(data)
        for key, kind in KEYS.items():
            read: Mapping[str, Callable[[str], object]] = {
                "path": config.path, "paths": config.search_list, "string": config.string, "strings": config.strings,
                "flag": config.flag, "number": config.number, "module": config.module,
                "roots": lambda _: config.compiled_file_roots(),
            }  # fmt: skip
            with contextlib.suppress(PltError):
                read[kind](key)
        str(config.installation_name)
    with contextlib.suppress(PltError):
        for link in parse_links(data, Path("/nowhere/links.rktd"), "8.7"):
            assert link.directory.is_absolute()
    with tempfile.TemporaryDirectory(prefix="pltpack-fuzz-") as folder, contextlib.suppress(PltError):
        Path(folder, "pkgs.rktd").write_bytes(data)
        list(read_packages(Path(folder), "user"))


def source(data: bytes) -> None:
    """The text of a package source."""
    text = data.decode("utf-8", "surrogateescape")
    with contextlib.suppress(PltError):
        str(parse_source(text))
