"""A tenant with facts of any size, written straight into the tables by the superuser.

Figures come from a hash of (SKU, day), so every run has the same ones. Shares are a mid-sized
Ozon seller's: a sale on four days of ten, one in fourteen of them with a return, stock every day in
one warehouse of two, four finance rows a sale; the last third of the days is not settled yet.
"""

from dataclasses import dataclass
from datetime import date, timedelta

from benchmarks.harness import Bench

LAST_DAY = date(2026, 11, 19)
RUN_UP_DAYS = 28
"""Days of sales before the period, so that the first windows are full."""

PARENTS = "'sale_event','daily_sales','daily_stock','settlement_line','metrics_daily','advice_supply'"


@dataclass(frozen=True, slots=True)
class World:
    """Whose facts, and of which days. SKU ids are 1..skus of this tenant."""

    tenant_id: int
    account_id: int
    skus: int
    days: int

    @property
    def d_to(self) -> date:
        return LAST_DAY

    @property
    def d_from(self) -> date:
        return LAST_DAY - timedelta(days=self.days - 1)

    @property
    def sku_days(self) -> int:
        return self.skus * self.days


def make_world(bench: Bench, skus: int, days: int = 90, *, facts: bool = True) -> World:
    """An Ozon cabinet with its catalogue and months, and its facts unless told otherwise."""
    tenant_id = int(bench.scalar("INSERT INTO tenant (name) VALUES ('Замер') RETURNING id"))
    account_id = int(
        bench.scalar(
            "INSERT INTO marketplace_account (tenant_id, marketplace, seller_key, key_id, nonce, ciphertext) "
            f"VALUES ({tenant_id}, 'OZON', 'bench', 'none', '', '') RETURNING id"
        )
    )
    world = World(tenant_id, account_id, skus, days)
    since = world.d_from - timedelta(days=RUN_UP_DAYS)
    bench.execute(
        f"SELECT sum(ambar_make_partitions(p, '{since}', '{world.d_to}')) FROM unnest(ARRAY[{PARENTS}]) p"
    )
    bench.execute(_CATALOGUE.format(t=tenant_id, a=account_id, skus=skus, since=since))
    if facts:
        settled = world.d_to - timedelta(days=days // 3)
        names = {"t": tenant_id, "a": account_id, "skus": skus, "since": since}
        for statement in (_SALES, _STOCK, _SETTLED, _COVERAGE):
            bench.execute(statement.format(**names, d_from=world.d_from, d_to=world.d_to, settled=settled))
    bench.execute("VACUUM ANALYZE")
    return world


_RANDOM = "(hashint8(s * 1000003::bigint + (g::date - date '2020-01-01')) & 2147483647)"

_CATALOGUE = """
INSERT INTO warehouse (tenant_id, marketplace, code, name)
SELECT {t}, 'OZON', w, w FROM unnest(ARRAY['msk', 'spb']) w;
INSERT INTO sku (tenant_id, id, account_id, marketplace, ozon_id, article, first_sold)
SELECT {t}, s, {a}, 'OZON', 1000000 + s, 'A-' || s, '{since}' FROM generate_series(1, {skus}) s;
INSERT INTO cost_price_history (tenant_id, sku_id, dt_from, cost_price)
SELECT {t}, s, date '2026-01-01' + 90 * n, 300 + s % 700 + 10 * n
FROM generate_series(1, {skus}) s CROSS JOIN generate_series(0, 2) n WHERE s % 10 > 0;
"""

_SALES = f"""
INSERT INTO daily_sales
SELECT {{t}}, {{a}}, g, s, 1 + r % 2, 'FBO', 'RUB', 1 + r % 4, (r % 14 = 0)::int, (1 + r % 4) * price,
       (r % 14 = 0)::int * price, 0, (1 + r % 4) * 87.5, (1 + r % 4) * price * 0.15, ''
FROM (SELECT s, g, {_RANDOM} AS r, 990.10 + s % 500 AS price
      FROM generate_series(1, {{skus}}) s
      CROSS JOIN generate_series(date '{{since}}', date '{{d_to}}', '1 day') g) f WHERE r % 10 < 4
"""

_STOCK = f"""
INSERT INTO daily_stock
SELECT {{t}}, {{a}}, g, s, 1 + s % 2, {_RANDOM} % 60, {_RANDOM} % 7, ''
FROM generate_series(1, {{skus}}) s CROSS JOIN generate_series(date '{{d_from}}', date '{{d_to}}', '1 day') g
"""

_SETTLED = """
INSERT INTO settlement_line
SELECT {t}, {a}, d, 'day', 0, sku_id || '-' || d, part, sku_id, '', part,
       CASE part WHEN 'sale' THEN qty - refunds_qty ELSE 0 END,
       CASE part WHEN 'sale' THEN revenue_gross WHEN 'return' THEN -refunds_amount
            WHEN 'logistics' THEN -delivery_cost ELSE -commission_amount END, 'RUB', '', ''
FROM daily_sales CROSS JOIN unnest(ARRAY['sale', 'return', 'commission', 'logistics']) part
WHERE tenant_id = {t} AND d BETWEEN '{d_from}' AND '{settled}'
"""

_COVERAGE = """
INSERT INTO coverage (tenant_id, account_id, source, d, completed_at)
SELECT {t}, {a}, 'ozon.accruals', g, now() FROM generate_series(date '{d_from}', date '{settled}', '1 day') g
"""
