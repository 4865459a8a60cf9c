"""Words of a marketplace that we have no meaning for: which, how many rows, how much money.

Both places where such rows stand are asked: money whose operation is unknown is a line «не разнесено»
of its own, a row whose status or type is unknown is set aside whole.
"""

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from typing import NamedTuple

from app.db.session import TenantTx
from app.marketplaces.ozon.lines import to_be_told
from app.repositories import accrual_types
from app.repositories.runs import RunKey

DICTIONARY = "ozon.accrual_types"
MONEY_OF = {"ozon.accruals": DICTIONARY}
"""Where one source brings the money under the words of another."""


class UnknownWord(NamedTuple):
    """``kind``: operation, status, warehouse or type. ``amount`` is in ``currency``, signed from the
    seller's side."""

    id: int
    account_id: int
    source: str
    kind: str
    value: str
    rows: int
    amount: Decimal
    currency: str
    first_seen: datetime
    last_seen: datetime


_COLUMNS = "id, account_id, source, kind, value, rows, amount, currency, first_seen, last_seen"

# Counted anew from where the rows stand: a night re-reads the same rows, adding up would count them again.
# Of a word with several currencies the one with the most money is shown.
_RESTATE = """
WITH said AS (
    SELECT 'operation' AS kind, split_part(operation, ': ', 1) AS value, amount, currency
    FROM settlement_line
    WHERE tenant_id = :tenant_id AND account_id = :account_id AND line = 'unmapped'
      AND :source IN ('wb.finance', 'ozon.accruals')
    UNION ALL
    SELECT CASE split_part(reason, ' ', 2) WHEN 'статус' THEN 'status' WHEN 'склад' THEN 'warehouse'
           ELSE 'type' END,
           btrim(regexp_replace(reason, '^неизвестный (статус|склад|вид [а-яё]+) ?', ''), ' «»'),
           coalesce(amount, 0), currency
    FROM unplaced_row
    WHERE tenant_id = :tenant_id AND account_id = :account_id AND source = :source
      AND reason ~ '^неизвестный (статус|склад|вид [а-яё]+)'
    UNION ALL
    -- An entry of Ozon's dictionary is a word before it brings any money.
    SELECT 'type', w.value, l.amount, coalesce(l.currency, '')
    FROM unnest(CAST(:types AS text[]), CAST(:names AS text[])) w(type_id, value)
    LEFT JOIN settlement_line l ON l.tenant_id = :tenant_id AND l.account_id = :account_id
      AND l.period = 'accrual' AND split_part(l.part, ':', 3) = w.type_id
), summed AS (
    SELECT DISTINCT ON (kind, value) kind, value, count(amount) AS rows, coalesce(sum(amount), 0) AS amount,
        currency
    FROM said GROUP BY kind, value, currency
    ORDER BY kind, value, abs(coalesce(sum(amount), 0)) DESC, currency
), settled AS (
    UPDATE unknown_value u SET rows = 0, amount = 0, settled_at = :now
    WHERE tenant_id = :tenant_id AND account_id = :account_id AND source = :source AND settled_at IS NULL
      AND NOT EXISTS (SELECT FROM summed s WHERE s.kind = u.kind AND s.value = u.value)
)
INSERT INTO unknown_value AS u
    (tenant_id, account_id, source, kind, value, rows, amount, currency, first_seen, last_seen)
SELECT :tenant_id, :account_id, :source, kind, left(value, 300), rows, amount, currency, :now, :now
FROM summed
ON CONFLICT (tenant_id, account_id, source, kind, value) DO UPDATE
SET rows = excluded.rows, amount = excluded.amount, currency = excluded.currency,
    last_seen = excluded.last_seen, settled_at = NULL
"""


def has_open(tx: TenantTx, key: RunKey) -> bool:
    """Does the source have unknown words that may be known by now?"""
    found = tx.run(
        "SELECT EXISTS (SELECT FROM unknown_value WHERE tenant_id = :tenant_id AND account_id = :account_id"
        " AND source = :source AND settled_at IS NULL)",
        account_id=key.account_id,
        source=key.source,
    )
    return bool(found.scalar_one())


def restate(tx: TenantTx, key: RunKey, now: datetime) -> None:
    """What stands under each unknown word of the source now; a word under which nothing stands any more
    is settled."""
    entries = to_be_told(accrual_types.in_force(tx, key.account_id)) if key.source == DICTIONARY else []
    tx.run(
        _RESTATE,
        account_id=key.account_id,
        source=key.source,
        now=now,
        types=[str(entry.id) for entry in entries],
        names=[f"{entry.id} {entry.name}: {entry.title}" for entry in entries],
    )


def list_open(tx: TenantTx) -> list[UnknownWord]:
    """Those not settled, the most money first."""
    rows = tx.run(
        f"SELECT {_COLUMNS} FROM unknown_value WHERE tenant_id = :tenant_id AND settled_at IS NULL"
        " ORDER BY abs(amount) DESC, id"
    )
    return [UnknownWord(*row) for row in rows]


def list_untold(tx: TenantTx) -> list[UnknownWord]:
    """Those that nobody was told of."""
    rows = tx.run(
        f"SELECT {_COLUMNS} FROM unknown_value WHERE tenant_id = :tenant_id AND settled_at IS NULL"
        " AND told_at IS NULL ORDER BY id"
    )
    return [UnknownWord(*row) for row in rows]


def mark_told(tx: TenantTx, ids: Sequence[int]) -> None:
    """The administrators know."""
    tx.run(
        "UPDATE unknown_value SET told_at = now() WHERE tenant_id = :tenant_id AND id = ANY(:ids)",
        ids=list(ids),
    )
