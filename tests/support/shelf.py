"""A seller's own warehouse: an item or more, places, lots, goods on them; and what the books say."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from itertools import count
from zoneinfo import ZoneInfo

from app.core.clock import FixedClock
from app.db.session import Database
from app.domain.warehouse.movements import Line, Posted, Reason, StockDocument
from app.services.ledger.posting import PostStock, StockDesk
from tests.support.worlds import make_tenant

TODAY = date(2026, 11, 20)
NOON = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Balance:
    """A row of ``stock``."""

    id: int
    on_hand: int
    reserved: int
    version: int


class Shelf:
    """A tenant with a warehouse; places and items are made when they are named."""

    def __init__(self, db: Database, tenant_id: int | None = None) -> None:
        self.db = db
        self.tenant_id = tenant_id or make_tenant(db)
        self.post = PostStock(clock=FixedClock(NOON), day_zone=ZoneInfo("Europe/Moscow"))
        self.desk = StockDesk(db=db, post=self.post, sleep=lambda _: None)
        self._numbers = count(1)
        with db.tenant(self.tenant_id) as tx:
            self.warehouse_id = int(
                tx.run(
                    "INSERT INTO warehouse (tenant_id, marketplace, code, is_own)"
                    " VALUES (:tenant_id, 'OWN', 'main', true) RETURNING id"
                ).scalar_one()
            )

    def item(self, article: str | None = None) -> int:
        with self.db.tenant(self.tenant_id) as tx:
            sql = "INSERT INTO item (tenant_id, article) VALUES (:tenant_id, :article) RETURNING id"
            return int(tx.run(sql, article=article or f"A-{next(self._numbers)}").scalar_one())

    def place(self, code: str | None = None) -> int:
        with self.db.tenant(self.tenant_id) as tx:
            return int(
                tx.run(
                    "INSERT INTO location (tenant_id, warehouse_id, code)"
                    " VALUES (:tenant_id, :warehouse, :code) RETURNING id",
                    warehouse=self.warehouse_id,
                    code=code or f"P-{next(self._numbers)}",
                ).scalar_one()
            )

    def lot(self, item_id: int, expires_on: date | None = None) -> int:
        with self.db.tenant(self.tenant_id) as tx:
            return int(
                tx.run(
                    "INSERT INTO lot (tenant_id, item_id, code, expires_on)"
                    " VALUES (:tenant_id, :item_id, :code, :expires_on) RETURNING id",
                    item_id=item_id,
                    code=f"L-{next(self._numbers)}",
                    expires_on=expires_on,
                ).scalar_one()
            )

    def do(self, reason: Reason, *lines: Line, ref: str | None = None, **more: object) -> Posted:
        """Post under a reference of its own, or a given one."""
        ref = ref or f"{reason}-{next(self._numbers)}"
        return self.desk(
            self.tenant_id,
            StockDocument(reason=reason, ref=ref, lines=lines, **more),  # type: ignore[arg-type]
        )

    def receive(self, item_id: int, place: int, qty: int, lot: int | None = None) -> Posted:
        return self.do(Reason.RECEIPT, Line(item_id=item_id, qty=qty, location_id=place, lot_id=lot))

    def balance(self, item_id: int, place: int, lot: int = 0) -> Balance | None:
        with self.db.tenant(self.tenant_id) as tx:
            row = tx.run(
                "SELECT id, on_hand, reserved, version FROM stock WHERE tenant_id = :tenant_id"
                " AND item_id = :item AND location_id = :place AND lot_id = :lot",
                item=item_id,
                place=place,
                lot=lot,
            ).one_or_none()
        return None if row is None else Balance(*row)

    def on_hand(self, item_id: int, place: int, lot: int = 0) -> int:
        found = self.balance(item_id, place, lot)
        return 0 if found is None else found.on_hand

    def entries(self, ref: str) -> Sequence[tuple[int, int, int]]:
        """(delta, reserved_delta, after_qty) of a document's entries, as they were posted."""
        with self.db.tenant(self.tenant_id) as tx:
            rows = tx.run(
                "SELECT delta, reserved_delta, after_qty FROM stock_ledger WHERE tenant_id = :tenant_id"
                " AND ref = :ref ORDER BY posted_at, ref_line, delta",
                ref=ref,
            )
            return [tuple(row) for row in rows]

    def counts(self) -> dict[str, int]:
        """Rows of everything that a posting writes."""
        with self.db.tenant(self.tenant_id) as tx:
            return {
                table: int(tx.run(f"SELECT count(*) FROM {table} WHERE tenant_id = :tenant_id").scalar_one())
                for table in (
                    "stock",
                    "stock_document",
                    "stock_document_line",
                    "stock_ledger",
                    "hold",
                    "outbox_event",
                    "audit_entry",
                )
            }
