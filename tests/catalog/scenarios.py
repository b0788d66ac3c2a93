"""The scenarios of ``fixtures/catalogs/raco.json``: their folders made, our programs run there, results compared."""

from __future__ import annotations

import gzip
import hashlib
import io
import json
import re
import shutil
import sqlite3
import tarfile
import zipfile
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pltpack.datum.reader import read_datum
from pltpack.datum.values import HashTable, Symbol, same_datum
from pltpack.datum.writer import write_datum
from tests.servers import Route, Server

CASES: list[dict[str, Any]] = json.loads(
    (Path(__file__).parents[2] / "fixtures" / "catalogs" / "raco.json").read_text("utf-8")
)
OUTSIDE = ("home", "addon", "tmp", "etc", "cache")
"""Folders of a case that are not its content."""

Runner = Callable[..., Any]


def packed(name: str, members: Mapping[str, str]) -> bytes:
    """An archive of these members, the same bytes each time; of those that end with a slash, directories."""
    out = io.BytesIO()
    if name.endswith(".zip"):
        with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
            for member in sorted(members):
                info = zipfile.ZipInfo(member, (2020, 1, 1, 0, 0, 0))
                info.external_attr = (0o40755 if member.endswith("/") else 0o100644) << 16
                info.compress_type = zipfile.ZIP_DEFLATED
                archive.writestr(info, members[member] or "")
        return out.getvalue()
    with tarfile.open(fileobj=out, mode="w", format=tarfile.USTAR_FORMAT) as tar:
        for member in sorted(members):
            entry = tarfile.TarInfo(member.rstrip("/"))
            entry.mtime = 1577836800
            if member.endswith("/"):
                entry.type, entry.mode = tarfile.DIRTYPE, 0o755
                tar.addfile(entry)
            else:
                data = members[member].encode()
                entry.size, entry.mode = len(data), 0o644
                tar.addfile(entry, io.BytesIO(data))
    squeezed = io.BytesIO()
    with gzip.GzipFile(fileobj=squeezed, mode="wb", mtime=0, filename="") as stream:
        stream.write(out.getvalue())
    return squeezed.getvalue()


@dataclass
class Folder:
    """A case in a folder of its own, served at ``server``."""

    path: Path
    server: Server
    raco: Callable[..., object]
    """Called with what ``raco pkg`` is to do before."""
    sums: dict[str, str] = field(default_factory=dict)

    def prepare(self, case: Mapping[str, Any]) -> None:
        for name in OUTSIDE:
            (self.path / name).mkdir()
        for path, content in case["files"].items():
            self.put(path, content)
        if "catalogs" in case:
            text = f"#hash((catalogs . ({self.filled(case['catalogs'])})))"
            (self.path / "etc" / "config.rktd").write_text(text)
        self.server.routes = {
            path: Route(
                route.get("status", 200),
                self.filled(route.get("body", "")).encode(),
                {key: self.filled(value) for key, value in route.get("headers", {}).items()},
            )
            for path, route in case.get("routes", {}).items()
        }
        for step in case.get("prepare", []):
            if isinstance(step, dict):
                for path, content in step.items():
                    self.put(path, content)
            else:
                self.raco(*map(self.filled, step))
        self.note_sums()

    def put(self, path: str, content: Any) -> None:
        file = self.path / path
        file.parent.mkdir(parents=True, exist_ok=True)
        match content:
            case None | "deleted":
                shutil.rmtree(file) if file.is_dir() else file.unlink()
            case dict() if path.endswith("/"):
                file.mkdir(parents=True, exist_ok=True)
                for name, text in content.items():
                    self.put(path + name, text)
            case dict():
                file.write_bytes(packed(path, content))
            case list():
                database = sqlite3.connect(file)
                for statement in content:
                    database.execute(self.filled(statement))
                database.commit()
                database.close()
            case _:
                if path.endswith("/"):
                    file.mkdir(exist_ok=True)
                else:
                    file.write_bytes(self.filled(content).encode())

    def filled(self, text: str) -> str:
        """Tokens replaced."""
        text = text.replace("$W", str(self.path)).replace("$PORT", str(self.server.port))
        return re.sub(r"\$SHA1\(([^)]+)\)", lambda match: sha1((self.path / match[1]).read_bytes()), text)

    def cleaned(self, text: str) -> str:
        """Tokens put in."""
        text = text.replace(str(self.path), "$W").replace(f"127.0.0.1:{self.server.port}", "127.0.0.1:$PORT")
        for digest, path in self.sums.items():
            text = text.replace(digest, f"$SHA1({path})")
        return text

    def note_sums(self) -> None:
        for path, data in self.snapshot().items():
            if path.endswith((".zip", ".tgz", ".plt")):
                self.sums.setdefault(sha1(data), path)

    def snapshot(self) -> dict[str, bytes]:
        found = {}
        for file in sorted(self.path.rglob("*")):
            path = file.relative_to(self.path).as_posix()
            if path.split("/")[0] in OUTSIDE or path.endswith("/.lock"):
                continue
            if file.is_file():
                found[path] = file.read_bytes()
            elif file.is_dir() and not any(file.iterdir()):
                found[f"{path}/"] = b""
        return found

    def shown(self, path: str, data: bytes) -> dict[str, Any]:
        if path.endswith("/"):
            return {"dir": True}
        if path.endswith(".sqlite"):
            return {"sqlite": self.tables(self.path / path)}
        if path.endswith(".zip"):
            with zipfile.ZipFile(io.BytesIO(data)) as archive:
                return {
                    "zip": {
                        member.filename: None if member.is_dir() else archive.read(member).decode(errors="replace")
                        for member in archive.infolist()
                    }
                }
        return {"text": self.cleaned(data.decode(errors="replace"))}

    def tables(self, file: Path) -> dict[str, Any]:
        database = sqlite3.connect(f"file:{file}?mode=ro", uri=True)
        found = {}
        for (name,) in database.execute("select name from sqlite_master where type = 'table'").fetchall():
            rows = database.execute(f"select * from {name}").fetchall()
            clean = [[self.cleaned(value) if isinstance(value, str) else value for value in row] for row in rows]
            found[name] = sorted(clean, key=repr)
        database.close()
        return found


def sha1(data: bytes) -> str:
    return hashlib.sha1(data).hexdigest()


def differences(case: Mapping[str, Any], folder: Folder, run: Runner, program: str = "raco-pkg") -> Iterator[str]:
    """Run a case with our program; what is otherwise than raco had it, step by step."""
    folder.prepare(case)
    for number, step in enumerate(case["steps"]):
        if "change" in step:
            for path, content in step["change"].items():
                folder.put(path, content)
            folder.note_sums()
            continue
        before = folder.snapshot()
        folder.server.log.clear()
        ran = run(program, *map(folder.filled, step["args"]))
        folder.note_sums()
        after = folder.snapshot()
        at = f"step {number}"
        if (ran.code == 0) != (step["exit"] == 0):
            yield f"{at}: exit {ran.code}, not {step['exit']}: {ran.err}"
        if (out := packing(folder.cleaned(ran.out))) != packing(step["stdout"]):
            yield f"{at}: printed {out!r}, not {step['stdout']!r}"
        if sorted(folder.server.log) != sorted(step.get("requests", [])):  # packages come side by side
            yield f"{at}: asked {folder.server.log}, not {step.get('requests', [])}"
        written = {path: folder.shown(path, data) for path, data in after.items() if before.get(path) != data}
        expected = dict(step.get("written", {}))
        for path in sorted(written.keys() | expected.keys()):
            mine, theirs = written.get(path), expected.get(path)
            if not same(path, mine, theirs) and not (mine is None and still(folder, path, after, theirs)):
                yield f"{at}: {path} is {mine}, not {theirs}"
        removed = sorted(before.keys() - after.keys())
        if removed != step.get("removed", []):
            yield f"{at}: removed {removed}, not {step.get('removed', [])}"


def packing(text: str) -> str:
    """Output without the name of what is packed, which in raco's is that of a temporary directory, and with the
    packages in order, which installed ones have not there."""
    text = re.sub(r"(?m)^packing .* into ", "packing ... into ", text)
    head, *parts = re.split(r"(?m)^(?===|Creating)", text)
    return head + "".join(sorted(parts))


def still(folder: Folder, path: str, after: Mapping[str, bytes], theirs: Any) -> bool:
    """Whether a file that raco wrote was so before: nothing had to be written."""
    return path in after and same(path, folder.shown(path, after[path]), theirs)


def same(path: str, mine: Any, theirs: Any) -> bool:
    if mine is None or theirs is None:
        return mine is theirs
    if "sqlite" in theirs:
        tables = {name: table["rows"] for name, table in theirs["sqlite"].items()}
        return {name: rows for name, rows in mine["sqlite"].items() if rows} == {
            name: rows for name, rows in tables.items() if rows
        }
    if path.endswith("/pkgs"):  # raco's order has no meaning
        return sorted(names(mine["text"])) == sorted(names(theirs["text"]))
    if path.endswith(".CHECKSUM"):
        return True  # of a zip that is compared by its content
    if "text" in theirs and theirs["text"] != mine["text"] and mine["text"].startswith("#hash("):
        return same_datum(ordered(datum(mine["text"])), ordered(datum(theirs["text"])))
    return bool(mine == theirs)


def names(text: str) -> list[str]:
    return [str(name) for name in datum(text)]


def ordered(value: Any) -> Any:
    """A record, or a table of them, with its modules in order: those of installed packages have none in raco's."""
    if not isinstance(value, HashTable):
        return value
    entries = (
        (key, sorted(item, key=write_datum) if key == Symbol("modules") and isinstance(item, list) else ordered(item))
        for key, item in value
    )
    return HashTable(tuple(entries), value.kind)


def datum(text: str) -> Any:
    found, _ = read_datum(text.encode())
    assert isinstance(found, list | HashTable)
    return found
