"""Addresses that move goods. One thin way: request model → document → ledger → reply."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from typing import Any

from app.domain.warehouse.movements import LineAnswer, Posted, Reason, Status, StockDocument
from app.services.tenancy.roles import Deed
from app.services.warehouse.programs import ProgramDesk
from app.services.warehouse.transit import supply_note
from app.web.endpoint import Endpoint, Visit
from app.web.errors import Refusal
from app.web.wire import movements as wire
from app.web.wire.common import BalanceAfter, LineResult

NOTHING_POSTED = {
    Status.INSUFFICIENT_STOCK: ("insufficient_stock", "Не хватает товара: ничего не проведено."),
    Status.CONFLICT: (
        "conflict",
        "Под этим номером проведено другое, или остаток с тех пор изменился: ничего не проведено.",
    ),
}


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of document: its address, who may send it, what it looks like."""

    path: str
    reason: Reason
    deed: Deed
    body: type[wire.Movement]
    summary: str
    answer: type[wire.DocumentReply] = wire.DocumentReply


KINDS = (
    Kind(
        "/outbound/commit", Reason.OUTBOUND, Deed.SHIP, wire.OutboundCommitRequest,
        "Отпустить товар; ответ на каждую строку", wire.OutboundCommitResponse,
    ),
    Kind(
        "/outbound/to_marketplace", Reason.TO_MARKETPLACE, Deed.SHIP, wire.ToMarketplaceRequest,
        "Отгрузить поставку на площадку: товар в пути, пока площадка его не примет",
    ),
    Kind("/inbound/receive", Reason.RECEIPT, Deed.RECEIVE, wire.ReceiptRequest, "Принять товар"),
    Kind("/inbound/return", Reason.RETURN, Deed.RECEIVE, wire.ReceiptRequest, "Принять возврат"),
    Kind(
        "/putaway", Reason.PUTAWAY, Deed.PUTAWAY, wire.TransferRequest,
        "Разместить принятое; целиком или никак",
    ),
    Kind("/move", Reason.MOVE, Deed.MOVE, wire.TransferRequest, "Переместить; целиком или никак"),
    Kind("/reserve", Reason.RESERVE, Deed.RESERVE, wire.ReserveRequest, "Зарезервировать"),
    Kind("/release", Reason.RELEASE, Deed.RELEASE, wire.HoldsRequest, "Снять резерв, целиком или часть"),
    Kind("/ship", Reason.SHIP, Deed.SHIP, wire.HoldsRequest, "Отгрузить зарезервированное"),
    Kind(
        "/count", Reason.COUNT, Deed.COUNT, wire.CountRequest,
        "Записать пересчёт; остаток, который с тех пор двигался, не меняется",
    ),
    Kind("/adjust", Reason.ADJUST, Deed.COUNT, wire.AdjustRequest, "Поправить остаток на столько-то штук"),
    Kind("/write_off", Reason.WRITE_OFF, Deed.WRITEOFF, wire.WriteOffRequest, "Списать"),
)  # fmt: skip


def endpoints(desk: ProgramDesk, *, outbound_atomic: bool) -> Iterator[Endpoint]:
    """``outbound_atomic``: what an outbound document is that does not say."""
    for kind in KINDS:
        yield Endpoint(
            method="POST",
            path=kind.path,
            summary=kind.summary,
            deed=kind.deed,
            body=kind.body,
            answer=kind.answer,
            do=_poster(desk, kind, outbound_atomic),
            refusals=(404, 409),
        )
    yield Endpoint(
        method="POST",
        path="/documents/{id}/reverse",
        summary="Отменить документ обратным",
        deed=Deed.UNDO,
        body=wire.ReverseRequest,
        answer=wire.DocumentReply,
        do=partial(_reverse, desk),
        refusals=(409,),
    )


def _poster(desk: ProgramDesk, kind: Kind, outbound_atomic: bool) -> Callable[[Visit], wire.DocumentReply]:
    def post(visit: Visit) -> wire.DocumentReply:
        order: wire.Movement = visit.order
        document = StockDocument(
            reason=kind.reason,
            ref=order.ref,
            lines=[*wire.lines_of(order)],
            occurred_at=order.occurred_at,
            **_more(order, outbound_atomic),
        )
        expires = [line.expires_on for line in order.lines] if isinstance(order, wire.ReceiptRequest) else []
        done = desk.post(visit.caller.tenant_id, document, expires)
        lines = [
            _line(answer, asked.model_dump(exclude={"version", "expires_on", "to_location_id"}))
            for asked, answer in zip(order.lines, done.posted.lines, strict=True)
        ]
        return _reply(kind.answer, done.document_id, order.ref, done.posted, lines)

    return post


def _more(order: wire.Movement, outbound_atomic: bool) -> dict[str, Any]:
    """What only some kinds say."""
    match order:
        case wire.OutboundCommitRequest():
            return {"note": order.note, "atomic": outbound_atomic if order.atomic is None else order.atomic}
        case wire.ToMarketplaceRequest():
            return {"note": supply_note(order.marketplace, order.supply), "atomic": order.atomic}
        case wire.ReserveRequest():
            more = {"partial": order.partial, "expires_at": order.expires_at}
            return {"note": order.note, "atomic": order.atomic, **more}
        case wire.TransferRequest():
            return {"note": order.note}
    return {"note": order.note, "atomic": order.atomic}


def _reverse(desk: ProgramDesk, visit: Visit) -> wire.DocumentReply:
    ref, done = desk.reverse(visit.caller.tenant_id, visit.number, visit.order.note)
    lines = [_line(answer, {}) for answer in done.posted.lines]
    return _reply(wire.DocumentReply, done.document_id, ref, done.posted, lines)


def _reply(
    answer: type[wire.DocumentReply],
    document_id: int | None,
    ref: str,
    posted: Posted,
    lines: list[LineResult],
) -> wire.DocumentReply:
    """Raises Refusal 409 where nothing of the document stands."""
    status = posted.status
    if document_id is None:
        code, message = NOTHING_POSTED.get(status, NOTHING_POSTED[Status.CONFLICT])
        raise Refusal(409, code, message, lines=lines)
    return answer(document_id=document_id, ref=ref, status=status, lines=lines)


def _line(answer: LineAnswer, asked: dict[str, Any]) -> LineResult:
    return LineResult(
        **asked,
        ref_line=answer.ref_line,
        status=answer.status,
        missing=answer.missing,
        pieces=answer.pieces if answer.entries else 0,
        balances=[
            BalanceAfter(
                stock_id=each.stock_id,
                delta=each.delta,
                reserved_delta=each.reserved_delta,
                on_hand=each.after_qty,
                reserved=each.after_reserved,
                version=each.version,
                hold_id=each.hold_id,
            )
            for each in answer.entries
        ],
    )
