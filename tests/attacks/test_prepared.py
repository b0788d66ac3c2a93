"""An attacker who prepares the destination: anything under our names, before a run or after one that was killed."""

from __future__ import annotations

import io
import json
import os
import shutil
import signal
import tempfile
import warnings
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from pltpack.errors import LeftoverWarning, PltError
from pltpack.transaction.directory import DirectoryDestination
from pltpack.transaction.staging import area_name
from pltpack.transaction.waiting_room import waiting_room
from pltpack.unpacker.unpack import extract
from tests.attacks.conftest import Arena
from tests.transaction.bodies import clean_up
from tests.transaction.calls import Kill, in_child, wrapped
from tests.trees import archive, file, folder

AREA = area_name().decode()
NAMES = [
    AREA,
    *(f"{AREA}/{part}" for part in ("new", "old", "new/1", "old/1", "old/2", "new/1/sub", "owner", "journal", "x")),
    f"{AREA}-waiting",
    *(f"{AREA}-waiting/{part}" for part in ("1", "owner", "1/x")),
    ".pltpack-0-00000000",
    ".pltpack-99999/journal",
    ".PLTPACK-0",
    ".new.part",
]
TARGETS = ["../outside", "../../outside", "old", ".", "..", "/", "nowhere", AREA, "../outside/x", "keep"]
ENTRIES = [
    folder("old"),
    file("old", "x", data=b"new x", replace=True),
    file("made", "sub", "y", data=b"y"),
    file("single", data=b"single"),
]


@dataclass(frozen=True)
class Plant:
    """Something at a name of ours."""

    name: str
    kind: str
    target: str
    journal: Any

    def put(self, arena: Arena) -> None:
        """Put it there, as far as what was put there before allows that."""
        place = arena.target / self.name
        try:
            place.parent.mkdir(parents=True, exist_ok=True)
            if not place.parent.resolve().is_relative_to(arena.target.resolve()):
                return  # what leads outside is not to be written through by the test
            if self.kind == "directory":
                place.mkdir(mode=0o700)
            elif self.kind == "link":
                place.symlink_to(self.target)
            elif self.kind == "hard link":
                place.hardlink_to(arena.target / "keep")
            elif self.kind == "pipe":
                os.mkfifo(place)
            else:
                with place.open("x") as stream:
                    json.dump(self.journal, stream)
        except (FileExistsError, NotADirectoryError, FileNotFoundError, OSError):
            return


@st.composite
def journals(draw: st.DrawFn) -> Any:
    """What a journal or an owner file once was, or nonsense."""
    path = st.lists(st.sampled_from(["..", "old", "x", "keep", "outside", "/", ""]), max_size=3)
    number = st.integers(-1, 3)
    record = st.tuples(number, number, st.booleans(), path, number, number, number).map(list)
    return draw(
        st.fixed_dictionaries(
            {
                "transaction": st.just("t"),
                "pid": st.sampled_from([1, 999_999_999]),
                "areas": st.lists(st.sampled_from([".", "..", "/", "../outside"]), max_size=3),
                "first": st.sampled_from([".", "../outside"]),
                "records": st.lists(record, max_size=3),
            }
        )
        | st.text(max_size=5)
    )


plants = st.lists(
    st.builds(
        Plant,
        name=st.sampled_from(NAMES),
        kind=st.sampled_from(["directory", "link", "hard link", "pipe", "file", "file"]),
        target=st.sampled_from(TARGETS),
        journal=journals(),
    ),
    min_size=1,
    max_size=6,
)


def canaries(arena: Arena) -> dict[str, tuple[object, ...]]:
    """All that stands there but what the archive may change."""
    return {path: what for path, what in arena.state().items() if path not in ("target", "target/old", "target/old/x")}


NEW = {"target/made", "target/made/sub", "target/made/sub/y", "target/single"}


@settings(max_examples=60, phases=[Phase.explicit, Phase.generate], suppress_health_check=list(HealthCheck))
@given(plants=plants, killed=st.none() | st.integers(1, 90), swap=st.sampled_from([None, *TARGETS]), room=st.booleans())
def test_whatever_is_prepared(
    request: pytest.FixtureRequest, plants: list[Plant], killed: int | None, swap: str | None, room: bool
) -> None:
    """Unpacking goes on beside it; nothing that was there before, in the target or around it, ever changes."""
    with tempfile.TemporaryDirectory() as world, warnings.catch_warnings():
        warnings.simplefilter("ignore", LeftoverWarning)
        arena = Arena(Path(world), request)
        data = archive(*ENTRIES)
        ours: set[str] = set()
        if killed is not None:
            before = set(arena.state())

            def child() -> None:
                with wrapped(Kill(killed), reading=True):
                    extract(io.BytesIO(data), arena.target)

            if in_child(child) != -signal.SIGKILL:
                return
            ours = set(arena.state()) - before
            area = arena.target / AREA
            if swap is not None and area.is_dir():
                area.rename(arena.target / "away")
                area.symlink_to(swap)
                ours = {path.replace(f"target/{AREA}", "target/away") for path in ours}
        for plant in plants:
            # In the folder of a run that was killed nobody but its user can put anything.
            if f"target/{plant.name}".rpartition("/")[0] not in ours:
                plant.put(arena)
        before_run = {path: what for path, what in canaries(arena).items() if path not in ours}
        links = {path for path, what in before_run.items() if what[0] == "file"}
        for _ in range(2):
            try:
                if room:
                    with waiting_room(str(arena.target)) as made:
                        if made is not None:
                            made.place()
                extract(io.BytesIO(data), arena.target, force=True)
            except PltError as error:
                pytest.fail(f"locked out: {error}")
            after = canaries(arena)
            for path, what in before_run.items():
                if path in NEW:
                    continue
                found = after.get(path)
                assert found is not None, f"{path} is gone"
                assert found[:3] == what[:3], path
                assert path not in links or found == what, path
            assert set(after) - set(before_run) - ours <= NEW, "nothing of ours is left"
            assert (arena.target / "made/sub/y").read_bytes() == b"y"
        arena.record("refused")


@settings(max_examples=40, phases=[Phase.explicit, Phase.generate], suppress_health_check=list(HealthCheck))
@given(moment=st.integers(1, 60), target=st.sampled_from(["outside", "target/old", "target"]), commit=st.booleans())
def test_an_area_swapped_at_any_moment(request: pytest.FixtureRequest, moment: int, target: str, commit: bool) -> None:
    """The owner of the destination swaps the area for a directory or link while somebody else unpacks there."""
    with tempfile.TemporaryDirectory() as world, warnings.catch_warnings():
        warnings.simplefilter("ignore", LeftoverWarning)
        arena = Arena(Path(world), request)
        victim = Path(world, "victim")
        shutil.copytree(Path(world, target), victim)
        victim.chmod(0o700)
        before = {path: what for path, what in canaries(arena).items() if not path.startswith("victim")}
        theirs = arena.state(victim)
        count = 0
        swapped = looking = False

        def act(_name: str, call: Any, arguments: Any, options: Any) -> Any:
            nonlocal count, swapped, looking
            if looking:
                return call(*arguments, **options)
            count += 1
            area = arena.target / AREA
            looking = True
            if count >= moment and not swapped and area.is_dir():
                swapped = True
                os.rename(area, arena.world / "away")
                os.rename(victim, area)
            looking = False
            return call(*arguments, **options)

        try:
            with wrapped(act, reading=True):
                extract(io.BytesIO(archive(*ENTRIES[:-1], *([] if commit else [b"junk"]))), arena.target)
        except (PltError, OSError):
            assert swapped or not commit
        where = arena.target / AREA if swapped else victim
        assert arena.state(where) == theirs
        found = canaries(arena)
        assert {path: found.get(path) for path in before} == before
        arena.record("refused")


def test_the_next_run_is_never_locked_out(arena: Arena) -> None:
    """A long name or a loop of links among what was left, once a reason to refuse every later unpack."""
    (arena.target / AREA).mkdir()
    (arena.target / AREA / "old").symlink_to("old")
    (arena.target / AREA / "journal").write_text(json.dumps({"records": [[0, 1, False, ["x" * 300], 1, 1, 1]]}))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", LeftoverWarning)
        arena.harmless([file("made", data=b"made")])
    assert (arena.target / AREA / "old").is_symlink()
    clean_up(arena.target)
    shutil.rmtree(arena.target / AREA)
    with DirectoryDestination():
        arena.reset()
