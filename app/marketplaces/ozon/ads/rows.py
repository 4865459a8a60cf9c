"""Advertising as plain rows.

The money of the P&L is the accruals': Ozon books every click there, once (facts/ozon.md trap 14). What is
told here says by which goods that money is to be divided, and is what the accruals are checked against.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import date
from decimal import Decimal
from typing import Any

from app.marketplaces.ozon.ads.reports import by_sku_rows, report_rows
from app.marketplaces.ozon.ads.wire import Campaign, Expense, SkuDay
from app.marketplaces.rows import AdChargeRow, AdStatRow, CampaignRow
from app.marketplaces.source import Normalised, Page, Unplaced
from app.marketplaces.unplaced import set_aside, set_cost_aside
from app.marketplaces.wire import ZERO, parse_json, parse_rows, payload, read_rows

CAMPAIGNS, EXPENSE = "ozon.ads.campaigns", "ozon.ads.expense"
STATE = "CAMPAIGN_STATE_"
BY_CLICK = "SKU"

Refuse = Callable[[Any, str], None]


def read_campaigns(body: bytes, refuse: Refuse) -> list[Campaign]:
    """Campaigns of a page. Ozon's own example has one campaign in place of the list."""
    told = parse_json(body, CAMPAIGNS)
    listed = told.get("list") if isinstance(told, dict) else None
    rows = [listed] if isinstance(listed, dict) else parse_rows(body, CAMPAIGNS, "list")
    return [campaign for _, campaign in read_rows(rows, Campaign, refuse)]


def read_expense(body: bytes, refuse: Refuse) -> Iterator[tuple[Any, Expense]]:
    """What campaigns spent."""
    return read_rows(parse_rows(body, EXPENSE, "rows"), Expense, refuse)


def normalise_ads(pages: Sequence[Page], day: date | None) -> Normalised:
    """Campaigns, and statistics by SKU. ``day``: the only day that was asked about, for reports that leave
    it out.

    A day of a campaign by the click that cost something and is told by no SKU stands under SKU 0 with what
    it cost: what is divided by these weights must not go to the others instead.
    """
    out = Normalised()
    campaigns: dict[int, Campaign] = {}
    spent: dict[tuple[date, int], Decimal] = defaultdict(Decimal)

    def refuse(kind: str, *key: str, amount: str) -> Refuse:
        def aside(raw: Any, reason: str) -> None:
            told = set_aside(raw, reason, *key, amount=amount)
            out.unplaced.append(told._replace(row_key=f"{kind}:{told.row_key}"))

        return aside

    stats: list[Any] = []
    told = {(page.key.path, page.key.params): page.body for page in pages if not page.is_receipt}
    for (path, _), body in told.items():
        if path.endswith("/campaign"):
            # A campaign is no money: what cannot be read of it is kept with none.
            read = read_campaigns(body, refuse("campaign", "id", amount=""))
            campaigns |= {each.campaign_id: each for each in read}
        elif path.endswith("/expense/json"):
            for _, each in read_expense(body, lambda _raw, _reason: None):
                spent[each.d, each.campaign_id] += each.money
        elif path.endswith("/products/sku"):
            stats += by_sku_rows(body)
        elif path.endswith("/report"):
            stats += report_rows(body)
    out.campaigns += [_campaign(each) for each in campaigns.values()]
    left_out = {"d": day.isoformat()} if day else {}
    dated = (left_out | row if isinstance(row, dict) else row for row in stats)
    out.ad_stats += _stats(dated, refuse("stat", "campaign_id", "d", "sku", amount="spend"))
    by_goods = {(row.d, row.campaign_id) for row in out.ad_stats}
    out.ad_stats += [
        AdStatRow(d, campaign, 0, "RUB", 0, 0, 0, 0, 0, money, ZERO)
        for (d, campaign), money in spent.items()
        if money > 0 and (d, campaign) not in by_goods and is_by_click(campaigns.get(campaign))
    ]
    return out


def is_by_click(campaign: Campaign | None) -> bool:
    """Is it of those that statistics by SKU speak of? One that is not listed may be. Pay per order is told
    by the accruals themselves SKU by SKU, banners are of no SKU."""
    return campaign is None or campaign.kind in ("", BY_CLICK)


def _campaign(each: Campaign) -> CampaignRow:
    return CampaignRow(
        campaign_id=each.campaign_id,
        name=each.title,
        kind=each.kind,
        status=each.state.removeprefix(STATE).lower(),
        changed_at=each.updated,
    )


def _stats(rows: Iterable[Any], refuse: Refuse) -> Iterator[AdStatRow]:
    """One row a SKU and day: a report tells a SKU once for every kind of page it was shown on, the facts
    add those up."""
    for _, row in read_rows(rows, SkuDay, refuse):
        yield AdStatRow(
            d=row.d,
            campaign_id=row.campaign_id,
            card_id=row.sku,
            currency="RUB",
            views=row.views,
            clicks=row.clicks,
            carts=row.carts,
            orders=row.orders,
            pieces=row.orders,
            spend=row.spend,
            revenue=row.revenue,
        )


def normalise_expense(bodies: Sequence[bytes]) -> Normalised:
    """What was taken, by campaign, day and where from; of what Ozon calls spent, bonuses are a part."""
    out = Normalised()
    sums: dict[tuple[date, int, str], Decimal] = defaultdict(Decimal)

    def refuse(raw: Any, reason: str) -> None:
        told = set_cost_aside(raw, reason, "date", "id", amount="moneySpent", day="date")
        out.unplaced.append(told)

    for body in bodies:
        for raw, row in read_expense(body, refuse):
            if row.bonus < 0 or row.prepayment < 0 or row.bonus + row.prepayment > max(row.money, ZERO):
                reason = "бонусы и предоплата не умещаются в расход"
                key = f"{row.d}:{row.campaign_id}:parts"
                out.unplaced.append(Unplaced(key, reason, payload(raw), None, "RUB", row.d))
                parts = {"balance": row.money}
            else:
                parts = {
                    "balance": row.money - row.bonus - row.prepayment,
                    "account": row.prepayment,
                    "bonus": row.bonus,
                }
            for paid_from, amount in parts.items():
                sums[row.d, row.campaign_id, paid_from] += amount
    out.ad_charges += [
        AdChargeRow(d, f"{campaign}:{paid_from}", campaign, amount, "RUB", paid_from, "", None)
        for (d, campaign, paid_from), amount in sums.items()
        if amount
    ]
    return out
