"""``pack_plt`` and ``pack``: what they write, what they refuse, and that they never pack their own archive."""

from __future__ import annotations

import base64
import gzip
import hashlib
import io
import os
from pathlib import Path

import pytest

from pltpack.codec.compression import Compression
from pltpack.codec.header import Header
from pltpack.codec.reader import ArchiveReader
from pltpack.datum.values import Symbol
from pltpack.errors import SourceError
from pltpack.packer.mztar import SourceDirectory, SourceFile
from pltpack.packer.pack import PackOptions, pack, pack_plt
from tests.differences import differs
from tests.streams import content, raw_stream


@pytest.fixture
def tree(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The current directory, with a small tree."""
    (tmp_path / "d" / "sub").mkdir(parents=True)
    (tmp_path / "d" / "x").write_bytes(b"xxx")
    (tmp_path / "d" / "sub" / "y").write_bytes(b"yyyy\n")
    (tmp_path / "d" / "x~").write_bytes(b"backup")
    monkeypatch.chdir(tmp_path)
    return tmp_path


HEAD = (
    b'PLT\n(lambda (request failure) (case request ((name) "n") ((unpacker) (quote mzscheme)) ((requires) (quote ()))'
    b" ((conflicts) (quote ())) ((plt-relative?) #t) ((plt-home-relative?) #f) ((test-plt-dirs) #f)"
    b" (else (failure))))\n(unit (import main-collects-parent-dir mzuntar) (export) (mzuntar void) (quote ()))\n"
)
BODY = b'dir\n("d")\ndir\n("d" "sub")\nfile\n("d" "sub" "y")\n5\n*yyyy\nfile\n("d" "x")\n3\n*xxx'


def test_what_is_written(tree: Path) -> None:
    packed = pack_plt("o.plt", "n", ["d"])
    assert raw_stream((tree / "o.plt").read_bytes()) == HEAD + BODY
    assert (packed.directories, packed.files, packed.file_bytes, packed.raw_bytes) == (2, 2, 8, len(HEAD + BODY))
    text = (tree / "o.plt").read_bytes()
    assert gzip.decompress(base64.b64decode(text)) == HEAD + BODY
    assert max(map(len, text.splitlines())) <= 72


@pytest.mark.usefixtures("tree")
def test_without_encoding() -> None:
    sink = io.BytesIO()
    pack_plt(sink, "n", [Path("d")], encode=False)
    assert sink.getvalue() == HEAD + BODY
    assert not sink.closed


@pytest.mark.usefixtures("tree")
def test_everything_in_the_header() -> None:
    sink = io.BytesIO()
    pack_plt(
        sink,
        "my name",
        ["d"],
        collections=[["a", "b"], ("c",)],  # type: ignore[list-item]
        at_plt_home=True,
        test_plt_dirs=["collects"],
        requires=[(("r",), (1, 2)), (["s", "t"], [])],  # type: ignore[list-item]
        conflicts=[("q",)],
        file_mode="file-replace",
        file_filter=lambda path: path.endswith("x"),
    )
    assert ArchiveReader(io.BytesIO(sink.getvalue())).header == Header(
        "my name",
        requires=((("r",), (1, 2)), (("s", "t"), ())),
        conflicts=(("q",),),
        collections=(("a", "b"), ("c",)),
        plt_relative=True,
        plt_home_relative=True,
        test_plt_dirs=("collects",),
    )
    assert content(sink.getvalue()) == [(("d",), None, False), (("d", "x"), b"xxx", True)]


@pytest.mark.usefixtures("tree")
def test_another_unit() -> None:
    sink = io.BytesIO()
    pack_plt(sink, "n", [], unpack_unit=[Symbol("unit"), 5], encode=False)
    assert sink.getvalue().endswith(b"(else (failure))))\n(unit 5)\n")


@differs(
    racket="`pack`, the positional form, drops `requires` and `conflicts`",
    here="writes them",
)
def test_the_old_form_drops_nothing(tree: Path) -> None:
    pack(
        "o.plt", "n", ["d"], [("c",)], lambda _path: True, True, "file-replace", None, False,
        [(("r",), (1,))], [("q",)],
    )  # fmt: skip
    archive = ArchiveReader(io.BytesIO((tree / "o.plt").read_bytes()))
    assert archive.header == Header(
        "n", requires=((("r",), (1,)),), conflicts=(("q",),), collections=(("c",),), plt_relative=False
    )
    assert content((tree / "o.plt").read_bytes())[-1] == (("d", "x~"), b"backup", True)


@pytest.mark.usefixtures("tree")
def test_several_arguments_and_no_arguments() -> None:
    sink = io.BytesIO()
    pack_plt(sink, "n", ["d/x", "d/sub", "d/x"])
    assert [path for path, _, _ in content(sink.getvalue())] == [
        *(("d",), ("d", "x")),
        *(("d", "sub"), ("d", "sub", "y")),
        *(("d",), ("d", "x")),
    ]
    sink = io.BytesIO()
    assert pack_plt(sink, "n", []).raw_bytes == len(HEAD)
    assert content(sink.getvalue()) == []


def test_stored_under_other_paths(tree: Path) -> None:
    sink = io.BytesIO()
    pack_plt(sink, "n", [tree / "d" / "sub", "d/x"], as_paths=["z", Path("q/x2")])
    assert [path for path, _, _ in content(sink.getvalue())] == [("z",), ("z", "y"), ("q",), ("q", "x2")]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"paths": ["d"], "as_paths": []}, "1 paths, but 0 as_paths"),
        ({"paths": ["d"], "file_mode": "zork"}, "file_mode is 'zork'"),
        ({"paths": ["d"], "plt_relative": False, "at_plt_home": True}, "needs plt_relative"),
        ({"paths": ["d"], "test_plt_dirs": ["x"]}, "needs plt_home_relative"),
        ({"paths": ["d", "/tmp"]}, "absolute"),
        ({"paths": ["d", ""]}, "not a path"),
        ({"paths": ["d"], "as_paths": ["/z"]}, "absolute"),
        ({"paths": "d"}, "paths takes several, .* not a single"),
        ({"paths": ["d"], "as_paths": "z"}, "as_paths takes several, .* not a single"),
        ({"paths": ["d"], "collections": ["games/cards"]}, "sequence of names"),
        ({"paths": ["d"], "conflicts": ["games"]}, "sequence of names"),
        ({"paths": ["d"], "requires": [("games", (1,))]}, "sequence of names"),
    ],
)
def test_misuse(tree: Path, arguments: dict[str, object], message: str) -> None:
    (tree / "o.plt").write_text("old")
    with pytest.raises((TypeError, ValueError), match=message):
        pack_plt("o.plt", "n", **arguments)  # type: ignore[arg-type]
    assert sorted(os.listdir(tree)) == ["d", "o.plt"]
    assert (tree / "o.plt").read_text() == "old"


@pytest.mark.parametrize("old", [None, "old"])
def test_what_cannot_be_packed_leaves_the_old_archive(tree: Path, old: str | None) -> None:
    if old is not None:
        (tree / "o.plt").write_text(old)
    os.mkfifo(tree / "d" / "pipe")
    with pytest.raises(SourceError):
        pack_plt("o.plt", "n", ["d"])
    with pytest.raises(FileNotFoundError):
        pack_plt("o.plt", "n", ["d/x", "nowhere"])
    assert sorted(os.listdir(tree)) == (["d"] if old is None else ["d", "o.plt"])
    assert old is None or (tree / "o.plt").read_text() == old


@differs(
    racket="empties the destination first, and may pack it into itself without end",
    here="the archive appears when it is whole, and is never packed",
)
@pytest.mark.parametrize("dest", ["d/archive", "d/sub/archive.bin"])
def test_the_archive_is_not_packed_into_itself(tree: Path, dest: str) -> None:
    for _ in range(2):
        pack_plt(dest, "n", ["d"])
        assert raw_stream((tree / dest).read_bytes()) == HEAD + BODY
    with open(dest, "wb") as sink:
        pack_plt(sink, "n", ["d"])
    assert raw_stream((tree / dest).read_bytes()) == HEAD + BODY


def test_nor_through_a_link(tree: Path) -> None:
    (tree / "d" / "archive").write_text("old")
    (tree / "link").symlink_to("d/archive")
    pack_plt("link", "n", ["d"])
    assert raw_stream((tree / "d" / "archive").read_bytes()) == HEAD + BODY


def test_options(tree: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir("/")
    lines: list[str] = []
    seen: list[SourceDirectory | SourceFile] = []
    digest = hashlib.sha256()
    options = PackOptions(
        compression=Compression.BEST,
        jobs=2,
        mtime=1_000_000_000,
        directory=str(tree),
        report=lines.append,
        on_entry=seen.append,
        digest=digest,
    )
    sink = io.BytesIO()
    pack_plt(sink, "n", ["d"], options=options)
    assert raw_stream(sink.getvalue()) == HEAD + BODY
    assert lines == ["MzTarring d...", "MzTarring d/sub..."]
    assert [entry.path for entry in seen] == [("d",), ("d", "sub"), ("d", "sub", "y"), ("d", "x")]
    assert digest.hexdigest() == hashlib.sha256(HEAD + BODY).hexdigest()
    assert base64.b64decode(sink.getvalue())[4:8] == (1_000_000_000).to_bytes(4, "little")


@pytest.mark.usefixtures("tree")
def test_same_input_same_bytes() -> None:
    archives = []
    for jobs in (1, 3, None):
        sink = io.BytesIO()
        pack_plt(sink, "n", ["d"], options=PackOptions(jobs=jobs))
        archives.append(sink.getvalue())
    assert len(set(archives)) == 1


@pytest.mark.parametrize("name", [b"bad\xff", b"\xc3(", b"\xed\xa0\x80"])
def test_arguments_that_are_no_text(tree: Path, name: bytes) -> None:
    with pytest.raises(SourceError, match="not UTF-8"):
        pack_plt("o.plt", "n", [os.fsdecode(name)])
    assert os.listdir(tree) == ["d"]


def test_names_of_every_kind(tree: Path) -> None:
    names = ['q"', "b\\s", "n\nl", "t\tb", "\x01", "\x7f", "é", "λ", "😀", "\xad", "\u2028", "same", "up", "it's", " "]
    (tree / "t").mkdir()
    for name in names:
        (tree / "t" / name).write_text(name)
    sink = io.BytesIO()
    pack_plt(sink, "n", ["t"])
    assert content(sink.getvalue()) == [
        (("t",), None, False),
        *((("t", name), name.encode(), False) for name in sorted(names)),
    ]
