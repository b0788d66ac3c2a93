"""A lock file as a bill of materials in SPDX 2.3, JSON (the extra ``sbom``)."""

from __future__ import annotations

import json
import uuid
from typing import TYPE_CHECKING, Any, Final

from pltpack.lock.values import Lock, Target
from pltpack.lock.write import lock_text
from pltpack.supply.licenses import parsed_expression
from pltpack.supply.moments import made_at
from pltpack.supply.needed import needs
from pltpack.supply.parts import Part, described, parts_of
from pltpack.supply.purl import purl_of

if TYPE_CHECKING:
    from spdx_tools.spdx.model import Package, Relationship

_DOCUMENT: Final = "SPDXRef-DOCUMENT"
_WHOLE: Final = "SPDXRef-Whole"
_MODELS: Final = "spdx-tools"


def spdx_text(lock: Lock, target: Target | None = None, *, name: str) -> bytes:
    """The bill of materials of a lock: for the same lock, target and ``name`` of the whole the same bytes.

    Raises ``PltError`` where the library is not installed.
    """
    with needs("sbom", _MODELS):
        from spdx_tools.spdx.jsonschema.document_converter import DocumentConverter
        from spdx_tools.spdx.model import Actor, ActorType, CreationInfo, Document
    number = uuid.uuid5(uuid.NAMESPACE_OID, f"pltpack {name} {target} {lock_text(lock).decode()}")
    parts = parts_of(lock, target)
    ids = {part.reference: f"SPDXRef-Package-{at}" for at, part in enumerate(parts, 1)}
    document = Document(
        CreationInfo(
            "SPDX-2.3",
            _DOCUMENT,
            name,
            f"urn:uuid:{number}",
            creators=[Actor(ActorType.TOOL, "pltpack")],
            created=made_at(lock).replace(tzinfo=None),
        ),
        packages=[_whole(name), *(_package(part, ids[part.reference]) for part in parts)],
        relationships=[*_relationships(parts, ids)],
    )
    made: dict[str, Any] = DocumentConverter().convert(document)
    return (json.dumps(made, indent=2, ensure_ascii=False, sort_keys=True) + "\n").encode()


def _relationships(parts: list[Part], ids: dict[str, str]) -> list[Relationship]:
    from spdx_tools.spdx.model import Relationship, RelationshipType

    asked_for = [ids[part.reference] for part in parts if part.explicit] or list(ids.values())
    found = [Relationship(_DOCUMENT, RelationshipType.DESCRIBES, _WHOLE)]
    found += [Relationship(_WHOLE, RelationshipType.DEPENDS_ON, one) for one in asked_for]
    for part, needed in described(parts):
        build = set(part.build_needs)
        for one in needed:
            here, there = ids[part.reference], ids[one]
            if one.partition("@")[0] in build:
                found.append(Relationship(there, RelationshipType.BUILD_DEPENDENCY_OF, here))
            else:
                found.append(Relationship(here, RelationshipType.DEPENDS_ON, there))
    return found


def _whole(name: str) -> Package:
    """What the packages make up."""
    from spdx_tools.spdx.model import Package, SpdxNoAssertion

    nothing = SpdxNoAssertion()
    return Package(
        _WHOLE,
        name,
        nothing,
        files_analyzed=False,
        license_concluded=nothing,
        license_declared=nothing,
        copyright_text=nothing,
    )


def _package(part: Part, identity: str) -> Package:
    from spdx_tools.spdx.model import (
        Checksum,
        ChecksumAlgorithm,
        ExternalPackageRef,
        ExternalPackageRefCategory,
        Package,
        SpdxNoAssertion,
    )

    block = part.block
    licence = parsed_expression(block.license)
    comment = f"info.rkt says: {block.license}" if block.license is not None and licence is None else None
    reference = ExternalPackageRef(ExternalPackageRefCategory.PACKAGE_MANAGER, "purl", purl_of(part).to_string())
    checksums = [Checksum(ChecksumAlgorithm.SHA256, block.sha256)] if block.sha256 is not None else []
    return Package(
        identity,
        block.name,
        _location(part) or SpdxNoAssertion(),
        version=block.version,
        files_analyzed=False,
        checksums=checksums,
        license_concluded=SpdxNoAssertion(),
        license_declared=SpdxNoAssertion() if licence is None else licence,
        license_comment=comment,
        copyright_text=SpdxNoAssertion(),
        external_references=[reference],
        comment=f"content SHA-256: {block.content}" if block.content is not None else None,
    )


def _location(part: Part) -> str | None:
    if part.url is None or part.revision is None:
        return part.url
    return f"git+{part.url}@{part.revision}" + (f"#{part.directory}" if part.directory else "")
