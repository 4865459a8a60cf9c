"""``ambar ledger stock | outbound``: what is on the own shelf, now or in the past; goods that go out."""

import sys
from collections import Counter
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Annotated, Literal
from zoneinfo import ZoneInfo

import typer

from app.core import logging
from app.core.clock import SystemClock, business_day
from app.core.config import get_settings
from app.core.errors import BadInput, NotFound
from app.db.session import TenantTx
from app.domain.warehouse.movements import Line, LineAnswer, Status
from app.house import open_door
from app.repositories import shelf
from app.repositories.items import find_items_named
from app.services.ledger.outbound import CommitOutbound
from app.services.ledger.posting import PostStock, StockDesk
from app.services.ledger.snapshot import PAGE, InventoryItem, query_inventory_snapshot, query_stock_as_of
from app.services.ledger.tenants import tenants_asked

SAID = {
    Status.OK: "отпущено",
    Status.IDEMPOTENT: "уже отпущено раньше",
    Status.CONFLICT: "по этому документу отпущено другое количество",
    Status.INSUFFICIENT_STOCK: "не хватает",
}
ORG = typer.Option("--org", help="Номер организации.")


def stock(
    org: Annotated[int, ORG],
    words: Annotated[str, typer.Argument(help="Штрихкод, артикул или слова названия.")] = "",
    at: Annotated[
        datetime | None, typer.Option(formats=["%Y-%m-%d", "%Y-%m-%dT%H:%M"], help="На какой миг, UTC.")
    ] = None,
    by: Annotated[
        str,
        typer.Option(help="posted — как стояло в книге тогда; occurred — как было по тому, что известно."),
    ] = "posted",
    page: Annotated[int, typer.Option(min=1, help=f"Страница, по {PAGE} товаров.")] = 1,
) -> None:
    """Что лежит на своём складе: сейчас или на прошлый миг."""
    settings = get_settings()
    logging.configure("WARNING")
    with open_door(settings) as door:
        tenants_asked(door.db, org)
        today = business_day(SystemClock().now(), settings.day_timezone)
        with door.db.tenant(org) as tx:
            found = query_inventory_snapshot(
                tx, today, words=words, offset=(page - 1) * PAGE, near_days=settings.near_expiry_days
            )
            past = None if at is None else _as_of(tx, found, at.replace(tzinfo=UTC), by)
    for each in found:
        typer.echo(_now(each) if past is None else f"{each.article}  {each.name}: {past[each.item_id]}")
    if not found:
        typer.echo("Ничего не нашлось.")


def outbound(
    org: Annotated[int, ORG],
    ref: Annotated[str, typer.Option(help="Номер документа; повтор с тем же номером ничего не меняет.")],
    goods: Annotated[list[str], typer.Argument(help="АРТИКУЛ=КОЛИЧЕСТВО или ШТРИХКОД=КОЛИЧЕСТВО.")],
    place: Annotated[str, typer.Option(help="С какого места; без него — откуда раньше истекает срок.")] = "",
    warehouse: Annotated[str, typer.Option(help="Код своего склада.")] = "main",
) -> None:
    """Отпустить товар. Код 1, если чего-то не хватило; целиком или по строкам — OUTBOUND_ATOMIC."""
    settings = get_settings()
    logging.configure("WARNING")
    asked = [_asked(each) for each in goods]
    with open_door(settings) as door:
        tenants_asked(door.db, org)
        with door.db.tenant(org) as tx:
            lines = _lines(tx, asked, warehouse, place)
        post = PostStock(clock=SystemClock(), day_zone=ZoneInfo(settings.day_timezone))
        commit = CommitOutbound(desk=StockDesk(db=door.db, post=post), atomic=settings.outbound_atomic)
        answers = commit(org, ref, lines).lines
    for (name, qty), answer in zip(asked, answers, strict=True):
        typer.echo(f"{name}, {qty} шт.: {_said(answer)}")
    sys.exit(int(any(each.status in (Status.CONFLICT, Status.INSUFFICIENT_STOCK) for each in answers)))


def _as_of(tx: TenantTx, page: Sequence[InventoryItem], at: datetime, by: str) -> Counter[int]:
    """Pieces by item."""
    kinds: dict[str, Literal["posted", "occurred"]] = {"posted": "posted", "occurred": "occurred"}
    if by not in kinds:
        raise BadInput("--by: posted или occurred.")
    sums: Counter[int] = Counter()
    for each in query_stock_as_of(tx, [item.item_id for item in page], at, kinds[by]):
        sums[each.item_id] += each.on_hand
    return sums


def _now(item: InventoryItem) -> str:
    told = f"{item.article}  {item.name}: {item.total_qty}, доступно {item.available_qty}"
    if item.top2_locations:
        told += "; " + ", ".join(f"{each.code} {each.qty}" for each in item.top2_locations)
    if item.earliest_expiry is not None:
        told += f"; годен до {item.earliest_expiry:%d.%m.%Y}" + (" — скоро" if item.near_expiry else "")
    return told


def _asked(typed: str) -> tuple[str, int]:
    name, _, qty = typed.rpartition("=")
    if not name or not qty.isdecimal():
        raise BadInput(f"«{typed}»: нужно АРТИКУЛ=КОЛИЧЕСТВО, например KRS-42=3.")
    return name, int(qty)


def _lines(tx: TenantTx, asked: Sequence[tuple[str, int]], warehouse: str, place: str) -> list[Line]:
    items = find_items_named(tx, [name for name, _ in asked])
    if unknown := [name for name, _ in asked if name not in items]:
        raise NotFound(f"Нет таких товаров: {', '.join(unknown)}.")
    location = shelf.place_named(tx, warehouse, place) if place else None
    if place and location is None:
        raise NotFound(f"Места {place} на складе {warehouse} нет.")
    return [Line(item_id=items[name], qty=qty, location_id=location) for name, qty in asked]


def _said(answer: LineAnswer) -> str:
    if answer.status is Status.INSUFFICIENT_STOCK:
        return (
            f"{SAID[answer.status]} {answer.missing}"
            if answer.missing
            else "не отпущено вместе со всем документом"
        )
    return SAID[answer.status]
