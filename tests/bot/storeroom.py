"""A storekeeper with a small shelf, for conversations about movements."""

from datetime import date

from app.domain.warehouse.movements import Line, Reason
from tests.support.shelf import Shelf

BARCODE = "4601234567893"
GOOD, PAST = date(2027, 5, 31), date(2026, 11, 1)
"""Last days: one that is far off, and one that is over; the chat's day is 20.11.2026."""


class Storeroom:
    """An organisation's shelf: one item (article KRS-42, a barcode), three places; ``chair`` is its id."""

    def __init__(self, chat, tenant_id=None):
        self.chat = chat
        self.vera = chat.person("Вера", "storekeeper", tenant_id)
        self.tenant_id = self.vera.tenant_id
        self.shelf = Shelf(chat.db, self.tenant_id)
        self.chair = self.shelf.item("KRS-42")
        self.a, self.b, self.dock = (self.shelf.place(code) for code in ("A-01-03", "B-02", "ПРИЁМКА"))
        with chat.db.tenant(self.tenant_id) as tx:
            tx.run(
                "INSERT INTO item_barcode (tenant_id, barcode, item_id) VALUES (:tenant_id, :code, :item)",
                code=BARCODE,
                item=self.chair,
            )
            tx.run("UPDATE item SET name = 'Кресло' WHERE tenant_id = :tenant_id")

    def has(self, qty, place=None, expires=None):
        """Goods that were there before the story; the lot's id."""
        lot = self.lot(expires) if expires else 0
        self.shelf.receive(self.chair, place or self.a, qty, lot)
        return lot

    def lot(self, expires, code=None):
        """As the chat makes it: called by its last day; or by another name, as an old ledger does."""
        with self.chat.db.tenant(self.tenant_id) as tx:
            return tx.run(
                "INSERT INTO lot (tenant_id, item_id, code, expires_on)"
                " VALUES (:tenant_id, :item, :code, :expires) RETURNING id",
                item=self.chair,
                code=code or expires.isoformat(),
                expires=expires,
            ).scalar_one()

    def on_hand(self, place=None, lot=0):
        return self.shelf.on_hand(self.chair, place or self.a, lot)

    def reserved(self, place=None, lot=0):
        found = self.shelf.balance(self.chair, place or self.a, lot)
        return found.reserved if found else 0

    def promise(self, qty, **more):
        """A hold of so many; its number."""
        posted = self.shelf.do(Reason.RESERVE, Line(item_id=self.chair, qty=qty), **more)
        return posted.lines[0].entries[0].hold_id

    def documents(self, reason=None):
        """How many documents there are; of one reason or of all."""
        with self.chat.db.tenant(self.tenant_id) as tx:
            return tx.run(
                "SELECT count(*) FROM stock_document WHERE tenant_id = :tenant_id"
                " AND (CAST(:reason AS text) IS NULL OR reason = :reason)",
                reason=reason,
            ).scalar_one()

    def total(self):
        """All pieces of all lots."""
        with self.chat.db.tenant(self.tenant_id) as tx:
            sql = "SELECT coalesce(sum(on_hand), 0) FROM stock WHERE tenant_id = :tenant_id"
            return tx.run(sql).scalar_one()
