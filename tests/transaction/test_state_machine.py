"""A target directory under unpacks, failures, kills and the user's own doings, against a model of dictionaries."""

from __future__ import annotations

import contextlib
import io
import shutil
import tempfile
from dataclasses import dataclass, field
from pathlib import Path

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from pltpack.errors import EntryExistsError, FormatError, PltError, UnsafePathError
from pltpack.transaction.destination import Root
from pltpack.transaction.directory import DirectoryDestination
from pltpack.unpacker.unpack import extract
from tests.transaction.bodies import put
from tests.transaction.calls import FAULTS, Fault, Kill, in_child, wrapped
from tests.trees import archive, file, folder, picture

Names = tuple[str, ...]


@dataclass(frozen=True)
class Entry:
    """An entry of a made-up archive; ``data`` is ``None`` for a directory."""

    path: Names
    data: bytes | None
    replace: bool

    def raw(self) -> bytes:
        if self.data is None:
            return folder(*self.path)
        return file(*self.path, data=self.data, replace=self.replace)


@dataclass
class Model:
    """What is in the target."""

    files: dict[Names, bytes] = field(default_factory=dict)
    folders: set[Names] = field(default_factory=set)

    def after(self, entries: list[Entry], *, force: bool) -> Model | None:
        """The target after an unpack; ``None`` if it is refused."""
        model = Model(dict(self.files), set(self.folders))
        return model if all(model.takes(entry, force=force) for entry in entries) else None

    def takes(self, entry: Entry, *, force: bool) -> bool:
        above = [entry.path[:depth] for depth in range(1, len(entry.path))]
        if entry.data is None:
            above.append(entry.path)
        if any(path in self.files for path in above):
            return False
        self.folders.update(path for path in above if path)
        if entry.data is not None:
            if entry.path in self.folders or (entry.path in self.files and not (force or entry.replace)):
                return False
            self.files[entry.path] = entry.data
        return True

    def without(self, path: Names) -> Model:
        """The target when everything at ``path`` is gone."""
        files = {place: data for place, data in self.files.items() if place[: len(path)] != path}
        return Model(files, {place for place in self.folders if place[: len(path)] != path})

    def moved(self, path: Names, to: Names) -> Model | None:
        """The target when what is at ``path`` is at ``to``; ``None`` if that cannot be."""
        model = self.without(path)
        above = [to[:depth] for depth in range(1, len(to))]
        if to[: len(path)] == path or to in model.files or to in model.folders or model.files.keys() & above:
            return None
        model.folders.update(above)
        for place, data in self.files.items():
            if place[: len(path)] == path:
                model.files[to + place[len(path) :]] = data
        model.folders.update(to + place[len(path) :] for place in self.folders if place[: len(path)] == path)
        return model

    def matches(self, target: Path) -> bool:
        found = {tuple(path.split("/")): what for path, what in picture(target).items()}
        files = {path: data for path, (kind, _, data) in found.items() if kind == "file"}
        folders = {path for path, (kind, _, _) in found.items() if kind == "directory"}
        return files == self.files and folders == self.folders and len(found) == len(files) + len(folders)


paths = st.lists(st.sampled_from("abc"), min_size=1, max_size=3).map(tuple)
entries = st.builds(
    Entry, path=paths, data=st.none() | st.binary(max_size=40) | st.just(b"long" * 400), replace=st.booleans()
)
archives = st.lists(entries, max_size=6)


class TargetDirectory(RuleBasedStateMachine):
    def __init__(self) -> None:
        super().__init__()
        self.base = Path(tempfile.mkdtemp())
        self.target = self.base / "target"
        self.target.mkdir()
        self.model = Model()

    def teardown(self) -> None:
        shutil.rmtree(self.base)

    def unpack(self, entries: list[Entry], *, force: bool, dry_run: bool = False) -> object:
        source = io.BytesIO(archive(*(entry.raw() for entry in entries)))
        try:
            return extract(source, self.target, force=force, dry_run=dry_run).entries
        except PltError as error:
            return type(error), str(error)

    @rule(entries=archives, force=st.booleans())
    def unpacked(self, entries: list[Entry], force: bool) -> None:
        after = self.model.after(entries, force=force)
        planned = self.unpack(entries, force=force, dry_run=True)
        done = self.unpack(entries, force=force)
        assert planned == done
        if after is None:
            assert isinstance(done, tuple)
            assert done[0] in (EntryExistsError, UnsafePathError)
        else:
            assert isinstance(done, list)
            self.model = after

    @rule(entries=archives, force=st.booleans(), nth=st.integers(1, 120), number=st.sampled_from(FAULTS))
    def failed(self, entries: list[Entry], force: bool, nth: int, number: int) -> None:
        """A call of the system fails: nothing has happened, or it was one of the cleaning up at the end."""
        after = self.model.after(entries, force=force)
        fault = Fault(nth, number)
        raised = False
        with wrapped(fault):
            try:
                done = self.unpack(entries, force=force)
            except OSError as error:
                raised = error.errno == number
        if raised:
            assert self.model.matches(self.target)
        elif after is not None:
            assert isinstance(done, list)
            self.model = after
        self.clean_up()

    @rule(entries=archives, force=st.booleans(), nth=st.integers(1, 200))
    def killed(self, entries: list[Entry], force: bool, nth: int) -> None:
        """The process is killed: after the clean-up all is old or all is new."""
        after = self.model.after(entries, force=force)

        def work() -> None:
            with wrapped(Kill(nth), reading=True):
                self.unpack(entries, force=force)

        code = in_child(work)
        if code == 0 and after is not None:
            self.model = after
        else:
            self.clean_up()
            if after is not None and not self.model.matches(self.target):
                self.model = after

    @rule(entries=archives, cut=st.integers(1, 200))
    def damaged(self, entries: list[Entry], cut: int) -> None:
        data = archive(*(entry.raw() for entry in entries))
        try:
            extract(io.BytesIO(data[: -min(cut, len(data))]), self.target, force=True)
        except (FormatError, UnsafePathError, EntryExistsError):
            return
        # Only the last line break and the padding can be missing.
        assert not data[-cut:].strip(b"=\n")
        after = self.model.after(entries, force=True)
        assert after is not None
        self.model = after

    @precondition(lambda self: self.model.files)
    @rule(choice=st.randoms(use_true_random=False))
    def user_removes(self, choice: object) -> None:
        path = choice.choice(sorted(self.model.files))  # type: ignore[attr-defined]
        self.target.joinpath(*path).unlink()
        del self.model.files[path]

    @rule(path=paths, data=st.binary(max_size=10))
    def user_writes(self, path: Names, data: bytes) -> None:
        after = self.model.after([Entry(path, data, True)], force=True)
        if after is not None:
            place = self.target.joinpath(*path)
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_bytes(data)
            self.model = after

    @rule(path=paths, to=paths, how=st.sampled_from(["remove", "replace", "move"]), nth=st.integers(-120, 120))
    def changed(self, path: Names, to: Names, how: str, nth: int) -> None:
        """A whole directory or file is removed, replaced or moved; a call of the system fails, or the process dies."""
        after: Model | None = None
        if path in self.model.files or path in self.model.folders:
            after = self.model.moved(path, to) if how == "move" else self.model.without(path)
        if how == "replace" and not self.model.files.keys() & {path[:depth] for depth in range(1, len(path))}:
            after = self.model.without(path)
            assert after.takes(Entry((*path, "new"), b"new", False), force=False)

        def work() -> None:
            root = Root(self.target)
            with DirectoryDestination() as changes:
                if how == "remove":
                    changes.remove(root, path)
                elif how == "move":
                    changes.move(root, path, root, to)
                else:
                    changes.replace_directory(root, path)
                    put(changes, root, "/".join((*path, "new")), b"new")
                changes.commit()

        def killed() -> None:
            with contextlib.suppress(OSError, ValueError, PltError), wrapped(Kill(-nth), reading=True):
                work()

        if nth < 0:
            in_child(killed)
        else:
            with contextlib.suppress(OSError, ValueError, PltError), wrapped(Fault(nth, FAULTS[nth % 2])):
                work()
        self.clean_up()
        if after is not None and not self.model.matches(self.target):
            self.model = after

    def clean_up(self) -> None:
        with DirectoryDestination() as destination:
            destination.make_directory(Root(self.target), ())

    @invariant()
    def target_is_as_the_model_says(self) -> None:
        assert self.model.matches(self.target)


TestTargetDirectory = TargetDirectory.TestCase
TestTargetDirectory.settings = settings(
    max_examples=50, stateful_step_count=15, suppress_health_check=list(HealthCheck)
)
