"""How often each Wildberries method may be called, by the type of the token.

The first guess only: the server's headers win (it has been seen to allow less than this table).
Source: specs/wb/limits_by_token_type.json, facts/wildberries.md section 5.
"""

from collections.abc import Mapping
from typing import NamedTuple

from app.marketplaces.transport.budget import Limit
from app.marketplaces.wb.token import TokenType

_MINUTE, _HOUR, _DAY = 60.0, 3600.0, 86_400.0


class _Quota(NamedTuple):
    """``full`` for personal and service tokens; ``base`` for base ones, None: closed to them."""

    full: Limit
    base: Limit | None


_TABLE: Mapping[str, _Quota] = {
    "wb.ping": _Quota(Limit(10, 3), Limit(10, 3)),
    "wb.seller_info": _Quota(Limit(_MINUTE, 10), Limit(_DAY)),
    "wb.cards": _Quota(Limit(0.6, 5), Limit(0.6, 5)),
    "wb.orders": _Quota(Limit(_MINUTE, 10), Limit(3 * _HOUR)),
    "wb.sales": _Quota(Limit(_MINUTE), Limit(2 * _HOUR)),
    "wb.order_feed": _Quota(Limit(_MINUTE), Limit(3 * _HOUR)),
    "wb.stock_now": _Quota(Limit(20), None),
    "wb.own_stock": _Quota(Limit(20), None),
    "wb.remains.create": _Quota(Limit(_MINUTE, 5), Limit(_HOUR / 4)),
    "wb.remains.status": _Quota(Limit(5, 5), Limit(_HOUR / 4)),
    "wb.remains.download": _Quota(Limit(_MINUTE), Limit(_HOUR / 4)),
    "wb.stock_history.create": _Quota(Limit(20, 3), Limit(_HOUR)),
    "wb.stock_history.list": _Quota(Limit(20, 3), Limit(_HOUR)),
    "wb.stock_history.file": _Quota(Limit(20, 3), Limit(_HOUR)),
    "wb.finance.list": _Quota(Limit(_MINUTE), None),
    "wb.finance": _Quota(Limit(_MINUTE), Limit(12 * _HOUR)),
    "wb.balance": _Quota(Limit(_MINUTE), Limit(_DAY)),
    "wb.storage.create": _Quota(Limit(_MINUTE, 5), Limit(_HOUR)),
    "wb.storage.status": _Quota(Limit(5, 5), Limit(_HOUR / 2, 2)),
    "wb.storage.download": _Quota(Limit(_MINUTE), Limit(_HOUR / 2)),
    "wb.acceptance.create": _Quota(Limit(_MINUTE), Limit(3 * _HOUR)),
    "wb.acceptance.status": _Quota(Limit(5), Limit(_HOUR / 2)),
    "wb.acceptance.download": _Quota(Limit(_MINUTE), Limit(_HOUR / 2)),
    "wb.deductions": _Quota(Limit(_MINUTE), Limit(_HOUR / 4)),
    "wb.measurements": _Quota(Limit(_MINUTE), Limit(6 * _HOUR)),
    "wb.self_buyouts": _Quota(Limit(10 * _MINUTE, 10), Limit(_HOUR)),
    "wb.item_returns": _Quota(Limit(_MINUTE, 10), Limit(_HOUR / 2)),
    "wb.campaigns": _Quota(Limit(0.2, 5), Limit(_HOUR / 4)),
    "wb.adverts": _Quota(Limit(0.2, 5), Limit(_HOUR)),
    "wb.fullstats": _Quota(Limit(20), Limit(_HOUR)),
    "wb.upd": _Quota(Limit(1, 5), Limit(_HOUR)),
    # One allowance for the whole category: both passes, the archive and the answers share it.
    "wb.feedbacks": _Quota(Limit(1 / 3, 6), Limit(_HOUR / 5)),
    "wb.commission": _Quota(Limit(_MINUTE, 2), Limit(_HOUR / 5)),
    "wb.tariffs.box": _Quota(Limit(1, 5), Limit(_HOUR)),
    "wb.tariffs.pallet": _Quota(Limit(1, 5), Limit(_HOUR)),
    "wb.tariffs.return": _Quota(Limit(1, 5), Limit(_HOUR)),
    "wb.supplies": _Quota(Limit(2, 10), Limit(_HOUR / 2)),
    "wb.supply": _Quota(Limit(2, 10), Limit(_HOUR / 2)),
    "wb.supply_goods": _Quota(Limit(2, 10), Limit(_HOUR / 2)),
    "wb.prices": _Quota(Limit(0.6, 5), Limit(_HOUR / 4)),
}


def wb_limits(token_type: TokenType, pace: float = 1.0) -> dict[str, Limit]:
    """Limits of a token. ``pace`` > 1 shortens every interval (the sandbox's faster clock)."""
    full = _is_full(token_type)
    told = {method: quota.full if full else quota.base for method, quota in _TABLE.items()}
    return {
        method: Limit(limit.interval / pace, limit.burst)
        for method, limit in told.items()
        if limit is not None
    }


def is_open(token_type: TokenType, method: str) -> bool:
    """May a token of this type call the method at all?"""
    return _is_full(token_type) or _TABLE[method].base is not None


def _is_full(token_type: TokenType) -> bool:
    return token_type in (TokenType.PERSONAL, TokenType.SERVICE)
