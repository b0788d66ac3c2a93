"""The tables of a distribution site: what is entered, byte for byte, and what is refused."""

from __future__ import annotations

import fcntl
import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pltpack.distribution.change import changing, table_lock
from pltpack.distribution.record import (
    forget_installers,
    record_installer,
    record_log,
    record_version,
    refresh_sums,
)
from pltpack.distribution.tables import Installer, Tables, installers_in, names_in, read_tables, table_files
from pltpack.errors import (
    BusyError,
    CallError,
    EntryExistsError,
    FormatError,
    MemberError,
    PltError,
    SourceError,
    UnsafePathError,
)
from tests.trees import files_in

GOLDEN: dict[str, Any] = json.loads(
    (Path(__file__).parents[2] / "fixtures/distribution/tables.json").read_text("utf-8")
)
LINUX = "{1} Racket | {2} Linux | {3} x86_64"


def tables_of(site: Path) -> dict[str, str]:
    folder = site / "installers"
    return {path.name: path.read_text("utf-8") for path in folder.iterdir() if path.suffix in (".rktd", ".json")}


def installer(folder: Path, name: str, text: str = "data") -> Path:
    folder.mkdir(exist_ok=True)
    (folder / name).write_text(text, "utf-8")
    return folder / name


def test_tables_are_those_of_the_original_byte_for_byte(tmp_path: Path) -> None:
    site, source = tmp_path / "site", tmp_path / "source"
    steps = iter(GOLDEN["record"])

    def check(step: str) -> None:
        case = next(steps)
        assert case["step"].startswith(step)
        assert tables_of(site) == case["files"], case["step"]

    record_installer(site, installer(source, "racket-8.7-x86_64-linux.sh", "one"), LINUX)
    check("record racket-8.7-x86_64-linux.sh")
    minimal = installer(source, "racket-minimal-8.7-x86_64-linux-cs.tgz", "two2")
    record_installer(site, minimal, 'Minimal "Racket" | Linux; 64-bit')
    check("record racket-minimal")
    record_installer(site, installer(source, "r-λ.exe", "three"), "Windows λ")
    check("record r-λ.exe")
    record_installer(site, source / "absent.dmg", "Mac", allow_missing=True)
    check("record a missing file")
    with pytest.raises(CallError):
        record_installer(site, minimal, "")
    check("record with description #f")
    record_installer(site, installer(source, "r-λ.exe", "changed content"), "Windows λ")
    check("record r-λ.exe again, changed")
    refresh_sums(site)  # over which the original stumbles, as the missing one has no file
    check("update-installers-checksums")

    with changing(site) as change:
        tables = read_tables(site)
        known = {key: value for key, value in tables.installers.items() if key != "Mac"}
        change.put(table_files(Tables(tables.files, known), changed=tables))
        change.commit()
    (site / "installers/racket-8.7-x86_64-linux.sh").write_text("one more")
    assert [one.description for one in refresh_sums(site).installers] == [LINUX]
    check("remove the missing entry")
    assert next(steps, None) is None


def test_logs_are_recorded_as_by_the_original(tmp_path: Path) -> None:
    site = tmp_path / "site"
    log = installer(tmp_path / "source", "log.txt")
    record_log(site, log, "{1} A | {2} B")
    found = names_in(GOLDEN["record_log"]["logs-table.rktd"].encode(), "golden")
    assert read_tables(site).logs == {"{1} A | {2} B": found["{1} A | {2} B"]}
    assert (site / "log/A_B").read_text() == "data"
    assert (site / "log/.LOCKlogs-table.rktd").read_text() == ""
    both = Tables(logs={"C": "c.txt", "{1} A | {2} B": "A_B"})
    files = {path.rpartition("/")[2]: text.decode() for path, text in table_files(both, changed=Tables())}
    assert files | {".LOCKlogs-table.rktd": ""} == GOLDEN["record_log"]


def test_what_was_missing_is_completed_when_it_is_there(tmp_path: Path) -> None:
    site = tmp_path / "site"
    record_installer(site, tmp_path / "late.sh", "Late", allow_missing=True)
    assert read_tables(site).installers["Late"] == Installer(None)
    installer(site / "installers", "late.sh")
    assert refresh_sums(site).installers[0].outcome == "changed"
    assert read_tables(site).installers["Late"].file == "late.sh"
    assert refresh_sums(site).installers == []


def test_an_installer_that_is_there_already_is_not_copied(tmp_path: Path) -> None:
    there = installer(tmp_path / "installers", "x.sh")
    node = there.stat().st_ino
    report = record_installer(tmp_path, there, "X", version="8.7")
    assert report.written.paths[0] == "installers/installers.rktd"
    assert there.stat().st_ino == node
    assert (tmp_path / "installers/version.rktd").read_bytes() == b'"8.7"\n'
    again = record_installer(tmp_path, there, "X")
    assert again.installers[0].outcome == "unchanged"
    assert again.written.paths == []


def test_links_signatures_and_dry_runs(tmp_path: Path) -> None:
    site, source = tmp_path / "site", installer(tmp_path / "source", "x.sh")
    signature = installer(tmp_path / "source", "mine.asc")
    planned = record_installer(site, source, "X", signature=signature, log=source, dry_run=True)
    assert not site.exists()
    done = record_installer(site, source, "X", signature=signature, log=source, link=True)
    assert planned.written == done.written
    assert planned.installers == done.installers
    assert source.samefile(site / "installers/x.sh")
    assert (site / "installers/x.sh.asc").exists()
    with pytest.raises(SourceError, match="not a signature"):
        record_installer(site, source, "X", signature=source)

    forget_installers(site, ["X"], dry_run=True)
    assert (site / "installers/x.sh").exists()
    forget_installers(site, ["X"])
    assert sorted(path.name for path in (site / "installers").iterdir() if path.name[0] != ".") == [
        "installers.json", "installers.rktd", "table.json", "table.rktd"
    ]  # fmt: skip
    assert read_tables(site).logs == {"X": "X"}
    assert source.exists()


def test_what_is_not_taken(tmp_path: Path) -> None:
    site, source = tmp_path / "site", tmp_path / "source"
    good = installer(source, "x.sh")
    record_installer(site, good, "X")
    before = files_in(site)
    refused: list[tuple[Path, str, type[PltError]]] = [
        (source / "absent.sh", "A", SourceError),
        (source, "A", SourceError),
        (good, "  ", CallError),
        (good, "A\nB", CallError),
        (installer(source, "table.rktd"), "A", EntryExistsError),
        (installer(source, ".hidden"), "A", UnsafePathError),
        (installer(source, "con.sh"), "A", UnsafePathError),
        (good, "Y", EntryExistsError),
    ]
    for file, description, error in refused:
        with pytest.raises(error):
            record_installer(site, file, description)
    with pytest.raises(UnsafePathError):
        record_log(site, good, "../../x")
    with pytest.raises(PltError, match="not a Racket version"):
        record_version(site, "new")
    with pytest.raises(MemberError, match="did you mean"):
        forget_installers(site, ["Xx"])
    assert {name: data for name, data in files_in(site).items() if "LOCK" not in name} == {
        name: data for name, data in before.items() if "LOCK" not in name
    }
    record_installer(site, good, "Y", force=True)
    forget_installers(site, ["Y"])
    assert (site / "installers/x.sh").exists(), "X still needs it"


@pytest.mark.parametrize(
    "text",
    ["", "(", "(a b)", "#hash((a . b))", '#hash(("A" . 1))', '#hash(("A" . #hash((filename . 1))))', "#hash" + "(" * 9],
)
def test_a_damaged_table_is_left_as_it_is(tmp_path: Path, text: str) -> None:
    for name in ("table.rktd", "installers.rktd"):
        site = tmp_path / name
        record_installer(site, installer(tmp_path / "source", "x.sh"), "X")
        (site / "installers" / name).write_text(text)
        with pytest.raises(FormatError) as caught:
            record_installer(site, installer(tmp_path / "source", "y.sh"), "Y")
        assert name in str(caught.value)
        assert (site / "installers" / name).read_text() == text
        assert not (site / "installers/y.sh").exists()


def test_a_table_that_names_a_file_elsewhere_is_not_followed(tmp_path: Path) -> None:
    outside = installer(tmp_path, "outside.sh")
    site = tmp_path / "site"
    (site / "installers").mkdir(parents=True)
    (site / "installers/table.rktd").write_text('#hash(("X" . "../../outside.sh"))')
    with pytest.raises(UnsafePathError):
        refresh_sums(site)
    forget_installers(site, ["X"])
    assert outside.exists()


def test_the_locks_of_the_original_are_honoured(tmp_path: Path) -> None:
    (tmp_path / "installers").mkdir()
    times = iter([0.0, 1.0, 2.0, 3.0, 99.0])
    table = tmp_path / "installers/table.rktd"
    with open(tmp_path / "installers/.LOCKtable.rktd", "w") as other:
        fcntl.flock(other, fcntl.LOCK_EX)
        with (
            pytest.raises(BusyError),
            table_lock(table, patience=10, clock=lambda: next(times), pause=lambda _: None),
        ):
            raise AssertionError
    with table_lock(table):
        pass
    with changing(tmp_path), pytest.raises(BusyError):
        record_version(tmp_path, "8.7")


TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=8)
NUMBERS = st.integers(0, 2**70)


@given(
    st.dictionaries(TEXTS, TEXTS, max_size=5),
    st.dictionaries(
        TEXTS,
        st.builds(
            Installer, st.none() | TEXTS, TEXTS, TEXTS, NUMBERS, st.just(()) | TEXTS.map(lambda text: (("note", text),))
        ),
        max_size=5,
    ),
)
def test_tables_read_back_as_they_were(files: dict[str, str], installers: dict[str, Installer]) -> None:
    written = dict(table_files(Tables(files, installers, files)))
    assert names_in(written["installers/table.rktd"], "") == files
    assert installers_in(written["installers/installers.rktd"], "") == installers
    assert json.loads(written["installers/table.json"]) == files
    assert json.loads(written["installers/installers.json"]).keys() == installers.keys()
