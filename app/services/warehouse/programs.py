"""What programs ask of the shelf: a document posted under its maker's number, and looks at what is there."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Literal

from app.core.clock import Clock, business_day
from app.db.session import Database
from app.domain.warehouse.movements import Line, Posted, Reason, StockDocument
from app.repositories import balances, items, lots, order_book, program_reads
from app.repositories.balances import BalanceRow
from app.repositories.items import ItemCard
from app.repositories.program_reads import HoldRow, OrderRow, PlaceRow
from app.repositories.shelf import PastBalance
from app.services.ledger.posting import StockDesk
from app.services.ledger.snapshot import (
    InventoryItem,
    page_of_items,
    query_inventory_snapshot,
    query_stock_as_of,
)
from app.services.warehouse.undo import undo_ref

__all__ = [
    "BalanceRow",
    "HoldRow",
    "InventoryItem",
    "ItemCard",
    "OrderRow",
    "PastBalance",
    "PlaceRow",
    "PostedDocument",
    "ProgramDesk",
]


@dataclass(frozen=True, slots=True, kw_only=True)
class PostedDocument:
    """``document_id`` None: nothing of it was posted, now or before."""

    document_id: int | None
    posted: Posted


@dataclass(frozen=True, slots=True, kw_only=True)
class ProgramDesk:
    """Every call is a transaction of its own, behind the wall of the tenant named."""

    db: Database
    desk: StockDesk
    clock: Clock
    day_timezone: str
    near_days: int

    def post(
        self, tenant_id: int, document: StockDocument, expires: Sequence[date | None] = ()
    ) -> PostedDocument:
        """``expires``: by line, the last day on the package, where the lot is named by it.

        Raises as ``StockDesk`` does.
        """
        if any(expires):
            document = replace(document, lines=self._with_lots(tenant_id, document.lines, expires))
        posted = self.desk(tenant_id, document)
        if not posted.stands:
            return PostedDocument(document_id=None, posted=posted)
        number = program_reads.find_document(self.db, tenant_id, document.reason, document.ref)
        return PostedDocument(document_id=number, posted=posted)

    def reverse(self, tenant_id: int, document_id: int, note: str) -> tuple[str, PostedDocument]:
        """Undo a document under the one number that its undoing has, in the chat too; that number.

        Raises Conflict where it cannot be undone.
        """
        ref = undo_ref(document_id)
        order = StockDocument(reason=Reason.REVERSAL, ref=ref, reverses=document_id, note=note)
        return ref, self.post(tenant_id, order)

    def inventory(self, tenant_id: int, words: str, limit: int, offset: int) -> list[InventoryItem]:
        """See ``query_inventory_snapshot``."""
        today = business_day(self.clock.now(), self.day_timezone)
        with self.db.tenant(tenant_id) as tx:
            return query_inventory_snapshot(
                tx, today, words=words, limit=limit, offset=offset, near_days=self.near_days
            )

    def balances(
        self,
        tenant_id: int,
        wanted: Sequence[int] | None,
        places: Sequence[int] | None,
        *,
        with_empty: bool,
        limit: int,
        offset: int,
    ) -> list[BalanceRow]:
        """See ``list_balances``."""
        with self.db.tenant(tenant_id) as tx:
            return balances.list_balances(
                tx, wanted, places=places, with_empty=with_empty, limit=limit, offset=offset
            )

    def past(
        self, tenant_id: int, wanted: Sequence[int], at: datetime, by: Literal["posted", "occurred"]
    ) -> list[PastBalance]:
        """See ``query_stock_as_of``."""
        with self.db.tenant(tenant_id) as tx:
            return query_stock_as_of(tx, wanted, at, by)

    def items(self, tenant_id: int, words: str, limit: int, offset: int) -> list[ItemCard]:
        """See ``page_of_items``."""
        with self.db.tenant(tenant_id) as tx:
            return items.item_cards(tx, page_of_items(tx, words, limit, offset))

    def places(self, tenant_id: int, limit: int, offset: int) -> list[PlaceRow]:
        """A page of places."""
        with self.db.tenant(tenant_id) as tx:
            return program_reads.list_places(tx, limit, offset)

    def holds(
        self, tenant_id: int, wanted: Sequence[int] | None, ref: str | None, limit: int, offset: int
    ) -> list[HoldRow]:
        """A page of open promises."""
        with self.db.tenant(tenant_id) as tx:
            return program_reads.list_open_holds(tx, wanted, ref=ref, limit=limit, offset=offset)

    def orders(self, tenant_id: int, state: str | None, limit: int, offset: int) -> list[OrderRow]:
        """A page of customers' orders, their states as goods have moved since."""
        with self.db.tenant(tenant_id) as tx:
            order_book.settle(tx)
            return program_reads.list_orders(tx, state, limit=limit, offset=offset)

    def _with_lots(self, tenant_id: int, lines: Sequence[Line], expires: Sequence[date | None]) -> list[Line]:
        named = [(line.item_id, day) for line, day in zip(lines, expires, strict=True) if day is not None]
        with self.db.tenant(tenant_id) as tx:
            found = lots.ensure_lots(tx, sorted(set(named)))
        return [
            # An item that is not there has no lot either: the ledger says so, naming nothing.
            line if day is None else line._replace(lot_id=found.get((line.item_id, day), line.lot_id))
            for line, day in zip(lines, expires, strict=True)
        ]
