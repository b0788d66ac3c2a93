"""The files for continuous integration that users copy: their steps work, on a repository as they are meant for."""

from __future__ import annotations

import os
import shlex
import subprocess
import sysconfig
from pathlib import Path
from typing import Any

import pytest
import yaml

from pltpack import pack_plt
from tests.trees import write_tree

FILES = Path(__file__).parents[2] / "docs" / "ci"
ENVIRONMENT = {**os.environ, "PATH": f"{sysconfig.get_path('scripts')}{os.pathsep}{os.environ['PATH']}"}


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    write_tree(
        tmp_path,
        {
            "mylib/main.rkt": b"#lang racket/base\n",
            "mylib/info.rkt": b'#lang info\n(define collection "mylib")\n(define deps (list "base"))\n',
        },
    )
    (tmp_path / "old").mkdir()
    pack_plt(tmp_path / "old/plug-in.plt", "plug-in", [tmp_path / "mylib"], as_paths=["mylib"])
    return tmp_path


def called(line: str, folder: Path) -> subprocess.CompletedProcess[str]:
    environment = {**ENVIRONMENT, "HOME": str(folder / "home"), "PLTADDONDIR": str(folder / "addon")}
    environment["PLTPACK_RACKET_VERSION"] = "8.7"
    return subprocess.run(
        ["bash", "-eo", "pipefail", "-c", line],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )


def test_the_steps_of_the_workflow(repository: Path) -> None:
    workflow: Any = yaml.safe_load((FILES / "github-actions.yml").read_text("utf-8"))
    (job,) = workflow["jobs"].values()
    steps = [step["run"] for step in job["steps"] if "run" in step]
    assert steps[0] == "pip install pltpack"
    for step in steps[1:]:
        ran = called(step, repository)
        assert ran.returncode == 0, ran.stderr + ran.stdout
    assert (repository / job["steps"][-1]["with"]["path"] / "catalog" / "pkgs-all").is_file()


def test_the_workflow_finds_a_damaged_archive(repository: Path) -> None:
    (repository / "old" / "cut.plt").write_bytes((repository / "old" / "plug-in.plt").read_bytes()[:-20])
    assert called("pltpack verify --summary .", repository).returncode == 3


def test_the_hooks_of_pre_commit(repository: Path) -> None:
    config: Any = yaml.safe_load((FILES / "pre-commit-config.yaml").read_text("utf-8"))
    hooks = {hook["id"]: hook for repo in config["repos"] for hook in repo["hooks"]}
    entry = hooks["pltpack-verify"]["entry"]
    assert called(f"{entry} old/plug-in.plt", repository).returncode == 0
    (repository / "old" / "cut.plt").write_bytes(b"no archive")
    assert called(f"{entry} {shlex.quote('old/cut.plt')}", repository).returncode == 3
    assert called(hooks["raco-pkg-check"]["entry"], repository).returncode == 0
    assert all(hook["additional_dependencies"] == ["pltpack"] for hook in hooks.values())
