"""What an archive is as a package, found out while it is summarised."""

from __future__ import annotations

from pltpack.codec.entries import Directory, File
from pltpack.codec.header import Header
from pltpack.codec.limits import Limits
from pltpack.formats.formats import format_of
from pltpack.inspection.findings import Level, Report
from pltpack.inspection.names import Names
from pltpack.inspection.package import PackageView, PassingPackage, package_name


class PassingView:
    """Takes the entries of the ``.plt`` archive at ``path``. Data of an ``info.rkt`` is read."""

    def __init__(self, path: str, header: Header, limits: Limits) -> None:
        self._path = path
        self._report = Report(path)
        self._names = Names(self._report, limits)
        self._package: PassingPackage | None = PassingPackage(plt_relative=header.plt_relative)

    def add(self, entry: Directory | File) -> None:
        """Take the next entry."""
        place = self._names.add(entry.path, "directory" if isinstance(entry, Directory) else "file")
        if place is None:
            self._package = None  # what is unsafe, or there twice, is looked at more closely
        elif self._package is not None:
            self._package.add(place, entry)

    def view(self) -> PackageView | None:
        """The package; ``None`` where only a reading of its own can tell."""
        self._names.finish()
        named = package_name(self._path)
        if self._package is None or not self._package.sure or self._names.unsure:
            return None
        if named is None or format_of(self._path) != "plt":
            return None
        if any(finding.level is Level.UNSAFE for finding in self._report.findings):
            return None
        name, is_named = named
        return PackageView(self._package.describe(name), None, is_named)
