"""Packages as Racket's package manager sees them: checksum, modules and dependencies."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest
from hypothesis import HealthCheck, Phase, given, settings

from pltpack.errors import PltError
from pltpack.pkg.create import create_package
from pltpack.pkg.package import PackageFormat
from pltpack.pkg.staging import StagedPackage, open_package
from pltpack.racket.installation import Installation
from tests.formats.trees import build
from tests.oracle.package_trees import Batch, batches

pytestmark = pytest.mark.racket

FORMATS: tuple[PackageFormat, ...] = ("zip", "tgz", "plt")

_ASK = """
(require json pkg/lib)
(define (ask path type name)
  (with-handlers ([exn:fail? (lambda (e) (hash 'error (exn-message e)))])
    (define-values (checksum modules deps)
      (get-pkg-content (pkg-desc path (string->symbol type) name #f #f)))
    (hash 'checksum checksum
          'modules (for/list ([module modules]) (format "~s" module))
          'deps (for/list ([dep deps]) (if (pair? dep) (car dep) dep)))))
(write-json (for/list ([question (read-json)]) (apply ask question)))
"""


def answers(racket: str, packages: list[StagedPackage]) -> list[dict[str, object]]:
    question = [[package.path, "dir" if package.format == "dir" else "file", package.name] for package in packages]
    done = subprocess.run(
        [racket, "-e", _ASK], input=json.dumps(question), capture_output=True, encoding="utf-8", check=True
    )
    answer: list[dict[str, object]] = json.loads(done.stdout)
    return answer


def compare(racket: str, packages: list[StagedPackage]) -> None:
    for package, theirs in zip(packages, answers(racket, packages), strict=True):
        if "error" in theirs:
            assert package.problems, (package.path, theirs)
            continue
        ours = {
            "checksum": package.checksum or False,
            "modules": [f'(lib "{module}")' for module in package.modules],
            "deps": [dependency.source for dependency in (*package.dependencies, *package.build_dependencies)],
        }
        theirs["modules"] = sorted(theirs["modules"])  # type: ignore[call-overload]
        assert ours == theirs, package.path


def test_installed_packages(racket: str, tmp_path: Path) -> None:
    pkgs = Installation.discover(racket=Path(racket)).pkgs_dir
    assert pkgs is not None
    packages = []
    for number, path in enumerate(sorted(path for path in pkgs.iterdir() if path.is_dir())):
        if number % 3 == 0:
            packages.append(open_package(path))
        elif number % 12 == 1:
            packages.append(open_package(create_package(path, dest=tmp_path).path))
        elif number % 12 == 2:
            packages.append(open_package(create_package(path, format="tgz", dest=tmp_path).path))
    compare(racket, packages)


@settings(max_examples=2, derandomize=True, phases=[Phase.generate], suppress_health_check=list(HealthCheck))
@given(trees=batches(20))
def test_generated_packages(racket: str, tmp_path_factory: pytest.TempPathFactory, trees: Batch) -> None:
    place = tmp_path_factory.mktemp("staged")
    packages = []
    for number, tree in enumerate(trees):
        source = place / f"p{number}"
        # Bytecode is never looked into here, except that of info files, which these trees do not have.
        build(source, tree)
        packages.append(open_package(source))
        for format in FORMATS:
            try:
                packages.append(open_package(create_package(source, format=format).path))
            except PltError:
                assert format in ("plt", "tgz")
    compare(racket, packages)
