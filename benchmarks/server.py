"""Measure the catalog server: reads with a token beside a bare handler, pushes, and sources looked at, with its memory.

``python benchmarks/server.py`` prints tables in Markdown. Each server is a process of its own, and what counts is the
processor's time that it takes: other work on the machine changes that least. Nothing is judged.
"""

from __future__ import annotations

import argparse
import contextlib
import hashlib
import http.client
import json
import os
import re
import signal
import statistics
import subprocess
import sys
import sysconfig
import tempfile
import time
import zipfile
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))  # so that it also runs as a script


from benchmarks.loopback import serving
from benchmarks.rows import Row, keep

PLTPACK: Final = str(Path(sysconfig.get_path("scripts"), "pltpack"))
TICKS: Final = os.sysconf("SC_CLK_TCK")

BARE: Final = """
import sys
import uvicorn
from starlette.applications import Starlette
from starlette.responses import Response
from starlette.routing import Route
text = open(sys.argv[1], "rb").read()
async def answer(request):
    return Response(text, media_type="application/json")
app = Starlette(routes=[Route("/api/v1/packages/{name}", answer)])
config = uvicorn.Config(app, port=0, log_config=None, access_log=False, server_header=False)
socket = config.bind_socket()
socket.listen(1024)
print("http://127.0.0.1:%d/" % socket.getsockname()[1], flush=True)
uvicorn.Server(config).run(sockets=[socket])
"""
"""A server that answers each request for a record with the same bytes, and looks at nothing."""


@dataclass(frozen=True)
class Process:
    """A server at work, at a URL."""

    number: int
    url: str

    @property
    def cpu(self) -> float:
        """The seconds of the processor that it has taken."""
        fields = Path(f"/proc/{self.number}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / TICKS

    def memory(self, what: str) -> int:
        """Bytes that it has (``VmRSS``), or had at most (``VmHWM``)."""
        found = re.search(rf"{what}:\s+(\d+) kB", Path(f"/proc/{self.number}/status").read_text())
        assert found is not None
        return int(found[1]) << 10


@contextlib.contextmanager
def started(*command: str) -> Iterator[Process]:
    """A server, which prints its URL when it is there."""
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as process:
        assert process.stdout is not None
        try:
            yield Process(process.pid, process.stdout.readline().split()[-1])
        finally:
            process.send_signal(signal.SIGTERM)
            process.stdout.read()


@contextlib.contextmanager
def catalog_server(root: Path, *options: str) -> Iterator[Process]:
    """The server whose folder is ``root``."""
    with started(PLTPACK, "server", "run", "--root", str(root), "--port", "0", *options) as process:
        yield process


def set_up(root: Path, **settings: object) -> str:
    """A new server; its token. ``settings`` are set in its configuration."""
    made = subprocess.run(
        [PLTPACK, "server", "init", "-q", "--root", str(root)], check=True, capture_output=True, text=True
    )
    config = root / "server.toml"
    text = config.read_text()
    for key, value in settings.items():
        text = re.sub(rf"^# {key} = .*", f"{key} = {json.dumps(value)}", text, count=1, flags=re.MULTILINE)
    config.write_text(text)
    return made.stdout.split()[-1]


def ask(
    connection: http.client.HTTPConnection,
    method: str,
    path: str,
    body: bytes | None = None,
    headers: Mapping[str, str] = {},
) -> tuple[int, bytes]:
    """Send a request on a connection that stays; the status and the body."""
    connection.request(method, path, body, dict(headers))
    answer = connection.getresponse()
    return answer.status, answer.read()


def connected(url: str) -> http.client.HTTPConnection:
    """A connection to a server."""
    parts = urlsplit(url)
    return http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=300)


def package(name: str, size: int) -> bytes:
    """The archive of a package, of about ``size`` bytes."""
    path = Path(tempfile.gettempdir(), f"{os.getpid()}-{name}.zip")
    noise = hashlib.shake_256(name.encode()).hexdigest(size // 2)
    with zipfile.ZipFile(path, "w", zipfile.ZIP_STORED) as archive:
        for file, text in (
            (
                "info.rkt",
                f'#lang info\n(define version "1.0")\n(define pkg-desc "{name}")\n(define deps (list "base"))\n',
            ),
            ("main.rkt", f"#lang racket/base\n; {noise}\n"),
        ):
            archive.writestr(zipfile.ZipInfo(file), text)
    data = path.read_bytes()
    path.unlink()
    return data


def reads(folder: Path, count: int, rounds: int) -> Iterator[Row]:
    """Records read with a token, and as many answers of the bare handler, in turn."""
    token = set_up(folder / "reads")
    headers = {"Authorization": f"Bearer {token}"}
    path = "/api/v1/packages/games"
    with catalog_server(folder / "reads") as server, contextlib.closing(connected(server.url)) as connection:
        status, answer = ask(connection, "PUT", f"{path}/archive", package("games", 4000), headers)
        assert status == 201, answer
        while not json.loads(ask(connection, "GET", path, None, headers)[1])["published"]:
            time.sleep(0.2)
        (folder / "record.json").write_bytes(ask(connection, "GET", path, None, headers)[1])
    taken: dict[str, list[float]] = {"bare": [], "record": []}
    with (
        catalog_server(folder / "reads", "--workers", "0") as server,
        started(sys.executable, "-c", BARE, str(folder / "record.json")) as bare,
    ):
        for _ in range(rounds):
            for name, process in (("bare", bare), ("record", server)):
                taken[name].append(_read(process, path, headers, count))
    ratio = statistics.median(theirs / ours for theirs, ours in zip(taken["bare"], taken["record"], strict=True))
    print("| reads with a token | CPU ms each | a second of the processor | of the bare handler's |")
    print("| --- | --: | --: | --: |")
    for name, title in (("bare", "a bare handler of Starlette"), ("record", "`GET /api/v1/packages/NAME`")):
        each = statistics.median(taken[name]) / count
        print(f"| {title} | {each * 1000:.3f} | {1 / each:,.0f} | {1 if name == 'bare' else ratio:.2f} |")
    print(flush=True)
    yield Row("record read with a token", "CPU, of a bare handler's", 1 / ratio, 2, 1)


def _read(process: Process, path: str, headers: Mapping[str, str], count: int) -> float:
    """The seconds of the processor that a server takes for some reads, on eight connections."""

    def read(number: int) -> None:
        with contextlib.closing(connected(process.url)) as connection:
            for _ in range(number):
                assert ask(connection, "GET", path, None, headers)[0] == 200

    read(20)
    before = process.cpu
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(read, [count // 8] * 8))
    return process.cpu - before


def pushes(folder: Path, count: int, size: int) -> Iterator[Row]:
    """Packages pushed on four connections, each a new one; all of them are in the catalog afterwards."""
    token = set_up(folder / "pushes", edits=1_000_000)
    headers = {"Authorization": f"Bearer {token}"}
    archives = {f"p{number}": package(f"p{number}", size) for number in range(count)}
    seconds: list[float] = []

    def push(names: list[str]) -> None:
        with contextlib.closing(connected(server.url)) as connection:
            for name in names:
                start = time.perf_counter()
                status, answer = ask(connection, "PUT", f"/api/v1/packages/{name}/archive", archives[name], headers)
                seconds.append(time.perf_counter() - start)
                assert status == 201, answer

    with catalog_server(folder / "pushes") as server, contextlib.closing(connected(server.url)) as connection:
        before, start = server.cpu, time.perf_counter()
        with ThreadPoolExecutor(4) as pool:
            list(pool.map(push, [list(archives)[first::4] for first in range(4)]))
        pushed = time.perf_counter() - start
        while _figure(connection, "unpublished") or _figure(connection, 'jobs{state="queued"}'):
            time.sleep(0.2)
        published, cpu, peak = time.perf_counter() - start, server.cpu - before, server.memory("VmHWM")
    lost = [name for name, data in archives.items() if not _is_published(folder / "pushes/site", name, data)]
    seconds.sort()
    print(f"| {count} pushes of {size / 1000:.0f} kB on four connections | |\n| --- | --: |")
    print(f"| lost | {len(lost)} |")
    for part in (50, 99):
        print(f"| p{part}, ms | {seconds[min(count - 1, count * part // 100)] * 1000:,.0f} |")
    print(f"| pushes a second | {count / pushed:.1f} |")
    print(f"| seconds until all were in the catalog | {published:.1f} |")
    print(f"| CPU ms a push, published | {cpu / count * 1000:.0f} |")
    print(f"| peak memory, MiB | {peak / 2**20:.0f} |\n", flush=True)
    what = f"{count} pushes of {size / 1000:.0f} kB"
    yield Row(what, "lost", len(lost), 0)
    yield Row(what, "p99, ms", seconds[min(count - 1, count * 99 // 100)] * 1000)
    yield Row(what, "CPU ms each, with the publication", cpu / count * 1000)


def _is_published(site: Path, name: str, data: bytes) -> bool:
    record = site / "catalog/pkg" / name
    return record.is_file() and hashlib.sha1(data).hexdigest() in record.read_text()


def sources(folder: Path, count: int) -> Iterator[Row]:
    """Packages whose sources are looked at by a server of one worker, new and again; the memory that it takes."""
    (folder / "served").mkdir()
    (folder / "catalog/pkg").mkdir(parents=True)
    with serving(folder / "served") as url:
        for number in range(count):
            data = package(f"p{number}", 2000)
            (folder / f"served/p{number}.zip").write_bytes(data)
            sha1 = hashlib.sha1(data).hexdigest()
            (folder / f"served/p{number}.zip.CHECKSUM").write_text(sha1)
            record = f'#hash((name . "p{number}") (source . "{url}p{number}.zip") (checksum . "{sha1}") (author . "a"))'
            (folder / f"catalog/pkg/p{number}").write_text(record)
        token = set_up(folder / "sources", networks=["127.0.0.0/8"], per_host=4)
        call = [PLTPACK, "server", "import", "-q", "--root", str(folder / "sources"), str(folder / "catalog")]
        subprocess.run(call, check=True)
        with catalog_server(folder / "sources") as server, contextlib.closing(connected(server.url)) as connection:
            print(f"| {count:,} packages with sources | CPU s | minutes | memory at a third, MiB | at the end | peak |")
            print("| --- | --: | --: | --: | --: | --: |")
            memory = []
            for title in ("new: fetched, published", "again: nothing is new"):
                memory.append(_look(title, server, connection, count))
                headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
                if title.startswith("new"):
                    assert ask(connection, "POST", "/api/v1/refresh", b"{}", headers)[0] == 202
    found = len(list((folder / "sources/site/catalog/pkg").iterdir()))
    print(f"\n{found:,} of them are in the catalog.\n", flush=True)
    yield Row(f"{count:,} sources looked at again", "memory, of that before", memory[1] / memory[0], 1.1)
    yield Row(f"{count:,} sources", "MiB", memory[1] / 2**20)


def _look(title: str, server: Process, connection: http.client.HTTPConnection, count: int) -> int:
    before, start = server.cpu, time.perf_counter()
    third = 0
    while (waiting := _figure(connection, 'jobs{state="queued"}') + _figure(connection, 'jobs{state="running"}')) > 0:
        if not third and waiting < count * 2 / 3:
            third = server.memory("VmRSS")
        time.sleep(0.5)
    memory = (third, server.memory("VmRSS"), server.memory("VmHWM"))
    shown = " | ".join(f"{size / 2**20:.0f}" for size in memory)
    print(f"| {title} | {server.cpu - before:.0f} | {(time.perf_counter() - start) / 60:.1f} | {shown} |", flush=True)
    return memory[1]


def _figure(connection: http.client.HTTPConnection, name: str) -> float:
    """One of the figures that the server tells."""
    text = ask(connection, "GET", "/metrics")[1].decode()
    return sum(float(line.split()[-1]) for line in text.splitlines() if line.startswith(f"pltpack_server_{name}"))


def main() -> None:
    """The program."""
    parser = argparse.ArgumentParser(description="Measure the catalog server.")
    parser.add_argument("--reads", type=int, default=3000)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--pushes", type=int, default=200)
    parser.add_argument("--packages", type=int, default=3000)
    parser.add_argument("--quick", action="store_true", help="little of each, to see that all works")
    asked = parser.parse_args()
    if asked.quick:
        asked.reads, asked.rounds, asked.pushes, asked.packages = 400, 1, 20, 50
    rows: list[Row] = []
    with tempfile.TemporaryDirectory(prefix="pltpack-bench-") as place:
        if asked.reads:
            rows += reads(Path(place), asked.reads, asked.rounds)
        if asked.pushes:
            rows += pushes(Path(place), asked.pushes, 100_000)
        if asked.packages:
            rows += sources(Path(place), asked.packages)
    keep("server", rows, whole=not asked.quick and all((asked.reads, asked.pushes, asked.packages)))


if __name__ == "__main__":
    main()
