"""Bills of materials: their own validators take them, and what is in them is what is locked."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import Any

import pytest
from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator
from hypothesis import given, settings
from spdx_tools.spdx.parser.jsonlikedict.json_like_dict_parser import JsonLikeDictParser
from spdx_tools.spdx.validation.document_validator import validate_full_spdx_document

from pltpack.errors import PltError
from pltpack.lock.values import Lock, Target
from pltpack.supply.export import export_lock
from pltpack.supply.licenses import spdx_expression
from tests.lock.strategies import locks
from tests.supply.locks import COMMIT, LOCK, TWICE


def cyclonedx(lock: Lock, target: Target | None = None) -> dict[str, Any]:
    """A valid bill of materials in CycloneDX."""
    text = export_lock(lock, "cyclonedx", target)
    assert JsonStrictValidator(SchemaVersion.V1_6).validate_str(text.decode()) is None
    document: dict[str, Any] = json.loads(text)
    return document


def spdx(lock: Lock, target: Target | None = None) -> dict[str, Any]:
    """A valid bill of materials in SPDX."""
    document: dict[str, Any] = json.loads(export_lock(lock, "spdx", target, name="all"))
    assert validate_full_spdx_document(JsonLikeDictParser().parse(document)) == []
    return document


def test_cyclonedx() -> None:
    document = cyclonedx(LOCK)
    games, cards, tests, local = (
        next(one for one in document["components"] if one["name"] == name)
        for name in ("games", "cards", "tests", "local")
    )
    assert games["purl"].startswith("pkg:generic/racket/games@1.10?")
    assert games["hashes"] == [{"alg": "SHA-256", "content": "b" * 64}]
    assert games["licenses"] == [{"expression": "Apache-2.0 OR MIT"}]
    assert games["externalReferences"] == [{"type": "distribution", "url": "https://example.org/games.zip"}]
    assert cards["licenses"][0]["license"]["name"].startswith("as is")
    assert cards["purl"].endswith(f"vcs_url=git%2Bhttps://github.com/ada/Cards.git%40{COMMIT}#src/cards")
    assert "externalReferences" not in tests
    assert "hashes" not in local
    needs = {one["ref"]: one.get("dependsOn", []) for one in document["dependencies"]}
    assert needs["games@1.10"] == ["cards@0.0", "local@2.0", "racket@8.10", "racket@8.7", "tests@2.0"]
    assert needs["whole"] == ["games@1.10"]


def test_spdx() -> None:
    document = spdx(LOCK)
    whole, games, cards, tests, _ = document["packages"]
    assert (games["licenseDeclared"], games["downloadLocation"]) == (
        "Apache-2.0 OR MIT",
        "https://example.org/games.zip",
    )
    assert cards["licenseDeclared"] == "NOASSERTION"
    assert cards["licenseComments"].startswith("info.rkt says: as is")
    assert cards["downloadLocation"] == f"git+https://github.com/ada/Cards.git@{COMMIT}#src/cards"
    assert (tests["downloadLocation"], tests["checksums"][0]["checksumValue"]) == ("NOASSERTION", "f" * 64)
    relations = {
        (one["spdxElementId"], one["relationshipType"], one["relatedSpdxElement"]) for one in document["relationships"]
    }
    assert ("SPDXRef-DOCUMENT", "DESCRIBES", whole["SPDXID"]) in relations
    assert (whole["SPDXID"], "DEPENDS_ON", games["SPDXID"]) in relations
    assert (games["SPDXID"], "DEPENDS_ON", cards["SPDXID"]) in relations
    assert (tests["SPDXID"], "BUILD_DEPENDENCY_OF", games["SPDXID"]) in relations


def test_a_target_chooses_among_blocks() -> None:
    for version, expected in (("8.7", "1.10"), ("8.10", "2.0")):
        target = Target(version, "x86_64-linux")
        assert [one["versionInfo"] for one in spdx(TWICE, target)["packages"][1:]] == [expected, "0.0"]
    assert len(cyclonedx(TWICE)["components"]) == 5


@given(locks)
@settings(max_examples=25)
def test_every_lock_has_bills(lock: Lock) -> None:
    cyclonedx(lock)
    spdx(lock)


@pytest.mark.parametrize("format", ["cyclonedx", "spdx"])
def test_the_same_bytes_each_time(format: str, monkeypatch: pytest.MonkeyPatch) -> None:
    program = (
        "import sys; from pltpack import export_lock; from tests.supply.locks import LOCK;"
        f"sys.stdout.buffer.write(export_lock(LOCK, {format!r}))"
    )
    runs = {
        subprocess.run(
            [sys.executable, "-c", program], stdout=subprocess.PIPE, check=True, env={"PYTHONHASHSEED": seed, **zone}
        ).stdout
        for seed, zone in (("1", {"TZ": "UTC"}), ("2", {"TZ": "Asia/Tokyo", "LC_ALL": "C"}))
    }
    assert runs == {export_lock(LOCK, format)}  # type: ignore[arg-type]  # one of the formats
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1600000000")
    assert b"2020-09-13T12:26:40" in export_lock(LOCK, format)  # type: ignore[arg-type]
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "soon")
    with pytest.raises(PltError, match="SOURCE_DATE_EPOCH"):
        export_lock(LOCK, format)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("text", "expression"),
    [
        ("MIT", "MIT"),
        ("mit", "MIT"),
        ("(Apache-2.0 OR MIT)", "Apache-2.0 OR MIT"),
        ("GPL-2.0-only WITH Classpath-exception-2.0", "GPL-2.0-only WITH Classpath-exception-2.0"),
        ("MIT AND (BSD-3-Clause OR Zlib)", "MIT AND (BSD-3-Clause OR Zlib)"),
        ("LGPL-3.0-or-later WITH nothing", None),
        ("LicenseRef-scancode-public-domain", None),
        ("as is", None),
        ("((MIT", None),
        ("", None),
        (None, None),
        ("(" * 2000 + "MIT" + ")" * 2000, "MIT"),
    ],
)
def test_licences(text: str | None, expression: str | None) -> None:
    assert spdx_expression(text) == expression


def test_without_the_libraries(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "cyclonedx.model.bom", None)
    monkeypatch.setitem(sys.modules, "spdx_tools.spdx.model", None)
    for format in ("cyclonedx", "spdx"):
        with pytest.raises(PltError, match="this needs the library") as caught:
            export_lock(LOCK, format)
        assert "pltpack[sbom]" in str(caught.value.hint)
