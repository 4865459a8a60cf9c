"""A shelf and the shops that sell from it: listings, what they are on the shelf, what is told of them."""

from datetime import date

from app.db.partitions import ensure_months
from app.db.session import Database
from app.domain.warehouse.movements import Line, Posted, Reason
from app.services.warehouse.transit import supply_note
from tests.support.shelf import TODAY, Shelf
from tests.support.worlds import Cabinet, make_cabinet

YESTERDAY = date(2026, 11, 19)


class Counter(Shelf):
    """A shelf with a cabinet at each marketplace."""

    def __init__(self, db: Database, tenant_id: int | None = None, *there: Cabinet) -> None:
        """``there``: cabinets that the tenant has already."""
        super().__init__(db, tenant_id)
        self.accounts = {each.marketplace: each.id for each in there} or {
            name: make_cabinet(db, name, self.tenant_id).id for name in ("WB", "OZON")
        }
        self.here = self.place("A-01-01")
        with db.tenant(self.tenant_id) as tx:
            ensure_months(tx, YESTERDAY, TODAY)
            for account in self.accounts.values():
                tx.run(
                    "INSERT INTO warehouse (tenant_id, marketplace, code, name)"
                    " SELECT :tenant_id, a.marketplace, 'unknown', '' FROM marketplace_account a"
                    " WHERE a.tenant_id = :tenant_id AND a.id = :account"
                    " ON CONFLICT DO NOTHING",
                    account=account,
                )

    def run(self, sql: str, **params: object) -> list[tuple[object, ...]]:
        """Any statement of this tenant; its rows, where it has any."""
        with self.db.tenant(self.tenant_id) as tx:
            done = tx.run(sql, **params)
            return [tuple(row) for row in done] if done.returns_rows else []

    def sku(self, marketplace: str, number: int, article: str, item: int | None = None) -> int:
        """A listing; with an item, confirmed to be it."""
        column = "ozon_id" if marketplace == "OZON" else "nm_id"
        ((sku,),) = self.run(
            f"INSERT INTO sku (tenant_id, account_id, marketplace, {column}, article)"
            " VALUES (:tenant_id, :account, :marketplace, :number, :article) RETURNING id",
            account=self.accounts[marketplace],
            marketplace=marketplace,
            number=number,
            article=article,
        )
        assert isinstance(sku, int)
        if item is not None:
            self.link(sku, item)
        return sku

    def link(self, sku: int, item: int, state: str = "confirmed") -> None:
        """What somebody said, or only Ambar thinks, that a listing is."""
        self.run(
            "INSERT INTO item_sku (tenant_id, sku_id, item_id, state, decided_at) VALUES (:tenant_id, :sku,"
            " :item, :state, CASE WHEN :state <> 'proposed' THEN now() END) ON CONFLICT (tenant_id, sku_id)"
            " DO UPDATE SET state = excluded.state, decided_at = excluded.decided_at",
            sku=sku,
            item=item,
            state=state,
        )

    def told(
        self, marketplace: str, order_id: str, sku: int | None, qty: int = 1, status: str = "ordered",
        *, channel: str = "FBS", feed: str = "fbs", d: date = YESTERDAY,
    ) -> None:  # fmt: skip
        """What a marketplace says of an ordered item now."""
        self.run(
            "INSERT INTO buyer_order (tenant_id, account_id, d, feed, order_id, sku_id, warehouse_id,"
            " channel, currency, qty, status, src_hash)"
            " VALUES (:tenant_id, :account, :d, :feed, :order_id, :sku, 0,"
            " :channel, 'RUB', :qty, :status, '\\x00') ON CONFLICT (tenant_id, account_id, d, feed, order_id)"
            " DO UPDATE SET status = excluded.status, qty = excluded.qty",
            account=self.accounts[marketplace], d=d, feed=feed, order_id=order_id, sku=sku,
            channel=channel, qty=qty, status=status,
        )  # fmt: skip

    def sends(self, marketplace: str, number: str, item: int, qty: int, ref: str | None = None) -> Posted:
        """Goods leave for a marketplace with a delivery."""
        return self.do(
            Reason.TO_MARKETPLACE,
            Line(item_id=item, qty=qty),
            ref=ref,
            note=supply_note(marketplace, number),
        )

    def supply(self, marketplace: str, number: str, status: str, *lines: tuple[int, int, int]) -> None:
        """A delivery as the marketplace shows it; a line each: (sku, declared, accepted)."""
        account = self.accounts[marketplace]
        self.run(
            "INSERT INTO supply (tenant_id, account_id, supply_id, status, warehouse_id, src_hash)"
            " VALUES (:tenant_id, :account, :number, :status, 0, '\\x00')"
            " ON CONFLICT (tenant_id, account_id, supply_id) DO UPDATE SET status = excluded.status",
            account=account, number=number, status=status,
        )  # fmt: skip
        for sku, declared, found in lines:
            self.run(
                "INSERT INTO supply_line (tenant_id, account_id, supply_id, sku_id, quantity, accepted,"
                " src_hash) VALUES (:tenant_id, :account, :number, :sku, :declared, :found, '\\x00')"
                " ON CONFLICT (tenant_id, account_id, supply_id, sku_id)"
                " DO UPDATE SET accepted = excluded.accepted",
                account=account, number=number, sku=sku, declared=declared, found=found,
            )  # fmt: skip

    def advises(
        self, sku: int, marketplace: str, qty: int, *, velocity: int = 1, in_transit: int = 0
    ) -> None:
        """The night's advice for 14 days."""
        self.run(
            "INSERT INTO advice_supply (tenant_id, account_id, d, sku_id, warehouse_id, window_days,"
            " recommended_qty, velocity, demand_std, safety, on_hand, in_transit, rationale_hash)"
            " SELECT :tenant_id, :account, :d, :sku, w.id, 14, :qty, :velocity, 0, 0, 0, :moving, '\\x00'"
            " FROM warehouse w WHERE w.tenant_id = :tenant_id AND w.marketplace = :marketplace",
            account=self.accounts[marketplace], d=YESTERDAY, sku=sku, qty=qty, velocity=velocity,
            moving=in_transit, marketplace=marketplace,
        )  # fmt: skip
