"""What costs of a whole cabinet are divided by, in kopecks, and which days are to be divided anew.

Stale days stand in ``recalc_pending`` under SKU 0, which no real one has.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, NamedTuple

from app.db.session import TenantTx
from app.domain.finance.sharing import NOBODY, Charge, Deduction

LOOKED_BACK = timedelta(days=62)
"""A document is deducted weeks after its first charge, and parts of one may stand in two reports."""

BY_CLICK = ":(41|75)$"
"""Parts of Ozon's accruals (types 41 PayPerClick, 75 Stencil) that stand on no SKU, and that statistics of
advertising tell by SKU. Pay per order comes with its SKU, banners are of none."""

DayMoney = tuple[date, str]
"""A day and a currency."""


class Deducted(NamedTuple):
    """A deduction for advertising and where it is booked."""

    sku_id: int
    currency: str
    deduction: Deduction


@dataclass(frozen=True, slots=True, kw_only=True)
class CabinetCosts:
    """Of some days of one cabinet. ``spent``: kopecks by campaign; ``weights``: of its cards on a day;
    ``shelf``: pieces sold on a day by SKU of each card; ``charges`` and ``deducted`` reach further back,
    and are those in rubles; ``clicks``: advertising by the click that Ozon booked on no SKU, signed;
    ``lumps``: storage of no SKU, signed; ``stored``: storage cost by SKU."""

    spent: Mapping[DayMoney, Mapping[int, int]]
    weights: Mapping[tuple[date, int], Mapping[int, int]]
    shelf: Mapping[date, Mapping[int, Mapping[int, int]]]
    charges: Mapping[str, list[Charge]]
    deducted: list[Deducted]
    clicks: Mapping[DayMoney, int]
    lumps: Mapping[DayMoney, int]
    stored: Mapping[DayMoney, Mapping[int, int]]


def mark_stale(tx: TenantTx, since: date) -> None:
    """What is divided of the days from ``since`` on is to be divided anew."""
    tx.run(
        "INSERT INTO recalc_pending AS p (tenant_id, sku_id, d_from) VALUES (:tenant_id, :nobody, :since) "
        "ON CONFLICT (tenant_id, sku_id) DO UPDATE SET d_from = excluded.d_from "
        "WHERE p.d_from > excluded.d_from",
        nobody=NOBODY,
        since=since,
    )


def take_stale(tx: TenantTx) -> date | None:
    """The first day to divide anew, said once; None where nothing is to be."""
    found: date | None = tx.run(
        "DELETE FROM recalc_pending WHERE tenant_id = :tenant_id AND sku_id = :nobody RETURNING d_from",
        nobody=NOBODY,
    ).scalar()
    return found


def span(tx: TenantTx, account_id: int) -> tuple[date, date] | None:
    """The first and last day on which a cabinet has anything to divide, or had."""
    row = tx.run(
        "SELECT min(first) AS first, max(last) AS last FROM ("
        "SELECT min(d) AS first, max(d) AS last FROM ad_charge"
        " WHERE tenant_id = :tenant_id AND account_id = :account_id "
        "UNION ALL SELECT min(d), max(d) FROM ad_stat_daily"
        " WHERE tenant_id = :tenant_id AND account_id = :account_id "
        "UNION ALL SELECT min(d), max(d) FROM storage_cost_daily"
        " WHERE tenant_id = :tenant_id AND account_id = :account_id "
        "UNION ALL SELECT min(d), max(d) FROM shared_cost_daily"
        " WHERE tenant_id = :tenant_id AND account_id = :account_id) s",
        account_id=account_id,
    ).one()
    # A document may be deducted after the last charge that anybody heard of.
    return (row.first, row.last + LOOKED_BACK) if row.first else None


def read_costs(tx: TenantTx, account_id: int, d_from: date, d_to: date) -> CabinetCosts:
    """Everything that dividing the days ``d_from..d_to`` needs."""
    days = {"account_id": account_id, "d_from": d_from, "d_to": d_to}
    long_ago = {**days, "d_from": d_from - LOOKED_BACK}
    weights = _weights(tx, days)
    return CabinetCosts(
        spent=_spent(tx, days),
        weights=weights,
        shelf=_shelf(tx, days, sorted({card for cards in weights.values() for card in cards})),
        charges=_charges(tx, long_ago),
        deducted=_deducted(tx, long_ago),
        clicks=_lumps(tx, days, f"line = 'ads' AND part ~ '{BY_CLICK}'"),
        lumps=_lumps(tx, days, "line = 'storage'"),
        stored=_stored(tx, days),
    )


def _lumps(tx: TenantTx, days: dict[str, object], which: str) -> dict[DayMoney, int]:
    """What of these settlement lines (SQL) stands on no SKU."""
    rows = tx.run(
        "SELECT d, currency, sum(amount) * 100 AS kopecks FROM settlement_line"
        " WHERE tenant_id = :tenant_id AND account_id = :account_id AND d BETWEEN :d_from AND :d_to"
        f" AND {which} AND sku_id IS NULL GROUP BY d, currency",
        **days,
    )
    return {(row.d, row.currency): int(row.kopecks) for row in rows}


def _spent(tx: TenantTx, days: dict[str, object]) -> dict[DayMoney, dict[int, int]]:
    """Money only: what was paid with bonuses and cashback is Wildberries' own."""
    rows = tx.run(
        "SELECT d, currency, campaign_id, sum(amount) * 100 AS kopecks FROM ad_charge"
        " WHERE tenant_id = :tenant_id AND account_id = :account_id AND d BETWEEN :d_from AND :d_to"
        " AND paid_from NOT IN ('bonus', 'cashback') GROUP BY d, currency, campaign_id"
        " ORDER BY d, currency, campaign_id",
        **days,
    )
    return _nested(rows)


def _weights(tx: TenantTx, days: dict[str, object]) -> dict[tuple[date, int], dict[int, int]]:
    rows = tx.run(
        "SELECT d, campaign_id, card_id, sum(spend) * 100 AS kopecks FROM ad_stat_daily"
        " WHERE tenant_id = :tenant_id AND account_id = :account_id AND d BETWEEN :d_from AND :d_to"
        " AND spend > 0 GROUP BY d, campaign_id, card_id ORDER BY d, campaign_id, card_id",
        **days,
    )
    return _nested(rows)


def _shelf(tx: TenantTx, days: dict[str, object], cards: list[int]) -> dict[date, dict[int, dict[int, int]]]:
    """On every day that has an advertised sale; under ``date.min`` the shelf of any other day.

    The SKU of unknown size is no size of a card that has some: any report may make one, at any time, and
    it bears nothing but what was sold as it. The order is the marketplace's: who bears the odd kopeck must
    not depend on who was heard of first.
    """
    sizes: dict[int, dict[int, int]] = defaultdict(dict)
    rows = tx.run(
        "SELECT id, coalesce(nm_id, ozon_id) AS card, chrt_id FROM sku WHERE tenant_id = :tenant_id"
        " AND account_id = :account_id AND (nm_id = ANY(:cards) OR ozon_id = ANY(:cards))"
        " ORDER BY card, chrt_id DESC",
        account_id=days["account_id"],
        cards=cards,
    )
    card_of = {}
    for row in rows:
        card_of[row.id] = row.card
        if row.chrt_id or row.card not in sizes:
            sizes[row.card][row.id] = 0
    found: dict[date, dict[int, dict[int, int]]] = {date.min: sizes}
    sold = tx.run(
        "SELECT d, sku_id, sum(qty) AS pieces FROM daily_sales WHERE tenant_id = :tenant_id"
        " AND account_id = :account_id AND d BETWEEN :d_from AND :d_to AND sku_id = ANY(:skus)"
        " GROUP BY d, sku_id HAVING sum(qty) > 0",
        skus=list(card_of),
        **days,
    )
    for row in sold:
        if row.d not in found:
            found[row.d] = {card: dict(each) for card, each in sizes.items()}
        found[row.d][card_of[row.sku_id]][row.sku_id] = int(row.pieces)
    return found


def _charges(tx: TenantTx, days: dict[str, object]) -> dict[str, list[Charge]]:
    """By currency, what was taken from the balance: a report's deduction repeats that, and only that. A
    kind of payment that is not known is taken for it: money counted once too often is the worse error."""
    found: dict[str, list[Charge]] = defaultdict(list)
    rows = tx.run(
        "SELECT d, currency, document, sum(amount) * 100 AS kopecks FROM ad_charge"
        " WHERE tenant_id = :tenant_id AND account_id = :account_id AND d BETWEEN :d_from AND :d_to"
        " AND paid_from IN ('balance', 'unknown') GROUP BY d, currency, document ORDER BY d, document",
        **days,
    )
    for row in rows:
        found[row.currency].append(Charge(row.d, row.document, int(row.kopecks)))
    return found


def _deducted(tx: TenantTx, days: dict[str, object]) -> list[Deducted]:
    rows = tx.run(
        "SELECT d, currency, coalesce(sku_id, 0) AS sku_id, -amount * 100 AS kopecks,"
        " coalesce(substring(operation FROM '№\\s*([0-9]+)'), '') AS document FROM settlement_line"
        " WHERE tenant_id = :tenant_id AND account_id = :account_id AND d BETWEEN :d_from AND :d_to"
        " AND line = 'ads' AND part = 'deduction' ORDER BY d, report_id, row_id",
        **days,
    )
    return [
        Deducted(row.sku_id, row.currency, Deduction(row.d, row.document, int(row.kopecks))) for row in rows
    ]


def _stored(tx: TenantTx, days: dict[str, object]) -> dict[DayMoney, dict[int, int]]:
    rows = tx.run(
        "SELECT s.d, s.currency, s.sku_id, sum(s.cost) * 100 AS kopecks FROM storage_cost_daily s"
        " LEFT JOIN sku k ON k.tenant_id = :tenant_id AND k.id = s.sku_id"
        " WHERE s.tenant_id = :tenant_id AND s.account_id = :account_id AND s.d BETWEEN :d_from AND :d_to"
        " GROUP BY s.d, s.currency, s.sku_id, k.nm_id, k.chrt_id, k.ozon_id HAVING sum(s.cost) > 0"
        " ORDER BY s.d, s.currency, k.nm_id, k.chrt_id, k.ozon_id",
        **days,
    )
    return _nested(rows)


def _nested(rows: Iterable[Any]) -> dict[Any, dict[int, int]]:
    """Rows of (a, b, c, kopecks) as ``found[a, b][c]``, in the order they came."""
    found: dict[Any, dict[int, int]] = defaultdict(dict)
    for first, second, third, kopecks in rows:
        found[first, second][third] = int(kopecks)
    return found
