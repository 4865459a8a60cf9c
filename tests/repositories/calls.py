"""Every function of the repositories that takes a tenant's transaction, called as a thief would call it:
with the other tenant's numbers wherever a number is asked for.

Both tenants have one row in every table, with equal values wherever nothing stands against it, so a
statement that forgets whose it is finds two, or the wrong one.
"""

import zlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

from app.core.crypto import Sealed
from app.db.session import TenantTx
from app.domain.finance.settlement import PnlLine
from app.domain.supply.policy import Policy
from app.domain.warehouse.movements import Line, Reason, StockDocument
from app.marketplaces.ozon.lines import AccrualType
from app.marketplaces.rows import AccessRow, CatalogueRow, ClusterRow, CommissionRow
from app.marketplaces.source import Page, RequestKey, Unit
from app.repositories import (
    abc,
    accounts,
    accrual_types,
    ad_figures,
    ageing,
    audit,
    balance_figures,
    balances,
    catalogue,
    checkpoints,
    chunks,
    closed_sources,
    closing_figures,
    control_figures,
    costs,
    documents,
    drafts,
    dw,
    file_documents,
    freshness,
    holds,
    idempotency,
    items,
    ledger,
    ledger_import,
    ledger_proof,
    listings,
    lots,
    metrics_input,
    order_book,
    orders,
    places,
    pnl_figures,
    postings,
    program_reads,
    refusals,
    reports,
    reviews,
    runs,
    seals,
    shared_costs,
    shelf,
    sku_identity,
    stock_documents,
    stock_figures,
    tenants,
    transit,
    unknown_values,
    upkeep,
    valuation,
    vitals,
    workload,
)
from app.repositories.metrics_input import SkuChunk
from app.repositories.runs import RunKey
from tests.support.rows import Filled

SAME_VALUES = (
    "UPDATE coverage SET source = 'wb.finance'",
    "UPDATE sku SET article = 'KRS-42', first_sold = CURRENT_DATE + 2",
    "UPDATE daily_sales SET qty = 3",
    "UPDATE settlement_line s SET line = 'sale', currency = 'RUB', units = 2, amount = 7, sku_id ="
    " (SELECT id FROM sku k WHERE k.tenant_id = s.tenant_id)",
    "UPDATE metrics_daily SET profit = 5, cogs = 1, currency = 'RUB', is_preliminary = true",
    "UPDATE daily_stock SET on_hand = 4",
    "UPDATE advice_supply SET window_days = 14, recommended_qty = 9",
    "UPDATE ingest_run SET state = 'complete', finished_at = now(), trace_id = 'night',"
    " since = CURRENT_DATE,"
    " counts = '{\"rows\": 1}',"
    ' pages = \'[{"hash": "aa", "request": {"method": "m", "host": "h", "path": "/p", "params": ""}}]\'',
    "UPDATE job_checkpoint SET value = '{\"at\": 1}'",
    "UPDATE unplaced_row SET d = CURRENT_DATE",
    "UPDATE ad_charge SET amount = 3, paid_from = 'balance'",
    "UPDATE ad_stat_daily SET spend = 2",
    "UPDATE storage_cost_daily SET cost = 2",
    "UPDATE unknown_value SET told_at = NULL, settled_at = NULL",
    "UPDATE warehouse SET code = 'unknown'",
    "UPDATE idempotency_key SET expires_at = now() - interval '1 minute'",
    "UPDATE report SET expires_at = now() - interval '1 minute'",
    "UPDATE chunk SET result = '{\"x\": 1}'",
    f"UPDATE raw_payload SET body_hash = '\\xaa', body = '\\x{zlib.compress(b'{}').hex()}'",
    "UPDATE recalc_pending SET d_from = CURRENT_DATE + 1",
    "UPDATE stock_ledger SET posted_at = now() - interval '5 days'",
    "UPDATE ledger_seal SET d = CURRENT_DATE - 3",
    "UPDATE hold SET expires_at = now(), qty = 2, shipped_qty = 1",
    "UPDATE buyer_order SET channel = 'FBS'",
    "UPDATE stock_document SET reason = 'TO_MARKETPLACE', note = 'WB:x'",
    "UPDATE stock_document_line SET reason = 'TO_MARKETPLACE', delta = -3, reserved_delta = -1, hold_id = 1",
    "UPDATE ledger_period SET closed_before = now() - interval '5 days'",
    "UPDATE stock SET on_hand = 3",
    "UPDATE stock_ledger l SET item_id = (SELECT id FROM item i WHERE i.tenant_id = l.tenant_id)",
    "REFRESH MATERIALIZED VIEW dw.current_stock_mv",
)
"""What the questions need to find something: the same for both."""

OTHER_VALUES = (
    "UPDATE sku SET article = 'KRS-43' WHERE tenant_id = :theirs",
    "UPDATE tenant SET is_demo = true WHERE id = :theirs",
    "UPDATE ingest_run SET finished_at = now() + interval '1 day' WHERE tenant_id = :theirs",
    "UPDATE marketplace_account SET state = CASE tenant_id WHEN :theirs THEN 'off' ELSE 'active' END",
    "INSERT INTO coverage (tenant_id, account_id, source, d, completed_at)"
    " SELECT tenant_id, account_id, source, d - 1, completed_at FROM coverage WHERE tenant_id = :theirs",
    "UPDATE job_checkpoint SET value = '{\"at\": 2}' WHERE tenant_id = :theirs",
    "UPDATE job_checkpoint SET value = '{\"at\": 1}' WHERE tenant_id <> :theirs",  # found second
    "INSERT INTO daily_stock (tenant_id, account_id, d, sku_id, warehouse_id, on_hand, in_transit, src_hash)"
    " SELECT tenant_id, account_id, d + 1, sku_id, warehouse_id, on_hand, in_transit, src_hash"
    " FROM daily_stock WHERE tenant_id = :theirs",
)
"""Where equal values would hide that somebody else's were found."""


@dataclass(frozen=True, slots=True)
class Pair:
    """Whose transaction it is, and the other one."""

    filled: Filled

    @property
    def mine(self) -> int:
        return self.filled.tenants[0]

    @property
    def theirs(self) -> int:
        return self.filled.tenants[1]

    def own(self, table: str, column: str = "id") -> Any:
        return self.filled.rows[self.mine][table][column]

    def other(self, table: str, column: str = "id") -> Any:
        return self.filled.rows[self.theirs][table][column]

    def both(self, table: str) -> list[Any]:
        return [self.own(table), self.other(table)]

    @property
    def d(self) -> date:
        found: date = self.own("daily_stock", "d")
        return found

    @property
    def cost_day(self) -> date:
        found: date = self.own("cost_price_history", "dt_from")
        return found

    def chunk(self, account_id: int) -> SkuChunk:
        return SkuChunk(account_id, sorted(self.both("sku")), whole=False)


NOW = datetime.fromisoformat("2026-11-20T03:00:00+00:00")
LONG_AGO, LATER = NOW - timedelta(days=4000), NOW + timedelta(days=4000)
DAY = timedelta(days=1)

Call = Callable[[TenantTx, Pair], Any]


def key(p: Pair, account_id: int) -> RunKey:
    return RunKey(account_id, p.own("ingest_run", "source"), p.own("ingest_run", "unit"))


def unit(p: Pair) -> Unit:
    return Unit("u", p.d - DAY, p.d + DAY)


PAGE = Page(RequestKey("GET", "ozon", "/x", "{}"), b"{}", "")
A = "marketplace_account"
_LINKED = "UPDATE item_sku SET state = 'confirmed', decided_at = now() WHERE tenant_id = :tenant_id"
_UNKNOWN = "UPDATE buyer_order SET order_id = 'new', sku_id = :sku WHERE tenant_id = :tenant_id"
_CLOSED = "UPDATE ingest_run SET state = 'closed', error = 'x' WHERE tenant_id = :tenant_id"


def _catalogue_row(p: Pair) -> CatalogueRow:
    return CatalogueRow(p.own("sku", "nm_id"), 0, None, None, "NEW", "", ("x",), "b", "c", "t")


def _merged(tx: TenantTx, p: Pair, account_id: int) -> int:
    return catalogue.merge_catalogue(tx, account_id, "WB", [_catalogue_row(p)])


_OWN = "UPDATE warehouse SET marketplace = 'OWN' WHERE tenant_id = :tenant_id"


def _own_place(tx: TenantTx, read: Callable[[], Any]) -> Any:
    """Read where the warehouse is the seller's own."""
    return tx.run(_OWN).rowcount, read()


_EARNED = "UPDATE metrics_daily SET units = 1, currency = :currency WHERE tenant_id = :tenant_id"

READS: Mapping[str, Call] = {
    "abc.article_sums": lambda tx, p: (
        tx.run(_EARNED, currency="RUB").rowcount,
        abc.article_sums(tx, p.d - DAY, p.d + DAY),
    ),
    "abc.other_currencies": lambda tx, p: (
        tx.run(_EARNED, currency="KZT").rowcount,
        abc.other_currencies(tx, p.d - DAY, p.d + DAY),
    ),
    "ageing.list_on_shelf": lambda tx, p: ageing.list_on_shelf(tx),
    "ageing.list_arrivals": lambda tx, p: ageing.list_arrivals(tx, ["x"], "Europe/Moscow"),
    "dw.refreshed_at": lambda tx, p: dw.refreshed_at(tx),
    "dw.list_shelf": lambda tx, p: dw.list_shelf(tx),
    "valuation.list_listings": lambda tx, p: (tx.run(_LINKED).rowcount, valuation.list_listings(tx)),
    "valuation.costs_on": lambda tx, p: valuation.costs_on(tx, date(2100, 1, 1)),
    "valuation.list_at_marketplaces": lambda tx, p: valuation.list_at_marketplaces(tx, p.d),
    "valuation.has_stock_of": lambda tx, p: valuation.has_stock_of(tx, p.d),
    "valuation.list_sku_paces": lambda tx, p: valuation.list_sku_paces(tx, p.d - DAY, p.d),
    "valuation.list_item_paces": lambda tx, p: valuation.list_item_paces(tx, LONG_AGO, ["x"]),
    "valuation.list_shelf_at": lambda tx, p: valuation.list_shelf_at(tx, LATER),
    "accounts.list_accounts": lambda tx, p: accounts.list_accounts(tx),
    "accounts.find_account": lambda tx, p: [accounts.find_account(tx, i) for i in p.both(A)],
    "accounts.is_off": lambda tx, p: (
        accounts.set_state(tx, p.own(A), "off"),
        [accounts.is_off(tx, i) for i in p.both(A)],
    ),
    "accounts.hold_of_seller": lambda tx, p: accounts.hold_of_seller(
        tx, p.other(A, "marketplace"), p.other(A, "seller_key")
    ),
    "audit.list_entries": lambda tx, p: audit.list_entries(tx, 10),
    "audit.count_entries": lambda tx, p: audit.count_entries(tx),
    "audit.list_actors": lambda tx, p: audit.list_actors(tx),
    "catalogue.list_warehouses": lambda tx, p: catalogue.list_warehouses(tx),
    "catalogue.newest_sku": lambda tx, p: catalogue.newest_sku(tx),
    "catalogue.find_sku": lambda tx, p: [catalogue.find_sku(tx, i) for i in p.both("sku")],
    "catalogue.list_skus": lambda tx, p: catalogue.list_skus(tx, 10),
    "catalogue.find_by_article": lambda tx, p: [
        catalogue.find_by_article(tx, said)
        for said in ("krs-42", "krs-43", str(p.other("sku", "nm_id")), "x")
    ],
    "catalogue.nearest_articles": lambda tx, p: catalogue.nearest_articles(tx, "KRS"),
    "checkpoints.get": lambda tx, p: [checkpoints.get(tx, 1, "x")],
    "accrual_types.in_force": lambda tx, p: [accrual_types.in_force(tx, i) for i in p.both(A)],
    "accrual_types.find_type": lambda tx, p: [
        accrual_types.find_type(tx, i, p.own("accrual_type", "type_id")) for i in p.both(A)
    ],
    "closing_figures.month_sums": lambda tx, p: (
        tx.run(
            "UPDATE settlement_line SET period = 'accrual', line = 'sale' WHERE tenant_id = :tenant_id"
        ).rowcount,
        closing_figures.month_sums(tx, p.d - DAY, p.d + DAY),
    ),
    "chunks.plan": lambda tx, p: chunks.plan(tx, 1, []),
    "chunks.next_undone": lambda tx, p: chunks.next_undone(tx, 1),
    "chunks.results": lambda tx, p: (chunks.mark_done(tx, 1, 1, {"y": 2}), chunks.results(tx, 1)),
    "closed_sources.closed_in": lambda tx, p: (
        tx.run(_CLOSED).rowcount,
        [closed_sources.closed_in(tx, i, key(p, i).source, "night") for i in p.both(A)],
    ),
    "closed_sources.list_closed": lambda tx, p: (
        tx.run(_CLOSED).rowcount,
        [closed_sources.list_closed(tx, i) for i in p.both(A)],
    ),
    "ad_figures.ads_sums": lambda tx, p: (
        tx.run(
            "UPDATE settlement_line SET line = 'ads', part = 'non_item:0:41' WHERE tenant_id = :tenant_id"
        ).rowcount,
        tx.run(
            "INSERT INTO coverage (tenant_id, account_id, source, d, completed_at) SELECT tenant_id,"
            " account_id, s, d, completed_at FROM coverage,"
            " unnest(ARRAY['ozon.ad_money', 'ozon.accruals']) s WHERE tenant_id = :tenant_id"
        ).rowcount,
        [ad_figures.ads_sums(tx, i, p.d - DAY, p.d + DAY) for i in p.both(A)],
    ),
    "control_figures.report_sums": lambda tx, p: control_figures.report_sums(tx, p.d - DAY, p.d + DAY),
    "control_figures.raised_by_returns": lambda tx, p: (
        tx.run("UPDATE settlement_line SET part = 'return' WHERE tenant_id = :tenant_id").rowcount,
        [control_figures.raised_by_returns(tx, _report(p, i)) for i in p.both(A)],
    ),
    "control_figures.last_payouts": lambda tx, p: (
        tx.run("UPDATE cashflows SET type = 'payout' WHERE tenant_id = :tenant_id").rowcount,
        control_figures.last_payouts(tx, 9),
    ),
    "balance_figures.day_sums": lambda tx, p: (
        tx.run("UPDATE finance_report SET period = 'accrual' WHERE tenant_id = :tenant_id").rowcount,
        tx.run("UPDATE settlement_line SET period = 'accrual' WHERE tenant_id = :tenant_id").rowcount,
        tx.run(
            "INSERT INTO coverage (tenant_id, account_id, source, d, completed_at) SELECT DISTINCT tenant_id,"
            " account_id, 'ozon.accruals', d_from, now() FROM finance_report WHERE tenant_id = :tenant_id"
            " ON CONFLICT DO NOTHING"
        ).rowcount,
        balance_figures.day_sums(tx, date(2000, 1, 1), date(2100, 1, 1)),
    ),
    "control_figures.last_balances": lambda tx, p: control_figures.last_balances(tx),
    "costs.list_points": lambda tx, p: costs.list_points(tx, p.both("sku")),
    "costs.points_at": lambda tx, p: costs.points_at(tx, p.both("sku"), p.cost_day),
    "costs.valid_on": lambda tx, p: (
        costs.valid_on(tx, p.both("sku"), date(2100, 1, 1)),
        costs.valid_on(tx, [p.other("sku")], date(2100, 1, 1)),
    ),
    "costs.has_cost": lambda tx, p: [costs.has_cost(tx, [i]) for i in p.both("sku")],
    "costs.first_sold": lambda tx, p: [costs.first_sold(tx, [i]) for i in p.both("sku")],
    "costs.find_change": lambda tx, p: [costs.find_change(tx, i) for i in p.both("cost_change")],
    "costs.list_changes": lambda tx, p: costs.list_changes(tx, 10),
    "documents.find_document": lambda tx, p: [documents.find_document(tx, i) for i in p.both("document")],
    "documents.read_document": lambda tx, p: [documents.read_document(tx, i) for i in p.both("document")],
    "documents.list_documents": lambda tx, p: documents.list_documents(tx, 10),
    "freshness.freshness": lambda tx, p: freshness.freshness(tx),
    "freshness.last_day": lambda tx, p: [freshness.last_day(tx, t) for t in ("daily_stock", "metrics_daily")],
    "freshness.unplaced_count": lambda tx, p: freshness.unplaced_count(tx),
    "freshness.skus_without_cost": lambda tx, p: (
        tx.run("DELETE FROM cost_price_history WHERE tenant_id = :tenant_id").rowcount,
        freshness.skus_without_cost(tx),
        freshness.skus_without_cost(tx, p.d),
    ),
    "drafts.find_draft": lambda tx, p: [
        drafts.find_draft(tx, i, lock=lock) for i in p.both("stock_draft") for lock in (False, True)
    ],
    "holds.list_open_holds": lambda tx, p: [
        holds.list_open_holds(tx, 9, item_id=i) for i in (None, *p.both("item"))
    ],
    "holds.find_holds": lambda tx, p: holds.find_holds(tx, p.both("hold")),
    "holds.holds_of_order": lambda tx, p: [holds.holds_of_order(tx, i) for i in p.both("customer_order")],
    "holds.holds_made_by": lambda tx, p: holds.holds_made_by(tx, "x", Reason.TO_MARKETPLACE),
    "holds.count_open_holds": lambda tx, p: holds.count_open_holds(tx),
    "holds.find_orders_named": lambda tx, p: holds.find_orders_named(tx, ["x"]),
    "holds.find_order": lambda tx, p: [holds.find_order(tx, i) for i in p.both("customer_order")],
    "lots.items_with_expiry": lambda tx, p: (
        tx.run("UPDATE lot SET expires_on = CURRENT_DATE WHERE tenant_id = :tenant_id").rowcount,
        lots.items_with_expiry(tx, p.both("item")),
    ),
    "places.find_places": lambda tx, p: _own_place(tx, lambda: places.find_places(tx, ["X"])),
    "places.near_places": lambda tx, p: _own_place(
        tx, lambda: [places.near_places(tx, code, 9) for code in ("x", "")]
    ),
    "places.name_places": lambda tx, p: places.name_places(tx, p.both("location")),
    "stock_documents.find_document": lambda tx, p: [
        stock_documents.find_document(tx, i) for i in p.both("stock_document")
    ],
    "stock_documents.find_document_named": lambda tx, p: stock_documents.find_document_named(
        tx, Reason.TO_MARKETPLACE, "x"
    ),
    "stock_documents.list_documents": lambda tx, p: [
        stock_documents.list_documents(tx, 9, undoable=undoable) for undoable in (False, True)
    ],
    "stock_documents.list_done": lambda tx, p: stock_documents.list_done(tx, p.both("stock_document"), 9),
    "stock_documents.count_done": lambda tx, p: stock_documents.count_done(tx, p.both("stock_document")),
    "stock_documents.list_item_entries": lambda tx, p: [
        stock_documents.list_item_entries(tx, i, 9) for i in p.both("item")
    ],
    "stock_documents.name_balances": lambda tx, p: stock_documents.name_balances(
        tx, dict.fromkeys(p.both("stock"), (1, 0))
    ),
    "stock_documents.balances_now": lambda tx, p: stock_documents.balances_now(tx, p.both("stock")),
    "idempotency.find_answer": lambda tx, p: idempotency.find_answer(tx, "x", "x", LONG_AGO),
    "balances.list_balances": lambda tx, p: [
        balances.list_balances(tx, which, with_empty=True) for which in (p.both("item"), None)
    ],
    "items.find_items_named": lambda tx, p: items.find_items_named(tx, ["x"]),
    "items.item_cards": lambda tx, p: items.item_cards(tx, p.both("item")),
    "items.near_barcodes": lambda tx, p: (
        tx.run("UPDATE item_barcode SET barcode = '4601234567890' WHERE tenant_id = :tenant_id").rowcount,
        items.near_barcodes(tx, "67890", 9),
    ),
    "items.items_of_skus": lambda tx, p: (
        tx.run(
            "UPDATE item_sku SET state = 'confirmed', decided_at = now() WHERE tenant_id = :tenant_id"
        ).rowcount,
        items.items_of_skus(tx, p.both("sku")),
    ),
    "file_documents.find_alike": lambda tx, p: file_documents.find_alike(
        tx, Reason.TO_MARKETPLACE, [Line(item_id=1, location_id=1, lot_id=1, qty=1)], LONG_AGO, "x"
    ),
    "file_documents.list_posted": lambda tx, p: file_documents.list_posted(tx, Reason.TO_MARKETPLACE, ["x"]),
    "listings.count_listings": lambda tx, p: listings.count_listings(tx),
    "listings.list_listings": lambda tx, p: listings.list_listings(tx, "proposed", 9),
    "listings.listings_of_items": lambda tx, p: (
        tx.run(
            "UPDATE item_sku SET state = 'confirmed', decided_at = now() WHERE tenant_id = :tenant_id"
        ).rowcount,
        listings.listings_of_items(tx, p.both("item")),
    ),
    "listings.lock_listing": lambda tx, p: [listings.lock_listing(tx, i) for i in p.both("sku")],
    "listings.list_unknown_accounts": lambda tx, p: (
        tx.run("DELETE FROM item_sku WHERE tenant_id = :tenant_id").rowcount,
        listings.list_unknown_accounts(tx),
    ),
    "listings.list_unknown_cards": lambda tx, p: (
        tx.run("DELETE FROM item_sku WHERE tenant_id = :tenant_id").rowcount,
        [listings.list_unknown_cards(tx, i) for i in p.both(A)],
    ),
    "ledger_proof.find_faults": lambda tx, p: [
        ledger_proof.find_faults(tx, question) for question in ledger_proof.QUESTIONS
    ],
    "ledger_proof.count_before_seals": lambda tx, p: ledger_proof.count_before_seals(tx),
    "ledger_proof.count_entries": lambda tx, p: ledger_proof.count_entries(tx),
    "ledger_proof.last_proof": lambda tx, p: ledger_proof.last_proof(tx),
    "ledger_proof.begun_at": lambda tx, p: ledger_proof.begun_at(tx),
    "ledger_proof.first_unsealed": lambda tx, p: ledger_proof.first_unsealed(tx),
    "metrics_input.chunks": lambda tx, p: [
        metrics_input.chunks(tx, None, 10), metrics_input.chunks(tx, p.both("sku"), 10)
    ],
    "metrics_input.read": lambda tx, p: metrics_input.read(tx, p.chunk(p.own(A)), p.d, p.d),
    "metrics_input.read_advice": lambda tx, p: metrics_input.read_advice(
        tx, p.chunk(p.own(A)), p.d, Policy()
    ),
    "order_book.count_orders": lambda tx, p: order_book.count_orders(tx),
    "order_book.list_orders": lambda tx, p: order_book.list_orders(tx, 9),
    "order_book.find_order": lambda tx, p: [
        *(order_book.find_order(tx, i) for i in p.both("customer_order")),
        order_book.find_order(tx, number="x"),
    ],
    "order_book.list_lines": lambda tx, p: [order_book.list_lines(tx, i) for i in p.both("customer_order")],
    "order_book.list_holds": lambda tx, p: [order_book.list_holds(tx, i) for i in p.both("customer_order")],
    "orders.list_lacking": lambda tx, p: [orders.list_lacking(tx, i) for i in p.both("customer_order")],
    "orders.list_lapsed": lambda tx, p: orders.list_lapsed(tx, LATER, 10),
    "orders.claim_order": lambda tx, p: orders.claim_order(tx, LATER),
    "pnl_figures.line_sums": lambda tx, p: pnl_figures.line_sums(tx, p.d, p.d),
    "pnl_figures.shared_sums": lambda tx, p: pnl_figures.shared_sums(tx, p.d, p.d),
    "pnl_figures.unit_sums": lambda tx, p: pnl_figures.unit_sums(tx, p.d, p.d),
    "pnl_figures.early_sums": lambda tx, p: (
        tx.run("DELETE FROM coverage WHERE tenant_id = :tenant_id").rowcount,
        pnl_figures.early_sums(tx, p.d, p.d),
    ),
    "pnl_figures.metric_sums": lambda tx, p: pnl_figures.metric_sums(tx, p.d, p.d),
    "pnl_figures.days_by_state": lambda tx, p: pnl_figures.days_by_state(tx, p.d - DAY, p.d),
    "pnl_figures.profit_extremes": lambda tx, p: pnl_figures.profit_extremes(tx, p.d, 5, losing=False),
    "program_reads.list_places": lambda tx, p: (
        tx.run("UPDATE warehouse SET marketplace = 'OWN' WHERE tenant_id = :tenant_id"),
        program_reads.list_places(tx, 10),
    )[1],
    "program_reads.list_open_holds": lambda tx, p: [
        program_reads.list_open_holds(tx, None, limit=10),
        program_reads.list_open_holds(tx, p.both("item"), limit=10),
    ],
    "program_reads.list_orders": lambda tx, p: [
        program_reads.list_orders(tx, state, limit=10) for state in (None, "waiting")
    ],
    "reports.find_report": lambda tx, p: [reports.find_report(tx, i) for i in p.both("report")],
    "reports.list_reports": lambda tx, p: reports.list_reports(tx, 10),
    "reports.read_report": lambda tx, p: [reports.read_report(tx, i) for i in p.both("report")],
    "reviews.list_waiting": lambda tx, p: reviews.list_waiting(tx, 10),
    "reviews.count_waiting": lambda tx, p: reviews.count_waiting(tx),
    "reviews.find_review": lambda tx, p: [reviews.find_review(tx, i, "x") for i in p.both(A)],
    "runs.pages_done": lambda tx, p: [runs.pages_done(tx, key(p, i), "night") for i in p.both(A)],
    "runs.read_pages": lambda tx, p: [_pages(tx, i) for i in p.both(A)],
    "runs.is_known": lambda tx, p: [runs.is_known(tx, _told(p, i), unit(p), b"x")
                                    for i in p.both(A)],
    "runs.complete_to": lambda tx, p: [runs.complete_to(tx, i, "wb.finance") for i in p.both(A)],
    "runs.began_with": lambda tx, p: [runs.began_with(tx, i, key(p, i).source, "night")
                                      for i in p.both(A)],
    "runs.finished_runs": lambda tx, p: [runs.finished_runs(tx, i, key(p, i).source) for i in p.both(A)],
    "runs.rows_of": lambda tx, p: [runs.rows_of(tx, i, key(p, i).source, "night")
                                   for i in p.both(A)],
    "runs.rows_before": lambda tx, p: [runs.rows_before(tx, i, key(p, i).source, "t", 9)
                                       for i in p.both(A)],
    "seals.take_foreign": lambda tx, p: seals.take_foreign(tx, "none", 0, 10),
    "seals.count_seals": lambda tx, p: seals.count_seals(tx),
    "postings.list_moved": lambda tx, p: postings.list_moved(tx, p.d - DAY),
    "postings.list_surplus": lambda tx, p: (
        tx.run("UPDATE customer_order SET state = 'cancelled' WHERE tenant_id = :tenant_id").rowcount,
        postings.list_surplus(tx, p.both("customer_order")),
    ),
    "postings.count_unmapped": lambda tx, p: (
        tx.run(_UNKNOWN, sku=p.own("sku")).rowcount,
        postings.count_unmapped(tx, p.d - DAY),
    ),
    "transit.list_supplies": lambda tx, p: transit.list_supplies(tx, 9),
    "transit.count_supplies": lambda tx, p: transit.count_supplies(tx),
    "transit.list_sent_lines": lambda tx, p: transit.list_sent_lines(tx, "WB", "x"),
    "transit.list_on_the_way": lambda tx, p: transit.list_on_the_way(tx, p.both("item")),
    "transit.list_gap_news": lambda tx, p: transit.list_gap_news(tx, p.d),
    "transit.has_items": lambda tx, p: transit.has_items(tx),
    "transit.advice_parts": lambda tx, p: (
        tx.run(_LINKED).rowcount,
        transit.advice_parts(tx, p.d, 14, p.both("sku"), p.d),
    ),
    "shelf.list_page": lambda tx, p: shelf.list_page(tx, 10),
    "shelf.find_items": lambda tx, p: shelf.find_items(tx, "x", 10),
    "shelf.place_named": lambda tx, p: (
        tx.run("UPDATE warehouse SET marketplace = 'OWN' WHERE tenant_id = :tenant_id"),
        shelf.place_named(tx, "unknown", "x"),
    )[1],
    "shelf.list_items_there": lambda tx, p: shelf.list_items_there(tx, p.both("item")),
    "shelf.list_as_of_posted": lambda tx, p: shelf.list_as_of_posted(tx, p.both("item"), LATER),
    "shelf.list_as_of_occurred": lambda tx, p: shelf.list_as_of_occurred(tx, p.both("item"), LATER),
    "shared_costs.span": lambda tx, p: [shared_costs.span(tx, i) for i in p.both(A)],
    "shared_costs.read_costs": lambda tx, p: [shared_costs.read_costs(tx, i, p.d, p.d) for i in p.both(A)],
    "sku_identity.names_of": lambda tx, p: [sku_identity.names_of(tx, i, 1) for i in p.both(A)],
    "stock_figures.stock_page": lambda tx, p: [
        stock_figures.stock_page(tx, p.d, None, 9, 0), stock_figures.stock_page(tx, p.d, p.both("sku"), 9, 0)
    ],
    "stock_figures.stock_totals": lambda tx, p: stock_figures.stock_totals(tx, p.d, p.both("sku")),
    "stock_figures.stock_places": lambda tx, p: stock_figures.stock_places(tx, p.d, p.both("sku")),
    "stock_figures.advice_page": lambda tx, p: stock_figures.advice_page(tx, p.d, 14, 9, 0),
    "stock_figures.advice_totals": lambda tx, p: stock_figures.advice_totals(tx, p.d, 14),
    "stock_figures.advice_places": lambda tx, p: stock_figures.advice_places(tx, p.d, 14, p.both("sku")),
    "tenants.own_tenant": lambda tx, p: tenants.own_tenant(tx),
    "refusals.last_refused": lambda tx, p: (
        tx.run(
            "UPDATE ingest_run SET state = 'failed', finished_at = CAST(:now AS timestamptz),"
            " counts = '{\"refused\": {\"d_from\": \"2000-01-01\", \"d_to\": \"2000-01-01\", \"rows\": 1}}'"
            " WHERE tenant_id = :tenant_id", now=NOW
        ).rowcount,
        [refusals.last_refused(tx, key(p, i), Unit("now", p.d, p.d), LONG_AGO, LATER) for i in p.both(A)],
    ),
    "refusals.rows_seen_before": lambda tx, p: (
        tx.run("UPDATE coverage SET rows = 5 WHERE tenant_id = :tenant_id").rowcount,
        [refusals.rows_seen_before(tx, RunKey(i, "wb.finance", "u"), date(2100, 1, 1)) for i in p.both(A)],
    ),
    "unknown_values.has_open": lambda tx, p: [unknown_values.has_open(tx, _word(p, i)) for i in p.both(A)],
    "unknown_values.list_open": lambda tx, p: unknown_values.list_open(tx),
    "unknown_values.list_untold": lambda tx, p: unknown_values.list_untold(tx),
    "workload.listed": lambda tx, p: [workload.listed(tx, i) for i in p.both(A)],
    "workload.done_units": lambda tx, p: [workload.done_units(tx, i, "night") for i in p.both(A)],
    "workload.has_history": lambda tx, p: [workload.has_history(tx, i, date(2100, 1, 1)) for i in p.both(A)],
    "workload.unfinished": lambda tx, p: (
        tx.run("UPDATE ingest_run SET state = 'running' WHERE tenant_id = :tenant_id").rowcount,
        workload.unfinished(tx, "night", LONG_AGO),
    ),
    "vitals.covered": lambda tx, p: vitals.covered(tx),
}  # fmt: skip
"""Each must find something, or it shows nothing."""


def _pages(tx: TenantTx, account_id: int) -> list[Page]:
    try:
        return runs.read_pages(tx, account_id, [runs.KeptPage("aa", RequestKey("GET", "h", "/", ""))])
    except KeyError:
        return []


def _report(p: Pair, account_id: int) -> control_figures.ReportSums:
    found = {name: p.own("settlement_line", name) for name in ("period", "report_id", "currency")}
    money = dict.fromkeys(
        ("for_pay", "services", "additional", "loyalty", "schedule", "payout", "booked", "booked_for_pay"),
        Decimal(0),
    )
    return control_figures.ReportSums(
        account_id=account_id, d_from=p.d, d_to=p.d, rows=1, **{**money, **found, "currency": "RUB"}
    )


def _told(p: Pair, account_id: int) -> RunKey:
    return RunKey(account_id, p.own("source_unit", "source"), p.own("source_unit", "unit"))


def _word(p: Pair, account_id: int) -> RunKey:
    return RunKey(account_id, p.own("unknown_value", "source"), "")


def each(table: str, write: Callable[[TenantTx, Pair, int], Any]) -> Call:
    """The write on the other's row and on the own one."""
    return lambda tx, p: [write(tx, p, number) for number in (p.other(table), p.own(table))]


OLD = ledger_import.OldEntry(
    reason="RECEIPT", ref="old", ref_line=1, article="x", place="x", lot="x", expires_on=None, delta=1,
    occurred_at=NOW,
)  # fmt: skip


def _shelved(item_id: int, location_id: int) -> Line:
    return Line(item_id=item_id, location_id=location_id, qty=1, ref_line=1)


SEALED = Sealed("k2", b"n", b"c")
TOKEN = accounts.Token(tail="wxyz", kind="", scopes=(), expires_at=None, sealed=SEALED)
ACCESS = AccessRow(NOW, ("Admin",), (), '{"name": "n"}')
RENAMED = CatalogueRow(None, None, 1, 9, "NEW", "", (), "", "", "")
FILE = reports.ReportFile(name="n", media_type="m", content=b"c")

WRITES: Mapping[str, Call] = {
    "accounts.set_state": each(A, lambda tx, p, i: accounts.set_state(tx, i, "refused")),
    "accounts.mark_token": each(A, lambda tx, p, i: accounts.mark_token(tx, i, "refused")),
    "accounts.put_account": lambda tx, p: accounts.put_account(
        tx, marketplace=p.other(A, "marketplace"), seller_key=p.other(A, "seller_key"), name="n", token=TOKEN
    ),
    "accounts.keep_info": each(A, lambda tx, p, i: accounts.keep_info(tx, i, {"name": "N"})),
    "accounts.rename": each(A, lambda tx, p, i: accounts.rename(tx, i, "n")),
    "audit.append_audit": lambda tx, p: audit.append_audit(tx, "x", "x", tenant_id=p.theirs),
    "catalogue.merge_catalogue": lambda tx, p: _merged(tx, p, p.own(A)),
    "catalogue.set_commission_rules": lambda tx, p: catalogue.set_commission_rules(
        tx, p.own(A), "WB", [CommissionRow(p.d, '{"y": 1}')]
    ),
    "catalogue.set_clusters": lambda tx, p: catalogue.set_clusters(
        tx, p.own("warehouse", "marketplace"), [ClusterRow("unknown", "N", 4007, "K")]
    ),
    "catalogue.restate_first_sales": each(A, lambda tx, p, i: catalogue.restate_first_sales(tx, i)),
    "catalogue.ensure_sku": lambda tx, p: catalogue.ensure_sku(tx, p.own(A), "WB", nm_id=77),
    "catalogue.ensure_warehouse": lambda tx, p: [
        catalogue.ensure_warehouse(tx, "WB", code) for code in ("unknown", "new")
    ],
    "catalogue.name_warehouse": each("warehouse", lambda tx, p, i: catalogue.name_warehouse(tx, i, "N")),
    "checkpoints.put": lambda tx, p: checkpoints.put(tx, 1, "x", {"at": 9}),
    "chunks.plan": lambda tx, p: chunks.plan(tx, 2, [{"a": 1}]),
    "chunks.mark_done": lambda tx, p: chunks.mark_done(tx, 1, 1, {"z": 1}),
    "costs.set_points": lambda tx, p: costs.set_points(
        tx, p.cost_day, {p.own("sku"): Decimal(9)}
    ),
    "costs.clear_stale": lambda tx, p: costs.clear_stale(tx, p.both("sku"), date(2000, 1, 1)),
    "costs.note_change": lambda tx, p: costs.note_change(tx, "x", p.d, Decimal(1), {}, NOW),
    "costs.mark_undone": each("cost_change", lambda tx, p, i: costs.mark_undone(tx, i, NOW)),
    "documents.keep_document": lambda tx, p: documents.keep_document(tx, "n", b"new", NOW),
    "documents.set_kind": each("document", lambda tx, p, i: documents.set_kind(tx, i, "k")),
    "drafts.keep_draft": lambda tx, p: drafts.keep_draft(tx, "x", {}, {}, NOW),
    "drafts.close_draft": each("stock_draft", lambda tx, p, i: drafts.close_draft(tx, i, "dropped")),
    "drafts.forget_drafts": lambda tx, p: drafts.forget_drafts(tx, LATER),
    "lots.ensure_lots": lambda tx, p: lots.ensure_lots(tx, [(i, p.d) for i in p.both("item")]),
    "places.ensure_places": lambda tx, p: _own_place(tx, lambda: places.ensure_places(tx, ["new"])),
    "idempotency.take_key": lambda tx, p: idempotency.take_key(tx, "x", "x", b"h", LATER, LATER),
    "idempotency.keep_response": lambda tx, p: idempotency.keep_response(tx, "x", "x", {"y": 1}),
    "idempotency.forget_expired": lambda tx, p: idempotency.forget_expired(tx, LATER),
    "items.make_items": lambda tx, p: items.make_items(
        tx, [items.NewItem(article=article, barcodes=("new",)) for article in ("x", "new")]
    ),
    "items.give_barcodes": lambda tx, p: items.give_barcodes(tx, [(p.own("item"), "new")]),
    "listings.propose_links": lambda tx, p: (
        tx.run("DELETE FROM item_sku WHERE tenant_id = :tenant_id").rowcount,
        tx.run("UPDATE sku SET article = 'x' WHERE tenant_id = :tenant_id").rowcount,
        listings.propose_links(tx),
    ),
    "listings.decide": lambda tx, p: listings.decide(tx, [(p.own("sku"), p.own("item"))], "confirmed", NOW),
    "listings.confirm_sure": lambda tx, p: (
        tx.run("UPDATE item_sku SET is_sure = true WHERE tenant_id = :tenant_id").rowcount,
        listings.confirm_sure(tx, NOW),
    ),
    "listings.take_barcodes": each("sku", lambda tx, p, i: listings.take_barcodes(tx, i)),
    "ledger.post": lambda tx, p: [
        ledger.post(tx, StockDocument(reason=reason, ref="new"), [line], p.d)
        for reason in (Reason.OUTBOUND, Reason.RECEIPT)
        for line in (
            [_shelved(p.other("item"), p.other("location")), _shelved(p.own("item"), p.own("location"))]
            if reason is Reason.OUTBOUND
            else [_shelved(p.own("item"), p.own("location"))]
        )
    ],
    "ledger_import.take_over": lambda tx, p: ledger_import.take_over(tx, b"h", "x", [OLD]),
    "ledger_proof.close_period": lambda tx, p: ledger_proof.close_period(tx, NOW, "x"),
    "ledger_proof.open_period": lambda tx, p: ledger_proof.open_period(tx, LONG_AGO, "x"),
    "ledger_proof.note_proof": lambda tx, p: ledger_proof.note_proof(tx, 7, []),
    "ledger_proof.rebuild": lambda tx, p: ledger_proof.rebuild(tx),
    "ledger_proof.seal": lambda tx, p: ledger_proof.seal(tx, LATER.date()),
    "order_book.settle": lambda tx, p: order_book.settle(tx),
    "order_book.set_state": each(
        "customer_order", lambda tx, p, i: order_book.set_state(tx, i, "paused", LATER)
    ),
    "postings.take_postings": lambda tx, p: (
        tx.run(_LINKED),
        tx.run(_UNKNOWN, sku=p.own("sku")),
        postings.take_postings(tx, p.d - DAY, NOW),
    ),
    "postings.retell_orders": lambda tx, p: postings.retell_orders(
        tx, p.both("customer_order"), p.d - DAY, NOW
    ),
    "transit.note_gaps": lambda tx, p: (
        tx.run("UPDATE supply SET status = 'accepted' WHERE tenant_id = :tenant_id"),
        transit.note_gaps(tx, p.d),
    ),
    "orders.mark_order": each("customer_order", lambda tx, p, i: orders.mark_order(tx, i, "partial", LATER)),
    "orders.reopen_orders": lambda tx, p: (
        orders.mark_order(tx, p.own("customer_order"), "allocated", LATER),
        orders.reopen_orders(tx, p.both("customer_order"), NOW),
    ),
    "reports.ask_report": lambda tx, p: reports.ask_report(tx, "k", {}, NOW),
    "reports.finish_report": lambda tx, p: (
        tx.run("UPDATE report SET state = 'asked', content = NULL WHERE tenant_id = :tenant_id").rowcount,
        [reports.finish_report(tx, i, FILE, NOW, None) for i in p.both("report")],
    ),
    "reports.fail_report": lambda tx, p: (
        tx.run("UPDATE report SET state = 'asked', content = NULL WHERE tenant_id = :tenant_id").rowcount,
        [reports.fail_report(tx, i, "нет", NOW) for i in p.both("report")],
    ),
    "reviews.mark_answered": each(A, lambda tx, p, i: reviews.mark_answered(tx, i, "x", "y")),
    "accrual_types.choose_line": each(A, lambda tx, p, i: accrual_types.choose_line(
        tx, i, AccrualType(p.own("accrual_type", "type_id"), p.own("accrual_type", "name"), ""), PnlLine.ADS
    )),
    "runs.open_run": lambda tx, p: [
        runs.open_run(tx, key(p, p.own(A)), by, NOW, NOW) for by in ("night", "t")
    ],
    "runs.keep_page": each("ingest_run", lambda tx, p, i: runs.keep_page(
        tx, key(p, p.own(A)), i, PAGE, NOW)),
    "runs.finish_run": each("ingest_run", lambda tx, p, i: runs.finish_run(
        tx, _told(p, p.own(A)), i, b"d", {}, NOW, "t")),
    "accounts.keep_access": each(A, lambda tx, p, i: accounts.keep_access(tx, i, ACCESS)),
    "sku_identity.note_names": lambda tx, p: sku_identity.note_names(tx, p.own(A), [RENAMED], p.d + DAY),
    "closed_sources.close_run": each(
        "ingest_run", lambda tx, p, i: closed_sources.close_run(tx, i, "нет", NOW, "t")
    ),
    "runs.fail_run": each("ingest_run", lambda tx, p, i: runs.fail_run(tx, i, "нет", NOW, resumable=False)),
    "runs.cover": lambda tx, p: runs.cover(tx, key(p, p.own(A)), unit(p), {p.d: 3}, NOW),
    "runs.keep_unplaced": each(A, lambda tx, p, i: runs.keep_unplaced(
        tx, RunKey(i, p.own("unplaced_row", "source"), "u"), [], unit(p), replaces=True)),
    "refusals.note_refused": each("ingest_run", lambda tx, p, i: refusals.note_refused(tx, i, {"x": 1})),
    "unknown_values.restate": each(A, lambda tx, p, i: unknown_values.restate(tx, _word(p, i), NOW)),
    "unknown_values.mark_told": each("unknown_value", lambda tx, p, i: unknown_values.mark_told(tx, [i])),
    "runs.restate_settled": each(A, lambda tx, p, i: runs.restate_settled(tx, i, unit(p))),
    "seals.put_seal": each(A, lambda tx, p, i: seals.put_seal(tx, i, SEALED)),
    "shared_costs.mark_stale": lambda tx, p: shared_costs.mark_stale(tx, p.d),
    "shared_costs.take_stale": lambda tx, p: (
        tx.run("UPDATE recalc_pending SET sku_id = 0 WHERE tenant_id = :tenant_id").rowcount,
        shared_costs.take_stale(tx),
    ),
    "upkeep.delete_tenants_outlived": lambda tx, p: [
        upkeep.delete_tenants_outlived(tx, what, month=LATER, now=LATER) for what in upkeep.TENANTS_OUTLIVED
    ],
}  # fmt: skip
"""Each must change something of the own tenant's, and nothing of the other's."""

ELSEWHERE: Mapping[str, str] = {
    "postings.lock_orders": "locks the rows of orders; writes nothing",
    "orders.lock_order": "takes a lock named by the tenant and the order; reads and writes nothing",
    "fact_stage.stage_facts": "fills its own temporary table; what is made of it, as below",
    "sku_refs.resolve": "works on staged rows: a whole night with the wall open, test_two_locks.py",
}
"""Function → where it is shown instead."""
