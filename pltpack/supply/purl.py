"""Package URLs. There is no type of them for Racket, so these are ``generic`` ones."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pltpack.supply.needed import needs
from pltpack.supply.parts import Part

if TYPE_CHECKING:
    from packageurl import PackageURL

TYPE = "generic"
NAMESPACE = "racket"


def purl_of(part: Part) -> PackageURL:
    """``pkg:generic/racket/NAME@VERSION`` with where it is from and, if that is one file, its checksum."""
    with needs("sbom", "packageurl-python"):
        from packageurl import PackageURL
    block = part.block
    qualifiers: dict[str, str] = {}
    if part.revision is not None and part.url is not None:
        qualifiers["vcs_url"] = f"git+{part.url}@{part.revision}"
    elif part.url is not None:
        qualifiers["download_url"] = part.url
    if block.sha256 is not None:
        qualifiers["checksum"] = f"sha256:{block.sha256}"
    return PackageURL(TYPE, NAMESPACE, block.name, block.version, qualifiers, part.directory or None)
