"""The same server as an ASGI application, for any server of those: ``uvicorn`` comes with the extra ``server``."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pltpack.errors import PltError
from pltpack.planet.server.protocol import PlanetShelf

if TYPE_CHECKING:
    from starlette.applications import Starlette


def planet_app(shelf: PlanetShelf) -> Starlette:
    """An application that answers PLaneT's clients from a shelf.

    ``/servlets/planet-servlet.ss`` is what ``PLTPLANETURL`` is to name; ``/servlets/pkg-info.ss`` lists all packages.
    Raises :class:`~pltpack.errors.PltError` without the extra ``server``.
    """
    try:
        from pltpack.planet.server.asgi import application
    except ImportError as error:
        raise PltError(
            f"an application needs {error.name}, which is not installed", hint="pip install 'pltpack[server]'"
        ) from None
    return application(shelf)
