"""Advertising as plain rows. Money is what upd says; fullstats says by which cards it is to be divided."""

import hashlib
from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from app.marketplaces.rows import AdChargeRow, AdStatRow, CampaignRow
from app.marketplaces.source import Normalised, Page, Unplaced
from app.marketplaces.unplaced import set_aside, set_cost_aside
from app.marketplaces.wb.ads.wire import Advert, Charge, Group, NmStats, Stats
from app.marketplaces.wb.money.operations import plain
from app.marketplaces.wb.normalize import MOSCOW
from app.marketplaces.wire import ZERO, parse_rows, payload, read_rows

STATUSES: Mapping[int, str] = {
    -1: "deleted", 4: "ready", 7: "ended", 8: "declined", 9: "active", 11: "paused",
}  # fmt: skip
"""advertStatus → ours; another number is kept as it is."""

PAID_FROM: Mapping[str, str] = {
    "баланс": "balance", "счет": "account", "счёт": "account", "бонусы": "bonus", "кэшбэк": "cashback",
}  # fmt: skip


def normalise_campaigns(pages: Sequence[Page]) -> Normalised:
    """Campaigns by promotion/count, with names where advert/v2/adverts told them."""
    out = Normalised()
    named: dict[int, Advert] = {}
    groups: list[Group] = []

    def refuse(raw: Any, reason: str) -> None:
        out.unplaced.append(Unplaced("campaign", reason, payload(raw), None, "", None))

    for page in pages:
        if page.key.path.endswith("/count"):
            groups += [
                g for _, g in read_rows(parse_rows(page.body, "wb.campaigns", "adverts"), Group, refuse)
            ]
        elif page.key.path.endswith("/adverts"):
            rows = read_rows(parse_rows(page.body, "wb.adverts", "adverts"), Advert, refuse)
            named |= {advert.campaign_id: advert for _, advert in rows}
    for group in groups:
        for listed in group.campaigns or ():
            advert = named.get(listed.campaign_id)
            out.campaigns.append(
                CampaignRow(
                    campaign_id=listed.campaign_id,
                    name=advert.settings.name if advert else "",
                    kind=advert.settings.payment if advert else str(group.kind),
                    status=STATUSES.get(group.status, str(group.status)),
                    changed_at=listed.changed,
                )
            )
    return out


def normalise_stats(bodies: Sequence[bytes]) -> Normalised:
    """A row per campaign, day and card: the sum over apps. Only cards are summed: every level above them
    repeats the same money. Spend of a day without cards stands under card 0."""
    out = Normalised()

    def refuse(raw: Any, reason: str) -> None:
        out.unplaced.append(set_aside(raw, reason, "advertId", amount="sum"))

    for body in bodies:
        if not body.strip():
            continue
        for _, campaign in read_rows(parse_rows(body, "wb.fullstats"), Stats, refuse):
            currency = campaign.currency.upper() or "RUB"
            for day in campaign.days or ():
                cards = [card for app in day.apps or () for card in app.cards or ()]
                for card in cards:
                    out.ad_stats.append(_stat(day.d, campaign.campaign_id, currency, card))
                if not cards and day.spend:
                    whole = NmStats.model_construct(nm_id=0, spend=day.spend)
                    out.ad_stats.append(_stat(day.d, campaign.campaign_id, currency, whole))
    return out


def _stat(d: date, campaign_id: int, currency: str, card: NmStats) -> AdStatRow:
    return AdStatRow(
        d=d,
        campaign_id=campaign_id,
        card_id=card.nm_id,
        currency=currency,
        views=card.views,
        clicks=card.clicks,
        carts=card.carts,
        orders=card.orders,
        pieces=card.pieces,
        spend=card.spend,
        revenue=card.revenue,
    )


def normalise_charges(bodies: Sequence[bytes], d_to: date, day_timezone: ZoneInfo = MOSCOW) -> Normalised:
    """Money taken, by the day it was taken on. A row without a time stands under the last day of its
    document, and under ``d_to`` while it has none.

    No field is a key: one document covers several campaigns and is 0 until invoiced. The key is the
    hash of the row and its number among equals, so that two equal charges stay two.
    """
    out = Normalised()
    seen: Counter[str] = Counter()

    def refuse(raw: Any, reason: str) -> None:
        told = set_cost_aside(raw, reason, amount="updSum", day="updTime")
        key = hashlib.sha256(told.payload.encode()).hexdigest()[:24]
        out.unplaced.append(told._replace(row_key=key))

    told = [parse_rows(body, "wb.upd") for body in bodies if body.strip()]
    read = [list(read_rows(rows, Charge, refuse)) for rows in told]
    invoiced = _invoiced([row for rows in read for _, row in rows], day_timezone)
    for rows in read:
        for raw, row in rows:
            said = f"{row.campaign_id}|{row.at}|{row.amount}|{row.payment}|{row.document}"
            seen[said] += 1
            key = hashlib.sha256(f"{said}|{seen[said]}".encode()).hexdigest()[:24]
            at = _zoned(row)
            paid_from = PAID_FROM.get(plain(row.payment), "unknown")
            if row.amount == ZERO:
                continue
            if paid_from == "unknown":
                out.unplaced.append(
                    Unplaced(
                        f"{key}:payment",
                        f"неизвестный вид оплаты «{row.payment}»",
                        payload(raw),
                        None,
                        "RUB",
                        d_to,
                    )
                )
            out.ad_charges.append(
                AdChargeRow(
                    d=at.astimezone(day_timezone).date() if at else invoiced.get(row.document, d_to),
                    row_key=key,
                    campaign_id=row.campaign_id,
                    amount=row.amount,
                    currency="RUB",
                    paid_from=paid_from,
                    document=str(row.document or ""),
                    charged_at=at,
                )
            )
    return out


def _invoiced(rows: Sequence[Charge], day_timezone: ZoneInfo) -> dict[int, date]:
    """The last day of each document."""
    last: dict[int, date] = {}
    for row in rows:
        if row.document and (at := _zoned(row)) is not None:
            d = at.astimezone(day_timezone).date()
            last[row.document] = max(d, last.get(row.document, d))
    return last


def _zoned(row: Charge) -> datetime | None:
    return row.at.replace(tzinfo=MOSCOW) if row.at and not row.at.tzinfo else row.at
