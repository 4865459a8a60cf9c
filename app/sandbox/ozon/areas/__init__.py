"""The parts of the Ozon API that live in files of their own."""

from collections.abc import Callable

from app.sandbox.ozon.area import Area
from app.sandbox.world import World


def ozon_areas(world: World, clock: Callable[[], float], pace: float) -> tuple[Area, ...]:  # noqa: ARG001
    """All of them. ``clock`` and ``pace`` are for reports that take a while to be made."""
    return ()
