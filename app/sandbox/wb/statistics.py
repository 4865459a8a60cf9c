"""supplier/sales and supplier/orders: what happened, one row for one piece, in naive Moscow time.

Preliminary by WB's own words: rows of past days appear late (older ``date``, newer
``lastChangeDate``), cancelled orders change, and ``forPay`` here knows nothing of acquiring.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

import numpy as np
import polars as pl

from app.sandbox.catalogue.shelf import Ints
from app.sandbox.ledger import NEVER, Lines
from app.sandbox.wb import fees, names
from app.sandbox.world import World

PLACES = ("Склад WB РФ", "Склад WB СГТ РФ", "Минск")
_CENTRE, _NORTH_WEST, _VOLGA = "Центральный", "Северо-Западный", "Приволжский"
_SOUTH, _URALS, _SIBERIA, _CAUCASUS = "Южный", "Уральский", "Сибирский", "Северо-Кавказский"
REGIONS = (
    (_CENTRE, "Московская область"), (_CENTRE, "Москва"), (_CENTRE, "Тульская область"),
    (_NORTH_WEST, "Санкт-Петербург"), (_VOLGA, "Республика Татарстан"), (_VOLGA, "Самарская область"),
    (_SOUTH, "Краснодарский край"), (_SOUTH, "Ростовская область"), (_URALS, "Свердловская область"),
    (_URALS, "Челябинская область"), (_SIBERIA, "Новосибирская область"), (_CAUCASUS, "Ставропольский край"),
)  # fmt: skip
PAGE = 80_000


@dataclass(frozen=True, slots=True)
class Statistics:
    """The two methods over one world. ``page_rows``: about how many rows a flag=0 reply holds."""

    world: World
    page_rows: int = PAGE

    def sales(self, since: datetime, *, whole_day: bool) -> pl.DataFrame:
        """Rows of supplier/sales (sales and returns)."""
        if whole_day:
            return self._dated(since, self._sales_known_on, last_lag=10)
        return self._changed(since, self._sales_known_on)

    def orders(self, since: datetime, *, whole_day: bool) -> pl.DataFrame:
        """Rows of supplier/orders, cancelled ones included."""
        if whole_day:
            t = self.world.t(since.date())
            if not self.world.shown(t):
                return pl.DataFrame()
            return self._order_rows(self.world.wb.ledger.placed(t))
        return self._changed(since, self._orders_changed_on)

    def _changed(self, since: datetime, rows_of: Callable[[int], pl.DataFrame]) -> pl.DataFrame:
        """flag=0: rows with lastChangeDate > ``since``, oldest change first, about ``page_rows`` of them.

        A page never ends between rows of the same instant: the next one asks for later instants.
        """
        found: list[pl.DataFrame] = []
        count = 0
        limit = since.isoformat(timespec="microseconds") if since.microsecond else since.isoformat()
        for t in range(max(self.world.t(since.date()), self.world.first_t), self.world.now_t):
            rows = rows_of(t)
            if rows.height:
                rows = rows.filter(pl.col("lastChangeDate") > limit)
                rows = rows.sort("lastChangeDate", maintain_order=True)
            if rows.height:
                found.append(rows)
                count += rows.height
            if count >= self.page_rows:
                break
        if not found:
            return pl.DataFrame()
        rows = pl.concat(found)
        if rows.height <= self.page_rows:
            return rows
        last = rows["lastChangeDate"][self.page_rows - 1]
        return rows.filter(pl.col("lastChangeDate") <= last)

    def _dated(self, since: datetime, rows_of: Callable[[int], pl.DataFrame], last_lag: int) -> pl.DataFrame:
        """flag=1: all rows whose ``date`` is that day, as far as they are known by now."""
        t = self.world.t(since.date())
        day = since.date().isoformat()
        parts = [rows_of(k) for k in range(t, min(t + last_lag + 1, self.world.now_t))]
        found = [rows.filter(pl.col("date").str.starts_with(day)) for rows in parts if rows.height]
        found = [rows for rows in found if rows.height]
        return pl.concat(found).sort("lastChangeDate", maintain_order=True) if found else pl.DataFrame()

    def _sales_known_on(self, t: int) -> pl.DataFrame:
        ledger = self.world.wb.ledger
        first = self.world.first_t
        sold, back = ledger.on("sold_rec", t), ledger.on("back_rec", t)
        sold, back = sold[sold["sold"] >= first], back[back["back"] >= first]
        parts = [self._sale_rows(sold, "sold", 1), self._sale_rows(back, "back", -1)]
        parts = [rows for rows in parts if rows.height]
        return pl.concat(parts) if parts else pl.DataFrame()

    def _sale_rows(self, lines: Lines, event: str, sign: int) -> pl.DataFrame:
        if not len(lines):
            return pl.DataFrame()
        money = fees.sale_money(lines, self.world.wb.shelf)
        happened = self._moment(lines[event], 25_200 + (lines["sec"].astype(np.int64) * 7_919 + 13) % 57_000)
        known = self._known(lines, happened, lines[event], lines[f"{event}_rec"])
        letter = "S" if sign > 0 else "R"
        numbers = names.event_number(lines, returned=sign < 0)
        return self._common(lines, happened, known, sign).with_columns(
            pl.lit(0).alias("paymentSaleAmount"),
            _rubles("forPay", (money.seller_price - money.commission) * sign),
            pl.Series("saleID", [f"{letter}{n}" for n in numbers.tolist()]),
        )

    def _orders_changed_on(self, t: int) -> pl.DataFrame:
        ledger = self.world.wb.ledger
        placed = ledger.placed(t)
        known_cancelled = (placed["cancel"] != NEVER) & (placed["cancel"] < self.world.now_t)
        cancelled = ledger.on("cancel", t)
        rows = np.concatenate([placed[~known_cancelled], cancelled[cancelled["day"] >= self.world.first_t]])
        return self._order_rows(rows)

    def _order_rows(self, lines: Lines) -> pl.DataFrame:
        if not len(lines):
            return pl.DataFrame()
        happened = self._moment(lines["day"], lines["sec"].astype(np.int64))
        is_cancelled = (lines["cancel"] != NEVER) & (lines["cancel"] < self.world.now_t)
        cancelled_at = self._moment(lines["cancel"], np.maximum(lines["sec"].astype(np.int64), 80_000))
        changed = np.where(is_cancelled, cancelled_at, happened + lines["sec"] % 1_700)
        stamps = pl.Series("cancelDate", _stamps(cancelled_at))
        never = pl.lit("0001-01-01T00:00:00")
        return self._common(lines, happened, changed, 1).with_columns(
            pl.Series("isCancel", is_cancelled),
            pl.when(pl.Series(is_cancelled)).then(stamps).otherwise(never).alias("cancelDate"),
        )

    def _common(self, lines: Lines, happened: Ints, changed: Ints, sign: int) -> pl.DataFrame:
        shelf = self.world.wb.shelf
        money = fees.sale_money(lines, shelf)
        sku = pl.Series(lines["sku"].astype(np.int64))
        region = pl.Series(lines["region"].astype(np.int64))

        def of(values: list[str], rows: pl.Series = sku) -> pl.Series:
            return pl.Series(values).gather(rows)

        numbers = names.srid_number(lines)
        return pl.DataFrame(
            {
                "date": _stamps(happened),
                "lastChangeDate": _stamps(changed),
                "warehouseName": of(list(PLACES), pl.Series(lines["place"].astype(np.int64))),
                "warehouseType": pl.Series(["Склад WB"]).extend_constant("Склад WB", len(lines) - 1),
                "countryName": pl.Series(["Россия"]).extend_constant("Россия", len(lines) - 1),
                "oblastOkrugName": of([f"{r[0]} федеральный округ" for r in REGIONS], region),
                "regionName": of([r[1] for r in REGIONS], region),
                "supplierArticle": of(shelf.article),
                "nmId": shelf.card_id[lines["sku"]],
                "barcode": of(shelf.barcode),
                "category": of(shelf.category),
                "subject": of(shelf.subject),
                "brand": of(shelf.brand),
                "techSize": of(shelf.size),
                "incomeID": 30_000_000 + lines["day"].astype(np.int64),
                "isSupply": np.zeros(len(lines), dtype=np.bool_),
                "isRealization": np.ones(len(lines), dtype=np.bool_),
                "totalPrice": shelf.list_price[lines["sku"]] // 100 * sign,
                "discountPercent": lines["disc"].astype(np.int64),
                "spp": lines["spp"] / 100,
                "finishedPrice": money.paid / 100 * sign,
                "priceWithDisc": money.seller_price / 100 * sign,
                "sticker": pl.Series(["0"]).extend_constant("0", len(lines) - 1),
                "gNumber": [str(n) for n in (numbers * 11 + 7).tolist()],
                "srid": [f"{n}.0.0" for n in numbers.tolist()],
            }
        )

    def _known(self, lines: Lines, happened: Ints, event: Lines, recorded: Lines) -> Ints:
        """When WB learned of it: within half an hour, or in the small hours of the day it was late for."""
        soon = np.minimum(
            happened + 60 + lines["sec"].astype(np.int64) % 1_700, self._moment(event, np.int64(86_399))
        )
        late = self._moment(recorded, 10_800 + lines["sec"].astype(np.int64) % 7_200)
        return np.where(recorded == event, soon, late)

    def _moment(self, day: Lines, second: Ints | np.int64) -> Ints:
        """Seconds of naive Moscow time, as if the epoch had begun there."""
        start = int((self.world.origin - datetime(1970, 1, 1).date()) / timedelta(seconds=1))  # noqa: DTZ001
        return np.asarray(start + day.astype(np.int64) * 86_400 + second, dtype=np.int64)


def _stamps(moments: Ints) -> pl.Series:
    return pl.from_epoch(pl.Series(moments), time_unit="s").dt.to_string("%Y-%m-%dT%H:%M:%S")


def _rubles(name: str, kopecks: Ints) -> pl.Series:
    return pl.Series(name, kopecks / 100)
