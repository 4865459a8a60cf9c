"""Rows of the WB finance reports (sales-reports/detailed), a polars frame for each business day."""

from collections import OrderedDict
from dataclasses import dataclass, field
from datetime import date, timedelta

import numpy as np
import polars as pl

from app.sandbox.catalogue.shelf import Ints
from app.sandbox.ledger import STORNO as STORNO_FLAG
from app.sandbox.ledger import Lines
from app.sandbox.wb import fees, names
from app.sandbox.wb import operations as op
from app.sandbox.wb.columns import ORDER, dress
from app.sandbox.wb.operations import Operation
from app.sandbox.world import World

ROWS_KEPT = 1_500_000
MONEY = (
    "retailPrice", "retailAmount", "retailPriceWithDisc", "forPay", "acquiringFee", "vw", "vwNds",
    "deliveryService", "penalty", "additionalPayment", "paidStorage", "deduction", "paidAcceptance",
    "ppvzReward", "rebillLogisticCost", "ppvzSalesCommission",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Block:
    """Rows of one operation over the same lines; ``money`` holds only the columns that are not 0."""

    operation: Operation
    lines: Lines
    money: dict[str, Ints]
    bonus: str = ""
    account_level: bool = False


@dataclass(slots=True)
class FinanceRows:
    """Frames by day, the costly part kept for the days last asked for."""

    world: World
    _kept: OrderedDict[int, pl.DataFrame] = field(default_factory=OrderedDict)

    def day(self, t: int) -> pl.DataFrame:
        """All rows with rrDate = day ``t`` (main report, then «по выкупам»), sorted by rrdId.

        Without the columns that depend on the report's period. A closed day never changes: what
        becomes known late stands in the report of the day on which it became known.
        """
        if t in self._kept:
            self._kept.move_to_end(t)
            return self._kept[t]
        frame = self._build(t)
        self._kept[t] = frame
        while sum(f.height for f in self._kept.values()) > ROWS_KEPT and len(self._kept) > 1:
            self._kept.popitem(last=False)
        return frame

    def _build(self, t: int) -> pl.DataFrame:
        parts = [_block_frame(block) for block in self._blocks(t) if len(block.lines)]
        frame = pl.concat(parts).sort("reportType", maintain_order=True)
        day = self.world.day(t)
        return frame.with_columns(
            pl.Series("rrdId", names.rrd_ids(day, frame.height)), pl.lit(day.isoformat()).alias("rrDate")
        )

    def _blocks(self, t: int) -> list[Block]:
        ledger, shelf = self.world.wb.ledger, self.world.wb.shelf
        sold, back, cancelled = (ledger.on(b, t) for b in ("sold_rec", "back_rec", "cancel"))
        storno = (back["flags"] & STORNO_FLAG) != 0
        refused = cancelled[cancelled["cancel"] > cancelled["day"]]  # had left the warehouse
        blocks = [
            Block(op.SALE, sold, self._sale_columns(sold)),
            Block(op.RETURN, back[~storno], self._sale_columns(back[~storno])),
            Block(op.STORNO, back[storno], self._sale_columns(back[storno])),
            Block(op.TO_BUYER, sold, {"deliveryService": fees.delivery(sold, shelf)}),
            Block(op.TO_BUYER_CANCELLED, refused, {"deliveryService": fees.delivery(refused, shelf)}),
            Block(op.BACK_CANCELLED, refused, {"deliveryService": fees.way_back(refused, shelf)}),
            Block(op.BACK_RETURNED, back[~storno], {"deliveryService": fees.way_back(back[~storno], shelf)}),
        ]
        return blocks + self._lump_blocks(t)

    def _sale_columns(self, lines: Lines) -> dict[str, Ints]:
        money = fees.sale_money(lines, self.world.wb.shelf)
        return {
            "retailPrice": self.world.wb.shelf.list_price[lines["sku"]],
            "retailAmount": money.paid,
            "retailPriceWithDisc": money.seller_price,
            "forPay": money.for_pay,
            "acquiringFee": money.acquiring,
            "vw": money.fee,
            "vwNds": money.fee_vat,
            "ppvzSalesCommission": money.fee,
        }

    def _lump_blocks(self, t: int) -> list[Block]:
        shelf = self.world.wb.shelf
        blocks = []
        for lump in self.world.wb.ledger.sundries(t):
            operation = op.LUMPS[lump.kind]
            line = np.zeros(1, dtype=self.world.wb.ledger.placed(0).dtype)
            line["day"], line["sku"] = t, max(lump.sku, 0)
            line["sold"] = line["sold_rec"] = line["back"] = line["cancel"] = t
            blocks.append(
                Block(
                    operation,
                    line,
                    {operation.field: np.array([lump.amount], dtype=np.int64)},
                    bonus=lump.note.format(nm=shelf.card_id[lump.sku]),
                    account_level=lump.kind in op.ACCOUNT_LEVEL,
                )
            )
        return blocks

    def page(
        self, days: list[int], header: "Header", *, after: int, limit: int, fields: list[str] | None
    ) -> pl.DataFrame:
        """Up to ``limit`` rows of ``days`` with rrdId > ``after``, in the wire's own types and names."""
        wanted = [name for name in ORDER if name in set(fields)] if fields else list(ORDER)
        found: list[pl.DataFrame] = []
        left = limit
        for t in days:
            last_of_day = int(names.rrd_ids(self.world.day(t), names.ROWS_A_DAY)[-1])
            if left <= 0 or last_of_day <= after:
                continue
            rows = self.day(t).filter(pl.col("rrdId") > after).head(left)
            left -= rows.height
            if rows.height:
                found.append(dress(header.on(rows, self.world.day(t)), self.world, wanted))
        return pl.concat(found) if found else pl.DataFrame()


@dataclass(frozen=True, slots=True)
class Header:
    """What rows say of the report they stand in, for one period."""

    weekly: bool
    oid: int

    def span(self, day: date) -> tuple[date, date]:
        """First and last day of the report that holds ``day``."""
        if not self.weekly:
            return day, day
        monday = day - timedelta(days=day.weekday())
        return monday, monday + timedelta(days=6)

    def report_id(self, day: date, kind: int) -> int:
        """Its id; ``kind`` is the report type."""
        first, _ = self.span(day)
        make = names.weekly_report_id if self.weekly else names.daily_report_id
        return make(first, kind, self.oid)

    def on(self, rows: pl.DataFrame, day: date) -> pl.DataFrame:
        """The rows with their report's id and dates."""
        first, last = self.span(day)
        by_kind = pl.when(pl.col("reportType") == 1).then(self.report_id(day, 1))
        return rows.with_columns(
            by_kind.otherwise(self.report_id(day, 2)).cast(pl.Int64).alias("reportId"),
            pl.lit(first.isoformat()).alias("dateFrom"),
            pl.lit(last.isoformat()).alias("dateTo"),
            pl.lit((last + timedelta(days=1)).isoformat()).alias("createDate"),
        )


def _block_frame(block: Block) -> pl.DataFrame:
    lines, operation = block.lines, block.operation
    n = len(lines)
    is_sale = operation.field == "sale"
    columns: dict[str, object] = {
        "sku_no": np.full(n, -1) if block.account_level else lines["sku"].astype(np.int64),
        "srid_no": names.srid_number(lines),
        "day_no": lines["day"].astype(np.int32),
        "sold_no": _event_day(operation, lines),
        "place": lines["place"].astype(np.int32),
        "reportType": np.where(fees.in_buyout_report(lines), 2, 1),
        "quantity": np.full(n, operation.quantity),
        "spp_bp": lines["spp"].astype(np.int32) if is_sale else np.zeros(n, dtype=np.int32),
        "acq_bp": lines["acq"].astype(np.int32) if is_sale else np.zeros(n, dtype=np.int32),
        "is_sale": np.full(n, is_sale),
        "is_line": np.full(n, operation not in op.LUMPS.values()),
        "disc": lines["disc"].astype(np.int32) if is_sale else np.zeros(n, dtype=np.int32),
    }
    for name in MONEY:
        columns[name] = block.money.get(name, np.zeros(n, dtype=np.int64))
    words = {"docTypeName": operation.doc, "sellerOperName": operation.name}
    words["bonusTypeName"] = operation.bonus or block.bonus
    return pl.DataFrame(columns).with_columns(
        [pl.lit(text).cast(pl.String).alias(name) for name, text in words.items()]
        + [
            pl.lit(int("К клиенту" in operation.bonus)).alias("deliveryAmount"),
            pl.lit(int("От клиента" in operation.bonus)).alias("returnAmount"),
        ]
    )


def _event_day(operation: Operation, lines: Lines) -> Ints:
    if operation in (op.RETURN, op.STORNO, op.BACK_RETURNED):
        return lines["back"].astype(np.int64)
    if operation in (op.TO_BUYER_CANCELLED, op.BACK_CANCELLED):
        return lines["cancel"].astype(np.int64)
    return lines["sold"].astype(np.int64)
