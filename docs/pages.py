"""Pages of the documentation site that are made from the sources when it is built: quick start, commands, API."""

from __future__ import annotations

import os
import re
import subprocess
import sysconfig
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files

ROOT: Final = Path(__file__).parents[1]

_PROGRAMS: Final = {
    "raco-pack": "Like `raco pack`; also as `pltpack pack`.",
    "raco-unpack": "Like `raco unpack`; also as `unpack` and `pltpack unpack`.",
    "raco-pkg": "Like `raco pkg create`; also as `pltpack create`.",
    "pltpack": "All commands under one roof.",
}

_API: Final = {
    "archives": ("Archives", ["archive", "pltfile", "codec", "shutil_formats", "fs"]),
    "packer": ("Packing", ["packer"]),
    "unpacker": ("Unpacking", ["unpacker", "transaction"]),
    "formats": ("Formats", ["formats"]),
    "pkg": ("Packages", ["pkg"]),
    "conversion": ("Converting and comparing", ["conversion"]),
    "inspection": ("Looking into archives", ["inspection", "input", "visible", "suggestions", "patterns"]),
    "racket": ("Racket installations", ["racket"]),
    "datum": ("Racket data", ["datum"]),
    "errors": ("Errors", ["errors"]),
}
"""The pages of the API: title, and the modules and packages that each shows."""


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Add the pages that are made."""
    made = {
        "index.md": _moved((ROOT / "README.md").read_text("utf-8")),
        "commands.md": "".join(_commands()),
        "benchmarks.md": (ROOT / "benchmarks" / "README.md").read_text("utf-8"),
        "changelog.md": _moved((ROOT / "CHANGELOG.md").read_text("utf-8")),
        "contributing.md": _moved((ROOT / "CONTRIBUTING.md").read_text("utf-8")),
        "api/index.md": "".join(_public_names()),
    }
    for name, (title, modules) in _API.items():
        made[f"api/{name}.md"] = "".join(_api(title, modules))
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
    for command in re.findall(r"^  (\w+) ", _help("pltpack").partition("Commands:")[2], re.MULTILINE):
        yield f"\n## pltpack {command}\n\n```text\n{_help('pltpack', command)}\n```\n"


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

    yield "# API\n\nThe names that `import pltpack` offers. Each is loaded when it is first used.\n\n"
    yield "| name | what it is |\n| --- | --- |\n"
    for name, home in sorted(pltpack._HOMES.items(), key=lambda pair: pair[0].lower()):
        value = getattr(pltpack, name)
        if callable(value):
            yield f"| [`{name}`][pltpack.{home}.{name}] | {_first_sentence(value.__doc__ or '')} |\n"
        else:
            yield f"| `{name}` | a constant of [`pltpack.{home}`][pltpack.{home}] |\n"


def _first_sentence(docstring: str) -> str:
    sentence = re.split(r"(?<=[.])\s|\n\n", " ".join(docstring.partition("\n\n")[0].split()))[0]
    return re.sub(r":\w+:`~?(?:[\w.]*\.)?(\w+)`", r"`\1`", sentence).replace("|", "\\|")


def _api(title: str, modules: list[str]) -> Iterator[str]:
    yield f"# {title}\n"
    for name in modules:
        for module in _modules(name):
            yield f"\n::: {module}\n"


def _modules(name: str) -> Iterator[str]:
    """A module, or those of a package."""
    folder = ROOT / "pltpack" / name
    if not folder.is_dir():
        yield f"pltpack.{name}"
        return
    for path in sorted(folder.rglob("*.py")):
        if not path.stem.startswith("_"):
            yield ".".join(path.relative_to(ROOT).with_suffix("").parts)
