"""Every collection of the installation, packed by the real Racket and here: the same raw streams."""

from __future__ import annotations

import base64
import gzip
import hashlib
import io
import itertools
import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any

import pytest

from pltpack.errors import PltError
from pltpack.packer.collections import pack_collections_plt
from pltpack.packer.filters import include_compiled, std_filter
from pltpack.packer.pack import PackOptions
from pltpack.racket.installation import Installation

pytestmark = pytest.mark.racket

HERE = Path(__file__).parent


class Racket:
    """Real Racket in one process after the other, with a program ``gzip`` that keeps the digest of what it is fed."""

    def __init__(self, racket: str, folder: Path, environ: dict[str, str]) -> None:
        self.racket = racket
        self.folder = folder
        program = folder / "bin" / "gzip"
        program.parent.mkdir()
        # Racket waits for the end of the program's output, so that has to stay open until the digest is written
        program.write_text('#!/bin/sh\nexec sha256sum 3>&1 > "$RAW"\n')
        program.chmod(0o755)
        self.environ = {**environ, "PATH": f"{program.parent}{os.pathsep}{environ['PATH']}", "TMPDIR": str(folder)}

    def ask(self, requests: Iterable[dict[str, Any]]) -> list[Any]:
        """The answers of one process."""
        done = subprocess.run(
            [self.racket, str(HERE / "pack_collections.rkt")],
            input="".join(json.dumps(request) + "\n" for request in requests),
            env=self.environ,
            capture_output=True,
            text=True,
            timeout=300,
            check=True,
        )
        return [json.loads(line) for line in done.stdout.splitlines()]

    def pack(self, requests: Sequence[dict[str, Any]]) -> list[str | None]:
        """The digest of each raw stream, or ``None`` where Racket fails."""
        files = [self.folder / f"{number}.raw" for number in range(len(requests))]
        errors = self.ask({**request, "raw": str(file)} for request, file in zip(requests, files, strict=True))
        return [
            file.read_text().split()[0] if error is None else None for file, error in zip(files, errors, strict=True)
        ]


def ours(request: dict[str, Any], installation: Installation) -> str | None:
    """The digest of our raw stream, or ``None`` where we refuse."""
    digest = hashlib.sha256()
    try:
        pack_collections_plt(
            _Nowhere(),
            request.get("name"),
            request["collections"],
            replace=request.get("replace", False),
            at_plt_home=request.get("at_plt_home", False),
            test_plt_collects=request.get("test", True),
            extra_setup_collections=request.get("extra", ()),
            file_filter=include_compiled if request.get("include_compiled") else std_filter,
            encode=False,
            installation=installation,
            options=PackOptions(digest=digest),
        )
    except PltError:
        return None
    return digest.hexdigest()


class _Nowhere(io.BytesIO):
    def write(self, data: Any) -> int:
        return len(data)


def test_every_collection(racket: str, tmp_path: Path, compared: Callable[[int], None]) -> None:
    real = Racket(racket, tmp_path, dict(os.environ))
    (names,) = real.ask([{"list": True}])
    assert len(names) >= 20
    requests = [{"collections": [[name]]} for name in names]
    installation = Installation.discover(racket=Path(racket))
    packed = 0
    for name, request, digest in zip(names, requests, real.pack(requests), strict=True):
        assert ours(request, installation) == digest, name
        packed += digest is not None
    assert packed >= 20
    compared(packed)


COLLECTIONS = {
    "first/info.rkt": """#lang info
        (define name "The \\"First\\"") (define version '(2 5)) (define requires '(("second") ("second" "sub")))
        (define conflicts (list (list "old" "one")))""",
    "first/main.rkt": "#lang racket/base\n",
    "first/main.rkt~": "",
    "first/compiled/main_rkt.zo": "zo",
    "first/compiled/x.rkt~": "",
    "first/precompiled": "a file",
    "first/sub/info.rkt": '#lang info\n(define requires \'(("first")))',
    "first/sub/é.rkt": "é",
    "first/doc/x": "",
    "second/info.rkt": "#lang setup/infotab\n(define version (list 4 #xF))",
    "second/sub/info.rkt": "(module info setup/infotab (define version #f))",
    "bare/x.rkt": "no info",
    "bare/deep/er/info.rkt": "#lang info",
    "named/info.rkt": '#lang info\n(define name "")',
    "old/info.ss": '#lang info\n(define name "older")',
    "wants-string/info.rkt": '#lang info\n(define requires \'(("strings")))',
    "strings/info.rkt": '#lang info\n(define version "1.2")',
    "wants-none/info.rkt": '#lang info\n(define requires \'(("nowhere")))',
    "wants-bad/info.rkt": '#lang info\n(define requires \'(("broken")))',
    "bad-requires/info.rkt": '#lang info\n(define requires \'("first"))',
    "bad-conflicts/info.rkt": '#lang info\n(define conflicts \'(("/first")))',
    "documented/info.rkt": '#lang info\n(define requires \'((("second") (1))))',
    "broken/info.rkt": "#lang info\n(define",
}


@pytest.fixture
def own(racket: str, tmp_path: Path) -> tuple[Racket, Installation]:
    """Racket and our installation, with the collections above in the user's directory."""
    environ = {**os.environ, "PLTADDONDIR": str(tmp_path / "add")}
    installation = Installation.discover(racket=Path(racket), environ=environ)
    for path, text in COLLECTIONS.items():
        file = installation.user_collects_dir / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
    (installation.user_collects_dir / "first" / "link").symlink_to("../second/sub")
    return Racket(racket, tmp_path, environ), installation


def test_every_combination_of_arguments(own: tuple[Racket, Installation], compared: Callable[[int], None]) -> None:
    real, installation = own
    choices: dict[str, list[Any]] = {
        "collections": [[["first"]], [["first", "sub"], ["bare"]], [["bare"], ["first"], ["bare", "deep", "er"]]],
        "name": [None, "given"],
        "replace": [False, True],
        "extra": [[], [["x"], ["y/z"]]],
        "at_plt_home": [False, True],
        "test": [False, True],
        "include_compiled": [False, True],
    }
    requests = [dict(zip(choices, values, strict=True)) for values in itertools.product(*choices.values())]
    for request, digest in zip(requests, real.pack(requests), strict=True):
        assert digest is not None
        assert ours(request, installation) == digest, request
    compared(len(requests))


@pytest.mark.parametrize(
    ("flags", "collections"),
    [
        ("", "first"),
        ("--replace --force-all-users --include-compiled --plt-name N ++setup a/b", "first/sub bare"),
        ("--all-users --at-plt --plt-name archive -v", "named first"),
    ],
)
def test_the_commands(
    own: tuple[Racket, Installation], tmp_path: Path, flags: str, collections: str, compared: Callable[[int], None]
) -> None:
    environ = {**own[0].environ, "PATH": os.environ["PATH"]}
    results = []
    for program in (
        ["raco", "pack"],
        [sys.executable, "-c", "from pltpack_cli.programs import raco_pack; raco_pack()"],
    ):
        done = subprocess.run(
            [*program, "--collect", *flags.split(), "o.plt", *collections.split()],
            env=environ, cwd=tmp_path, capture_output=True, check=True,
        )  # fmt: skip
        results.append((done.stdout, gzip.decompress(base64.b64decode((tmp_path / "o.plt").read_bytes()))))
    assert results[0] == results[1]
    compared(1)


def test_the_same_verdict(own: tuple[Racket, Installation], compared: Callable[[int], None]) -> None:
    real, installation = own
    paths = [[path.split("/")[0]] for path in COLLECTIONS] + [["nowhere"], ["first", ""], ["first", "none"], ["", "x"]]
    requests: list[dict[str, Any]] = [{"collections": [path]} for path in paths]
    requests += [{"collections": [["bare"], path]} for path in paths]
    requests += [{"collections": [path], "name": "n", "replace": True} for path in paths]
    requests += [{"collections": [["first/sub"]]}, {"collections": [["first", "sub/"]]}, {"collections": []}]
    digests = real.pack(requests)
    assert None in digests
    for request, digest in zip(requests[:-1], digests, strict=False):
        assert ours(request, installation) == digest, request
    assert digests[-1] is None
    with pytest.raises(ValueError, match="no collection"):
        ours(requests[-1], installation)
    compared(len(requests))
