"""The least that a program with our libraries does to install the packages of ``package_manager.py``, or update them.

``least.py URL COUNT [FOLDER]`` asks for the records of all packages, as many at once as we do; with a folder it fetches
and unpacks them, too, each level of the tree when the one before has come. It checks nothing and resolves nothing.
"""

from __future__ import annotations

import io
import sys
import zipfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import typer  # noqa: F401  a command line needs it
import urllib3


def main(url: str, count: int, folder: Path | None) -> None:
    """Fetch what there is."""
    server = urllib3.PoolManager(maxsize=32)

    def get(path: str) -> bytes:
        return server.request("GET", url + path).data

    with ThreadPoolExecutor(32) as pool:
        if folder is None:
            list(pool.map(get, [f"pkg/p{number}" for number in range(count)]))
            return
        level, more = ["pkg/p0"], 1
        while level:
            found = list(zip(level, pool.map(get, level), strict=True))
            for path, data in found:
                if path.endswith(".zip"):
                    with zipfile.ZipFile(io.BytesIO(data)) as package:
                        package.extractall(folder / path)
            archives = [f"{path.removeprefix('pkg/')}.zip" for path in level if not path.endswith(".zip")]
            records = [f"pkg/p{number}" for number in range(more, min(2 * more + 1, count))] if archives else []
            level, more = archives + records, 2 * more + 1


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), Path(sys.argv[3]) if len(sys.argv) > 3 else None)
