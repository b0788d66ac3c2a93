"""Checking what a server has: each record and archive, asked for as a client asks."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

from pltpack.catalog.record import Record
from pltpack.catalog.sources import absolute_source
from pltpack.codec.limits import Limits
from pltpack.datum.values import same_datum
from pltpack.errors import LimitError, PltError
from pltpack.fetch.transport import Transport, too_large
from pltpack.pkg.checksum import SUFFIX
from pltpack.site.checks.answers import ask, check_answer, check_coding
from pltpack.site.checks.archives import Named, check_archive, named
from pltpack.site.checks.findings import Finding
from pltpack.site.checks.records import is_archive

_AT_ONCE: Final = 8
"""How many packages are asked for side by side."""


def check_served(
    catalog: str, records: Mapping[str, Record], transport: Transport, *, limits: Limits = Limits()
) -> Iterator[Finding]:
    """What is wrong with the answers for each package of the catalog at a URL, which ends with a slash: its record, and
    its archive or directory where that is on the same server."""
    look = partial(_check_package, catalog, transport, limits)
    with ThreadPoolExecutor(_AT_ONCE) as executor:
        for findings in executor.map(look, records.items()):
            yield from findings


def served_archives(records: Mapping[str, Record]) -> int:
    """How many archives there are to look at."""
    return sum(1 for name, record in records.items() if named(name, record, "") is not None)


def _check_package(catalog: str, transport: Transport, limits: Limits, item: tuple[str, Record]) -> list[Finding]:
    name, record = item
    findings = list(check_record_answer(catalog, name, record, transport))
    archive = named(name, record, "")
    source = record.get("source")
    if archive is not None:
        findings += _check_archive(absolute_source(catalog, archive.source), archive, transport, limits)
    elif isinstance(source, str) and (url := absolute_source(catalog, source)) != source and not is_archive(source):
        where = f"{url.rstrip('/')}/MANIFEST"
        answer = ask(transport, where)
        if answer.status != 200:
            detail = answer.problem or f"the answer is {answer.status}"
            findings.append(Finding("manifest-missing", where, detail, name))
    return findings


def check_record_answer(catalog: str, name: str, record: Record, transport: Transport) -> Iterator[Finding]:
    """What is wrong with the answer for one record, which should be that of the list of all."""
    where = f"{catalog}pkg/{name}?version=8.7"
    answer = ask(transport, where)
    problems = list(check_answer(where, answer))
    yield from problems
    if problems:
        return
    try:
        found = Record.parse(name, answer.body)
    except PltError as error:
        yield Finding("record-unreadable", where, error.message, name)
        return
    if not same_datum(found.table, record.table):
        yield Finding("record-differs", where, "it is not the same table", name)


def _check_archive(url: str, archive: Named, transport: Transport, limits: Limits) -> Iterator[Finding]:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, Path(urlsplit(url).path).name)
        try:
            with transport.get(url) as answer:
                if answer.status != 200:
                    yield Finding("archive-missing", url, f"the answer is {answer.status}", archive.package)
                    return
                coded = list(check_coding(url, {key.lower(): value for key, value in answer.headers.items()}))
                yield from coded
                if coded:
                    return
                done = 0
                with path.open("wb") as sink:
                    for block in answer.blocks():
                        if (done := done + len(block)) > limits.total_bytes:
                            raise too_large(url, limits.total_bytes)
                        sink.write(block)
        except LimitError as error:
            yield Finding("archive-unsafe", url, error.message, archive.package)
            return
        except PltError as error:
            yield Finding("archive-missing", url, error.message, archive.package)
            return
        beside = ask(transport, url + SUFFIX)
        if beside.status == 200:
            Path(f"{path}{SUFFIX}").write_bytes(beside.body)
        yield from check_archive(archive.at(path), limits=limits)
