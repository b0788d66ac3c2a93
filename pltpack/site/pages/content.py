"""What is in an archive, for its page: the files with their sizes, and the readme."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Final

import msgspec

from pltpack.errors import PltError
from pltpack.pkg.view import PackageReader
from pltpack.site.facts import Facts
from pltpack.visible import visible

_MOST_FILES: Final = 1000
_LONGEST_README: Final = 256 << 10
_MARKDOWN: Final = (".md", ".markdown")


class Content(msgspec.Struct):
    """The first files of an archive by path, with their sizes in bytes, and the text of its readme."""

    files: list[tuple[str, int]] = []
    readme: bytes | None = None


def archive_content(path: Path, facts: Facts) -> Content | None:
    """Read an archive; ``None`` if it cannot be read any more, which ``catalog check`` tells."""
    content = Content()
    try:
        package = PackageReader(path)
        if facts.readme is not None:
            for entry in package.entries():
                if entry.path == facts.readme and entry.size <= _LONGEST_README:
                    content.readme = entry.read()
        entries = package.survey.entries
    except (PltError, OSError):
        return None
    files = sorted((entry.path, entry.size) for entry in entries.values() if entry.kind == "file")
    content.files = [(visible(path), size) for path, size in files[:_MOST_FILES]]
    return content


def readme_html(content: Content, facts: Facts) -> str | None:
    """The readme as HTML that is safe to show: Markdown is rendered, all else is shown as it is."""
    from markupsafe import Markup, escape

    if content.readme is None or facts.readme is None:
        return None
    text = content.readme.decode("utf-8", "replace")
    if not facts.readme.lower().endswith(_MARKDOWN):
        shown = re.sub(r"[^\n\t\x20-\x7e\xa0-\U0010ffff]", "", text)
        return Markup("<pre>{}</pre>").format(escape(shown))
    import nh3
    from markdown_it import MarkdownIt

    rendered = MarkdownIt("commonmark", {"html": False}).enable("table").render(text)
    return Markup(nh3.clean(rendered, tags=nh3.ALLOWED_TAGS - {"img"}, link_rel="noopener noreferrer nofollow"))


def prepared_path(folder: Path, name: str) -> Path:
    """Where what is in a package is kept until its page is made; ``folder`` is that in which it was prepared."""
    return folder / "content" / f"{name}.json"


def keep_content(content: Content, folder: Path, name: str) -> None:
    """Keep it there. Of many packages it is more than memory should hold."""
    path = prepared_path(folder, name)
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(msgspec.json.encode(content))


def kept_content(path: Path) -> Content | None:
    """What was put down of a package whose archive is elsewhere; ``None`` if nothing was."""
    try:
        return msgspec.json.decode(path.read_bytes(), type=Content)
    except (OSError, msgspec.MsgspecError):
        return None
