"""Which schemes of sale a seller works by, as far as a refusal must be told from a fault of ours.

A seller without FBS gets a plain 400 from its lists (facts/ozon.md section 3), and so does a request that
is wrong. Own warehouses decide: without one there is nothing to sell from.
"""

from app.marketplaces.errors import Garbled, NotOffered, Refused
from app.marketplaces.ozon.client import OzonClient, post
from app.marketplaces.ozon.paging import rows_of
from app.marketplaces.wire import parse_json

MOST = 200

_OWN = post("ozon.own_warehouses", "/v2/warehouse/list")


def has_own_warehouse(client: OzonClient, *, for_rfbs: bool = False) -> bool:
    """Is there a warehouse of the seller's own (with ``for_rfbs``: one of rFBS)? The first page will do.

    Raises:
        Garbled: the answer is of another shape.
    """
    told = parse_json(client.transport.call(_OWN, body={"limit": MOST, "cursor": ""}).body, _OWN.budget)
    if not isinstance(told, dict):
        raise Garbled(_OWN.budget, "ожидался объект")
    found = [row for row in rows_of(told, _OWN.budget, "warehouses") if isinstance(row, dict)]
    return any(row.get("is_rfbs") is True for row in found) if for_rfbs else bool(found)


def scheme_is_off(client: OzonClient, refused: Refused, *, for_rfbs: bool = False) -> NotOffered | None:
    """What to say instead of a refusal, where it is the scheme that is off; None where it is not."""
    if refused.status != 400 or has_own_warehouse(client, for_rfbs=for_rfbs):
        return None
    scheme = "rFBS" if for_rfbs else "FBS"
    return NotOffered(
        refused.method,
        f"Продажи по схеме {scheme} у этого кабинета Ozon не подключены: своего склада в нём нет. "
        "Заведёте склад в кабинете Ozon — данные начнут приходить сами.",
    )
