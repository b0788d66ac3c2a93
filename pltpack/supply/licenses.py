"""Licences as SPDX expressions (the extra ``sbom``)."""

from __future__ import annotations

from functools import cache
from typing import Any, Final

from pltpack.supply.needed import needs

_OWN: Final = "LicenseRef-"


def spdx_expression(text: str | None) -> str | None:
    """The licence that a package names, as SPDX writes it; ``None`` where none is named, or it is no expression of
    licences that SPDX knows.

    >>> spdx_expression("(apache-2.0 OR MIT)"), spdx_expression("as is")
    ('Apache-2.0 OR MIT', None)
    """
    parsed = parsed_expression(text)
    return None if parsed is None else str(parsed.render("{symbol.key}"))


def parsed_expression(text: str | None) -> Any:
    """The same as the library has it."""
    if text is None:
        return None
    with needs("sbom", "license-expression"):
        from license_expression import ExpressionError, get_spdx_licensing
    licensing = _licensing(get_spdx_licensing)
    try:
        parsed = licensing.parse(text, validate=True, strict=True)
    except (ExpressionError, RecursionError):
        return None
    if parsed is None or any(str(key).startswith(_OWN) for key in licensing.license_keys(parsed)):
        return None  # a licence of somebody's own, whose text nobody gives
    return parsed


@cache
def _licensing(make: Any) -> Any:
    """All licences that SPDX knows, which takes a while to read."""
    return make()
