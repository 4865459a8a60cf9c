"""From a marketplace's own identities to ours, set-based: staged rows find their SKU and warehouse.

Rows are copied into temporary tables with the marketplace's names (0 and "" mean "not told", so
that keys join by plain equality), the references are resolved or made once for all, and typed
stages in the shape of the targets come out for the merge kernel.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date

from app.db.copying import copy_rows, create_stage, create_stage_like
from app.db.session import TenantTx
from app.marketplaces.rows import SaleEventRow, SettlementRow, SkuRef, StockRow
from app.repositories import sku_refs
from app.repositories.catalogue import UNKNOWN, UNKNOWN_NAME
from app.repositories.sku_refs import REF_COLUMNS, REF_JOIN, REF_NAMES, REF_TEXTS, ref_values
from app.repositories.targets import DAILY_SALES, DAILY_STOCK, SALE_EVENT, SETTLEMENT_LINE

_REPORT_ROW = ("d", "period", "report_id", "row_id", "part")


@dataclass(frozen=True, slots=True)
class Staging:
    """The staging area of one account in one transaction."""

    tx: TenantTx
    account_id: int
    marketplace: str

    def sales(self, rows: Iterable[SaleEventRow]) -> None:
        """Fill ``stage_sale_event`` from events; of an event told twice the last telling counts."""
        create_stage(
            self.tx,
            "in_sales",
            f"seq bigint GENERATED ALWAYS AS IDENTITY, event_id text, d date, {REF_COLUMNS}, warehouse text,"
            " channel text, currency text, qty int, refunds_qty int, revenue_gross numeric(14,2),"
            " refunds_amount numeric(14,2), promo_cost numeric(14,2), delivery_cost numeric(14,2),"
            " commission_amount numeric(14,2)",
        )
        amounts = SALE_EVENT.values[4:]
        copy_rows(
            self.tx,
            "in_sales",
            ("event_id", "d", *REF_NAMES, "warehouse", "channel", "currency", *amounts),
            ((row.event_id, row.d, *ref_values(row.sku), *row[3:]) for row in rows),
            texts=(*REF_TEXTS, "warehouse", "channel", "currency"),
        )
        self._resolve_skus("in_sales")
        self.resolve_warehouses("SELECT DISTINCT warehouse AS code, warehouse AS name FROM in_sales")
        create_stage_like(self.tx, "stage_sale_event", "sale_event", SALE_EVENT.columns)
        self.tx.run(
            f"INSERT INTO stage_sale_event ({', '.join(SALE_EVENT.columns)}) "
            "SELECT DISTINCT ON (i.event_id) :account_id, i.d, i.event_id, r.sku_id, w.id, i.channel,"
            f" i.currency, {', '.join('i.' + name for name in amounts)} "
            f"FROM in_sales i JOIN in_ref r ON {REF_JOIN} {self._warehouse_join()} "
            "ORDER BY i.event_id, i.seq DESC",
            **self._params,
        )

    def daily_sales(self, days: Sequence[date]) -> None:
        """Fill ``stage_daily_sales`` with the sums of the account's events on these days."""
        create_stage_like(self.tx, "stage_daily_sales", "daily_sales", DAILY_SALES.columns)
        keys = ", ".join(DAILY_SALES.key)
        sums = ", ".join(f"sum({name})" for name in DAILY_SALES.values)
        self.tx.run(
            f"INSERT INTO stage_daily_sales ({', '.join(DAILY_SALES.columns)}) "
            f"SELECT {keys}, {sums} FROM sale_event WHERE tenant_id = :tenant_id "
            f"AND account_id = :account_id AND d = ANY(:days) GROUP BY {keys}",
            days=list(days),
            account_id=self.account_id,
        )

    def stock(self, rows: Iterable[StockRow], *, own: bool = False) -> None:
        """Fill ``stage_daily_stock``; several rows of one SKU and warehouse are added up.

        ``own``: the warehouses are the seller's, which the marketplace only sells from.
        """
        create_stage(
            self.tx,
            "in_stock",
            f"d date, {REF_COLUMNS}, warehouse text, warehouse_name text, on_hand int, in_transit int",
        )
        copy_rows(
            self.tx,
            "in_stock",
            ("d", *REF_NAMES, "warehouse", "warehouse_name", "on_hand", "in_transit"),
            ((row.d, *ref_values(row.sku), *row[2:]) for row in rows),
            texts=(*REF_TEXTS, "warehouse", "warehouse_name"),
        )
        self._resolve_skus("in_stock")
        self.resolve_warehouses(
            "SELECT warehouse AS code, max(warehouse_name) AS name FROM in_stock GROUP BY warehouse"
        )
        if own:
            self.tx.run(
                "UPDATE warehouse SET is_own = true WHERE tenant_id = :tenant_id AND NOT is_own "
                "AND marketplace = :marketplace AND code IN (SELECT warehouse FROM in_stock)",
                marketplace=self.marketplace,
            )
        create_stage_like(self.tx, "stage_daily_stock", "daily_stock", DAILY_STOCK.columns)
        self.tx.run(
            f"INSERT INTO stage_daily_stock ({', '.join(DAILY_STOCK.columns)}) "
            "SELECT :account_id, i.d, r.sku_id, w.id, sum(i.on_hand), sum(i.in_transit) "
            f"FROM in_stock i JOIN in_ref r ON {REF_JOIN} {self._warehouse_join()} "
            "GROUP BY i.d, r.sku_id, w.id",
            **self._params,
        )

    def settlement(self, rows: Iterable[SettlementRow]) -> None:
        """Fill ``stage_settlement_line``; a row told twice (an overlapping page) counts once."""
        create_stage(
            self.tx,
            "in_settlement",
            "seq bigint GENERATED ALWAYS AS IDENTITY, d date, period text, report_id bigint, row_id text,"
            f" part text, {REF_COLUMNS}, operation text, line text, units int, amount numeric(14,2),"
            " currency text, ref text",
        )
        copy_rows(
            self.tx,
            "in_settlement",
            (*_REPORT_ROW, *REF_NAMES, "operation", "line", "units", "amount", "currency", "ref"),
            ((*row[:5], *ref_values(row.sku or SkuRef()), *row[6:]) for row in rows),
            texts=(*REF_TEXTS, "period", "part", "operation", "currency", "ref"),
        )
        self._resolve_skus("in_settlement")
        create_stage_like(self.tx, "stage_settlement_line", "settlement_line", SETTLEMENT_LINE.columns)
        self.tx.run(
            f"INSERT INTO stage_settlement_line ({', '.join(SETTLEMENT_LINE.columns)}) "
            "SELECT DISTINCT ON (i.d, i.period, i.report_id, i.row_id, i.part) :account_id, i.d, i.period,"
            " i.report_id, i.row_id, i.part, r.sku_id, i.operation, i.line, i.units, i.amount, i.currency,"
            f" i.ref FROM in_settlement i LEFT JOIN in_ref r ON {REF_JOIN} "
            "ORDER BY i.d, i.period, i.report_id, i.row_id, i.part, i.seq DESC",
            account_id=self.account_id,
        )

    @property
    def _params(self) -> dict[str, object]:
        return {"account_id": self.account_id, "marketplace": self.marketplace}

    def _resolve_skus(self, table: str) -> None:
        sku_refs.resolve(self.tx, table, self.account_id, self.marketplace)

    def resolve_warehouses(self, told: str) -> None:
        """Make the warehouses that ``told`` (SQL: code, name) names and we do not know yet."""
        self.tx.run(
            "INSERT INTO warehouse (tenant_id, marketplace, code, name) "
            "SELECT :tenant_id, :marketplace, n.code, n.name FROM "
            f"(SELECT coalesce(nullif(code, ''), '{UNKNOWN}') AS code,"
            f" coalesce(nullif(name, ''), '{UNKNOWN_NAME}') AS name FROM ({told}) s) n "
            "WHERE NOT EXISTS (SELECT FROM warehouse w WHERE w.tenant_id = :tenant_id"
            " AND w.marketplace = :marketplace AND w.code = n.code) "
            "ON CONFLICT DO NOTHING",
            marketplace=self.marketplace,
        )
        # Sales may have told the code alone; whoever tells the name later gives it.
        self.tx.run(
            f"UPDATE warehouse w SET name = n.name FROM ({told}) n WHERE w.tenant_id = :tenant_id"
            " AND w.marketplace = :marketplace AND w.code = n.code AND w.name = w.code"
            " AND n.name NOT IN ('', n.code)",
            marketplace=self.marketplace,
        )

    def _warehouse_join(self) -> str:
        return (
            "JOIN warehouse w ON w.tenant_id = :tenant_id AND w.marketplace = :marketplace "
            f"AND w.code = coalesce(nullif(i.warehouse, ''), '{UNKNOWN}')"
        )
