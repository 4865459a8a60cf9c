"""The seller's own warehouses at Ozon: one for each scheme that sells from there."""

from typing import NamedTuple

from app.sandbox.world import World


class OwnPlace(NamedTuple):
    """``is_rfbs``: the seller, and not Ozon, carries from there."""

    warehouse_id: int
    name: str
    is_rfbs: bool


_FBS = OwnPlace(1_020_005_000_111_000, "Склад на Складочной", False)
_RFBS = OwnPlace(1_020_005_000_222_000, "Склад своей доставки", True)


def own_places(world: World) -> list[OwnPlace]:
    """Those of this seller; none where everything is sold from Ozon's."""
    return [place for scheme, place in (("FBS", _FBS), ("rFBS", _RFBS)) if scheme in world.schemes]


def place_of(scheme: str) -> OwnPlace:
    """Where a posting of "FBS" or "RFBS" is sent from."""
    return _RFBS if scheme == "RFBS" else _FBS
