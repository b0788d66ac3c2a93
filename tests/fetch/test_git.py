"""Repositories, by the git program and by dulwich: references, commits, sub-folders, credentials, hostile content."""

from __future__ import annotations

import subprocess
import threading
from collections.abc import Iterator
from http.server import CGIHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from pltpack.codec.limits import Limits
from pltpack.errors import FetchError, LimitError, UnsafePathError
from pltpack.fetch.cache import Cache
from pltpack.fetch.credentials import Credentials
from pltpack.fetch.git import GitChoice, open_git
from pltpack.fetch.git_tree import write_tree
from pltpack.fetch.repository import GitFile
from tests.fetch.conftest import MakeFetcher, git
from tests.servers import Route, Server

BOTH: list[GitChoice] = ["program", "dulwich"]


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    """A repository with two branches, a tag and a sub-folder; bare, and fit to be served as files."""
    work = tmp_path / "work"
    (work / "lib").mkdir(parents=True)
    git(work, "init", "-q")
    (work / "info.rkt").write_text("#lang info\n")
    (work / "lib" / "main.rkt").write_text("one\r\n")
    (work / "run.sh").write_text("#!/bin/sh\n")
    (work / "run.sh").chmod(0o755)
    (work / "link").symlink_to("lib/main.rkt")
    git(work, "add", "-A")
    git(work, "commit", "-q", "-m", "one")
    git(work, "tag", "-a", "v1", "-m", "v1")
    git(work, "checkout", "-q", "-b", "side")
    (work / "lib" / "main.rkt").write_text("two\n")
    git(work, "commit", "-q", "-a", "-m", "two")
    git(work, "checkout", "-q", "master")
    bare = tmp_path / "site" / "r.git"
    bare.parent.mkdir(exist_ok=True)
    git(tmp_path, "clone", "-q", "--bare", str(work), str(bare))
    git(bare, "config", "uploadpack.allowAnySHA1InWant", "true")
    git(bare, "update-server-info")
    return bare


@pytest.fixture
def smart(repository: Path) -> Iterator[str]:
    """A server that speaks git's smart protocol, which is git itself behind CGI."""

    class Handler(CGIHTTPRequestHandler):
        def log_message(self, format: str, *args: object) -> None:
            pass

        def is_cgi(self) -> bool:
            self.cgi_info = ("", "run" + self.path)
            return True

        def run_cgi(self) -> None:
            path, _, query = self.path.partition("?")
            length = int(self.headers.get("Content-Length") or 0)
            environment = {
                "GIT_PROJECT_ROOT": str(repository.parent),
                "GIT_HTTP_EXPORT_ALL": "1",
                "PATH_INFO": path,
                "QUERY_STRING": query,
                "REQUEST_METHOD": self.command,
                "CONTENT_TYPE": self.headers.get("Content-Type", ""),
                "HTTP_CONTENT_ENCODING": self.headers.get("Content-Encoding", ""),
                "GIT_PROTOCOL": self.headers.get("Git-Protocol", ""),
                "PATH": "/usr/bin:/bin",
            }
            body = self.rfile.read(length)
            done = subprocess.run(["git", "http-backend"], input=body, env=environment, capture_output=True, check=True)
            head, _, content = done.stdout.partition(b"\r\n\r\n")
            fields = dict(line.split(": ", 1) for line in head.decode().splitlines())
            self.send_response(int(fields.pop("Status", "200").split()[0]))
            for key, value in fields.items():
                self.send_header(key, value)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        do_POST = run_cgi
        do_GET = run_cgi

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield f"http://127.0.0.1:{server.server_address[1]}/r.git"
    server.shutdown()
    thread.join()
    server.server_close()


def commit(repository: Path, name: str) -> str:
    return git(repository, "rev-parse", f"{name}^{{commit}}")


@pytest.mark.parametrize("choice", BOTH)
@pytest.mark.parametrize(
    ("end", "name", "text"),
    [("", "master", "one\r\n"), ("#master", "master", "one\r\n"), ("#v1", "master", "one\r\n"),
     ("#side", "side", "two\n")],
)  # fmt: skip
def test_branches_and_tags(
    choice: GitChoice, end: str, name: str, text: str, smart: str, repository: Path, fetcher: MakeFetcher
) -> None:
    found = fetcher(git=choice).fetch(smart + end)
    assert (found.checksum, found.name, found.kind) == (commit(repository, name), "r", "directory")
    assert (found.path / "lib" / "main.rkt").read_bytes() == text.encode()
    assert (found.path / "run.sh").stat().st_mode & 0o111
    assert not (found.path / "info.rkt").stat().st_mode & 0o111
    assert (found.path / "link").readlink() == Path("lib/main.rkt")
    assert not (found.path / ".git").exists()
    assert fetcher(git=choice).fetch(smart + end).cached
    assert fetcher(git=choice).checksum(smart + end) == found.checksum


@pytest.mark.parametrize("choice", BOTH)
def test_a_commit_and_a_sub_folder(choice: GitChoice, smart: str, repository: Path, fetcher: MakeFetcher) -> None:
    side = commit(repository, "side")
    found = fetcher(git=choice).fetch(f"{smart}?path=lib#{side}")
    assert (found.name, found.checksum, [path.name for path in found.path.iterdir()]) == ("lib", side, ["main.rkt"])
    with pytest.raises(FetchError, match="no directory none"):
        fetcher(git=choice).fetch(f"{smart}?path=none")


def test_the_beginning_of_a_commit(smart: str, repository: Path, fetcher: MakeFetcher) -> None:
    side = commit(repository, "side")
    assert fetcher().fetch(f"{smart}#{side[:9]}").checksum == side


@pytest.mark.parametrize("choice", BOTH)
def test_a_checksum_says_which_commit(choice: GitChoice, smart: str, repository: Path, fetcher: MakeFetcher) -> None:
    side = commit(repository, "side")
    found = fetcher(git=choice).fetch(smart, checksum=side)
    assert (found.checksum, (found.path / "lib" / "main.rkt").read_text()) == (side, "two\n")


def test_both_have_the_same_content(smart: str, fetcher: MakeFetcher, tmp_path: Path) -> None:
    found = [fetcher(git=choice, cache=Cache(tmp_path / choice)).fetch(smart) for choice in BOTH]
    assert found[0].sha256 == found[1].sha256


def test_a_repository_of_plain_files(server: Server, repository: Path, fetcher: MakeFetcher) -> None:
    """What any file server can offer: the dumb protocol."""
    found = fetcher(git="program").fetch(f"{server.url}r.git#side")
    assert found.checksum == commit(repository, "side")
    assert server.log[0].startswith("GET /r.git/info/refs?service=git-upload-pack")


@pytest.mark.parametrize("choice", BOTH)
@pytest.mark.parametrize("source", ["file://{}", "git+file://{}"])
def test_a_repository_on_the_disk(choice: GitChoice, source: str, repository: Path, fetcher: MakeFetcher) -> None:
    text = source.format(repository)
    found = fetcher(git=choice).fetch(text, type="git")
    assert (found.name, found.checksum) == ("r", commit(repository, "master"))
    if source.startswith("git+"):
        assert fetcher().fetch(text).checksum == found.checksum


@pytest.mark.parametrize("choice", BOTH)
def test_what_is_not_there(choice: GitChoice, smart: str, server: Server, fetcher: MakeFetcher) -> None:
    with pytest.raises(FetchError, match=r"no branch, tag or commit none.*master"):
        fetcher(git=choice).fetch(f"{smart}#none")
    with pytest.raises(FetchError):
        fetcher(git=choice).fetch(f"{server.url}none.git")
    with pytest.raises(FetchError):
        fetcher(git=choice).fetch(f"{smart}#{'0' * 40}")


def test_offline_knows_the_commit_that_a_branch_was(smart: str, repository: Path, fetcher: MakeFetcher) -> None:
    with pytest.raises(FetchError, match="not in the cache"):
        fetcher(offline=True).fetch(f"{smart}#side")
    fetcher().fetch(f"{smart}#side")
    assert fetcher(offline=True).fetch(f"{smart}#side").checksum == commit(repository, "side")


def test_credentials_are_tried_in_turn_and_never_shown(server: Server, fetcher: MakeFetcher) -> None:
    asked: list[str] = []

    def answer(_path: str, headers: object) -> Route:
        assert isinstance(headers, dict)
        asked.append(headers.get("authorization", ""))
        return Route(401, headers={"WWW-Authenticate": "Basic realm=x"})

    server.answering = answer
    logins = [Credentials("ann", "first-secret"), Credentials("bob", "second-secret")]
    with pytest.raises(FetchError) as caught:
        fetcher(logins=logins).fetch(f"{server.url}r.git")
    assert "secret" not in str(caught.value)
    assert "secret" not in repr(logins)
    assert list(dict.fromkeys(asked)) == ["", "Basic YW5uOmZpcnN0LXNlY3JldA==", "Basic Ym9iOnNlY29uZC1zZWNyZXQ="]


def test_no_git_and_no_dulwich(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("shutil.which", lambda _name: None)
    with pytest.raises(FetchError, match="needs git"):
        open_git("program")
    assert type(open_git()).__name__ == "Dulwich"


@pytest.mark.parametrize(
    "file",
    [
        GitFile(b"../x", 0o100644, b""), GitFile(b"/x", 0o100644, b""), GitFile(b".git/config", 0o100644, b""),
        GitFile(b"a/.GIT/hooks/x", 0o100755, b""), GitFile(b"git~1", 0o100644, b""),
        GitFile(b"l", 0o120000, b"/etc/passwd"),
        GitFile(b"l", 0o120000, b"../x"), GitFile(b"a/l", 0o120000, b"../../x"), GitFile(b"l", 0o120000, b""),
        GitFile(b".git ", 0o100644, b""),
    ],
    ids=str,
)  # fmt: skip
def test_hostile_files_are_refused(file: GitFile, tmp_path: Path) -> None:
    (tmp_path / "tree").mkdir()
    with pytest.raises(UnsafePathError):
        write_tree([file], tmp_path / "tree", url="u")
    assert list((tmp_path / "tree").iterdir()) == []


def test_nothing_is_written_through_a_link(tmp_path: Path) -> None:
    (tmp_path / "tree").mkdir()
    with pytest.raises(UnsafePathError):
        write_tree([GitFile(b"l", 0o120000, b"d"), GitFile(b"l/x", 0o100644, b"")], tmp_path / "tree", url="u")


def test_other_repositories_are_empty_directories(tmp_path: Path) -> None:
    (tmp_path / "tree").mkdir()
    write_tree([GitFile(b"sub", 0o160000, b""), GitFile(b"x", 0o100644, b"1")], tmp_path / "tree", url="u")
    assert sorted(path.name for path in (tmp_path / "tree").iterdir()) == ["sub", "x"]


def test_limits(tmp_path: Path) -> None:
    (tmp_path / "tree").mkdir()
    with pytest.raises(LimitError):
        write_tree([GitFile(b"x", 0o100644, b"12345")], tmp_path / "tree", url="u", limits=Limits(file_bytes=4))


@pytest.mark.parametrize("url", ["ext::sh -c true", "--upload-pack=x"])
def test_urls_that_are_programs(url: str) -> None:
    with pytest.raises(FetchError):
        open_git("program").references(url, None)
