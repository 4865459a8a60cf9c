"""Returns as plain rows. A return's day may be told late, so its number alone says which one it is."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, TypeVar

from app.marketplaces.ozon.days import day_of, first_day
from app.marketplaces.ozon.paging import rows_of
from app.marketplaces.ozon.returns.wire import Logistic, Product, Return, RfbsReturn
from app.marketplaces.rows import ReturnRow, SkuRef
from app.marketplaces.source import Normalised, Unplaced
from app.marketplaces.wire import Wire, parse_json, payload, read_rows

KINDS: Mapping[str, str] = {
    "cancellation": "Отмена до вручения",
    "fullreturn": "Полный отказ при вручении",
    "partialreturn": "Частичный отказ при вручении",
    "clientreturn": "Возврат покупателя",
}
"""``type`` → words; an unknown one is shown as Ozon tells it."""

R = TypeVar("R", bound=Wire)


def normalise_returns(bodies: Sequence[bytes]) -> Normalised:
    """/v1/returns/list. ``d`` is the day it was given back, or sent back, or, while neither is told, the day
    its status moved on. Of a return told twice the last telling counts."""
    out = Normalised()
    for raw, row in _read(bodies, "ozon.returns", Return, "id", out):
        moved = row.visual.changed if row.visual else None
        way = row.logistic or Logistic()
        begun = way.returned or way.sent_back or moved
        if begun is None:
            out.unplaced.append(_set_aside(raw, "нет времени возврата", "id"))
            continue
        status = row.visual.status if row.visual else None
        place = next((each.name for each in (row.target, row.place) if each and each.name), "")
        out.returns.append(
            ReturnRow(
                d=day_of(begun),
                return_id=str(row.id),
                sku=_sku(row.product),
                status=(status.display_name or status.sys_name) if status else "",
                reason=": ".join(part for part in (_kind(row.kind), row.reason) if part),
                place=place,
                done_on=day_of(way.final) if way.final else None,
            )
        )
    return out


def normalise_rfbs_returns(bodies: Sequence[bytes]) -> Normalised:
    """/v2/returns/rfbs/list: ``d`` is the day of the claim. Where it comes back to is not told, nor when."""
    out = Normalised()
    for raw, row in _read(bodies, "ozon.rfbs_returns", RfbsReturn, "return_id", out):
        if row.created is None:
            out.unplaced.append(_set_aside(raw, "нет времени заявки", "return_id"))
            continue
        out.returns.append(
            ReturnRow(
                d=day_of(row.created),
                return_id=f"rfbs:{row.id}",
                sku=_sku(row.product),
                status=(row.state.name or row.state.state) if row.state else "",
                reason=row.state.money if row.state else "",
                place="",
                done_on=None,
            )
        )
    return out


def _read(
    bodies: Sequence[bytes], method: str, model: type[R], key: str, out: Normalised
) -> Iterator[tuple[Any, R]]:
    def refuse(raw: Any, reason: str) -> None:
        out.unplaced.append(_set_aside(raw, reason, key))

    for body in bodies:
        told = parse_json(body, method)
        yield from read_rows(rows_of(told, method, "returns"), model, refuse)


def _sku(product: Product | None) -> SkuRef | None:
    return SkuRef(ozon_id=product.sku, article=product.offer_id) if product and product.sku > 0 else None


def _kind(told: str) -> str:
    return KINDS.get(told.casefold(), told)


def _set_aside(raw: Any, reason: str, key: str) -> Unplaced:
    """Without money: what a return costs is the accruals' to say."""
    told = raw if isinstance(raw, dict) else {}
    return Unplaced(str(told.get(key, "")), reason, payload(raw), None, "", first_day(told, "created_at"))
