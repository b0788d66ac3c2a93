"""Pages of the documentation site that are made from the sources when it is built: quick start, commands, API."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import sysconfig
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files
from pltpack_cli.main import COMMANDS
from pltpack_cli.packages.main import COMMANDS as PACKAGE_COMMANDS

sys.path.insert(0, str(Path(__file__).parent))
from differing import page as differences
from things import public_things

ROOT: Final = Path(__file__).parents[1]

_PROGRAMS: Final = {
    "raco-pack": "Like `raco pack`; also as `pltpack pack`.",
    "raco-unpack": "Like `raco unpack`; also as `unpack` and `pltpack unpack`.",
    "raco-pkg": "Like `raco pkg`; `create` also as `pltpack create`.",
    "pltpack": "All commands under one roof.",
}

_API: Final = {
    "archives": (
        "Archives",
        [
            "archive",
            "file_writer",
            "pltfile",
            "pltinfo",
            "pltpass",
            "pltstream",
            "pltwriting",
            "shutil_formats",
            "codec",
            "fs",
        ],
    ),
    "packer": ("Packing", ["packer", "regular"]),
    "editing": ("Changing archives", ["editing"]),
    "unpacker": ("Unpacking", ["unpacker", "transaction"]),
    "formats": ("Formats", ["formats"]),
    "pkg": ("Packages", ["pkg"]),
    "scope": ("Installed packages", ["scope"]),
    "lock": ("Lock files", ["lock"]),
    "supply": ("What locks tell others", ["supply"]),
    "conversion": ("Converting and comparing", ["conversion"]),
    "inspection": ("Looking into archives", ["inspection", "input"]),
    "catalog": ("Catalogs and sources", ["catalog", "fetch"]),
    "site": ("Published catalogs", ["site"]),
    "distribution": ("Distribution sites", ["distribution"]),
    "server": ("The catalog server", ["server", "client"]),
    "many": ("Many archives", ["many"]),
    "planet": ("PLaneT", ["planet"]),
    "racket": ("Racket installations", ["racket", "doctor"]),
    "datum": ("Racket data", ["datum"]),
    "errors": ("Errors", ["errors"]),
}
"""The pages of the API: title, and the modules and packages whose public things each shows."""

PROMISE: Final = """\
`from pltpack import ...` (or `import pltpack`) is the only promised way in: what is below keeps its name and its
meaning. The modules that the headings of these pages name are where things live today, and may change with any
version; so may everything that stands on none of these pages.

From 1.0 on what is promised changes only with the first number of the version, and what is to go is named in the
changelog one release before; new names and new arguments with a default may come with any release. The same holds for
commands, options, exit codes and JSON documents. `docs/public-api.txt` lists every promised name with its signature; a
test compares it with the sources.
"""


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Add the pages that are made."""
    made = {
        "index.md": _moved((ROOT / "README.md").read_text("utf-8")),
        "commands.md": "".join(_commands()),
        "benchmarks.md": (ROOT / "benchmarks" / "README.md").read_text("utf-8"),
        "changelog.md": _moved((ROOT / "CHANGELOG.md").read_text("utf-8")),
        "differences.md": differences(),
        "contributing.md": _moved((ROOT / "CONTRIBUTING.md").read_text("utf-8")),
        "api/index.md": "".join(_public_names()),
    }
    made |= {f"api/{name}.md": text for name, text in api_pages().items()}
    for path, text in made.items():
        files.append(File.generated(config, path, content=text))
    picture = "results/results.png"  # as the page of the benchmarks calls it
    files.append(File.generated(config, picture, abs_src_path=str(ROOT / "benchmarks" / picture)))
    return files


def _moved(text: str) -> str:
    """A page of the top folder, as it is in the site: links lead to where the other pages are there."""
    text = re.sub(r"\]\(docs/", "](", text)
    text = text.replace("](benchmarks/README.md)", "](benchmarks.md)")
    return text.replace("](CONTRIBUTING.md)", "](contributing.md)").replace("](CHANGELOG.md)", "](changelog.md)")


def _commands() -> Iterator[str]:
    """What every program says of itself."""
    yield "# Commands\n\nWhat each command says when it is asked with `--help`.\n"
    for program, purpose in _PROGRAMS.items():
        yield f"\n## {program}\n\n{purpose}\n\n```text\n{_help(program)}\n```\n"
    for command in PACKAGE_COMMANDS:
        yield f"\n## raco-pkg {command}\n\n```text\n{_help('raco-pkg', command)}\n```\n"
    for command in COMMANDS:
        yield f"\n## pltpack {command}\n\n```text\n{_help('pltpack', *command.split())}\n```\n"


def _help(program: str, *arguments: str) -> str:
    path = Path(sysconfig.get_path("scripts"), program)
    run = subprocess.run(
        [path, *arguments, "--help"],
        capture_output=True,
        text=True,
        check=True,
        env={**os.environ, "COLUMNS": "100", "TERMINAL_WIDTH": "100"},
    )
    return run.stdout.strip()


def _public_names() -> Iterator[str]:
    """What ``import pltpack`` offers, with links to where each thing is described."""
    import pltpack

    yield f"# API\n\nThe names that `import pltpack` offers. Each is loaded when it is first used.\n\n{PROMISE}\n"
    yield "| name | what it is |\n| --- | --- |\n"
    for name, home in sorted(pltpack._HOMES.items(), key=lambda pair: pair[0].lower()):
        value = getattr(pltpack, name)
        if callable(value):
            yield f"| [`{name}`][pltpack.{home}.{name}] | {_first_sentence(value.__doc__ or '')} |\n"
        else:
            yield f"| [`{name}`][pltpack.{home}.{name}] | a constant |\n"


def _first_sentence(docstring: str) -> str:
    sentence = re.split(r"(?<=[.])\s|\n\n", " ".join(docstring.partition("\n\n")[0].split()))[0]
    return re.sub(r":\w+:`~?(?:[\w.]*\.)?(\w+)`", r"`\1`", sentence).replace("|", "\\|")


def api_pages() -> dict[str, str]:
    """The pages on everything public, by their names; first what ``import pltpack`` offers, then what that mentions."""
    import pltpack

    offered = {f"pltpack.{home}.{name}" for name, home in pltpack._HOMES.items()}
    left = sorted(public_things(pltpack._HOMES), key=lambda path: (path not in offered, path))
    pages = {}
    for page, (title, modules) in _API.items():
        here = [path for path in left if path.split(".")[1] in modules]
        left = [path for path in left if path not in here]
        if page == "archives":
            here.append("pltpack.fs.PltFileSystem")  # fsspec finds it by its entry point
        pages[page] = f"# {title}\n" + "".join(f"\n::: {path}\n" for path in here)
    if left:
        raise ValueError(f"public, and on no page: {', '.join(left)}")
    return pages
