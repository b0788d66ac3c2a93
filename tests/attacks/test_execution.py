"""Archives are data: nothing in them is ever run."""

from __future__ import annotations

import os
import pickle
import subprocess
import sys

import pytest

from pltpack.archive import open_archive
from pltpack.errors import FormatError, HeaderError
from tests.attacks.conftest import Arena
from tests.trees import encoded, file

FILE = file("x", data=b"tame")

PROGRAMS = {
    "the procedure runs a command": b'(lambda (request failure) (system "touch ../canary2"))',
    "the procedure loads code": b'(begin (dynamic-require "/tmp/evil.rkt" #f) (lambda (r f) (f)))',
    "a module": b'(module evil racket/base (delete-file "../canary"))',
    "Python": b"\"__import__('os').system('touch canary2')\"",
    "a macro": b'(let-syntax ([x (lambda (s) (delete-directory/files ".."))]) (x))',
    "a format string": b'"{0.__class__.__mro__} %s%n ${HOME} `id` $(id)"',
}


@pytest.mark.parametrize("name", PROGRAMS)
@pytest.mark.parametrize("place", ["procedure", "unit"])
def test_a_program_in_the_header_is_read_and_not_run(arena: Arena, name: str, place: str) -> None:
    program = PROGRAMS[name]
    preamble = program + b" y\n" if place == "procedure" else b"x " + program + b"\n"
    _, new = arena.harmless(encoded(b"PLT\n" + preamble + FILE))
    assert new == {"x": b"tame"}
    assert not (arena.world / "canary2").exists()


@pytest.mark.parametrize("name", PROGRAMS)
def test_a_header_that_would_have_to_be_evaluated_has_no_meaning(arena: Arena, name: str) -> None:
    path = arena.world.parent / "world.plt"
    path.write_bytes(encoded(b"PLT\n" + PROGRAMS[name] + b" y\n" + FILE))
    with open_archive(path) as archive, pytest.raises(HeaderError):
        archive.header  # noqa: B018  reading it raises
    path.unlink()
    arena.record("refused")


NOTATIONS = {
    "#reader": b'#reader "../evil.rkt" x',
    "#lang": b"#lang racket/base (delete-file)",
    "#!lang": b"#!racket/base (delete-file)",
    "compiled code": b"#~\x038.7\x0bchez-scheme",
    "an unreadable value": b"#<procedure:evil>",
    "a path": b'#^#"/etc/passwd"',
    "a use of a graph mark without its definition": b"(#0# x)",
}


@pytest.mark.parametrize("name", NOTATIONS)
@pytest.mark.parametrize("place", ["procedure", "unit", "tag", "path", "size"])
def test_notations_that_load_code_are_refused(arena: Arena, name: str, place: str) -> None:
    evil = NOTATIONS[name] + b"\n"
    parts = {"procedure": b"h\n", "unit": b"u\n", "tag": b"file\n", "path": b'("x")\n', "size": b"4\n"}
    parts[place] = evil
    arena.refuses(encoded(b"PLT\n" + b"".join(parts.values()) + b"*tame"), FormatError)


@pytest.mark.parametrize(
    "data", [b"#&x", b"#0=(x #0#)", b"#s(evil 1)", b'#rx"(a*)*b"', b'#px"(a|aa)+$"', b"#hash((a . b))"]
)
def test_odd_data_in_the_header_is_only_data(arena: Arena, data: bytes) -> None:
    """Boxes, graphs, structures and regular expressions are read (or refused), never followed or matched."""
    try:
        arena.harmless(encoded(b"PLT\n" + data + b" u\n" + FILE))
    except FormatError:
        arena.record("refused")


class Evil:
    """What a careless reader would unpickle."""

    def __reduce__(self) -> tuple[object, ...]:
        return os.system, ("touch canary2",)


@pytest.mark.parametrize("protocol", range(pickle.HIGHEST_PROTOCOL + 1))
def test_a_pickle_is_no_archive(arena: Arena, protocol: int) -> None:
    data = pickle.dumps(Evil(), protocol)
    arena.refuses(data, FormatError)
    arena.refuses(encoded(b"PLT\n" + data), FormatError)


def test_files_that_are_programs_are_only_written(arena: Arena) -> None:
    """Also those that some tool would run by their name."""
    names = [
        "sitecustomize.py",
        "info.rkt",
        "compiled/info_rkt.zo",
        "conftest.py",
        ".git/hooks/post-checkout",
        "Makefile",
    ]
    _, new = arena.harmless([file(*name.split("/"), data=b"touch canary2") for name in names])
    assert sorted(new) == sorted(names)
    for name in names:
        assert not (arena.target / name).stat().st_mode & 0o111, "nothing is executable"


def test_no_program_is_started(arena: Arena) -> None:
    """Unpacking starts no process and imports nothing that could."""
    path = arena.world.parent / "world.plt"
    path.write_bytes(encoded(b"PLT\nh u\n" + FILE))
    script = f"""
import sys
watched = ("subprocess.Popen", "os.system", "os.exec", "os.posix_spawn", "os.fork", "pickle.find_class")
started = []
sys.addaudithook(lambda event, _: started.append(event) if event in watched else None)
from pltpack.unpacker.unpack import extract
extract({str(path)!r}, {str(arena.target)!r})
print(started, sorted({{"subprocess", "pickle", "ctypes", "socketserver", "urllib.request"}} & set(sys.modules)))
"""
    found = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    path.unlink()
    assert found.stdout == "[] []\n"
    arena.record("accepted")
