"""What the last sync of a scope was: so that one with nothing to do is over at once.

It is written down in a directory of the user's own, and says how the scope's tables looked then. Where it is missing or
does not fit any more, everything is looked at.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pltpack.dataclass import dataclass
from pltpack.scope.state.places import Places
from pltpack.transaction.file import replacing
from pltpack.transaction.state import state_dir


@dataclass(frozen=True, slots=True)
class Stamp:
    """``lock`` is the SHA-256 of the lock file and what it was synced for; ``seen`` how the tables looked afterwards;
    ``contents`` the digests of the packages that were put there, by name."""

    lock: str
    seen: tuple[int, ...]
    contents: Mapping[str, str]


def lock_key(file: Path, *details: str) -> str:
    """What a lock file is known by, with what else counts. Raises ``OSError``."""
    total = hashlib.sha256(file.read_bytes())
    for detail in details:
        total.update(b"\0" + os.fsencode(detail))
    return total.hexdigest()


def seen(places: Places) -> tuple[int, ...]:
    """How the tables of a scope look: a change that is not ours gives them other numbers."""
    found: list[int] = []
    for file in (places.table, places.links):
        try:
            status = file.stat()
            found += [status.st_size, status.st_mtime_ns, status.st_ino, status.st_ctime_ns]
        except OSError:
            found.append(-1)
    return tuple(found)


def read_stamp(places: Places) -> Stamp | None:
    """What the last sync of a scope was; ``None`` if there was none that is known of."""
    try:
        table: Any = json.loads(_file(places).read_bytes())
        contents = {str(name): str(digest) for name, digest in table["contents"].items()}
        return Stamp(str(table["lock"]), tuple(int(one) for one in table["seen"]), contents)
    except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return None


def is_current(places: Places, key: str) -> bool:
    """Whether the last sync was of this very lock, and everything still looks as it did."""
    stamp = read_stamp(places)
    if stamp is None or stamp.lock != key or stamp.seen != seen(places):
        return False
    return all(os.path.isdir(places.packages / name) for name in stamp.contents)


def write_stamp(places: Places, key: str, contents: Mapping[str, str]) -> None:
    """Write down what a sync was. Where that cannot be, the next one has more to look at."""
    table = {"lock": key, "seen": seen(places), "contents": dict(contents)}
    with contextlib.suppress(OSError):
        file = _file(places)
        file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        with replacing(file, durable=False) as stream:
            stream.write(json.dumps(table).encode())


def _file(places: Places) -> Path:
    name = hashlib.sha256(os.fsencode(os.path.realpath(places.packages))).hexdigest()
    return Path(state_dir()).parent / "synced" / f"{name[:40]}.json"
