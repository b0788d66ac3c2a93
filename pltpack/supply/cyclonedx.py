"""A lock file as a bill of materials in CycloneDX 1.6, JSON (the extra ``sbom``)."""

from __future__ import annotations

import json
import uuid
from typing import TYPE_CHECKING

from pltpack.lock.values import Lock, Target
from pltpack.lock.write import lock_text
from pltpack.supply.licenses import spdx_expression
from pltpack.supply.moments import made_at
from pltpack.supply.needed import needs
from pltpack.supply.parts import Part, described, parts_of
from pltpack.supply.purl import purl_of

if TYPE_CHECKING:
    from cyclonedx.model import ExternalReference, HashType, Property
    from cyclonedx.model.component import Component
    from cyclonedx.model.dependency import Dependency
    from cyclonedx.model.license import License


def cyclonedx_text(lock: Lock, target: Target | None = None, *, name: str) -> bytes:
    """The bill of materials of a lock: for the same lock, target and ``name`` of the whole the same bytes.

    Raises ``PltError`` where the library is not installed.
    """
    with needs("sbom", "cyclonedx-python-lib"):
        from cyclonedx.model.bom import Bom, BomMetaData
        from cyclonedx.model.component import Component, ComponentType
        from cyclonedx.schema.schema import SchemaVersion1Dot6
    whole = Component(name=name, type=ComponentType.APPLICATION, bom_ref="whole")
    rackets = [
        Component(name="racket", version=version, type=ComponentType.PLATFORM, bom_ref=f"racket@{version}")
        for version in ((target.racket,) if target is not None else lock.racket)
    ]
    parts = parts_of(lock, target)
    components = {part.reference: _component(part) for part in parts}
    asked_for = [part.reference for part in parts if part.explicit] or list(components)
    edges = {"whole": asked_for or [f"racket@{racket.version}" for racket in rackets]}
    for part, needed in described(parts):
        own = [f"racket@{version}" for version in lock.racket if not part.block.racket or version in part.block.racket]
        known = [reference for reference in own if target is None or reference == f"racket@{target.racket}"]
        edges[part.reference] = needed + (known if part.provided else [])
    bom = Bom(
        components=[*components.values(), *rackets],
        dependencies=[_dependency(reference, edges.get(reference, [])) for reference in _references_in(edges, rackets)],
        serial_number=uuid.uuid5(uuid.NAMESPACE_OID, f"pltpack {name} {target} {lock_text(lock).decode()}"),
        metadata=BomMetaData(component=whole, timestamp=made_at(lock)),
    )
    document = {
        "$schema": "http://cyclonedx.org/schema/bom-1.6.schema.json",
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        **json.loads(bom.as_json(view_=SchemaVersion1Dot6)),  # type: ignore[attr-defined]  # the library adds it
    }
    return (json.dumps(document, indent=2, ensure_ascii=False, sort_keys=True) + "\n").encode()


def _references_in(edges: dict[str, list[str]], rackets: list[Component]) -> list[str]:
    return [*edges, *(f"racket@{racket.version}" for racket in rackets)]


def _dependency(reference: str, needs: list[str]) -> Dependency:
    from cyclonedx.model.bom_ref import BomRef
    from cyclonedx.model.dependency import Dependency

    return Dependency(BomRef(reference), [Dependency(BomRef(one)) for one in needs])


def _component(part: Part) -> Component:
    from cyclonedx.model.component import Component, ComponentType

    block = part.block
    return Component(
        name=block.name,
        version=block.version,
        type=ComponentType.LIBRARY,
        bom_ref=part.reference,
        purl=purl_of(part),
        hashes=_hashes(part),
        licenses=_licenses(part),
        external_references=_references(part),
        properties=_properties(part),
    )


def _hashes(part: Part) -> list[HashType]:
    from cyclonedx.model import HashAlgorithm, HashType

    return [HashType(alg=HashAlgorithm.SHA_256, content=part.block.sha256)] if part.block.sha256 else []


def _licenses(part: Part) -> list[License]:
    from cyclonedx.model.license import DisjunctiveLicense, LicenseExpression

    if part.block.license is None:
        return []
    expression = spdx_expression(part.block.license)
    if expression is None:
        return [DisjunctiveLicense(name=part.block.license)]
    return [LicenseExpression(value=expression)]


def _references(part: Part) -> list[ExternalReference]:
    from cyclonedx.model import ExternalReference, ExternalReferenceType, XsUri

    if part.url is None:
        return []
    kind = ExternalReferenceType.DISTRIBUTION if part.revision is None else ExternalReferenceType.VCS
    return [ExternalReference(type=kind, url=XsUri(part.url))]


def _properties(part: Part) -> list[Property]:
    """What CycloneDX has no words for."""
    from cyclonedx.model import Property

    block = part.block
    facts = {
        "source": block.source,
        "checksum": block.checksum,
        "content-sha256": block.content,
        "size": str(block.size),
        "racket": " ".join(block.racket),
        "platforms": " ".join(block.platforms),
        "provided": " ".join(part.provided),
    }
    return [Property(name=f"pltpack:{name}", value=value) for name, value in facts.items() if value]
