"""A lock file in the notation of somebody else."""

from __future__ import annotations

from typing import Final, Literal, TypeAlias, get_args

from pltpack.lock.values import Lock, Target

ExportFormat: TypeAlias = Literal["cyclonedx", "spdx", "csv", "table", "nix", "guix", "bazel"]
EXPORT_FORMATS: Final[tuple[ExportFormat, ...]] = get_args(ExportFormat)


def export_lock(lock: Lock, format: ExportFormat, target: Target | None = None, *, name: str = "packages") -> bytes:
    """The packages of a lock, or those of them that hold for one ``target``: the same bytes for the same lock.

    ``cyclonedx`` and ``spdx`` are bills of materials of what ``name`` calls the whole; they need the extra ``sbom``,
    and a time in them is that of the lock file, or of ``SOURCE_DATE_EPOCH``. ``csv`` and ``table`` are tables, ``nix``,
    ``guix`` and ``bazel`` data for these builders. Raises :class:`~pltpack.errors.PltError`, ``ValueError`` for a
    format that there is not.
    """
    if format == "cyclonedx":
        from pltpack.supply.cyclonedx import cyclonedx_text

        return cyclonedx_text(lock, target, name=name)
    if format == "spdx":
        from pltpack.supply.spdx import spdx_text

        return spdx_text(lock, target, name=name)
    if format in ("csv", "table"):
        from pltpack.supply.rows import csv_text, table_text

        return csv_text(lock, target) if format == "csv" else table_text(lock, target)
    from pltpack.supply.builders import bazel_text, guix_text, nix_text

    writers = {"nix": nix_text, "guix": guix_text, "bazel": bazel_text}
    if format not in writers:
        raise ValueError(f"no such format: {format!r}")
    return writers[format](lock, target)
