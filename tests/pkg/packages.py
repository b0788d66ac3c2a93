"""Trees for tests of packages: made by Hypothesis, written in every format."""

from __future__ import annotations

import io
from pathlib import Path

from hypothesis import strategies as st

from pltpack.formats.entries import BytesContent, Entry
from pltpack.formats.formats import Format, directory_writer, entry_writer

TIME = 1_614_834_366

NAMES = st.one_of(
    st.sampled_from(["a", "b", "info.rkt", "main.rkt", "collects", "doc", "lib", "sub", "é", "same", "x.plt"]),
    st.text(
        st.characters(codec="utf-8", exclude_characters="/" + "".join(map(chr, [*range(32), *range(127, 160)]))),
        min_size=1,
        max_size=8,
    ),
).filter(lambda name: name not in (".", "..") and len(name.encode()) < 200)

INFOS = st.sampled_from(
    [
        b"#lang info\n(define collection 'multi)\n",
        b'#lang info\n(define collection "kit")\n',
        b"#lang setup/infotab\n(define collection (quote multi))\n",
        b"#lang setup/infotab\n(define collection (quote use-pkg-name))\n",
        b"#lang info\n(define deps '())\n",
        b"not an info file (",
    ]
)
MODES = st.sampled_from([0o644, 0o755, 0o444, 0o640, 0o600])
TIMES = st.sampled_from([TIME, TIME + 1, 0, 315_532_800, 5_000_000_000])


@st.composite
def trees(draw: st.DrawFn, *, links: bool = False) -> list[Entry]:
    """A tree of a few directories and files, and links that stay inside of it; parents first."""
    entries: dict[str, Entry] = {}
    directories = [""]
    for _ in range(draw(st.integers(0, 9))):
        above = draw(st.sampled_from(directories))
        path = f"{above}/{draw(NAMES)}".lstrip("/")
        if path in entries:
            continue
        kind = draw(st.sampled_from(["file", "directory", "link"] if links else ["file", "directory"]))
        if kind == "directory":
            entries[path] = Entry(path, "directory", draw(st.sampled_from([0o755, 0o775])), draw(TIMES))
            directories.append(path)
        elif kind == "link":
            target = draw(st.sampled_from([*entries, "nowhere"]))
            entries[path] = Entry(path, "link", 0o755, TIME, target="../" * path.count("/") + target)
        else:
            data = draw(INFOS if path.endswith("info.rkt") else st.binary(max_size=300))
            entries[path] = Entry(path, "file", draw(MODES), draw(TIMES), len(data), BytesContent(data))
    return list(entries.values())


def write(entries: list[Entry], format: Format, place: Path) -> Path:
    """Write a package; zip holds neither every time nor links, so it is given what it holds."""
    path = place / f"package{'' if format == 'dir' else '.' + format}"
    if format == "dir":
        with directory_writer(path) as writer:
            for entry in entries:
                writer.add(entry)
        return path
    sink = io.BytesIO()
    with entry_writer(sink, format, name="package") as writer:
        for entry in entries:
            writer.add(entry)
    path.write_bytes(sink.getvalue())
    return path
